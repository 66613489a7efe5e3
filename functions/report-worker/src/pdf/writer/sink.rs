//! Where the file's bytes go: counted, limited and hashed on their way.

use std::io::{BufWriter, Write};

use aws_lc_rs::digest::{Context, SHA256};

use crate::pdf::error::{Limit, RenderError};

use super::Written;

const BUFFER_BYTES: usize = 64 << 10;

/// The output, counted, limited and hashed.
pub(super) struct Sink<'w> {
    out: BufWriter<&'w mut dyn Write>,
    hash: Context,
    position: u64,
    bytes_max: u64,
}

impl<'w> Sink<'w> {
    pub(super) fn new(out: &'w mut dyn Write, bytes_max: u64) -> Self {
        Self {
            out: BufWriter::with_capacity(BUFFER_BYTES, out),
            hash: Context::new(&SHA256),
            position: 0,
            bytes_max,
        }
    }

    /// The number of bytes written so far.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), RenderError> {
        let position = self.position + u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if position > self.bytes_max {
            return Err(RenderError::TooLarge {
                limit: Limit::Bytes,
                max: self.bytes_max,
            });
        }
        self.hash.update(bytes);
        self.out.write_all(bytes).map_err(RenderError::Output)?;
        self.position = position;
        Ok(())
    }

    /// The SHA-256 of the bytes so far.
    pub(super) fn digest(&self) -> [u8; 32] {
        sha256(self.hash.clone())
    }

    /// Hands the last bytes on.
    pub(super) fn finish(mut self) -> Result<Written, RenderError> {
        self.out.flush().map_err(RenderError::Output)?;
        Ok(Written {
            bytes: self.position,
            sha256: sha256(self.hash),
        })
    }
}

fn sha256(hash: Context) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finish().as_ref()) {
        *byte = *hashed;
    }
    bytes
}
