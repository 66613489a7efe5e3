//! Pages as pictures, compared with those that somebody has looked at.
//!
//! `GOLDEN=write` writes the pictures anew; look at each before you commit it.

use std::{
    env,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use crate::tools;

/// Small files, and still every letter in its place.
const DOTS_PER_INCH: u32 = 60;
/// The side of a block of pixels that are compared by their mean, so that another smoothing of edges
/// in another version of the tools makes no difference.
const BLOCK_PIXELS: usize = 8;
/// How much lighter or darker a block may be, of 255.
const DIFFERENCE_MAX: u32 = 10;

/// A picture in shades of grey.
pub(crate) struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = png::Decoder::new(BufReader::new(file)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let samples = info.color_type.samples();
        pixels.truncate(info.buffer_size());
        Self {
            width: usize::try_from(info.width).unwrap(),
            height: usize::try_from(info.height).unwrap(),
            pixels: pixels
                .chunks(samples)
                .map(|pixel| {
                    let sum: u32 = pixel.iter().map(|sample| u32::from(*sample)).sum();
                    u8::try_from(sum / u32::try_from(samples).unwrap()).unwrap()
                })
                .collect(),
        }
    }

    fn write(&self, path: &Path) {
        let (width, height) = (self.width, self.height);
        let size = [width, height].map(|pixels| u32::try_from(pixels).unwrap());
        let mut encoder = png::Encoder::new(File::create(path).unwrap(), size[0], size[1]);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_compression(png::Compression::High);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&self.pixels).unwrap();
    }

    /// The mean of the pixels of a block.
    fn mean(&self, column: usize, row: usize) -> u32 {
        let (mut sum, mut number) = (0, 0);
        for y in row * BLOCK_PIXELS..((row + 1) * BLOCK_PIXELS).min(self.height) {
            for x in column * BLOCK_PIXELS..((column + 1) * BLOCK_PIXELS).min(self.width) {
                sum += u32::from(self.pixels[y * self.width + x]);
                number += 1;
            }
        }
        sum / number
    }
}

/// The largest difference of two pictures' blocks, and where it is, in blocks from the upper left.
pub(crate) fn difference(one: &Picture, other: &Picture) -> (u32, usize, usize) {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let (columns, rows) = (
        one.width.div_ceil(BLOCK_PIXELS),
        one.height.div_ceil(BLOCK_PIXELS),
    );
    (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (column, row)))
        .map(|(column, row)| {
            let means = (one.mean(column, row), other.mean(column, row));
            (means.0.abs_diff(means.1), column, row)
        })
        .max()
        .unwrap()
}

/// A page of a file as a picture.
pub(crate) fn picture(pdf: &Path, page: u32) -> (PathBuf, Picture) {
    let path = tools::picture(pdf, page, DOTS_PER_INCH);
    let picture = Picture::read(&path);
    (path, picture)
}

/// Fails when a page does not look as the committed picture of this name.
pub(crate) fn assert_looks_like(pdf: &Path, page: u32, name: &str) {
    let (path, found) = picture(pdf, page);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = here.join(format!("tests/pdf/golden/{name}.png"));
    if env::var_os("GOLDEN").is_some_and(|wish| wish == "write") {
        found.write(&golden);
    }
    let (most, column, row) = difference(&found, &Picture::read(&golden));
    assert!(
        most <= DIFFERENCE_MAX,
        "{} differs from {name}.png by {most} of 255 around pixel {}, {}",
        path.display(),
        column * BLOCK_PIXELS,
        row * BLOCK_PIXELS
    );
}

/// Whether two pictures count as different.
pub(crate) fn differs(one: &Picture, other: &Picture) -> bool {
    difference(one, other).0 > DIFFERENCE_MAX
}

#[test]
fn a_text_that_moved_is_seen() {
    use crate::fixture::{render_file, report, rows};
    let as_it_was = picture(&render_file("golden-still", &report(), &rows(3)).path, 1).1;
    let same = picture(&render_file("golden-again", &report(), &rows(3)).path, 1).1;
    assert!(!differs(&as_it_was, &same));
    let mut moved = report();
    moved.table.columns[0].width = report_worker::report::Width::Points(66.0);
    let mut renamed = rows(3);
    renamed[1][1] = "Другой порт".to_owned();
    for (report, rows) in [(moved, rows(3)), (report(), renamed)] {
        let other = picture(&render_file("golden-moved", &report, &rows).path, 1).1;
        assert!(
            differs(&as_it_was, &other),
            "{:?}",
            difference(&as_it_was, &other)
        );
    }
}
