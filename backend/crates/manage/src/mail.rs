//! Letters: an outbox that is written in the transaction of what a letter tells, and a job that empties it over SMTP.
//! Never in here: what letters say.

mod outbox;
mod send;

pub(crate) use outbox::{Mail, MailFile, queue};
pub use send::{MailSettings, MailTls, Mailer, send_mail};
