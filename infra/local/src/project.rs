//! Where the checkout is that this program was built from.

use std::path::{Path, PathBuf};

/// The checkout's root folder, the one with `template.yaml`.
///
/// The program serves the checkout it was built in and is never installed elsewhere, so the
/// build knows the place.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}
