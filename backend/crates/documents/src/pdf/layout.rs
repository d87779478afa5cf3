//! Where everything stands on which page: heads and the table's columns again on each, lines that are never torn apart, and
//! the number of pages at each foot. Points, from the top left.

use super::fonts::{Fonts, Run};
use super::wrap::wrap;
use super::{PdfError, fitted};
use crate::sheet::{self, Sheet};

/// A4.
pub(super) const PAGE_WIDTH: f32 = 595.28;
pub(super) const PAGE_HEIGHT: f32 = 841.89;
const MARGIN: f32 = 48.0;
const WIDTH: f32 = PAGE_WIDTH - 2.0 * MARGIN;
/// Below it only the foot stands.
const BOTTOM: f32 = PAGE_HEIGHT - 64.0;
/// A logo's place.
pub(super) const LOGO_WIDTH: f32 = 180.0;
pub(super) const LOGO_HEIGHT: f32 = 48.0;
/// The table's columns; all but the first two are figures.
const COLUMNS: [f32; sheet::COLUMNS] = [120.0, 74.0, 48.0, 58.0, 54.0, 58.0, WIDTH - 412.0];
const CELL_GAP: f32 = 6.0;
const SMALL: f32 = 8.0;
const NORMAL: f32 = 9.0;
/// A line's height as part of its size.
const LEADING: f32 = 1.35;

const BLACK: (u8, u8, u8) = (0x11, 0x11, 0x11);
const GREY: (u8, u8, u8) = (0x55, 0x55, 0x55);
const RULE: (u8, u8, u8) = (0xdd, 0xdd, 0xdd);

/// Something at a place.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub x: f32,
    /// The baseline of text, the top of everything else.
    pub y: f32,
    pub colour: (u8, u8, u8),
    pub shape: Shape,
}

#[derive(Clone, Debug)]
pub(super) enum Shape {
    Text { runs: Vec<Run>, size: f32 },
    Bar { width: f32, height: f32 },
    Logo { width: f32, height: f32 },
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
struct Style {
    size: f32,
    bold: bool,
    colour: (u8, u8, u8),
}

const TEXT: Style = Style {
    size: NORMAL,
    bold: false,
    colour: BLACK,
};
const STRONG: Style = Style {
    size: NORMAL,
    bold: true,
    colour: BLACK,
};
const FAINT: Style = Style {
    size: SMALL,
    bold: false,
    colour: GREY,
};

struct Writer<'a> {
    fonts: &'a Fonts,
    sheet: &'a Sheet,
    pages: Vec<Vec<Item>>,
    y: f32,
}

/// The pages of a sheet.
pub(super) fn lay_out(
    sheet: &Sheet,
    fonts: &Fonts,
    logo: Option<(u32, u32)>,
) -> Result<Vec<Vec<Item>>, PdfError> {
    let mut writer = Writer {
        fonts,
        sheet,
        pages: vec![Vec::new()],
        y: MARGIN,
    };
    writer.head(logo)?;
    writer.parties()?;
    writer.table()?;
    writer.totals()?;
    writer.notes()?;
    writer.feet()?;
    Ok(writer.pages)
}

impl Writer<'_> {
    fn put(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    fn bar(&mut self, y: f32, height: f32, colour: (u8, u8, u8)) {
        let shape = Shape::Bar { width: WIDTH, height };
        self.put(Item {
            x: MARGIN,
            y,
            colour,
            shape,
        });
    }

    /// One line whose top is at `y`; from `x` on, or ending there.
    fn line(&mut self, text: &str, (x, y): (f32, f32), to_right: bool, style: Style) -> Result<(), PdfError> {
        let runs = self.fonts.runs(text, style.bold)?;
        let width: f32 = runs.iter().map(|run| run.width * style.size).sum();
        let size = style.size;
        self.put(Item {
            x: if to_right { x - width } else { x },
            y: y + size,
            colour: style.colour,
            shape: Shape::Text { runs, size },
        });
        Ok(())
    }

    /// Lines one below the other; tells where they end.
    fn lines(&mut self, lines: &[String], (x, y): (f32, f32), style: Style) -> Result<f32, PdfError> {
        let mut at = y;
        for line in lines {
            self.line(line, (x, at), false, style)?;
            at += style.size * LEADING;
        }
        Ok(at)
    }

    fn wrapped(&self, text: &str, width: f32, style: Style) -> Result<Vec<String>, PdfError> {
        wrap(self.fonts, text, width / style.size, style.bold)
    }

    fn wrapped_all(&self, texts: &[String], width: f32, style: Style) -> Result<Vec<String>, PdfError> {
        let mut lines = Vec::new();
        for text in texts {
            lines.extend(self.wrapped(text, width, style)?);
        }
        Ok(lines)
    }

    fn next_page(&mut self) -> Result<(), PdfError> {
        self.pages.push(Vec::new());
        self.y = MARGIN;
        let number = self
            .sheet
            .facts
            .first()
            .map(|(_, value)| value.clone())
            .unwrap_or_default();
        let head = format!("{} {number}", self.sheet.title);
        self.line(&self.sheet.brand.clone(), (MARGIN, self.y), false, FAINT)?;
        self.line(&head, (MARGIN + WIDTH, self.y), true, FAINT)?;
        self.y += SMALL * LEADING + 4.0;
        self.bar(self.y, 1.0, self.sheet.colour);
        self.y += 12.0;
        Ok(())
    }

    /// Goes to the next page if there is no room for so much.
    fn room(&mut self, height: f32) -> Result<bool, PdfError> {
        if self.y + height <= BOTTOM {
            return Ok(false);
        }
        self.next_page()?;
        Ok(true)
    }

    fn head(&mut self, logo: Option<(u32, u32)>) -> Result<(), PdfError> {
        let top = self.y;
        let brand = Style {
            size: 13.0,
            bold: true,
            colour: self.sheet.colour,
        };
        let mut left = top;
        if let Some(size) = logo {
            let (width, height) = fitted(size);
            self.put(Item {
                x: MARGIN,
                y: top,
                colour: BLACK,
                shape: Shape::Logo { width, height },
            });
            left += height + 6.0;
        }
        let name = self.wrapped(&self.sheet.brand.clone(), WIDTH * 0.6, brand)?;
        left = self.lines(&name, (MARGIN, left), brand)?;
        let title = Style {
            size: 20.0,
            bold: true,
            colour: BLACK,
        };
        self.line(&self.sheet.title.clone(), (MARGIN + WIDTH, top), true, title)?;
        self.y = left.max(top + title.size * LEADING) + 6.0;
        self.bar(self.y, 2.0, self.sheet.colour);
        self.y += 16.0;
        Ok(())
    }

    fn parties(&mut self) -> Result<(), PdfError> {
        let (top, column) = (self.y, WIDTH / 3.0);
        let mut end = top;
        let mut x = MARGIN;
        for (heading, lines) in self.sheet.parties.clone() {
            self.line(&heading, (x, top), false, FAINT)?;
            let lines = self.wrapped_all(&lines, column - 12.0, TEXT)?;
            end = end.max(self.lines(&lines, (x, top + SMALL * LEADING + 2.0), TEXT)?);
            x += column;
        }
        let mut at = top;
        for (label, value) in self.sheet.facts.clone() {
            self.line(&label, (x, at), false, FAINT)?;
            let lines = self.wrapped(&value, column, TEXT)?;
            at = self.lines(&lines, (x, at + SMALL * LEADING), TEXT)? + 2.0;
        }
        self.y = end.max(at) + 14.0;
        Ok(())
    }

    fn columns(&mut self) -> Result<(), PdfError> {
        let style = Style {
            size: SMALL,
            ..STRONG
        };
        let mut height: f32 = 0.0;
        let mut x = MARGIN;
        for (column, (width, text)) in COLUMNS.iter().zip(self.sheet.columns.clone()).enumerate() {
            let lines = self.wrapped(&text, width - CELL_GAP, style)?;
            height = height.max(self.cell(&lines, (x, self.y, *width), column, style)?);
            x += width;
        }
        self.y += height + 3.0;
        self.bar(self.y, 1.0, self.sheet.colour);
        self.y += 4.0;
        Ok(())
    }

    /// A cell's lines, figures to the right; tells their height.
    fn cell(
        &mut self,
        lines: &[String],
        (x, y, width): (f32, f32, f32),
        column: usize,
        style: Style,
    ) -> Result<f32, PdfError> {
        let to_right = column >= 2;
        let x = if to_right { x + width } else { x };
        let mut at = y;
        for line in lines {
            self.line(line, (x, at), to_right, style)?;
            at += style.size * LEADING;
        }
        Ok(at - y)
    }

    fn table(&mut self) -> Result<(), PdfError> {
        let style = Style { size: SMALL, ..TEXT };
        self.columns()?;
        for row in self.sheet.rows.clone() {
            let mut cells = Vec::with_capacity(row.len());
            for (text, width) in row.iter().zip(COLUMNS) {
                cells.push(self.wrapped(text, width - CELL_GAP, style)?);
            }
            let most = cells.iter().map(Vec::len).max().unwrap_or(1);
            #[expect(clippy::cast_precision_loss, reason = "a row has some lines")]
            let height = most as f32 * style.size * LEADING;
            if self.room(height + 5.0)? {
                self.columns()?;
            }
            let mut x = MARGIN;
            for (column, (lines, width)) in cells.iter().zip(COLUMNS).enumerate() {
                self.cell(lines, (x, self.y, width), column, style)?;
                x += width;
            }
            self.y += height + 2.0;
            self.bar(self.y, 0.5, RULE);
            self.y += 3.0;
        }
        self.y += 10.0;
        Ok(())
    }

    /// Stay together: a total without what it is made of would be a riddle.
    fn totals(&mut self) -> Result<(), PdfError> {
        let label_width = WIDTH * 0.62;
        let mut blocks = Vec::new();
        let mut height = 0.0;
        for total in self.sheet.totals.clone() {
            let style = if total.strong { STRONG } else { TEXT };
            let label = self.wrapped(&total.label, label_width - 140.0, style)?;
            #[expect(clippy::cast_precision_loss, reason = "a label has some lines")]
            let lines = label.len() as f32;
            height += lines * style.size * LEADING + 4.0;
            blocks.push((label, total.value, style));
        }
        self.room(height)?;
        for (label, value, style) in blocks {
            if style.bold {
                let shape = Shape::Bar {
                    width: WIDTH - 160.0,
                    height: 1.0,
                };
                self.put(Item {
                    x: MARGIN + 160.0,
                    y: self.y - 1.0,
                    colour: self.sheet.colour,
                    shape,
                });
                self.y += 3.0;
            }
            self.line(&value, (MARGIN + WIDTH, self.y), true, style)?;
            self.y = self.lines(&label, (MARGIN + 160.0, self.y), style)? + 3.0;
        }
        self.y += 12.0;
        Ok(())
    }

    fn notes(&mut self) -> Result<(), PdfError> {
        for note in self.sheet.notes.clone() {
            for part in note.lines() {
                for line in self.wrapped(part, WIDTH, TEXT)? {
                    self.room(NORMAL * LEADING)?;
                    self.line(&line, (MARGIN, self.y), false, TEXT)?;
                    self.y += NORMAL * LEADING;
                }
            }
            self.y += 4.0;
        }
        Ok(())
    }

    /// Once all pages are there.
    fn feet(&mut self) -> Result<(), PdfError> {
        let pages = std::mem::take(&mut self.pages);
        let count = pages.len();
        let (page, of) = self.sheet.page;
        let foot = self.wrapped(&self.sheet.foot.clone(), WIDTH - 90.0, FAINT)?;
        let y = PAGE_HEIGHT - 48.0;
        for (at, items) in pages.into_iter().enumerate() {
            self.pages.push(items);
            self.bar(y - 6.0, 0.5, RULE);
            self.lines(
                foot.get(..foot.len().min(2)).unwrap_or_default(),
                (MARGIN, y),
                FAINT,
            )?;
            let text = if self.sheet.language == "zh-CN" {
                format!("{page} {} 页 {of} 共 {count} 页", at + 1)
            } else {
                format!("{page} {} {of} {count}", at + 1)
            };
            self.line(&text, (MARGIN + WIDTH, y), true, FAINT)?;
        }
        Ok(())
    }
}
