//! The settings of closing months, of documents and of letters.

use super::kind::Span;
use secrecy::SecretString;
use serde::Deserialize;

/// Accounting months.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Billing {
    /// How long after its end a month is closed by itself.
    pub close_after: Span,
}

/// Invoices and credit notes.
#[derive(Clone, Debug, Deserialize)]
pub struct Documents {
    /// What invoices' numbers begin with.
    pub invoice_prefix: String,
    /// What credit notes' numbers begin with.
    pub credit_note_prefix: String,
    /// Font file of letters that the built-in fonts don't have.
    pub cjk_font: String,
}

/// The mail server.
#[derive(Clone, Debug, Deserialize)]
pub struct MailServer {
    /// Its name; none: no letters.
    pub host: Option<String>,
    /// Its port.
    pub port: u16,
    /// How it is reached.
    pub tls: MailEncryption,
    /// As whom.
    pub user: Option<String>,
    /// With which password.
    pub password: Option<SecretString>,
    /// Who letters are from.
    pub from: Option<String>,
    /// Letters of one organisation within 24 hours.
    pub letters_per_day: u32,
}

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum MailEncryption {
    /// It begins plain and is then encrypted.
    Starttls,
    /// From the first byte.
    Tls,
    /// Not at all.
    None,
}
