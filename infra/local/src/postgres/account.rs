//! The user that the server runs as: PostgreSQL refuses to run as root.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, chown},
    path::Path,
    process::Stdio,
};

use nix::unistd::{Gid, Uid, User};
use tokio::process::Command;

use super::PostgresError;

/// Users to become when this program runs as root, best first.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// Whom PostgreSQL's programs run as.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    /// `None`: as the user who started this program.
    drop_to: Option<(Uid, Gid)>,
}

impl Account {
    /// Chooses the account for the cluster whose data folder is `data`.
    ///
    /// Data that exists are served by the user that owns them, so that a cluster made before the
    /// machine had a `postgres` user stays readable after.
    pub(super) fn choose(data: &Path) -> Result<Self, PostgresError> {
        let owner = match fs::metadata(data) {
            Ok(metadata) => Some((Uid::from_raw(metadata.uid()), Gid::from_raw(metadata.gid()))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(PostgresError::NotOurs(data.to_path_buf()));
            }
            Err(error) => return Err(PostgresError::file(data)(error)),
        };
        let me = Uid::effective();
        match owner {
            None if me.is_root() => Self::unprivileged(),
            Some((user, group)) if me.is_root() && !user.is_root() => Ok(Self {
                drop_to: Some((user, group)),
            }),
            None => Ok(Self { drop_to: None }),
            Some((user, _)) if user == me && !me.is_root() => Ok(Self { drop_to: None }),
            Some(_) => Err(PostgresError::NotOurs(data.to_path_buf())),
        }
    }

    fn unprivileged() -> Result<Self, PostgresError> {
        USERS
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self {
                drop_to: Some((user.uid, user.gid)),
            })
            .ok_or_else(|| {
                PostgresError::Process(io::Error::other(
                    "root may not run PostgreSQL and there is no user postgres or nobody",
                ))
            })
    }

    /// A command that runs as this account, free of `PG*` settings of the caller's shell.
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.drop_to {
            command.uid(user.as_raw()).gid(group.as_raw());
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null());
        command
    }

    /// Gives a file or folder to this account.
    pub(super) fn own(self, path: &Path) -> Result<(), PostgresError> {
        let Some((user, group)) = self.drop_to else {
            return Ok(());
        };
        chown(path, Some(user.as_raw()), Some(group.as_raw())).map_err(PostgresError::file(path))
    }

    /// Whether this account can go into `dir`; asked of the system, which knows all its rules.
    pub(super) async fn can_enter(self, dir: &Path) -> bool {
        if self.drop_to.is_none() {
            return true;
        }
        self.command(Path::new("/bin/sh"))
            .args(["-c", r#"cd -- "$1""#, "sh"])
            .arg(dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await
            .is_ok_and(|status| status.success())
    }

    /// Whether a file of user id `uid` in a shared place can be trusted.
    pub(super) fn trusts(self, uid: u32) -> bool {
        let user = Uid::from_raw(uid);
        user.is_root()
            || match self.drop_to {
                Some((own, _)) => user == own,
                None => user == Uid::effective(),
            }
    }
}
