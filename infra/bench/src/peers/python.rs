//! A virtual environment with what the Python programs need, and the programs themselves.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use local::say::say;

use super::{
    PeersError,
    command::{install, run},
};

/// The least minor version of Python 3 that the pinned packages run on.
const MINOR_MIN: u32 = 11;
/// Names the interpreter to use, instead of looking for one.
const CHOSEN: &str = "BENCH_PYTHON";
/// The system's own comes first: distributions build it with profile-guided optimisation, which
/// what version managers compile on the spot lacks, and that makes a third of its speed.
const CANDIDATES: [&str; 2] = ["/usr/bin/python3", "python3"];
/// Debian has Python without `ensurepip`, and no command tells. A name that never is a command
/// has its package installed always.
const VENV_PACKAGE: &str = "python3 with ensurepip:python3-venv";
/// Names the version, or fails where it is too old or cannot make a virtual environment.
const PROBE: &str = "import ensurepip, sys, venv; print(sys.version); \
    sys.exit(sys.version_info < (3, int(sys.argv[1])))";
/// Lists what the report names.
const VERSIONS: &str = "import platform, importlib.metadata as m; print(', '.join(\
    ['Python ' + platform.python_version()] + [f'{p} {m.version(p)}' for p in \
    ('fastapi', 'asyncpg', 'redis', 'PyJWT', 'mangum', 'awslambdaric', 'uvicorn')]))";
/// The package of the programs, a folder below their sources.
const PACKAGE: &str = "projects_api";
const FILES_MAX: usize = 100;

/// Interpreter and programs.
#[derive(Debug)]
pub(super) struct Environment {
    /// The interpreter, with the packages.
    pub(super) python: PathBuf,
    /// The programs.
    pub(super) app: PathBuf,
    /// The versions of what counts.
    pub(super) versions: String,
}

impl Environment {
    /// Makes `place` what the folder `sources` asks for.
    pub(super) async fn provide(sources: &Path, place: &Path) -> Result<Self, PeersError> {
        let python = packages(&sources.join("requirements.txt"), place).await?;
        let app = place.join("app");
        copy(&sources.join(PACKAGE), &app)?;
        // The cold start measured later is then that of an instance whose files are warm.
        let compile = ["-m", "compileall", "-q"].map(Path::new);
        run(&python, compile.into_iter().chain([app.as_path()])).await?;
        let versions = run(&python, ["-c", VERSIONS]).await?.trim().to_owned();
        Ok(Self {
            python,
            app,
            versions,
        })
    }
}

/// The virtual environment's interpreter. It is made anew when the requirements have changed.
pub(super) async fn packages(requirements: &Path, place: &Path) -> Result<PathBuf, PeersError> {
    let venv = place.join("venv");
    let python = venv.join("bin/python");
    let base = interpreter().await?;
    let wanted = fs::read_to_string(requirements).map_err(PeersError::file(requirements))?;
    let wanted = format!("{} {}\n{wanted}", base.path.display(), base.version);
    // Written last, so that what was left half made is made again.
    let stamp = venv.join("stamp.txt");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(python);
    }
    say(format_args!(
        "installing the Python peers: {} -m venv {}",
        base.path.display(),
        venv.display()
    ));
    remove(&venv)?;
    fs::create_dir_all(place).map_err(PeersError::file(place))?;
    let make = ["-m", "venv"].map(Path::new);
    run(&base.path, make.into_iter().chain([venv.as_path()])).await?;
    // Wheels only: what is compiled on the spot would be slower, and not the same everywhere.
    let pip = "-m pip install --quiet --only-binary :all: -r";
    let pip = pip.split(' ').map(Path::new);
    run(&python, pip.chain([requirements])).await?;
    fs::write(&stamp, wanted).map_err(PeersError::file(stamp))?;
    Ok(python)
}

/// An interpreter that can make the virtual environment.
struct Interpreter {
    path: PathBuf,
    version: String,
}

async fn interpreter() -> Result<Interpreter, PeersError> {
    let none = PeersError::NoPython { minor: MINOR_MIN };
    if let Some(chosen) = env::var_os(CHOSEN) {
        return usable(chosen.as_ref()).await.ok_or(none);
    }
    if let Some(found) = find().await {
        return Ok(found);
    }
    install(VENV_PACKAGE).await?;
    find().await.ok_or(none)
}

async fn find() -> Option<Interpreter> {
    for candidate in CANDIDATES {
        let found = usable(candidate.as_ref()).await;
        if found.is_some() {
            return found;
        }
    }
    None
}

async fn usable(python: &Path) -> Option<Interpreter> {
    let answer = run(python, ["-c", PROBE, &MINOR_MIN.to_string()]).await;
    Some(Interpreter {
        path: python.to_path_buf(),
        version: answer.ok()?.trim().to_owned(),
    })
}

/// Puts the package into `app`, as a deployment does, which leaves the checkout clean of bytecode.
///
/// What is there already stays untouched: another run may be using it.
fn copy(package: &Path, app: &Path) -> Result<(), PeersError> {
    let target = app.join(PACKAGE);
    fs::create_dir_all(&target).map_err(PeersError::file(&target))?;
    for entry in fs::read_dir(package)
        .map_err(PeersError::file(package))?
        .take(FILES_MAX)
    {
        let source = entry.map_err(PeersError::file(package))?.path();
        let Some(name) = source.file_name().filter(|_| source.is_file()) else {
            continue;
        };
        let copy = target.join(name);
        let wanted = fs::read(&source).map_err(PeersError::file(&source))?;
        if fs::read(&copy).is_ok_and(|found| found == wanted) {
            continue;
        }
        fs::write(&copy, wanted).map_err(PeersError::file(copy))?;
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), PeersError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(PeersError::file(folder)(error))
        }
        _ => Ok(()),
    }
}
