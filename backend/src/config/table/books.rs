//! The settings of the books: where their seals go, and how long usage is kept.

use super::{Setting, setting};
use crate::config::kind::Kind;

pub(super) static SETTINGS: &[Setting] = &[
    setting(
        "ledger.seal_dir",
        Kind::Folder,
        None,
        "Folder to which each day's seal of the books is added as a file; unset: `seals` in data_dir.",
        "A seal proves something only where the database's owner can't reach it: another machine's disk, or one that is \
         written once.",
    ),
    setting(
        "ledger.seal_webhook",
        Kind::WebUrl,
        None,
        "Each day's seal of the books is also posted to this URL.",
        "A second place outside, such as an archive. A private address must lie within net.allow.",
    ),
    setting(
        "retention.usage_months",
        Kind::Count(0, 240),
        Some("0"),
        "Whole months for which single requests are kept; 0: for ever. A month is dropped once it is closed for every \
         organisation and sealed.",
        "Single requests are most of the database. Reports, statements and the ledger stay as they are, and go on being \
         verified, by what the seal says of the month.",
    ),
];
