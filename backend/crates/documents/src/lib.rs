//! Documents as people get them: what amounts come to in cents and in another currency, and an invoice or a credit note as
//! HTML and as PDF. Both are made of one [`Sheet`], and of nothing but the stored document, so that the same bytes come
//! out each time. Pure; never in here: who issues what when, numbers, and the ledger.

mod amounts;
mod html;
mod pdf;
mod sheet;
mod words;

pub use amounts::{CENT_NANO, cents, in_currency, percent, tax_cents, text_of, units};
pub use html::html;
pub use pdf::{Fonts, PdfError, pdf, png_fits};
pub use sheet::Sheet;
