//! The programs that make reports: the product's own, and those it is compared with.

use std::path::{Path, PathBuf};

use local::{project, say::say};

use crate::peers::{self, PeersError};

use super::PdfError;

/// A way to make a PDF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The product's.
    Tenantry,
    /// `ReportLab`'s canvas: text at places, in one font.
    Canvas,
    /// `ReportLab`'s tables, with a font for each script.
    Tables,
    /// `WeasyPrint`, from HTML.
    WeasyPrint,
    /// Chromium without a window, from HTML.
    Chromium,
}

impl Engine {
    /// All of them, the product's first.
    pub const ALL: [Self; 5] = [
        Self::Tenantry,
        Self::Canvas,
        Self::Tables,
        Self::WeasyPrint,
        Self::Chromium,
    ];

    /// The name, for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tenantry => "tenantry",
            Self::Canvas => "ReportLab canvas",
            Self::Tables => "ReportLab tables",
            Self::WeasyPrint => "WeasyPrint",
            Self::Chromium => "Chromium",
        }
    }

    /// The name, for files.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Tenantry => "tenantry",
            Self::Canvas => "canvas",
            Self::Tables => "tables",
            Self::WeasyPrint => "weasy",
            Self::Chromium => "chromium",
        }
    }

    /// The most rows it is given: what takes minutes or gigabytes is not worth the wait.
    pub(super) const fn rows_max(self, slow: u32) -> u32 {
        match self {
            Self::Tenantry => u32::MAX,
            Self::Canvas => 100_000,
            Self::Tables => slow,
            Self::WeasyPrint => slow / 10,
            Self::Chromium => 10_000,
        }
    }

    /// How often it makes the same report; the quickest counts.
    pub(super) const fn repeats(self, rows: u32) -> u32 {
        match (self, rows) {
            (Self::Tenantry, 0..=100_000) | (_, 0..=1_000) => 5,
            (Self::Canvas | Self::Tables, 0..=10_000) => 2,
            _ => 1,
        }
    }
}

/// The programs that are there.
pub(super) struct Programs {
    own: PathBuf,
    python: PathBuf,
    /// An interpreter that has `WeasyPrint`.
    weasy: Option<PathBuf>,
    chromium: bool,
}

impl Programs {
    /// Installs the packages of the peers, and looks for the rest.
    pub(super) async fn provide(place: &Path) -> Result<Self, PdfError> {
        let requirements = sources().join("requirements.txt");
        let python = peers::python_with(&requirements, place).await?;
        let system = Path::new("python3");
        let has_weasy = peers::run(system, ["-c", "import weasyprint"])
            .await
            .is_ok();
        let has_chromium = peers::run(Path::new("chromium"), ["--version"])
            .await
            .is_ok();
        for (is_there, name) in [(has_weasy, "WeasyPrint"), (has_chromium, "Chromium")] {
            if !is_there {
                say(format_args!("not measured: {name} is not installed"));
            }
        }
        Ok(Self {
            own: std::env::current_exe().map_err(super::file(Path::new("bench")))?,
            python,
            weasy: has_weasy.then(|| system.to_owned()),
            chromium: has_chromium,
        })
    }

    pub(super) fn have(&self, engine: Engine) -> bool {
        match engine {
            Engine::Tenantry | Engine::Canvas | Engine::Tables => true,
            Engine::WeasyPrint => self.weasy.is_some(),
            Engine::Chromium => self.chromium,
        }
    }

    /// Makes one report; answers what the program said.
    pub(super) async fn run(
        &self,
        engine: Engine,
        source: &Path,
        target: &Path,
    ) -> Result<String, PeersError> {
        let files = [source, target];
        if engine == Engine::Tenantry {
            let command = [Path::new("render-pdf")];
            return peers::run(&self.own, command.iter().chain(&files)).await;
        }
        let python = match (engine, &self.weasy) {
            (Engine::WeasyPrint, Some(python)) => python,
            _ => &self.python,
        };
        let script = sources().join(format!("{}.py", engine.word()));
        let fonts = project::root().join("functions/report-worker/fonts");
        // No bytecode beside the sources: the checkout stays clean.
        let arguments = [Path::new("-B"), &script, source, target, &fonts];
        peers::run(python, arguments).await
    }
}

fn sources() -> PathBuf {
    project::root().join("infra/bench/peers/pdf")
}
