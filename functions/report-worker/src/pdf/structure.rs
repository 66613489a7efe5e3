//! The structure tree: what each piece of content is, in reading order (ISO 32000-1, 14.7).
//!
//! Elements are written as soon as their children are known; only the document's own children and
//! one entry per page are held until the end.

use super::{
    canvas::Rect,
    error::RenderError,
    units::count,
    writer::{Dict, Ref, Writer, put_uint},
};

/// What a piece of content is (ISO 32000-1, 14.8.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Heading1,
    Heading2,
    Paragraph,
    Figure,
    Table,
    TableHead,
    TableBody,
    TableFoot,
    TableRow,
    HeaderCell,
    DataCell,
}

impl Role {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Heading1 => "H1",
            Self::Heading2 => "H2",
            Self::Paragraph => "P",
            Self::Figure => "Figure",
            Self::Table => "Table",
            Self::TableHead => "THead",
            Self::TableBody => "TBody",
            Self::TableFoot => "TFoot",
            Self::TableRow => "TR",
            Self::HeaderCell => "TH",
            Self::DataCell => "TD",
        }
    }
}

/// What else is said about an element (ISO 32000-1, 14.8.5 and 14.9.3).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attributes<'a> {
    None,
    /// The header of a column.
    ColumnHeader,
    /// The header of a row.
    RowHeader,
    /// A cell that spans so many columns.
    ColumnSpan(u32),
    /// A picture: how it is read out, and where it is on the page.
    Picture {
        alternative: &'a str,
        bounds: Rect,
        page_height: f64,
    },
}

impl Attributes<'_> {
    fn put(self, dict: &mut Dict<'_>) {
        match self {
            Self::None => {}
            Self::ColumnHeader => Self::put_scope(dict, "Column"),
            Self::RowHeader => Self::put_scope(dict, "Row"),
            Self::ColumnSpan(columns) => {
                dict.dict("A", |table| {
                    table.name("O", "Table").uint("ColSpan", u64::from(columns));
                });
            }
            Self::Picture {
                alternative,
                bounds,
                page_height,
            } => {
                let top = page_height - bounds.y;
                let (left, bottom) = (bounds.x, top - bounds.height);
                dict.text("Alt", alternative).dict("A", |layout| {
                    layout
                        .name("O", "Layout")
                        .name("Placement", "Block")
                        .numbers("BBox", &[left, bottom, left + bounds.width, top]);
                });
            }
        }
    }

    fn put_scope(dict: &mut Dict<'_>, scope: &str) {
        dict.dict("A", |table| {
            table.name("O", "Table").name("Scope", scope);
        });
    }
}

/// The structure tree while it grows.
pub(crate) struct Structure {
    root: Ref,
    document: Ref,
    children: Vec<Ref>,
    /// Who owns the marked content of the page being drawn, by its number on the page.
    owners: Vec<Ref>,
    /// The written lists of owners, one per page.
    pages: Vec<Ref>,
}

impl Structure {
    pub(crate) fn new(writer: &mut Writer<'_>) -> Self {
        Self {
            root: writer.reserve(),
            document: writer.reserve(),
            children: Vec::new(),
            owners: Vec::new(),
            pages: Vec::new(),
        }
    }

    /// The root, which the catalogue refers to.
    pub(crate) fn root(&self) -> Ref {
        self.root
    }

    /// The element that everything is in.
    pub(crate) fn document(&self) -> Ref {
        self.document
    }

    /// Adds an element to the end of the document.
    pub(crate) fn append(&mut self, child: Ref) {
        self.children.push(child);
    }

    /// Takes the next number of marked content on this page for `owner`.
    pub(crate) fn mark(&mut self, owner: Ref) -> u32 {
        let number = count(self.owners.len());
        self.owners.push(owner);
        number
    }

    /// Writes an element that consists of one piece of marked content.
    pub(crate) fn put_leaf(
        writer: &mut Writer<'_>,
        id: Ref,
        role: Role,
        parent: Ref,
        page: Ref,
        mark: u32,
        attributes: Attributes<'_>,
    ) -> Result<(), RenderError> {
        writer.dict(id, |dict| {
            dict.name("S", role.name())
                .reference("P", parent)
                .reference("Pg", page)
                .uint("K", u64::from(mark));
            attributes.put(dict);
        })
    }

    /// Writes an element that consists of others.
    pub(crate) fn put_branch(
        writer: &mut Writer<'_>,
        id: Ref,
        role: Role,
        parent: Ref,
        children: &[Ref],
    ) -> Result<(), RenderError> {
        writer.dict(id, |dict| {
            dict.name("S", role.name())
                .reference("P", parent)
                .references("K", children);
        })
    }

    /// Ends a page; its list of owners is written.
    pub(crate) fn end_page(&mut self, writer: &mut Writer<'_>) -> Result<(), RenderError> {
        let list = writer.reserve();
        writer.references(list, &self.owners)?;
        self.owners.clear();
        self.pages.push(list);
        Ok(())
    }

    /// Writes the document's element and the root.
    pub(crate) fn finish(&self, writer: &mut Writer<'_>) -> Result<(), RenderError> {
        writer.dict(self.document, |dict| {
            dict.name("S", "Document")
                .reference("P", self.root)
                .references("K", &self.children);
        })?;
        writer.dict(self.root, |dict| {
            dict.name("Type", "StructTreeRoot")
                .reference("K", self.document)
                .uint("ParentTreeNextKey", count(self.pages.len()).into())
                .dict("ParentTree", |tree| {
                    tree.value("Nums", |out| put_page_owners(out, &self.pages));
                });
        })
    }
}

/// The number tree from a page's number to its list of owners, as one flat leaf.
fn put_page_owners(out: &mut Vec<u8>, pages: &[Ref]) {
    out.push(b'[');
    for (number, page) in (0_u64..).zip(pages) {
        put_uint(out, number);
        out.push(b' ');
        page.put(out);
    }
    out.push(b']');
}
