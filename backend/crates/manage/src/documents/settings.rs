//! What an operator may set of documents.

use tollgate_documents::Fonts;

/// What an operator may set of documents.
#[derive(Clone, Debug)]
pub struct DocumentSettings {
    /// What invoices' numbers begin with.
    pub invoice_prefix: String,
    /// What credit notes' numbers begin with.
    pub credit_note_prefix: String,
    /// The fonts of PDFs; none where even our own could not be read.
    pub fonts: Option<Fonts>,
    /// Whether letters can be sent.
    pub mail: bool,
    /// Letters that one organisation may have written in 24 hours.
    pub letters_per_day: u32,
}

impl Default for DocumentSettings {
    fn default() -> Self {
        Self {
            invoice_prefix: "INV-".to_owned(),
            credit_note_prefix: "CN-".to_owned(),
            fonts: Fonts::new(None).ok(),
            mail: false,
            letters_per_day: 500,
        }
    }
}
