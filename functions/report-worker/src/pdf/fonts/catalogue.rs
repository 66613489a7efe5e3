//! Which font files there are, and which one draws a letter.

use super::Weight;

static SANS_REGULAR: &[u8] = include_bytes!("../../../fonts/NotoSans-Regular.ttf");
static SANS_BOLD: &[u8] = include_bytes!("../../../fonts/NotoSans-Bold.ttf");
static ARABIC_REGULAR: &[u8] = include_bytes!("../../../fonts/NotoSansArabic-Regular.ttf");
static ARABIC_BOLD: &[u8] = include_bytes!("../../../fonts/NotoSansArabic-Bold.ttf");
static HEBREW_REGULAR: &[u8] = include_bytes!("../../../fonts/NotoSansHebrew-Regular.ttf");
static HEBREW_BOLD: &[u8] = include_bytes!("../../../fonts/NotoSansHebrew-Bold.ttf");
static HAN: &[u8] = include_bytes!("../../../fonts/DroidSansFallbackFull.ttf");
static HANGUL: &[u8] = include_bytes!("../../../fonts/NanumGothicCoding.ttf");
static EMOJI: &[u8] = include_bytes!("../../../fonts/NotoEmoji-Regular.ttf");

/// One font file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaceId {
    SansRegular,
    SansBold,
    ArabicRegular,
    ArabicBold,
    HebrewRegular,
    HebrewBold,
    Han,
    Hangul,
    Emoji,
}

impl FaceId {
    /// Every face, in the order in which they are written.
    pub(crate) const ALL: [Self; 9] = [
        Self::SansRegular,
        Self::SansBold,
        Self::ArabicRegular,
        Self::ArabicBold,
        Self::HebrewRegular,
        Self::HebrewBold,
        Self::Han,
        Self::Hangul,
        Self::Emoji,
    ];

    /// The faces that a text of this weight is set in: the first that has all of a letter draws it.
    ///
    /// Han, Hangul and emoji have one weight.
    pub(crate) const fn stack(weight: Weight) -> [Self; 6] {
        let [sans, arabic, hebrew] = match weight {
            Weight::Regular => [Self::SansRegular, Self::ArabicRegular, Self::HebrewRegular],
            Weight::Bold => [Self::SansBold, Self::ArabicBold, Self::HebrewBold],
        };
        [sans, arabic, hebrew, Self::Han, Self::Hangul, Self::Emoji]
    }

    /// The face of Latin letters and figures.
    pub(crate) const fn main(weight: Weight) -> Self {
        match weight {
            Weight::Regular => Self::SansRegular,
            Weight::Bold => Self::SansBold,
        }
    }

    /// Whether the face's letters join or stand from right to left, so that the spaces and signs
    /// between them belong to the same run.
    pub(crate) const fn keeps_neutrals(self) -> bool {
        matches!(
            self,
            Self::ArabicRegular | Self::ArabicBold | Self::HebrewRegular | Self::HebrewBold
        )
    }

    /// Whether joiners mean something to the face: they part or join Arabic letters and make one
    /// picture out of several emoji.
    pub(crate) const fn knows_joiners(self) -> bool {
        matches!(self, Self::ArabicRegular | Self::ArabicBold | Self::Emoji)
    }

    /// The face's name among a page's resources.
    pub(crate) const fn resource(self) -> &'static str {
        match self {
            Self::SansRegular => "F0",
            Self::SansBold => "F1",
            Self::ArabicRegular => "F2",
            Self::ArabicBold => "F3",
            Self::HebrewRegular => "F4",
            Self::HebrewBold => "F5",
            Self::Han => "F6",
            Self::Hangul => "F7",
            Self::Emoji => "F8",
        }
    }

    /// The font's name and file.
    pub(super) const fn source(self) -> (&'static str, &'static [u8]) {
        match self {
            Self::SansRegular => ("NotoSans-Regular", SANS_REGULAR),
            Self::SansBold => ("NotoSans-Bold", SANS_BOLD),
            Self::ArabicRegular => ("NotoSansArabic-Regular", ARABIC_REGULAR),
            Self::ArabicBold => ("NotoSansArabic-Bold", ARABIC_BOLD),
            Self::HebrewRegular => ("NotoSansHebrew-Regular", HEBREW_REGULAR),
            Self::HebrewBold => ("NotoSansHebrew-Bold", HEBREW_BOLD),
            Self::Han => ("DroidSansFallback", HAN),
            Self::Hangul => ("NanumGothicCoding", HANGUL),
            Self::Emoji => ("NotoEmoji-Regular", EMOJI),
        }
    }
}

/// One value per face.
#[derive(Debug, Default)]
pub(crate) struct PerFace<T>([T; FaceId::ALL.len()]);

impl<T> PerFace<T> {
    pub(crate) fn get(&self, face: FaceId) -> &T {
        let [
            sans,
            sans_bold,
            arabic,
            arabic_bold,
            hebrew,
            hebrew_bold,
            han,
            hangul,
            emoji,
        ] = &self.0;
        match face {
            FaceId::SansRegular => sans,
            FaceId::SansBold => sans_bold,
            FaceId::ArabicRegular => arabic,
            FaceId::ArabicBold => arabic_bold,
            FaceId::HebrewRegular => hebrew,
            FaceId::HebrewBold => hebrew_bold,
            FaceId::Han => han,
            FaceId::Hangul => hangul,
            FaceId::Emoji => emoji,
        }
    }

    pub(crate) fn get_mut(&mut self, face: FaceId) -> &mut T {
        let [
            sans,
            sans_bold,
            arabic,
            arabic_bold,
            hebrew,
            hebrew_bold,
            han,
            hangul,
            emoji,
        ] = &mut self.0;
        match face {
            FaceId::SansRegular => sans,
            FaceId::SansBold => sans_bold,
            FaceId::ArabicRegular => arabic,
            FaceId::ArabicBold => arabic_bold,
            FaceId::HebrewRegular => hebrew,
            FaceId::HebrewBold => hebrew_bold,
            FaceId::Han => han,
            FaceId::Hangul => hangul,
            FaceId::Emoji => emoji,
        }
    }
}
