//! From settings to what makes, closes and sends documents.

use crate::cli::CliError;
use crate::config::{ConfigError, MailEncryption, Settings, env_name};
use std::fs;
use tollgate_documents::Fonts;
use tollgate_manage::{CloseMonths, DocumentSettings, MailSettings, MailTls, Mailer};

/// How documents are made. Without the font for further letters, documents that need none are made all the same.
pub fn documents(settings: &Settings) -> Result<DocumentSettings, CliError> {
    let fonts = match cjk_font(settings) {
        Ok(fonts) => fonts,
        Err(error) => {
            tracing::warn!(error, "PDFs with letters beyond the built-in font can't be made");
            Fonts::new(None).map_err(CliError::said)?
        }
    };
    Ok(DocumentSettings {
        invoice_prefix: settings.documents.invoice_prefix.clone(),
        credit_note_prefix: settings.documents.credit_note_prefix.clone(),
        fonts: Some(fonts),
        mail: settings.mail.host.is_some(),
        letters_per_day: settings.mail.letters_per_day,
    })
}

/// The fonts with the one for further letters, or what is wrong with it.
pub fn cjk_font(settings: &Settings) -> Result<Fonts, String> {
    let path = &settings.documents.cjk_font;
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    Fonts::new(Some(bytes)).map_err(|error| error.to_string())
}

/// When months are closed, and how their documents are made.
pub fn close_months(settings: &Settings, documents: DocumentSettings) -> CloseMonths {
    CloseMonths {
        after: settings.billing.close_after.0,
        documents,
    }
}

/// Sends letters; none where no server is set.
pub fn mailer(settings: &Settings) -> Result<Option<Mailer>, CliError> {
    let mail = &settings.mail;
    let Some(host) = &mail.host else { return Ok(None) };
    let from = mail.from.clone().ok_or_else(|| {
        ConfigError::one(
            env_name("mail.from"),
            "is not set, and mail.host is: an address such as billing@example.com",
        )
    })?;
    let login = match (&mail.user, &mail.password) {
        (Some(user), Some(password)) => Some((user.clone(), password.clone())),
        (None, None) => None,
        _ => {
            return Err(ConfigError::one(
                env_name("mail.user"),
                "goes with mail.password: set both or neither",
            )
            .into());
        }
    };
    let settings = MailSettings {
        host: host.clone(),
        port: mail.port,
        tls: match mail.tls {
            MailEncryption::Starttls => MailTls::StartTls,
            MailEncryption::Tls => MailTls::Tls,
            MailEncryption::None => MailTls::None,
        },
        login,
        from,
    };
    let made = Mailer::new(&settings).map_err(|error| ConfigError::one(env_name("mail.host"), error))?;
    Ok(Some(made))
}
