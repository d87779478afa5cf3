//! The settings of closing months, of documents and of letters.

use super::{DAY, Setting, setting};
use crate::config::kind::Kind;

pub(super) static SETTINGS: &[Setting] = &[
    setting(
        "billing.close_after",
        Kind::Span(0, 60 * DAY),
        Some("72h"),
        "How long after its end an organisation's month is closed by itself, if nobody has closed it before.",
        "What nodes still have in their journals by then is booked in the right month. A close can't be undone.",
    ),
    setting(
        "documents.invoice_prefix",
        Kind::Text,
        Some("INV-"),
        "What invoices' numbers begin with; year and number follow, such as INV-2026-000042.",
        "Set it before the first invoice is issued: numbers that were given stay.",
    ),
    setting(
        "documents.credit_note_prefix",
        Kind::Text,
        Some("CN-"),
        "What credit notes' numbers begin with.",
        "They have a series of their own.",
    ),
    setting(
        "documents.cjk_font",
        Kind::Text,
        Some("/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"),
        "Font file for letters of PDFs that the built-in font does not have, such as Chinese ones.",
        "Too large to build in. The default is the file of Debian's package fonts-droid-fallback; `tollgate doctor` says \
         whether it is there.",
    ),
    setting(
        "mail.host",
        Kind::Text,
        None,
        "Name of the mail server (SMTP) that takes letters.",
        "Unset: no letters are sent, and documents are fetched from the page.",
    ),
    setting(
        "mail.port",
        Kind::Count(1, 65535),
        Some("587"),
        "Port of the mail server.",
        "587 goes with starttls, 465 with tls.",
    ),
    setting(
        "mail.tls",
        Kind::Choice(&["starttls", "tls", "none"]),
        Some("starttls"),
        "How the connection is encrypted: after a plain beginning, from the first byte, or not at all.",
        "Letters carry invoices: none is for a server on the same machine.",
    ),
    setting(
        "mail.user",
        Kind::Text,
        None,
        "As whom to sign in to the mail server.",
        "Together with mail.password; neither for a server that asks for none.",
    ),
    setting(
        "mail.password",
        Kind::Secret(1),
        None,
        "With which password to sign in to the mail server.",
        "See mail.user.",
    ),
    setting(
        "mail.from",
        Kind::Text,
        None,
        "Who letters are from, such as Example Billing <billing@example.com>.",
        "Required with mail.host: mail servers refuse senders that are not theirs.",
    ),
    setting(
        "mail.letters_per_day",
        Kind::Count(1, 100_000),
        Some("500"),
        "Letters that one organisation may write within 24 hours by its schedules and by sending documents.",
        "Whoever signs up can write through this server; the operator's own letters are sent beyond it.",
    ),
];
