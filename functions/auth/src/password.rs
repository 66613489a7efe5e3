//! What is kept of a password: an Argon2id hash (RFC 9106) as a PHC string.
//!
//! Hashing takes tens of milliseconds of a core and 19 MiB on purpose, so it happens on a thread of
//! its own and only a few times at once.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::domain::Password;
use crate::error::AuthError;

/// Memory of one hash, in KiB; with [`PASSES`] and [`LANES`] the least that OWASP's password
/// storage cheat sheet asks for.
const MEMORY_KIB: u32 = 19_456;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Threads of one hash.
const LANES: u32 = 1;
/// How many hashes run at once in one instance.
const HASHES_AT_ONCE: usize = 2;
/// How long a hash waits for its turn, in milliseconds.
const TURN_WAIT_MS: u64 = 2_000;

/// A hash that no password has, for accounts that do not exist: refusing them takes as long as
/// refusing a wrong password.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes passwords, a few at a time. Cheap to clone; clones share the turns.
#[derive(Debug, Clone)]
pub struct Hasher(Arc<Semaphore>);

/// What a password turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the account's, or there is no account.
    Wrong,
    /// The account's.
    Right {
        /// The hash to keep from now on, when the kept one is weaker than what is made today.
        stronger: Option<String>,
    },
}

impl Default for Hasher {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(HASHES_AT_ONCE)))
    }
}

impl Hasher {
    /// Hashes a new password.
    pub async fn hash(&self, password: Password) -> Result<String, AuthError> {
        self.in_turn(move || hash(&password)).await
    }

    /// Compares a password with what is kept of it; `None` when there is no account.
    pub async fn verify(
        &self,
        password: Password,
        kept: Option<String>,
    ) -> Result<Verdict, AuthError> {
        self.in_turn(move || match kept {
            Some(kept) => verify(&password, &kept),
            None => verify(&password, NOBODYS).map(|_| Verdict::Wrong),
        })
        .await
    }

    async fn in_turn<T, F>(&self, work: F) -> Result<T, AuthError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, AuthError> + Send + 'static,
    {
        let turn = Arc::clone(&self.0).acquire_owned();
        let Ok(Ok(turn)) = timeout(Duration::from_millis(TURN_WAIT_MS), turn).await else {
            return Err(AuthError::Unavailable);
        };
        let hashing = tokio::task::spawn_blocking(move || {
            // A caller that went away does not end the thread: the turn is over when the work is.
            let _turn = turn;
            work()
        });
        hashing.await.map_err(AuthError::crypto)?
    }
}

fn today() -> Result<Argon2<'static>, AuthError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(AuthError::crypto)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash(password: &Password) -> Result<String, AuthError> {
    let hash = today()?.hash_password(password.as_bytes());
    Ok(hash.map_err(AuthError::crypto)?.to_string())
}

fn verify(password: &Password, kept: &str) -> Result<Verdict, AuthError> {
    let parsed = PasswordHash::new(kept).map_err(AuthError::crypto)?;
    match today()?.verify_password(password.as_bytes(), &parsed) {
        Ok(()) => Ok(Verdict::Right {
            stronger: is_weaker(&parsed).then(|| hash(password)).transpose()?,
        }),
        Err(HashError::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(error) => Err(AuthError::crypto(error)),
    }
}

fn is_weaker(kept: &PasswordHash) -> bool {
    let Ok(params) = Params::try_from(kept) else {
        return true;
    };
    kept.algorithm != ARGON2ID_IDENT || params.m_cost() < MEMORY_KIB || params.t_cost() < PASSES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Result<Password, AuthError> {
        let password = Password::claimed(text.to_owned());
        password.map_err(|error| AuthError::Api(error.into()))
    }

    #[tokio::test]
    async fn a_password_is_told_from_all_others() -> Result<(), AuthError> {
        let hasher = Hasher::default();
        let kept = hasher.hash(password("correct horse battery")?).await?;
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let right = hasher.verify(password("correct horse battery")?, Some(kept.clone()));
        assert_eq!(right.await?, Verdict::Right { stronger: None });
        let wrong = hasher.verify(password("correct horse batterY")?, Some(kept));
        assert_eq!(wrong.await?, Verdict::Wrong);
        let nobodys = hasher.verify(password("correct horse battery")?, None);
        assert_eq!(nobodys.await?, Verdict::Wrong);
        Ok(())
    }

    #[tokio::test]
    async fn a_weak_hash_is_replaced() -> Result<(), AuthError> {
        let params = Params::new(8_192, 1, 1, None).map_err(AuthError::crypto)?;
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let kept = weak
            .hash_password(b"correct horse battery")
            .map_err(AuthError::crypto)?;
        let verdict = verify(&password("correct horse battery")?, &kept.to_string())?;
        let Verdict::Right {
            stronger: Some(stronger),
        } = verdict
        else {
            return Err(AuthError::InvalidCredentials);
        };
        let again = verify(&password("correct horse battery")?, &stronger)?;
        assert_eq!(again, Verdict::Right { stronger: None });
        Ok(())
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_does() -> Result<(), AuthError> {
        let parsed = PasswordHash::new(NOBODYS).map_err(AuthError::crypto)?;
        assert!(!is_weaker(&parsed));
        Ok(())
    }
}
