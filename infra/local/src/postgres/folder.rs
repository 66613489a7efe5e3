//! Places a folder where the server's account can reach it.

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _},
    path::{Path, PathBuf},
};

use super::{PostgresError, account::Account};
use crate::say::say;

/// Where a folder goes that the account could not reach in the checkout.
const SHARED_PLACE: &str = "/var/tmp";
const OWNER_ONLY_MODE: u32 = 0o700;

/// Creates the absolute path `wanted` for `account` and answers its real place.
///
/// A checkout below `/root` is closed to every other user. Then the folder is made below
/// `/var/tmp` instead, under a name derived from the wanted path, and a line says so.
pub(super) async fn settle(wanted: &Path, account: Account) -> Result<PathBuf, PostgresError> {
    fs::create_dir_all(wanted).map_err(PostgresError::file(wanted))?;
    account.own(wanted)?;
    if account.can_enter(wanted).await {
        return Ok(wanted.to_path_buf());
    }
    let place = elsewhere(wanted);
    match DirBuilder::new().mode(OWNER_ONLY_MODE).create(&place) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(PostgresError::file(place)(error)),
    }
    // Anyone may create names in a shared place: what is there must be a real folder of ours.
    let metadata = fs::symlink_metadata(&place).map_err(PostgresError::file(&place))?;
    if !metadata.is_dir() || !account.trusts(metadata.uid()) {
        return Err(PostgresError::NotOurs(place));
    }
    account.own(&place)?;
    say(format_args!(
        "{} is closed to the server's user, using {}",
        wanted.display(),
        place.display()
    ));
    Ok(place)
}

/// Removes what a folder's cluster left elsewhere before the folder itself was removed.
///
/// The caller holds the cluster's lock and no server runs on it.
pub(super) fn begin_anew(home: &Path) -> Result<(), PostgresError> {
    let gone = [
        fs::remove_dir_all(home.join("data")),
        fs::remove_file(home.join("password")),
    ];
    for outcome in gone {
        match outcome {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(PostgresError::file(home)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where a folder is put that the account cannot reach in its wanted place.
pub(super) fn elsewhere(wanted: &Path) -> PathBuf {
    let hash = fnv1a(wanted.as_os_str().as_encoded_bytes());
    Path::new(SHARED_PLACE).join(format!("tenantry-{hash:016x}"))
}

/// The 64-bit FNV-1a hash: stable between releases, which the standard hasher is not.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
