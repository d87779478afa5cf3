//! What a key may do and how much of it: the one editor of rules that keys, policies, batches and self-service share, and the
//! words in which a rule is shown. Never in here: where rules are kept.

mod clients;
mod concurrency;
mod draft;
mod editor;
mod facts;
mod services;
mod shown;
mod windows;

pub use concurrency::ConcurrencyFields;
pub use draft::{Change, ConcurrencyDraft, RulesDraft, WindowDraft, read_windows, window_drafts};
pub use editor::{Levels, RulesEditor};
pub use facts::RuleFacts;
pub use services::ServiceBoxes;
pub use shown::{metric_amount, rules_words, span_name, window_words, windows_or_concurrency};
pub use windows::WindowTable;
