//! What a build's figures depend on besides its source.

use std::env::consts::ARCH;
use std::process::Command;

use serde::{Deserialize, Serialize};

/// A compiler and a processor architecture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Toolchain {
    /// The compiler's version, such as `1.95.0`.
    pub rustc: String,
    /// The architecture, such as `x86_64`.
    pub arch: String,
}

impl Toolchain {
    /// The compiler that cargo finds here, and this program's architecture.
    pub fn here() -> Self {
        let output = Command::new("rustc").arg("--version").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        // "rustc 1.95.0 (59807616e 2026-04-14)"
        let version = text.as_deref().unwrap_or_default().split(' ').nth(1);
        Self {
            rustc: version.unwrap_or("unknown").to_owned(),
            arch: ARCH.to_owned(),
        }
    }
}
