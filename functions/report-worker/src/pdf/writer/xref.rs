//! The cross-reference stream: where each object is (ISO 32000-1, 7.5.8).

use crate::pdf::{error::RenderError, units::count};

use super::{deflate::Deflater, syntax::Ref};

/// The widths of an entry's three fields, in bytes.
pub(super) const FIELD_BYTES: [f64; 3] = [1.0, 4.0, 2.0];
/// The bytes of one entry.
pub(super) const ENTRY_BYTES: u64 = 7;
const ENTRIES_PER_FEED: usize = 1024;
/// PNG's "up" predictor: an entry differs little from the one before.
const PREDICTOR_UP: u8 = 2;

/// Where each object is, eight bytes for each.
#[derive(Debug)]
pub(super) struct Xref {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    kind: Kind,
    index: u16,
    at: u32,
}

#[derive(Debug, Clone, Copy)]
#[repr(u8)]
enum Kind {
    Free = 0,
    Offset = 1,
    Packed = 2,
}

impl Xref {
    pub(super) fn new() -> Self {
        // Object 0 is always free and never reused.
        let zero = Entry {
            kind: Kind::Free,
            index: u16::MAX,
            at: 0,
        };
        Self {
            entries: vec![zero],
        }
    }

    /// The number of objects, object 0 included.
    pub(super) fn len(&self) -> u32 {
        count(self.entries.len())
    }

    /// The next number; it counts as free until the object is written.
    pub(super) fn reserve(&mut self) -> Ref {
        let id = Ref::new(self.len());
        self.entries.push(Entry {
            kind: Kind::Free,
            index: 0,
            at: 0,
        });
        id
    }

    /// The object begins at this byte.
    pub(super) fn set_offset(&mut self, id: Ref, at: u32) {
        self.set(
            id,
            Entry {
                kind: Kind::Offset,
                index: 0,
                at,
            },
        );
    }

    /// The object is in an object stream.
    pub(super) fn set_packed(&mut self, id: Ref, stream: Ref, index: u16) {
        self.set(
            id,
            Entry {
                kind: Kind::Packed,
                index,
                at: stream.number(),
            },
        );
    }

    /// Feeds all entries to the encoder, predicted, some at a time.
    pub(super) fn write(&self, deflater: &mut Deflater) -> Result<(), RenderError> {
        let mut above = [0; 7];
        let mut lines = Vec::with_capacity(ENTRIES_PER_FEED * 8);
        for entries in self.entries.chunks(ENTRIES_PER_FEED) {
            lines.clear();
            for entry in entries {
                let bytes = entry.bytes();
                lines.push(PREDICTOR_UP);
                lines.extend(
                    bytes
                        .iter()
                        .zip(above)
                        .map(|(now, up)| now.wrapping_sub(up)),
                );
                above = bytes;
            }
            deflater.feed(&lines)?;
        }
        Ok(())
    }

    fn set(&mut self, id: Ref, entry: Entry) {
        let slot = usize::try_from(id.number())
            .ok()
            .and_then(|number| self.entries.get_mut(number));
        if let Some(slot) = slot {
            *slot = entry;
        }
    }
}

impl Entry {
    fn bytes(self) -> [u8; 7] {
        let fields = [self.kind as u8]
            .into_iter()
            .chain(self.at.to_be_bytes())
            .chain(self.index.to_be_bytes());
        let mut bytes = [0; 7];
        for (byte, field) in bytes.iter_mut().zip(fields) {
            *byte = field;
        }
        bytes
    }
}
