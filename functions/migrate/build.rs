//! Embeds the silos' migrations, and rebuilds this crate when a migration is added: the macro that
//! embeds the others notices only changes.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

#[expect(
    clippy::disallowed_methods,
    reason = "this is how Cargo speaks to a build script"
)]
fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../../infra/migrations");
    let here = env::var("CARGO_MANIFEST_DIR")?;
    let folder = Path::new(&here)
        .join("../../infra/migrations/silo")
        .canonicalize()?;
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        files.push(parts(&name)?);
    }
    files.sort();
    let mut list = "&[\n".to_owned();
    for (place, (version, name, file)) in files.iter().enumerate() {
        if *version != place + 1 {
            return Err(format!("{file} should be number {}", place + 1).into());
        }
        let path = folder.join(file);
        let path = path.to_str().ok_or("a path that is no text")?;
        writeln!(
            list,
            "SiloFile {{ version: {version}, name: {name:?}, sql: include_str!({path:?}) }},"
        )?;
    }
    list.push(']');
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("silo_files.rs"), list)?;
    Ok(())
}

/// Version, name and file name of `S0001__projects.sql`.
fn parts(file: &str) -> Result<(usize, String, String), Box<dyn Error>> {
    let inner = file
        .strip_prefix('S')
        .and_then(|rest| rest.strip_suffix(".sql"));
    let (version, name) = inner
        .and_then(|inner| inner.split_once("__"))
        .ok_or_else(|| format!("{file} is not named as S0001__name.sql"))?;
    Ok((version.parse()?, name.to_owned(), file.to_owned()))
}
