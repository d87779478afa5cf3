//! The parts of messages and of tools' outputs, as they are read. Never in here: items and turns.

use crate::fault::RequestFault;
use crate::fields::{Fields, is_media_type};
use crate::format::Vendor;
use crate::model::{Citation, Document, Image, Part, Source};
use crate::tree::Node;
use std::borrow::Cow;

/// Reads `content` or `output`: a string or a list of parts. Empty texts are left out, which other formats refuse.
pub(super) fn read<'a>(item: &mut Fields<'a>, name: &str) -> Result<Vec<Part<'a>>, RequestFault> {
    let mut parts: Vec<_> = match item.take(name) {
        Some(Node::Text(text)) => vec![Part::text(text)],
        Some(Node::Array(parts)) => {
            let path = item.path(name);
            let read = |(at, part)| self::part(part, format!("{path}[{at}]"));
            parts
                .into_iter()
                .enumerate()
                .map(read)
                .collect::<Result<_, _>>()?
        }
        _ => return Err(item.fault(name, "This must be a string or an array of parts.")),
    };
    parts.retain(|part| !matches!(part, Part::Text { text, .. } if text.is_empty()));
    Ok(parts)
}

fn part(node: Node<'_>, path: String) -> Result<Part<'_>, RequestFault> {
    let mut part = Fields::of(node, path)?;
    let read = match part.required_text("type")?.as_ref() {
        "input_text" | "text" => Part::text(part.required_text("text")?),
        "output_text" => output_text(&mut part)?,
        "refusal" => Part::Refusal {
            text: part.required_text("refusal")?,
        },
        "input_image" => Part::Image(image(&mut part)?),
        "input_file" => Part::Document(file(&mut part)?),
        _ => {
            return Err(part.fault(
                "type",
                "This must be `input_text`, `input_image` or `input_file`, or in the assistant's messages `output_text` \
                 or `refusal`.",
            ));
        }
    };
    // Where OpenAI's cache is to begin anew: a hint that only saves money.
    part.take("prompt_cache_breakpoint");
    part.nothing_left()?;
    Ok(read)
}

fn output_text<'a>(part: &mut Fields<'a>) -> Result<Part<'a>, RequestFault> {
    let text = part.required_text("text")?;
    // Only of use to who asked for them.
    part.take("logprobs");
    let annotations = part.array("annotations")?.unwrap_or_default();
    // What OpenAI's SDKs made of the text.
    part.take("parsed");
    Ok(Part::Text {
        text,
        citations: annotations.into_iter().filter_map(citation).collect(),
        cache: None,
    })
}

/// An annotation, if it cites the web. OpenAI's others name files that no other platform has.
pub(in super::super) fn citation(annotation: Node<'_>) -> Option<Citation<'_>> {
    let Node::Object(fields) = annotation else {
        return None;
    };
    let (mut kind, mut url, mut title, mut start, mut end) = (None, None, None, None, None);
    for (name, value) in fields {
        match (name.as_ref(), value) {
            ("type", Node::Text(text)) => kind = Some(text),
            ("url", Node::Text(text)) => url = Some(text),
            ("title", Node::Text(text)) => title = Some(text),
            ("start_index", number) => start = number.as_u64(),
            ("end_index", number) => end = number.as_u64(),
            _ => {}
        }
    }
    if kind? != "url_citation" {
        return None;
    }
    Some(Citation::Url {
        url: url?,
        title: title.unwrap_or_default(),
        span: start.zip(end),
    })
}

fn image<'a>(part: &mut Fields<'a>) -> Result<Image<'a>, RequestFault> {
    let detail = part.text("detail")?;
    let source = match (part.text("image_url")?, part.text("file_id")?) {
        (Some(url), None) => url_or_data(part, "image_url", url)?,
        (None, Some(id)) => file_source(id),
        _ => {
            return Err(part.fault(
                "image_url",
                "Either this or `file_id` is required: a URL, also a `data:` URL with the picture in base64.",
            ));
        }
    };
    Ok(Image {
        source,
        detail,
        cache: None,
    })
}

fn file<'a>(part: &mut Fields<'a>) -> Result<Document<'a>, RequestFault> {
    // How closely OpenAI looks at the pages: advice.
    part.take("detail");
    let title = part.text("filename")?;
    let (data, url, id) = (
        part.text("file_data")?,
        part.text("file_url")?,
        part.text("file_id")?,
    );
    let source = match (data, url, id) {
        (Some(data), None, None) if data.starts_with("data:") => url_or_data(part, "file_data", data)?,
        (Some(data), None, None) => Source::Base64 {
            media_type: "application/pdf".into(),
            data,
        },
        (None, Some(url), None) => url_or_data(part, "file_url", url)?,
        (None, None, Some(id)) => file_source(id),
        _ => {
            return Err(part.fault(
                "file_data",
                "One of this, `file_url` and `file_id` is required: the file in base64, as a `data:` URL.",
            ));
        }
    };
    Ok(Document {
        source,
        title,
        context: None,
        citations: false,
        cache: None,
    })
}

fn file_source(id: Cow<'_, str>) -> Source<'_> {
    Source::File {
        vendor: Vendor::OpenAi,
        id,
        media_type: None,
    }
}

/// A URL as a source; the bytes of a `data:` URL stay where they are.
fn url_or_data<'a>(part: &Fields<'a>, name: &str, url: Cow<'a, str>) -> Result<Source<'a>, RequestFault> {
    if !url.starts_with("data:") {
        return Ok(Source::Url {
            url,
            media_type: None,
        });
    }
    let split = match url {
        Cow::Borrowed(url) => split_data(url).map(|(media, data)| (media.into(), data.into())),
        // A body may escape the slashes of base64.
        Cow::Owned(url) => {
            split_data(&url).map(|(media, data)| (media.to_owned().into(), data.to_owned().into()))
        }
    };
    let (media_type, data) =
        split.ok_or_else(|| part.fault(name, "A `data:` URL must be `data:{media type};base64,{data}`."))?;
    Ok(Source::Base64 { media_type, data })
}

fn split_data(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let media_type = head.strip_suffix(";base64")?;
    // Parameters such as a character set are no part of the type.
    let media_type = media_type.split(';').next()?;
    is_media_type(media_type).then_some((media_type, data))
}
