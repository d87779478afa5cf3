//! A sheet as PDF: A4, fonts embedded with the glyphs that are used and no others, text that can be searched and copied.
//! Written with krilla: it subsets fonts, reads PNG, and gives the same bytes for the same sheet.

mod fonts;
mod layout;
mod wrap;

pub use fonts::Fonts;

use crate::sheet::Sheet;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fonts::Run;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::image::Image;
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use layout::{Item, LOGO_HEIGHT, LOGO_WIDTH, PAGE_HEIGHT, PAGE_WIDTH, Shape, lay_out};

/// Largest side of a logo: what is larger only makes documents heavy.
const LOGO_SIDE_MAX: u32 = 2_000;

/// Why a sheet can't be written as PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A font file is none.
    #[error("{0} is no font that can be embedded")]
    Font(&'static str),
    /// A letter that no font at hand has.
    #[error("no font at hand has the letter {0:?}: set documents.cjk_font to one that does")]
    Letter(char),
    /// The logo is no PNG.
    #[error("the logo is no PNG that can be read")]
    Logo,
    /// The writer refused.
    #[error("the PDF can't be written: {0}")]
    Write(String),
}

/// Whether these bytes are a PNG of a size that a document takes.
pub fn png_fits(bytes: &[u8]) -> bool {
    let side = |at: usize| {
        bytes
            .get(at..at + 4)
            .and_then(|part| part.try_into().ok())
            .map(u32::from_be_bytes)
    };
    // Bytes 16–24 of every PNG are its width and height; looked at before anything is unpacked.
    let sides = [side(16), side(20)];
    let small = |side: &Option<u32>| side.is_some_and(|side| (1..=LOGO_SIDE_MAX).contains(&side));
    sides.iter().all(small) && Image::from_png(bytes.to_vec().into(), true).is_ok()
}

/// The sheet as a whole PDF file.
///
/// # Errors
/// As [`PdfError`] says.
pub fn pdf(sheet: &Sheet, fonts: &Fonts) -> Result<Vec<u8>, PdfError> {
    let logo = logo(sheet)?;
    let pages = lay_out(sheet, fonts, logo.as_ref().map(Image::size))?;
    let mut document = krilla::Document::new();
    let number = sheet
        .facts
        .first()
        .map(|(_, value)| value.clone())
        .unwrap_or_default();
    document.set_metadata(
        Metadata::new()
            .title(format!("{} {number}", sheet.title))
            .authors(vec![sheet.brand.clone()])
            .language(sheet.language.to_owned())
            .creator("Tollgate".to_owned()),
    );
    for items in &pages {
        let settings = PageSettings::from_wh(PAGE_WIDTH, PAGE_HEIGHT)
            .ok_or_else(|| PdfError::Write("a page has no size".to_owned()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for item in items {
            draw(&mut surface, item, logo.as_ref());
        }
        surface.finish();
        page.finish();
    }
    document
        .finish()
        .map_err(|error| PdfError::Write(format!("{error:?}")))
}

fn logo(sheet: &Sheet) -> Result<Option<Image>, PdfError> {
    if sheet.logo.is_empty() {
        return Ok(None);
    }
    let bytes = STANDARD.decode(&sheet.logo).map_err(|_| PdfError::Logo)?;
    Image::from_png(bytes.into(), true)
        .map(Some)
        .map_err(|_| PdfError::Logo)
}

fn draw(surface: &mut Surface<'_>, item: &Item, logo: Option<&Image>) {
    let (red, green, blue) = item.colour;
    surface.set_fill(Some(Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        opacity: NormalizedF32::ONE,
        rule: krilla::paint::FillRule::default(),
    }));
    match &item.shape {
        Shape::Text { runs, size } => {
            let mut x = item.x;
            for run in runs {
                draw_run(surface, run, x, item.y, *size);
                x += run.width * size;
            }
        }
        Shape::Bar { width, height } => {
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_xywh(item.x, item.y, *width, *height) {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
        Shape::Logo { width, height } => {
            if let (Some(image), Some(size)) = (logo, Size::from_wh(*width, *height)) {
                surface.push_transform(&Transform::from_translate(item.x, item.y));
                surface.draw_image(image.clone(), size);
                surface.pop();
            }
        }
    }
}

fn draw_run(surface: &mut Surface<'_>, run: &Run, x: f32, y: f32, size: f32) {
    surface.draw_glyphs(
        Point::from_xy(x, y),
        &run.glyphs,
        run.font.clone(),
        &run.text,
        size,
        false,
    );
}

/// A logo's size on the page: as large as its place allows.
fn fitted((width, height): (u32, u32)) -> (f32, f32) {
    #[expect(clippy::cast_precision_loss, reason = "sides of at most some thousand points")]
    let (width, height) = (width as f32, height as f32);
    let scale = (LOGO_WIDTH / width).min(LOGO_HEIGHT / height).min(1.0);
    (width * scale, height * scale)
}
