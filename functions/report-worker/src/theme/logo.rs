//! A tenant's logo: read once, and safe to draw from then on.
//!
//! Whatever somebody uploads is decoded here and kept as plain pixels; nothing of the file itself goes
//! into a report.

use std::{io::Cursor, sync::Arc};

use png::{ColorType, Limits, Transformations};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

/// The most bytes of a logo's file.
pub const LOGO_BYTES_MAX: usize = 256 << 10;
/// The most pixels along each side; in a report it is less than four centimetres wide.
pub const LOGO_SIDE_PIXELS_MAX: u32 = 1024;
/// What decoding may allocate beside the pixels, in bytes.
const DECODER_BYTES_MAX: usize = 8 << 20;
/// The most scans of a progressive JPEG; each costs as much as the whole picture.
const JPEG_SCANS_MAX: usize = 32;
const PNG_MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG_MAGIC: &[u8] = b"\xff\xd8\xff";

/// A picture in opaque pixels.
#[derive(Clone, PartialEq, Eq)]
pub struct Logo {
    width: u32,
    height: u32,
    /// Red, green and blue of each pixel, row by row from the top.
    pixels: Arc<[u8]>,
}

/// Why a file is no logo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// The file is too long.
    #[error("a logo has at most {LOGO_BYTES_MAX} bytes")]
    TooManyBytes,
    /// The picture is too large.
    #[error("a logo has at most {LOGO_SIDE_PIXELS_MAX} pixels along each side")]
    TooManyPixels,
    /// The file is of another kind.
    #[error("a logo is a PNG or a JPEG file")]
    Kind,
    /// The file is damaged, or not what it begins as.
    #[error("the logo cannot be read: {0}")]
    Damaged(String),
}

impl Logo {
    /// Reads a PNG or JPEG file. What is transparent becomes white, the paper it stands on.
    pub fn read(bytes: &[u8]) -> Result<Self, LogoError> {
        if bytes.len() > LOGO_BYTES_MAX {
            return Err(LogoError::TooManyBytes);
        }
        if bytes.starts_with(PNG_MAGIC) {
            return Self::read_png(bytes);
        }
        if bytes.starts_with(JPEG_MAGIC) {
            return Self::read_jpeg(bytes);
        }
        Err(LogoError::Kind)
    }

    fn read_png(bytes: &[u8]) -> Result<Self, LogoError> {
        let limits = Limits {
            bytes: DECODER_BYTES_MAX,
        };
        let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(Transformations::normalize_to_color8());
        let (width, height) = decoder.read_header_info().map_err(damaged)?.size();
        check_size(width, height)?;
        let mut reader = decoder.read_info().map_err(damaged)?;
        let size = reader
            .output_buffer_size()
            .ok_or(LogoError::TooManyPixels)?;
        let mut pixels = vec![0; size];
        let frame = reader.next_frame(&mut pixels).map_err(damaged)?;
        reader.finish().map_err(damaged)?;
        pixels.truncate(frame.buffer_size());
        let pixels = match frame.color_type {
            ColorType::Rgb => pixels,
            ColorType::Rgba => on_white::<4>(&pixels, |[red, green, blue, alpha]| {
                ([red, green, blue], alpha)
            }),
            ColorType::Grayscale => on_white::<1>(&pixels, |[grey]| ([grey; 3], u8::MAX)),
            ColorType::GrayscaleAlpha => on_white::<2>(&pixels, |[grey, alpha]| ([grey; 3], alpha)),
            ColorType::Indexed => return Err(LogoError::Damaged("no palette".to_owned())),
        };
        Self::of(frame.width, frame.height, pixels)
    }

    fn read_jpeg(bytes: &[u8]) -> Result<Self, LogoError> {
        let side = usize::try_from(LOGO_SIDE_PIXELS_MAX).unwrap_or(usize::MAX);
        let options = DecoderOptions::default()
            .set_strict_mode(true)
            .jpeg_set_max_scans(JPEG_SCANS_MAX)
            // The decoder's own limits answer with a text; sizes are told apart below.
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
        decoder.decode_headers().map_err(damaged)?;
        let (width, height) = decoder.dimensions().ok_or(LogoError::Kind)?;
        if width > side || height > side {
            return Err(LogoError::TooManyPixels);
        }
        let pixels = decoder.decode().map_err(damaged)?;
        let side = |pixels: usize| u32::try_from(pixels).unwrap_or(u32::MAX);
        Self::of(side(width), side(height), pixels)
    }

    /// A picture of these pixels, if they are as many as they should be.
    fn of(width: u32, height: u32, pixels: Vec<u8>) -> Result<Self, LogoError> {
        check_size(width, height)?;
        let size = u64::from(width) * u64::from(height) * 3;
        if u64::try_from(pixels.len()) != Ok(size) {
            return Err(LogoError::Damaged("pixels are missing".to_owned()));
        }
        Ok(Self {
            width,
            height,
            pixels: pixels.into(),
        })
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(crate) fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

impl std::fmt::Debug for Logo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Logo({} x {})", self.width, self.height)
    }
}

fn check_size(width: u32, height: u32) -> Result<(), LogoError> {
    match width.max(height) <= LOGO_SIDE_PIXELS_MAX && width.min(height) > 0 {
        true => Ok(()),
        false => Err(LogoError::TooManyPixels),
    }
}

fn damaged(error: impl std::fmt::Display) -> LogoError {
    LogoError::Damaged(error.to_string())
}

/// The pixels as they look on white paper.
fn on_white<const SAMPLES: usize>(
    pixels: &[u8],
    split: impl Fn([u8; SAMPLES]) -> ([u8; 3], u8),
) -> Vec<u8> {
    let (pixels, _) = pixels.as_chunks::<SAMPLES>();
    pixels
        .iter()
        .flat_map(|&pixel| {
            let (color, alpha) = split(pixel);
            let alpha = u32::from(alpha);
            color.map(|part| {
                let sum = u32::from(part) * alpha + 255 * (255 - alpha);
                u8::try_from((sum + 127) / 255).unwrap_or(u8::MAX)
            })
        })
        .collect()
}
