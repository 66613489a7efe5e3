//! qpdf, veraPDF and poppler's tools, as seen by the tests.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Runs a program and gives what it printed; says how to get it when it is missing.
fn run(program: &str, arguments: &[&str], package: &str) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| {
            panic!("{program} does not run ({error}): install it with `apt-get install {package}`")
        });
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}\n{printed}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Fails unless the file is sound PDF; qpdf tells a warning by its exit code too.
pub(crate) fn check(path: &Path) {
    let printed = run("qpdf", &["--check", name(path)], "qpdf");
    assert!(
        printed.contains("No syntax or stream encoding errors"),
        "{printed}"
    );
}

/// The text of each page, laid out as on the page.
pub(crate) fn page_texts(path: &Path) -> Vec<String> {
    let text = run("pdftotext", &["-layout", name(path), "-"], "poppler-utils");
    text.trim_end_matches('\u{c}')
        .split('\u{c}')
        .map(str::to_owned)
        .collect()
}

/// The text without spaces, without joiners, whose place among letters from right to left poppler
/// mistakes, and without the marks by which it tells directions.
pub(crate) fn squeezed(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_whitespace())
        .filter(|character| !matches!(character, '\u{200c}' | '\u{202a}'..='\u{202e}'))
        .collect()
}

/// What the file says about itself.
pub(crate) fn info(path: &Path) -> String {
    run("pdfinfo", &[name(path)], "poppler-utils")
}

/// The structure tree with the text of each element.
pub(crate) fn structure(path: &Path) -> String {
    run("pdfinfo", &["-struct-text", name(path)], "poppler-utils")
}

/// Every object as JSON, in qpdf's form.
pub(crate) fn objects(path: &Path) -> String {
    run("qpdf", &["--json", "--json-key=qpdf", name(path)], "qpdf")
}

/// The file with its streams inflated, the parts that are not text replaced.
pub(crate) fn contents(path: &Path) -> String {
    run("qpdf", &["--qdf", name(path), "-"], "qpdf")
}

/// The fonts, one per line.
pub(crate) fn fonts(path: &Path) -> String {
    run("pdffonts", &[name(path)], "poppler-utils")
}

/// A word on a page, in points from the upper left corner.
#[derive(Debug)]
pub(crate) struct Word {
    pub(crate) page: usize,
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    pub(crate) text: String,
}

/// Every word with its place.
pub(crate) fn words(path: &Path) -> Vec<Word> {
    let listing = run("pdftotext", &["-bbox", name(path), "-"], "poppler-utils");
    let mut page = 0;
    let mut words = Vec::new();
    for line in listing.lines().map(str::trim) {
        if line.starts_with("<page ") {
            page += 1;
        }
        let Some(attributes) = line.strip_prefix("<word ") else {
            continue;
        };
        let number = |key: &str| -> f64 {
            let (_, rest) = attributes.split_once(&format!("{key}=\"")).unwrap();
            rest.split_once('"').unwrap().0.parse().unwrap()
        };
        let text = attributes.split_once('>').unwrap().1;
        words.push(Word {
            page,
            left: number("xMin"),
            top: number("yMin"),
            right: number("xMax"),
            bottom: number("yMax"),
            text: text.strip_suffix("</word>").unwrap().to_owned(),
        });
    }
    words
}

/// A page as a picture in a file beside the PDF.
pub(crate) fn picture(path: &Path, page: u32, dots_per_inch: u32) -> PathBuf {
    let base = path.with_extension("");
    let (page, dots) = (page.to_string(), dots_per_inch.to_string());
    let options = ["-png", "-singlefile", "-r", &dots, "-f", &page];
    let files = [name(path), name(&base)];
    run(
        "pdftoppm",
        &[&options[..], &files[..]].concat(),
        "poppler-utils",
    );
    base.with_extension("png")
}

/// The file with every stream inflated and every object in plain sight.
pub(crate) fn plain(path: &Path) -> Vec<u8> {
    let output = Command::new("qpdf")
        .args([
            "--stream-data=uncompress",
            "--object-streams=disable",
            "--newline-before-endstream",
        ])
        .args([name(path), "-"])
        .output()
        .unwrap();
    output.stdout
}

/// What veraPDF finds in files that should be PDF/UA-1 and PDF/A-2a; nothing when they are.
pub(crate) fn conform(files: &[PathBuf]) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(root.join("infra/verapdf/verapdf.sh"))
        .arg("ua1,2a")
        .args(files)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() {
        Some(0) => {
            assert_eq!(
                printed.matches("PASS ").count(),
                2 * files.len(),
                "{printed}"
            );
            Ok(())
        }
        Some(1) if printed.contains("FAIL ") => Err(printed),
        _ => panic!("{printed}{}", String::from_utf8_lossy(&output.stderr)),
    }
}
