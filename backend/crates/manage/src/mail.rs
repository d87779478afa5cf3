//! Letters: an outbox that is written in the transaction of what a letter tells, and a job that empties it over SMTP.
//! Never in here: what letters say.

mod forget;
mod outbox;
mod send;

pub use forget::forget_letters;
pub(crate) use outbox::{Mail, MailFile, may_write, queue};
pub use send::{MailSettings, MailTls, Mailer, send_mail};
