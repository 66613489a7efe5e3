//! The stacks that the tests share, each started by the first test that needs it.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    future::Future,
    path::{Path, PathBuf},
    sync::LazyLock,
    time::Duration,
};

use local::{
    api::Api,
    stack::{Stack, StackOptions},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::OnceCell,
    time::{Instant, sleep},
};

/// How many runs of these tests may go on at the same time.
const SLOTS_MAX: u32 = 8;
/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(2);
/// How often to look at what costs nothing.
pub(crate) const OFTEN: Duration = Duration::from_millis(20);
/// How often to look at what counts against a tenant's limit.
pub(crate) const SELDOM: Duration = Duration::from_secs(1);

/// A stack outlives the test that started it, so all of them run on one runtime.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().enable_all().build().unwrap());
static PRODUCT: OnceCell<World> = OnceCell::const_new();
static ROUGH: OnceCell<World> = OnceCell::const_new();

/// A stack and its API.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) api: Api,
    pub(crate) folder: PathBuf,
}

impl World {
    /// The stack as users have it. Nothing in it is killed.
    pub(crate) async fn product() -> &'static Self {
        PRODUCT.get_or_init(|| Self::start("product", &[])).await
    }

    /// A stack whose jobs come back after seconds. Its functions are killed by tests.
    pub(crate) async fn rough() -> &'static Self {
        // Several times as long as any job here takes when the machine is busy.
        let parameters = [
            ("ReportVisibilitySeconds", "15"),
            ("ReportLeaseSeconds", "12"),
        ];
        ROUGH
            .get_or_init(|| Self::start("rough", &parameters))
            .await
    }

    /// A stack of one test, with parameters of its own.
    pub(crate) async fn start(name: &str, parameters: &[(&str, &str)]) -> Self {
        let mut options = options(folder(name));
        let parameters = parameters.iter();
        options.parameters = parameters
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self::of(options).await
    }

    /// The stack with these options.
    pub(crate) async fn of(options: StackOptions) -> Self {
        let folder = options.dir.clone();
        let stack = Box::pin(Stack::start(options)).await;
        let stack = stack.unwrap_or_else(|error| panic!("{error}"));
        Self {
            api: Api::at(stack.url()).unwrap(),
            stack,
            folder,
        }
    }
}

/// Runs a test.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    RUNTIME.block_on(test)
}

/// A stack in `dir` that is gone after the test.
pub(crate) fn options(dir: PathBuf) -> StackOptions {
    StackOptions {
        dir,
        durable: false,
        port: 0,
        programs: program().parent().unwrap().to_path_buf(),
        triggers: true,
        parameters: BTreeMap::new(),
        witnessed: false,
        progress: |_| {},
    }
}

/// The program `local`, which the functions' programs are beside.
pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_local"))
}

/// An empty folder that no other run uses.
pub(crate) fn folder(name: &str) -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("e2e");
    let mut folders = (1..=SLOTS_MAX).map(|slot| parent.join(format!("{name}-{slot}")));
    let folder = folders.find(|folder| is_free(folder)).unwrap();
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn is_free(folder: &Path) -> bool {
    let lock = File::open(folder.join("lock"));
    lock.map_or(true, |lock| lock.try_lock().is_ok())
}

/// Waits until `look` finds something; it looks at once and then again and again.
pub(crate) async fn eventually<T>(
    what: &str,
    every: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: it did not happen");
        sleep(every).await;
    }
}

/// As [`eventually`], for what is or is not so.
pub(crate) async fn until(what: &str, every: Duration, mut is_so: impl AsyncFnMut() -> bool) {
    eventually(what, every, async || is_so().await.then_some(())).await;
}
