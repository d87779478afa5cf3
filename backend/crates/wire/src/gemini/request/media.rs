//! Pictures, sound and documents, both ways: `inlineData` and `fileData`. Gemini API reference, "Caching", `Blob` and
//! `FileData`. Never in here: decoding of base64.

use super::super::names::Object;
use crate::fault::RequestFault;
use crate::format::Vendor;
use crate::model::{Aspect, Document, Image, Part, Source, Unsayable};
use crate::write::ObjectWriter;
use std::borrow::Cow;

const VIDEO: &str =
    "The model's platform can't watch films; send single pictures of it, or use a Gemini account.";
/// Where Google keeps what clients upload.
const GOOGLES: [&str; 3] = ["https://generativelanguage.googleapis.com/", "gs://", "files/"];
const FILMS: [&str; 2] = ["https://www.youtube.com/", "https://youtu.be/"];

/// Reads `inlineData`.
pub(super) fn inline(mut blob: Object<'_>) -> Result<Part<'_>, RequestFault> {
    let media_type = blob
        .media_type("mimeType")?
        .ok_or_else(|| blob.fault("mimeType", "This field is required: a string."))?;
    let data = standard_base64(blob.required_text("data")?);
    let title = blob.text("displayName")?;
    if is_kind(&media_type, "video/") {
        return Err(blob.fault("mimeType", VIDEO));
    }
    blob.nothing_left()?;
    let kind = media_type.clone();
    Ok(part(&kind, Source::Base64 { media_type, data }, title))
}

/// Reads `fileData`.
pub(super) fn file(mut file: Object<'_>) -> Result<Part<'_>, RequestFault> {
    let uri = file.required_url("fileUri")?;
    let media_type = file.media_type("mimeType")?;
    let title = file.text("displayName")?;
    if FILMS.iter().any(|films| uri.starts_with(films)) {
        return Err(file.fault("fileUri", VIDEO));
    }
    let Some(kind) = media_type.clone().or_else(|| guessed(&uri).map(Cow::Borrowed)) else {
        return Err(file.fault(
            "mimeType",
            "This field is required where the URI does not end in a known file type.",
        ));
    };
    if is_kind(&kind, "video/") {
        return Err(file.fault("mimeType", VIDEO));
    }
    file.nothing_left()?;
    let source = if GOOGLES.iter().any(|googles| uri.starts_with(googles)) {
        Source::File {
            vendor: Vendor::Google,
            id: uri,
            media_type,
        }
    } else {
        Source::Url { url: uri, media_type }
    };
    Ok(part(&kind, source, title))
}

fn part<'a>(kind: &str, source: Source<'a>, title: Option<Cow<'a, str>>) -> Part<'a> {
    if is_kind(kind, "image/") {
        Part::Image(Image {
            source,
            detail: None,
            cache: None,
        })
    } else if is_kind(kind, "audio/") {
        Part::Audio { source }
    } else {
        Part::Document(Document {
            source,
            title,
            context: None,
            citations: false,
            cache: None,
        })
    }
}

fn is_kind(media_type: &str, kind: &str) -> bool {
    media_type
        .get(..kind.len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(kind))
}

/// Google takes both alphabets of base64, and its Python SDK writes the URL's; other vendors take the standard one only.
fn standard_base64(data: Cow<'_, str>) -> Cow<'_, str> {
    let pads = match data.len() % 4 {
        2 => "==",
        3 => "=",
        _ => "",
    };
    if pads.is_empty() && memchr::memchr2(b'-', b'_', data.as_bytes()).is_none() {
        return data;
    }
    let standard = |char| match char {
        '-' => '+',
        '_' => '/',
        other => other,
    };
    let mut text: String = data.chars().map(standard).collect();
    text.push_str(pads);
    text.into()
}

/// What kind of file a URL names, by its path's ending.
pub(super) fn guessed(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" | "md" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "ogg" => "audio/ogg",
        _ => return None,
    })
}

/// Writes a source as `inlineData` or `fileData`. Plain text is no file: the caller writes it as text.
pub(super) fn write(part: &mut ObjectWriter<'_>, source: &Source<'_>) -> Result<(), Unsayable> {
    let (uri, media_type) = match source {
        Source::Base64 { media_type, data } => {
            part.object("inlineData", |blob| {
                blob.text("mimeType", media_type);
                blob.text("data", data);
            });
            return Ok(());
        }
        Source::Url { url, media_type } => {
            let told = media_type.as_deref().or_else(|| guessed(url));
            let why = "Google must be told what kind of file a URL names, and this one's ending does not tell; \
                       send the data itself.";
            (url, Some(told.ok_or_else(|| Unsayable::new(Aspect::Turns, why))?))
        }
        Source::File {
            vendor: Vendor::Google,
            id,
            media_type,
        } => (id, media_type.as_deref()),
        Source::File { .. } => {
            let why = "A file kept at another vendor can't be read by Google; send the data itself.";
            return Err(Unsayable::new(Aspect::Turns, why));
        }
        Source::Text(text) => {
            part.text("text", text);
            return Ok(());
        }
    };
    part.object("fileData", |file| {
        file.text_if("mimeType", media_type);
        file.text("fileUri", uri);
    });
    Ok(())
}
