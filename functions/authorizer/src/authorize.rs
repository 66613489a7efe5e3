//! From a header to a caller.

use std::time::Instant;

use shared::clock::Clock;
use shared::config::ConfigError;
use shared::db::{Database, DatabaseConfig, DbError, Refusal};
use shared::error::causes;
use shared::tenant::Tenant;
use shared::token::{Claims, TokenNames};

use crate::bearer;
use crate::event::{Caller, Context, Denial, Event, Response};
use crate::record;
use crate::store::{self, Entitlements, SessionState};
use crate::verifier::{Verifier, VerifyError};

/// Answers the gateway's question.
pub struct Authorizer {
    clock: Clock,
    db: Database,
    verifier: Verifier,
}

impl Authorizer {
    /// Reads `DATABASE_URL`, `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub fn from_env() -> Result<Self, ConfigError> {
        let db = Database::new(DatabaseConfig::from_env()?);
        Ok(Self::new(Clock::System, db, &TokenNames::from_env()?))
    }

    /// From its parts.
    pub fn new(clock: Clock, db: Database, names: &TokenNames) -> Self {
        Self {
            clock,
            db,
            verifier: Verifier::new(names),
        }
    }

    /// Answers, and leaves a record.
    ///
    /// An error only when the database is out of reach: the gateway makes 500 of it and caches
    /// nothing, while a refusal would be kept for good callers too.
    pub async fn respond(&self, event: &Event) -> Result<Response, DbError> {
        let (at, start, before) = (self.clock.now(), Instant::now(), self.db.trips());
        let answer = match self.caller(event).await {
            Ok(caller) => Ok(Context::Caller(Box::new(caller))),
            Err(VerifyError::Denied(denied)) => Ok(Context::Denied { denied }),
            Err(VerifyError::Database(error)) => {
                tracing::error!(error.causes = causes(&error), "caller cannot be looked up");
                Err(error)
            }
        };
        let trips = self.db.trips() - before;
        record::write(event, answer.as_ref(), at, start.elapsed(), trips);
        answer.map(Response::from)
    }

    async fn caller(&self, event: &Event) -> Result<Caller, VerifyError> {
        let header = event.identity_source.as_ref().and_then(|all| all.first());
        let token = header.and_then(|header| bearer::token(header));
        let token = token.ok_or(VerifyError::Denied(Denial::InvalidToken))?;
        let claims = self
            .verifier
            .verify(&self.db, token, self.clock.now())
            .await?;
        // The signature says that we issued this for that tenant.
        let tenant = Tenant::vouched_for(claims.tid);
        let work = (store::session_state(claims.sid), store::entitlements());
        let (session, entitlements) = self.db.read(tenant, work).await.map_err(refusal)?;
        let session = session.ok_or(VerifyError::Denied(Denial::RevokedSession))?;
        self.present(&claims, session, entitlements)
            .map_err(VerifyError::Denied)
    }

    fn present(
        &self,
        claims: &Claims,
        session: SessionState,
        entitlements: Entitlements,
    ) -> Result<Caller, Denial> {
        if session.user != claims.sub {
            return Err(Denial::InvalidToken);
        }
        if session.revoked || session.expires_at <= self.clock.now() {
            return Err(Denial::RevokedSession);
        }
        Ok(Caller {
            tenant_id: claims.tid,
            user_id: claims.sub,
            session_id: claims.sid,
            role: session.role,
            tier: entitlements.tier,
            plan: entitlements.plan,
            limits: entitlements.limits,
        })
    }
}

/// What the door says of a tenant is about the token; everything else is about the database.
fn refusal(error: DbError) -> VerifyError {
    match error {
        DbError::Refused(Refusal::Unknown) => VerifyError::Denied(Denial::InvalidToken),
        DbError::Refused(Refusal::Suspended) => VerifyError::Denied(Denial::TenantSuspended),
        DbError::Refused(Refusal::Leaving) => VerifyError::Denied(Denial::TenantLeaving),
        error => VerifyError::Database(error),
    }
}
