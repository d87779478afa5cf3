//! Arbitrary requests and answers that this format can say. Never in here: what is checked of them.

use crate::format::Vendor;
use crate::model::*;
use crate::tree::Node;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

mod answer;
mod request;

pub(super) use answer::answer;
pub(super) use request::request;

pub(super) type S<T> = BoxedStrategy<T>;

pub(super) fn text() -> S<String> {
    "[a-zA-Z \"\\\\\n\té🦀{}]{1,16}".boxed()
}

pub(super) fn word() -> S<String> {
    "[a-z][a-z_]{0,8}".boxed()
}

pub(super) fn base64() -> S<Source<'static>> {
    ("image/(png|jpeg)", "[A-Za-z0-9+/]{0,12}")
        .prop_map(|(media_type, data)| Source::Base64 {
            media_type: media_type.into(),
            data: data.into(),
        })
        .boxed()
}

pub(super) fn url() -> S<Source<'static>> {
    "https://[a-z]{1,8}/[a-z]{0,8}"
        .prop_map(|url| Source::Url {
            url: url.into(),
            media_type: None,
        })
        .boxed()
}

pub(super) fn file() -> S<Source<'static>> {
    let source = |id: String| Source::File {
        vendor: Vendor::OpenAi,
        id: id.into(),
        media_type: None,
    };
    word().prop_map(source).boxed()
}

pub(super) fn image() -> S<Part<'static>> {
    let detail = of(prop_oneof![Just("low"), Just("high"), Just("auto")]);
    (prop_oneof![base64(), url(), file()], detail)
        .prop_map(|(source, detail)| {
            Part::Image(Image {
                source,
                detail: detail.map(Into::into),
                cache: None,
            })
        })
        .boxed()
}

pub(super) fn document() -> S<Part<'static>> {
    let named = (base64(), word().prop_map(Some));
    let fetched = (url(), of(word()));
    let kept = (file(), Just(None));
    prop_oneof![named, fetched, kept]
        .prop_map(|(source, title)| {
            let title = title.map(Into::into);
            Part::Document(Document {
                source,
                title,
                context: None,
                citations: false,
                cache: None,
            })
        })
        .boxed()
}

pub(super) fn plain_text() -> S<Part<'static>> {
    text().prop_map(Part::text).boxed()
}

pub(super) fn result() -> S<Part<'static>> {
    (word(), vec(prop_oneof![plain_text(), image(), document()], 0..3))
        .prop_map(|(id, content)| {
            Part::ToolResult(ToolResult {
                id: id.into(),
                name: None,
                content,
                object: None,
                is_error: false,
                cache: None,
            })
        })
        .boxed()
}

pub(super) fn citation() -> S<Citation<'static>> {
    (word(), text(), (0..9_u64, 9..20_u64))
        .prop_map(|(url, title, span)| Citation::Url {
            url: url.into(),
            title: title.into(),
            span: Some(span),
        })
        .boxed()
}

pub(super) fn cited_text() -> S<Part<'static>> {
    (text(), vec(citation(), 0..3))
        .prop_map(|(text, citations)| Part::Text {
            text: text.into(),
            citations,
            cache: None,
        })
        .boxed()
}

pub(super) fn refusal() -> S<Part<'static>> {
    text()
        .prop_map(|text| Part::Refusal { text: text.into() })
        .boxed()
}

pub(super) fn call(names: &'static [&'static str], seals: bool) -> S<Part<'static>> {
    let sealed = if seals {
        of(sealed(Vendor::Google)).boxed()
    } else {
        Just(None).boxed()
    };
    let function =
        text().prop_map(|text| Node::Object(vec![("q".into(), Node::Text(text.into()))]).to_text());
    let free =
        text().prop_map(|text| Node::Object(vec![("input".into(), Node::Text(text.into()))]).to_text());
    (word(), prop::sample::select(names), function, free, sealed)
        .prop_map(|(id, name, function, free, sealed)| {
            let arguments = if name == "patch" { free } else { function };
            Part::ToolCall(ToolCall {
                id: id.into(),
                name: name.into(),
                arguments: arguments.into(),
                sealed,
                cache: None,
            })
        })
        .boxed()
}

pub(super) fn sealed(vendor: Vendor) -> S<Sealed<'static>> {
    "[A-Za-z0-9+/]{1,12}"
        .prop_map(move |data| Sealed {
            vendor,
            data: data.into(),
        })
        .boxed()
}

pub(super) fn kept_thinking() -> S<Part<'static>> {
    (prop_oneof![Just(String::new()), text()], sealed(Vendor::OpenAi), of(word()))
        .prop_map(|(text, sealed, id)| Part::Thinking {
            text: text.into(),
            sealed: Some(sealed),
            redacted: false,
            id: id.map(|id| format!("rs_{id}x").into()),
        })
        .prop_filter("no mark of our own", |part| {
            !matches!(part, Part::Thinking { id: Some(id), .. } if id.starts_with("rs_redacted_") || id.starts_with("rs_call_"))
        })
        .boxed()
}
