//! The fonts, and text as glyphs of them: letter by letter, each from the first font that has it. No ligatures and no
//! shaping: Latin, Greek, Cyrillic and CJK need none; scripts that join their letters are not set well.

use super::PdfError;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// Open Sans, Apache-2.0; see data/fonts/README.md.
static REGULAR: &[u8] = include_bytes!("../../../../../data/fonts/OpenSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../../../../data/fonts/OpenSans-Bold.ttf");

/// A letter of a font: its glyph, and its width as part of the font's size.
#[derive(Clone, Copy, Debug)]
struct Letter {
    glyph: u32,
    width: f32,
}

struct Face {
    font: Font,
    letters: HashMap<char, Letter>,
    /// What stands for a letter that no font has.
    missing: Letter,
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face")
            .field("letters", &self.letters.len())
            .finish_non_exhaustive()
    }
}

impl Face {
    fn new(bytes: impl Into<krilla::Data>, raw: &[u8], name: &'static str) -> Result<Self, PdfError> {
        let parsed = FontRef::from_index(raw, 0).map_err(|_| PdfError::Font(name))?;
        let metrics = parsed.glyph_metrics(Size::new(1.0), LocationRef::default());
        let width = |glyph| metrics.advance_width(glyph).unwrap_or(0.5);
        let letters = parsed.charmap().mappings().filter_map(|(code, glyph)| {
            let letter = Letter {
                glyph: glyph.to_u32(),
                width: width(glyph),
            };
            Some((char::from_u32(code)?, letter))
        });
        let missing = Letter {
            glyph: 0,
            width: width(skrifa::GlyphId::new(0)),
        };
        let letters = letters.collect();
        let font = Font::new(bytes.into(), 0).ok_or(PdfError::Font(name))?;
        Ok(Self {
            font,
            letters,
            missing,
        })
    }
}

/// The fonts of documents. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fonts(Arc<Faces>);

#[derive(Debug)]
struct Faces {
    regular: Face,
    bold: Face,
    cjk: Option<Face>,
}

/// Text in one font.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub font: Font,
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    /// As part of the font's size.
    pub width: f32,
}

impl Fonts {
    /// Our own fonts, and the bytes of one for letters that these don't have.
    ///
    /// # Errors
    /// If the bytes are no font.
    pub fn new(cjk: Option<Vec<u8>>) -> Result<Self, PdfError> {
        let cjk = match cjk {
            Some(bytes) => {
                let bytes = Arc::new(bytes);
                Some(Face::new(
                    Arc::clone(&bytes),
                    &bytes,
                    "the file of documents.cjk_font",
                )?)
            }
            None => None,
        };
        Ok(Self(Arc::new(Faces {
            regular: Face::new(REGULAR, REGULAR, "Open Sans")?,
            bold: Face::new(BOLD, BOLD, "Open Sans Bold")?,
            cjk,
        })))
    }

    /// The face that a letter is set in. A letter that no font has is set as the empty box; but where the font for further
    /// letters is missing altogether, nothing is set.
    fn face(&self, letter: char, bold: bool) -> Result<(&Face, Letter), PdfError> {
        let own = if bold { &self.0.bold } else { &self.0.regular };
        if let Some(found) = own.letters.get(&letter) {
            return Ok((own, *found));
        }
        let Some(cjk) = &self.0.cjk else {
            return Err(PdfError::Letter(letter));
        };
        Ok(match cjk.letters.get(&letter) {
            Some(found) => (cjk, *found),
            None => (own, own.missing),
        })
    }

    /// How wide a letter is, as part of the font's size.
    pub(super) fn width(&self, letter: char, bold: bool) -> Result<f32, PdfError> {
        Ok(self.face(letter, bold)?.1.width)
    }

    /// A line as runs of one font each.
    pub(super) fn runs(&self, line: &str, bold: bool) -> Result<Vec<Run>, PdfError> {
        let mut runs: Vec<Run> = Vec::new();
        let mut last: Option<*const Face> = None;
        for letter in line.chars() {
            let (face, found) = self.face(letter, bold)?;
            if last != Some(std::ptr::from_ref(face)) {
                last = Some(std::ptr::from_ref(face));
                runs.push(Run {
                    font: face.font.clone(),
                    text: String::new(),
                    glyphs: Vec::new(),
                    width: 0.0,
                });
            }
            let Some(run) = runs.last_mut() else { continue };
            let from = run.text.len();
            run.text.push(letter);
            let glyph = GlyphId::new(found.glyph);
            run.glyphs.push(KrillaGlyph::new(
                glyph,
                found.width,
                0.0,
                0.0,
                0.0,
                from..run.text.len(),
                None,
            ));
            run.width += found.width;
        }
        Ok(runs)
    }
}
