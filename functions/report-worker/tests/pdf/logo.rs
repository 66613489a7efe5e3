//! A tenant's logo and line are shown; what is no picture is refused before it gets near a report.

use std::{fs, path::PathBuf};

use png::{BitDepth, ColorType, Encoder};
use report_worker::{
    pdf::render,
    report::Limits,
    theme::{LOGO_BYTES_MAX, LOGO_SIDE_PIXELS_MAX, Logo, LogoError, Theme},
};

use crate::{
    fixture::{report, rows, spool, theme},
    golden, tools,
};

/// A red disc on nothing, or pixels of another kind.
fn png(width: u32, height: u32, color: ColorType, depth: BitDepth) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(vec![200, 30, 30, 255, 255, 255]);
    }
    let mut writer = encoder.write_header().unwrap();
    let samples = usize::try_from(width).unwrap() * color.samples();
    let line = (samples * usize::from(depth as u8)).div_ceil(8);
    let mut pixels = vec![0; line * usize::try_from(height).unwrap()];
    if color == ColorType::Rgba && depth == BitDepth::Eight {
        let middle = (f64::from(width) / 2.0, f64::from(height) / 2.0);
        for (index, pixel) in (0_u32..).zip(pixels.chunks_mut(4)) {
            let (x, y) = (f64::from(index % width), f64::from(index / width));
            let is_in = (x - middle.0).hypot(y - middle.1) < middle.1 - 2.0;
            pixel.copy_from_slice(&[200, 30, 30, if is_in { 255 } else { 0 }]);
        }
    }
    writer.write_image_data(&pixels).unwrap();
    drop(writer);
    file
}

/// A green picture of 16 x 8 pixels, as `convert` writes it.
const JPEG: &[u8] = include_bytes!("logo.jpg");

fn rendered(name: &str, theme: &Theme) -> PathBuf {
    let mut out = Vec::new();
    let mut rows = spool(&rows(3));
    render(&report(), theme, &mut rows, &Limits::default(), &mut out).unwrap();
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.pdf"));
    fs::write(&path, out).unwrap();
    path
}

#[test]
fn logo_and_line_are_shown() {
    let logo = Logo::read(&png(120, 60, ColorType::Rgba, BitDepth::Eight)).unwrap();
    let theme = theme()
        .with_logo(logo)
        .with_line("Northwind Mapping Ltd · Oslo");
    let path = rendered("logo", &theme);
    tools::check(&path);
    let text = tools::page_texts(&path).concat();
    assert!(
        text.contains("UTC · Northwind Mapping Ltd · Oslo"),
        "{text}"
    );
    assert!(tools::contents(&path).contains("/Subtype /Image"));
    golden::assert_looks_like(&path, 1, "logo");
    let without = golden::picture(&rendered("logo-without", &crate::fixture::theme()), 1).1;
    assert!(golden::differs(&golden::picture(&path, 1).1, &without));
    tools::conform(&[path]).unwrap();
}

#[test]
fn a_jpeg_is_a_logo_too() {
    let logo = Logo::read(JPEG).unwrap();
    assert_eq!(logo.size(), (16, 8));
    let path = rendered("logo-jpeg", &theme().with_logo(logo));
    tools::check(&path);
    tools::conform(&[path]).unwrap();
}

#[test]
fn every_kind_of_png_is_read() {
    for (color, depth) in [
        (ColorType::Grayscale, BitDepth::One),
        (ColorType::Grayscale, BitDepth::Sixteen),
        (ColorType::GrayscaleAlpha, BitDepth::Eight),
        (ColorType::Rgb, BitDepth::Eight),
        (ColorType::Rgb, BitDepth::Sixteen),
        (ColorType::Rgba, BitDepth::Sixteen),
        (ColorType::Indexed, BitDepth::One),
        (ColorType::Indexed, BitDepth::Eight),
    ] {
        let logo = Logo::read(&png(9, 5, color, depth));
        assert_eq!(logo.unwrap().size(), (9, 5), "{color:?} {depth:?}");
    }
}

#[test]
fn what_is_no_logo_is_refused() {
    let sound = png(32, 32, ColorType::Rgba, BitDepth::Eight);
    Logo::read(&sound).unwrap();
    let side = LOGO_SIDE_PIXELS_MAX;
    Logo::read(&png(side, 1, ColorType::Grayscale, BitDepth::One)).unwrap();
    for (file, error) in [
        (vec![0; LOGO_BYTES_MAX + 1], LogoError::TooManyBytes),
        (
            png(side + 1, 1, ColorType::Grayscale, BitDepth::One),
            LogoError::TooManyPixels,
        ),
        (
            png(1, side + 1, ColorType::Grayscale, BitDepth::One),
            LogoError::TooManyPixels,
        ),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec(),
            LogoError::Kind,
        ),
        (b"GIF89a".to_vec(), LogoError::Kind),
        (Vec::new(), LogoError::Kind),
    ] {
        assert_eq!(Logo::read(&file).unwrap_err(), error);
    }
    // A header that promises 4 billion pixels is refused before one of them has room.
    let mut bomb = sound.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    Logo::read(&bomb).unwrap_err();
}

#[test]
fn a_damaged_file_is_refused_at_any_byte() {
    for sound in [png(32, 32, ColorType::Rgba, BitDepth::Eight), JPEG.to_vec()] {
        for length in 0..sound.len() {
            if let Ok(logo) = Logo::read(&sound[..length]) {
                // Only what belongs to no pixel may be missing.
                assert!(
                    length + 16 > sound.len(),
                    "{length} of {}: {logo:?}",
                    sound.len()
                );
            }
        }
        for at in 0..sound.len() {
            let mut damaged = sound.clone();
            damaged[at] ^= 0x5a;
            // Refused, or read as another picture, but never a panic.
            if let Ok(logo) = Logo::read(&damaged) {
                assert!(logo.size().0 <= LOGO_SIDE_PIXELS_MAX);
            }
        }
    }
}
