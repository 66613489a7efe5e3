//! The PDF as a whole: pages that come one after another, tagged content, and what the end needs.

use std::io::Write;

use crate::{
    report::{Limits, ReportData},
    theme::{Logo, Paper, Theme},
};

use super::{
    canvas::{Canvas, LOGO_RESOURCE},
    error::RenderError,
    fonts::{FaceId, FontSet, PerFace, embed},
    metadata,
    structure::{Attributes, Role, Structure},
    units::count,
    writer::{Dict, Encoding, Ref, Writer, Written},
};

/// A PDF being written.
pub(crate) struct Document<'w> {
    writer: Writer<'w>,
    canvas: Canvas,
    structure: Structure,
    limits: &'w Limits,
    paper: Paper,
    logo: Option<&'w Logo>,
    page_tree: Ref,
    resources: Ref,
    fonts: PerFace<Option<Ref>>,
    /// The page being drawn.
    page: Ref,
    pages: Vec<Ref>,
}

impl<'w> Document<'w> {
    /// Begins a document; [`Self::begin_page`] comes next.
    pub(crate) fn open(
        out: &'w mut dyn Write,
        theme: &'w Theme,
        limits: &'w Limits,
    ) -> Result<Self, RenderError> {
        let paper = theme.paper;
        let mut writer = Writer::new(out, limits.bytes)?;
        let structure = Structure::new(&mut writer);
        let (page_tree, resources) = (writer.reserve(), writer.reserve());
        Ok(Self {
            canvas: Canvas::new(paper.height),
            structure,
            limits,
            paper,
            logo: theme.logo.as_ref(),
            page_tree,
            resources,
            fonts: PerFace::default(),
            page: page_tree,
            pages: Vec::new(),
            writer,
        })
    }

    pub(crate) fn paper(&self) -> Paper {
        self.paper
    }

    /// Begins a page; fails when the time is over.
    pub(crate) fn begin_page(&mut self) -> Result<(), RenderError> {
        self.limits.check_time(count(self.pages.len()))?;
        self.page = self.writer.reserve();
        Ok(())
    }

    /// Writes the page and forgets it.
    pub(crate) fn end_page(&mut self) -> Result<(), RenderError> {
        let number = count(self.pages.len());
        let contents = self.writer.reserve();
        let content = self.canvas.take_content();
        self.writer
            .stream(contents, Encoding::Flate, &content, |_dict| {})?;
        self.canvas.give_back(content);
        let (tree, resources, paper) = (self.page_tree, self.resources, self.paper);
        self.writer.dict(self.page, |dict| {
            dict.name("Type", "Page")
                .reference("Parent", tree)
                .numbers("MediaBox", &[0.0, 0.0, paper.width, paper.height])
                .reference("Resources", resources)
                .reference("Contents", contents)
                .uint("StructParents", u64::from(number))
                .name("Tabs", "S");
        })?;
        self.structure.end_page(&mut self.writer)?;
        self.pages.push(self.page);
        self.writer.check_objects()
    }

    /// Draws decoration, which is not read out.
    pub(crate) fn artifact(&mut self, draw: impl FnOnce(&mut Canvas)) {
        self.canvas.begin_artifact();
        draw(&mut self.canvas);
        self.canvas.end_marked();
    }

    /// Draws an element of its own at the end of the document so far.
    pub(crate) fn element(
        &mut self,
        role: Role,
        attributes: Attributes<'_>,
        draw: impl FnOnce(&mut Canvas),
    ) -> Result<(), RenderError> {
        let child = self.leaf(role, self.structure.document(), attributes, draw)?;
        self.structure.append(child);
        Ok(())
    }

    /// Draws an element inside `parent`, which has to name it among its children.
    pub(crate) fn leaf(
        &mut self,
        role: Role,
        parent: Ref,
        attributes: Attributes<'_>,
        draw: impl FnOnce(&mut Canvas),
    ) -> Result<Ref, RenderError> {
        let id = self.writer.reserve();
        let mark = self.structure.mark(id);
        self.canvas.begin_marked(role.name(), mark);
        draw(&mut self.canvas);
        self.canvas.end_marked();
        Structure::put_leaf(
            &mut self.writer,
            id,
            role,
            parent,
            self.page,
            mark,
            attributes,
        )?;
        Ok(id)
    }

    /// Begins an element that will hold others; [`Self::end_branch`] writes it.
    pub(crate) fn begin_branch(&mut self) -> Ref {
        self.writer.reserve()
    }

    /// Writes an element that holds others.
    pub(crate) fn end_branch(
        &mut self,
        id: Ref,
        role: Role,
        parent: Ref,
        children: &[Ref],
    ) -> Result<(), RenderError> {
        Structure::put_branch(&mut self.writer, id, role, parent, children)
    }

    /// Writes an element that holds others, at the end of the document so far.
    pub(crate) fn append_branch(
        &mut self,
        id: Ref,
        role: Role,
        children: &[Ref],
    ) -> Result<(), RenderError> {
        self.end_branch(id, role, self.structure.document(), children)?;
        self.structure.append(id);
        Ok(())
    }

    /// Writes fonts, page tree, structure, metadata and the file's end.
    pub(crate) fn finish(
        mut self,
        report: &ReportData,
        fonts: &FontSet,
    ) -> Result<Written, RenderError> {
        self.put_fonts(fonts)?;
        let logo = self.put_logo()?;
        self.put_resources(logo)?;
        self.put_pages()?;
        self.structure.finish(&mut self.writer)?;
        let (tree, root) = (self.page_tree, self.structure.root());
        metadata::finish(self.writer, report, tree, root)
    }

    fn put_fonts(&mut self, fonts: &FontSet) -> Result<(), RenderError> {
        for face in FaceId::ALL {
            let used = self.canvas.used(face);
            if !used.is_empty() {
                let id = self.writer.reserve();
                embed(&mut self.writer, id, fonts.needed(face)?, used)?;
                *self.fonts.get_mut(face) = Some(id);
            }
        }
        Ok(())
    }

    fn put_logo(&mut self) -> Result<Option<Ref>, RenderError> {
        let Some(logo) = self.logo else {
            return Ok(None);
        };
        let (id, (width, height)) = (self.writer.reserve(), logo.size());
        self.writer
            .stream(id, Encoding::Flate, logo.pixels(), |dict| {
                dict.name("Type", "XObject")
                    .name("Subtype", "Image")
                    .uint("Width", u64::from(width))
                    .uint("Height", u64::from(height))
                    .name("ColorSpace", "DeviceRGB")
                    .uint("BitsPerComponent", 8);
            })?;
        Ok(Some(id))
    }

    fn put_resources(&mut self, logo: Option<Ref>) -> Result<(), RenderError> {
        let fonts = &self.fonts;
        let put_font = |dict: &mut Dict<'_>, face: FaceId| {
            if let Some(font) = *fonts.get(face) {
                dict.reference(face.resource(), font);
            }
        };
        self.writer.dict(self.resources, |dict| {
            dict.dict("Font", |dict| {
                for face in FaceId::ALL {
                    put_font(dict, face);
                }
            });
            if let Some(logo) = logo {
                dict.dict("XObject", |dict| {
                    dict.reference(LOGO_RESOURCE, logo);
                });
            }
        })
    }

    fn put_pages(&mut self) -> Result<(), RenderError> {
        let pages = &self.pages;
        self.writer.dict(self.page_tree, |dict| {
            dict.name("Type", "Pages")
                .uint("Count", u64::from(count(pages.len())))
                .references("Kids", pages);
        })
    }
}
