//! A file that a logo may be made of.

use axum::http::StatusCode;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::error::{ApiError, FieldError};

/// The most bytes of a logo's file.
pub const LOGO_BYTES_MAX: usize = 256 << 10;
/// The most pixels along each side.
pub const LOGO_SIDE_PIXELS_MAX: usize = 1024;
/// The most characters of such a file in base64, with its padding.
const LOGO_CHARS_MAX: usize = LOGO_BYTES_MAX.div_ceil(3) * 4;
/// How each kind of file begins (ISO/IEC 15948, section 5.2; ITU-T T.81, annex B).
const KINDS: [(&[u8], &str); 2] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
];

/// A file that begins as a picture does and says that it is small enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// The file.
    pub bytes: Vec<u8>,
    /// `image/png` or `image/jpeg`.
    pub media_type: &'static str,
}

/// Why a file is no logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// It is not in base64.
    #[error("must be base64")]
    Encoding,
    /// The file is too long.
    #[error("must have at most {LOGO_BYTES_MAX} bytes")]
    TooManyBytes,
    /// The file is of another kind.
    #[error("must be a PNG or a JPEG file")]
    Kind,
    /// The file does not say how large its picture is.
    #[error("must be a picture that says how large it is")]
    Sizeless,
    /// The picture is too large, or has no pixels.
    #[error("must have 1 to {LOGO_SIDE_PIXELS_MAX} pixels along each side")]
    Pixels,
}

impl Logo {
    /// Reads a file in base64 (RFC 4648, section 4).
    pub fn read(text: &str) -> Result<Self, LogoError> {
        if text.len() > LOGO_CHARS_MAX {
            return Err(LogoError::TooManyBytes);
        }
        let bytes = STANDARD.decode(text).or(Err(LogoError::Encoding))?;
        if bytes.len() > LOGO_BYTES_MAX {
            return Err(LogoError::TooManyBytes);
        }
        let kind = KINDS.iter().find(|(magic, _)| bytes.starts_with(magic));
        let (_, media_type) = kind.ok_or(LogoError::Kind)?;
        let size = imagesize::blob_size(&bytes).or(Err(LogoError::Sizeless))?;
        let sides = 1..=LOGO_SIDE_PIXELS_MAX;
        match sides.contains(&size.width) && sides.contains(&size.height) {
            true => Ok(Self { bytes, media_type }),
            false => Err(LogoError::Pixels),
        }
    }
}

impl From<LogoError> for ApiError {
    fn from(error: LogoError) -> Self {
        if error == LogoError::Encoding {
            return FieldError::new("logo", "malformed", error.to_string()).into();
        }
        let detail = format!("logo: {error}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unusable_logo", detail)
    }
}
