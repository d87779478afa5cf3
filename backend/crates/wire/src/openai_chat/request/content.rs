//! Reads the contents of chat messages: a string, or an array of parts.
//! Never in here: roles, and what messages make up.

use crate::fault::RequestFault;
use crate::fields::{Fields, is_media_type};
use crate::format::Vendor;
use crate::model::{Cache, Document, Image, Part, Source};
use crate::tree::Node;
use std::borrow::Cow;

/// Which parts a role may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    /// Text alone.
    Text,
    /// Text and refusals: the model's own words.
    Said,
    /// Text, images, sound and files.
    All,
}

/// Reads a message's `content`. Empty texts are left out; absent and `null` are no parts.
pub(super) fn read<'a>(message: &mut Fields<'a>, allowed: Parts) -> Result<Vec<Part<'a>>, RequestFault> {
    let items = match message.take("content") {
        None => return Ok(Vec::new()),
        Some(Node::Text(text)) if text.is_empty() => return Ok(Vec::new()),
        Some(Node::Text(text)) => return Ok(vec![Part::text(text)]),
        Some(Node::Array(items)) => items,
        Some(_) => return Err(message.fault("content", "This must be a string or an array of parts.")),
    };
    let path = message.path("content");
    let mut parts = Vec::with_capacity(items.len());
    for (at, item) in items.into_iter().enumerate() {
        parts.extend(part(Fields::of(item, format!("{path}[{at}]"))?, allowed)?);
    }
    Ok(parts)
}

fn part(mut fields: Fields<'_>, allowed: Parts) -> Result<Option<Part<'_>>, RequestFault> {
    let kind = fields.required_text("type")?;
    let cache = cache(&mut fields)?;
    let part = match (kind.as_ref(), allowed) {
        ("text", _) => {
            let text = fields.required_text("text")?;
            let citations = Vec::new();
            (!text.is_empty()).then_some(Part::Text {
                text,
                citations,
                cache,
            })
        }
        ("refusal", Parts::Said) => {
            let text = fields.required_text("refusal")?;
            Some(Part::Refusal { text })
        }
        ("image_url", Parts::All) => Some(Part::Image(image(&mut fields, cache)?)),
        ("input_audio", Parts::All) => Some(audio(&mut fields)?),
        ("file", Parts::All) => Some(Part::Document(file(&mut fields, cache)?)),
        (_, Parts::All) => {
            return Err(fields.fault("type", "This must be text, image_url, input_audio or file."));
        }
        (_, Parts::Said) => return Err(fields.fault("type", "This must be text or refusal.")),
        (_, Parts::Text) => {
            return Err(fields.fault("type", "This must be text: this role has no other content."));
        }
    };
    fields.nothing_left()?;
    Ok(part)
}

/// OpenAI's own cache marks have lifetimes that no other format knows; they only save money, and are left out. Claude's
/// `cache_control` is no field of OpenAI's, but one that clients of this format send to Claude's models.
pub(super) fn cache(fields: &mut Fields<'_>) -> Result<Option<Cache>, RequestFault> {
    fields.take("prompt_cache_breakpoint");
    let Some(mut mark) = fields.object("cache_control")? else {
        return Ok(None);
    };
    let ephemeral = mark.required_text("type")? == "ephemeral";
    let ttl = mark.text("ttl")?;
    mark.nothing_left()?;
    match ttl.as_deref() {
        None | Some("5m") if ephemeral => Ok(Some(Cache::FiveMinutes)),
        Some("1h") if ephemeral => Ok(Some(Cache::OneHour)),
        _ => Err(RequestFault::field(
            mark.here(),
            "This must be of type ephemeral, with a ttl of 5m or 1h.",
        )),
    }
}

fn inner<'a>(fields: &mut Fields<'a>, name: &str) -> Result<Fields<'a>, RequestFault> {
    fields
        .object(name)?
        .ok_or_else(|| fields.fault(name, "This field is required: an object."))
}

fn image<'a>(fields: &mut Fields<'a>, cache: Option<Cache>) -> Result<Image<'a>, RequestFault> {
    let mut image = inner(fields, "image_url")?;
    let url = image.required_text("url")?;
    let source = if is_data(&url) {
        data_url(url).ok_or_else(|| {
            image.fault(
                "url",
                "This data URL is not of the form `data:{type};base64,{data}`.",
            )
        })?
    } else {
        Source::Url {
            url,
            media_type: None,
        }
    };
    let detail = image.text("detail")?;
    image.nothing_left()?;
    Ok(Image {
        source,
        detail,
        cache,
    })
}

fn audio<'a>(fields: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let mut audio = inner(fields, "input_audio")?;
    let media_type = match audio.required_text("format")?.as_ref() {
        "wav" => "audio/wav",
        "mp3" => "audio/mp3",
        _ => return Err(audio.fault("format", "This must be wav or mp3.")),
    };
    let data = audio.required_text("data")?;
    audio.nothing_left()?;
    Ok(Part::Audio {
        source: Source::Base64 {
            media_type: media_type.into(),
            data,
        },
    })
}

/// Data of a file without a type is a PDF: OpenAI, "PDF files", documents no other kind for this format.
fn file<'a>(fields: &mut Fields<'a>, cache: Option<Cache>) -> Result<Document<'a>, RequestFault> {
    let mut file = inner(fields, "file")?;
    let title = file.text("filename")?;
    let source = match (file.text("file_data")?, file.text("file_id")?) {
        (Some(data), None) if is_data(&data) => data_url(data).ok_or_else(|| {
            file.fault(
                "file_data",
                "This data URL is not of the form `data:{type};base64,{data}`.",
            )
        })?,
        (Some(data), None) => Source::Base64 {
            media_type: "application/pdf".into(),
            data,
        },
        (None, Some(id)) => Source::File {
            vendor: Vendor::OpenAi,
            id,
            media_type: None,
        },
        _ => {
            return Err(RequestFault::field(
                file.here(),
                "This must have either file_data or file_id.",
            ));
        }
    };
    file.nothing_left()?;
    Ok(Document {
        source,
        title,
        context: None,
        citations: false,
        cache,
    })
}

fn is_data(url: &str) -> bool {
    url.get(..5)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// The bytes in a data URL (RFC 2397), nothing copied where the URL is borrowed.
fn data_url(url: Cow<'_, str>) -> Option<Source<'_>> {
    match url {
        Cow::Borrowed(url) => {
            let (media_type, data) = split_data(url)?;
            Some(Source::Base64 {
                media_type: media_type.into(),
                data: data.into(),
            })
        }
        Cow::Owned(url) => {
            let (media_type, data) = split_data(&url)?;
            Some(Source::Base64 {
                media_type: media_type.to_owned().into(),
                data: data.to_owned().into(),
            })
        }
    }
}

/// Media type without its parameters, and data.
fn split_data(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.get(5..)?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    let media_type = media_type.split(';').next().unwrap_or_default();
    is_media_type(media_type).then_some((media_type, data))
}
