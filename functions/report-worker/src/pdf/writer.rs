//! Writes PDF objects as they come, each once, and forgets them (ISO 32000-1, 7.5).

mod deflate;
mod pack;
mod sink;
mod syntax;
mod xref;

use std::io::Write;

pub(crate) use syntax::{Dict, Ref, put_component, put_hex_text, put_real, put_uint, put_utf16};

use deflate::Deflater;
use pack::Pack;
use sink::Sink;
use xref::Xref;

use super::{
    error::{Limit, RenderError},
    units::count,
};

/// The most objects of a file (ISO 19005-2, 6.1.13).
const OBJECTS_MAX: u32 = 8_388_607;

/// Whether a stream is written as it is or deflated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is, for readers that know no PDF.
    Plain,
    /// Deflated.
    Flate,
}

/// What a finished file turned out to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) bytes: u64,
    pub(crate) sha256: [u8; 32],
}

/// A PDF file being written.
pub(crate) struct Writer<'w> {
    sink: Sink<'w>,
    xref: Xref,
    pack: Pack,
    deflater: Deflater,
    head: Vec<u8>,
}

impl<'w> Writer<'w> {
    /// Begins a file of at most `bytes_max` bytes.
    pub(crate) fn new(out: &'w mut dyn Write, bytes_max: u64) -> Result<Self, RenderError> {
        let mut sink = Sink::new(out, bytes_max);
        // The comment of four bytes beyond ASCII marks the file as binary (ISO 19005-2, 6.1.2).
        sink.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
        Ok(Self {
            sink,
            xref: Xref::new(),
            pack: Pack::default(),
            deflater: Deflater::new(),
            head: Vec::new(),
        })
    }

    /// A number for an object that is written later, or never.
    pub(crate) fn reserve(&mut self) -> Ref {
        self.xref.reserve()
    }

    /// Fails once the file has more objects than the format allows.
    pub(crate) fn check_objects(&self) -> Result<(), RenderError> {
        if self.xref.len() > OBJECTS_MAX {
            return Err(RenderError::too_large(Limit::Objects, OBJECTS_MAX));
        }
        Ok(())
    }

    /// Writes a dictionary.
    pub(crate) fn dict(
        &mut self,
        id: Ref,
        fill: impl FnOnce(&mut Dict<'_>),
    ) -> Result<(), RenderError> {
        Dict::put(self.pack.begin(id), fill);
        self.end_packed()
    }

    /// Writes an array of references.
    pub(crate) fn references(&mut self, id: Ref, items: &[Ref]) -> Result<(), RenderError> {
        syntax::put_references(self.pack.begin(id), items);
        self.end_packed()
    }

    /// Writes a stream; `fill` adds to its dictionary.
    pub(crate) fn stream(
        &mut self,
        id: Ref,
        encoding: Encoding,
        data: &[u8],
        fill: impl FnOnce(&mut Dict<'_>),
    ) -> Result<(), RenderError> {
        match encoding {
            Encoding::Plain => self.put_stream(id, data, fill),
            Encoding::Flate => {
                self.deflater.begin();
                self.deflater.feed(data)?;
                self.put_deflated(id, fill)
            }
        }
    }

    /// Writes what is still held, the cross-reference stream and the trailer.
    pub(crate) fn finish(mut self, root: Ref, info: Ref) -> Result<Written, RenderError> {
        self.flush_pack()?;
        let id = self.xref.reserve();
        self.check_objects()?;
        let start = self.sink.position();
        self.xref.set_offset(id, self.offset()?);
        self.deflater.begin();
        self.xref.write(&mut self.deflater)?;
        let size = u64::from(self.xref.len());
        // All bytes so far are the content, so their hash names the document (ISO 32000-1, 14.4).
        let name = self.sink.digest();
        let name = name.get(..16).unwrap_or_default().to_vec();
        self.put_deflated(id, |dict| {
            dict.name("Type", "XRef")
                .uint("Size", size)
                .numbers("W", &xref::FIELD_BYTES)
                .reference("Root", root)
                .reference("Info", info)
                .hex_pair("ID", &name)
                .dict("DecodeParms", |parms| {
                    parms
                        .uint("Predictor", 12)
                        .uint("Columns", xref::ENTRY_BYTES);
                });
        })?;
        self.sink
            .write(format!("startxref\n{start}\n%%EOF\n").as_bytes())?;
        self.sink.finish()
    }

    fn end_packed(&mut self) -> Result<(), RenderError> {
        self.pack.end();
        if self.pack.is_full() {
            return self.flush_pack();
        }
        Ok(())
    }

    /// Writes the packed objects as one object stream (ISO 32000-1, 7.5.7).
    fn flush_pack(&mut self) -> Result<(), RenderError> {
        if self.pack.is_empty() {
            return Ok(());
        }
        let id = self.xref.reserve();
        for (index, member) in (0_u16..).zip(self.pack.members()) {
            self.xref.set_packed(member, id, index);
        }
        let (members, index) = (count(self.pack.members().count()), self.pack.index());
        let first = count(index.len());
        self.deflater.begin();
        self.deflater.feed(&index)?;
        self.deflater.feed(self.pack.bodies())?;
        self.put_deflated(id, |dict| {
            dict.name("Type", "ObjStm")
                .uint("N", u64::from(members))
                .uint("First", u64::from(first));
        })?;
        self.pack.clear();
        Ok(())
    }

    /// Writes what the deflater was fed.
    fn put_deflated(
        &mut self,
        id: Ref,
        fill: impl FnOnce(&mut Dict<'_>),
    ) -> Result<(), RenderError> {
        let data = self.deflater.take()?;
        let result = self.put_stream(id, &data, |dict| {
            fill(dict);
            dict.name("Filter", "FlateDecode");
        });
        self.deflater.give_back(data);
        result
    }

    fn put_stream(
        &mut self,
        id: Ref,
        data: &[u8],
        fill: impl FnOnce(&mut Dict<'_>),
    ) -> Result<(), RenderError> {
        let offset = self.offset()?;
        self.xref.set_offset(id, offset);
        self.head.clear();
        syntax::put_uint(&mut self.head, u64::from(id.number()));
        self.head.extend_from_slice(b" 0 obj\n");
        Dict::put(&mut self.head, |dict| {
            fill(dict);
            dict.uint("Length", u64::from(count(data.len())));
        });
        self.head.extend_from_slice(b"\nstream\n");
        self.sink.write(&self.head)?;
        self.sink.write(data)?;
        self.sink.write(b"\nendstream\nendobj\n")
    }

    /// Where the next object begins; the cross-reference stream has four bytes for it.
    fn offset(&self) -> Result<u32, RenderError> {
        u32::try_from(self.sink.position())
            .map_err(|_error| RenderError::too_large(Limit::Bytes, u32::MAX))
    }
}
