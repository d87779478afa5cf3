//! Messages and what they are made of.

use super::answers::thought;
use super::requests::{call, result, with_call};
use super::{LLAMA, NOVA, SONNET_4_5, assistant, hello, user, written};
use crate::format::Vendor;
use crate::model::{
    Aspect, Cache, Citation, Document, Image, Part, Request, Sealed, Source, ToolResult, Turn,
};
use crate::tree::Node;
use serde_json::{Value, json};

fn messages(turns: Vec<Turn<'_>>, model: &str) -> Result<Value, (Aspect, String)> {
    let request = Request { turns, ..with_call() };
    match written(&request, model) {
        Ok(body) => Ok(body["messages"].clone()),
        Err(unsayable) => Err((unsayable.aspect, unsayable.why)),
    }
}

/// The blocks of the user's only turn.
fn blocks(parts: Vec<Part<'_>>, model: &str) -> Result<Value, String> {
    match messages(vec![user(parts)], model) {
        Ok(messages) => Ok(messages[0]["content"].clone()),
        Err((aspect, why)) => {
            assert_eq!(aspect, Aspect::Turns);
            Err(why)
        }
    }
}

fn base64<'a>(media_type: &'a str, data: &'a str) -> Source<'a> {
    Source::Base64 {
        media_type: media_type.into(),
        data: data.into(),
    }
}

fn image(source: Source<'_>) -> Part<'_> {
    Part::Image(Image {
        source,
        detail: None,
        cache: None,
    })
}

fn document<'a>(source: Source<'a>, title: Option<&'a str>) -> Part<'a> {
    Part::Document(Document {
        source,
        title: title.map(Into::into),
        context: None,
        citations: false,
        cache: None,
    })
}

#[test]
fn the_sides_take_turns() {
    let turns = vec![
        user(vec![Part::text("one")]),
        user(vec![Part::text("two"), Part::text(" ")]),
        // Nothing that could be said is left of it.
        assistant(vec![Part::text("")]),
        user(vec![Part::text("three")]),
        assistant(vec![Part::text("four")]),
        assistant(vec![Part::Refusal { text: "no".into() }]),
        user(vec![Part::text("five")]),
    ];
    assert_eq!(
        messages(turns, SONNET_4_5),
        Ok(json!([
            {"role": "user", "content": [{"text": "one"}, {"text": "two"}, {"text": "three"}]},
            {"role": "assistant", "content": [{"text": "four"}, {"text": "no"}]},
            {"role": "user", "content": [{"text": "five"}]},
        ]))
    );
    let first = messages(vec![assistant(vec![Part::text("hello")])], SONNET_4_5);
    assert_eq!(
        first,
        Err((
            Aspect::Turns,
            "On Amazon Bedrock a conversation begins with the user's turn; put one first.".to_owned()
        ))
    );
    assert_eq!(
        blocks(vec![Part::text(" ")], SONNET_4_5),
        Err("Amazon Bedrock wants at least one message; say something.".to_owned())
    );
}

#[test]
fn pictures_are_sent_by_their_bytes() {
    for (media_type, format) in [
        ("image/png", "png"),
        ("image/jpeg", "jpeg"),
        ("image/jpg", "jpeg"),
        ("image/gif", "gif"),
        ("image/webp", "webp"),
    ] {
        assert_eq!(
            blocks(vec![image(base64(media_type, "iVBO"))], SONNET_4_5),
            Ok(json!([{"image": {"format": format, "source": {"bytes": "iVBO"}}}]))
        );
    }
    assert_eq!(
        blocks(vec![image(base64("image/tiff", "iVBO"))], SONNET_4_5),
        Err("Amazon Bedrock takes pictures in PNG, JPEG, GIF and WebP alone.".to_owned())
    );
    let url = Source::Url {
        url: "https://example.com/a.png".into(),
        media_type: None,
    };
    let file = Source::File {
        vendor: Vendor::Anthropic,
        id: "file_1".into(),
        media_type: None,
    };
    for source in [url, file] {
        assert_eq!(
            blocks(vec![image(source)], SONNET_4_5),
            Err("Amazon Bedrock fetches no picture; send its bytes as base64.".to_owned())
        );
    }
    let own = messages(
        vec![
            user(vec![Part::text("a")]),
            assistant(vec![image(base64("image/png", ""))]),
        ],
        NOVA,
    );
    assert_eq!(own.expect_err("a refusal").0, Aspect::Turns);
    let sound = Part::Audio {
        source: base64("audio/wav", ""),
    };
    assert!(blocks(vec![sound], SONNET_4_5).is_err());
}

#[test]
fn documents_have_names_of_their_own() {
    let pdf = || base64("application/pdf", "JVBE");
    let parts = vec![
        document(pdf(), Some("Q3/Q4  report_(final).pdf")),
        document(pdf(), None),
        document(Source::Text("plain".into()), None),
        document(base64("text/csv; charset=utf-8", "YQ=="), Some("document")),
        document(pdf(), Some("document (2)")),
        Part::Document(Document {
            source: pdf(),
            title: Some("///".into()),
            context: Some("of 2025".into()),
            citations: true,
            cache: Some(Cache::FiveMinutes),
        }),
        Part::text("Read them."),
    ];
    let blocks = blocks(parts, SONNET_4_5).expect("blocks");
    let of = |format: &str, name: &str| {
        let source = match format {
            "pdf" => json!({"bytes": "JVBE"}),
            "csv" => json!({"bytes": "YQ=="}),
            _ => json!({"text": "plain"}),
        };
        json!({"document": {"format": format, "name": name, "source": source}})
    };
    assert_eq!(
        blocks,
        json!([
            of("pdf", "Q3-Q4 report-(final)-pdf"),
            of("pdf", "document"),
            of("txt", "document (2)"),
            of("csv", "document (3)"),
            of("pdf", "document (2) (2)"),
            {"document": {
                "format": "pdf",
                "name": "---",
                "source": {"bytes": "JVBE"},
                "context": "of 2025",
                "citations": {"enabled": true},
            }},
            {"cachePoint": {"type": "default"}},
            {"text": "Read them."},
        ])
    );
}

#[test]
fn a_document_is_never_without_a_text() {
    let plain = |title| document(Source::Text("a".into()), title);
    let sent = |name: &str| json!({"document": {"format": "txt", "name": name, "source": {"text": "a"}}});
    assert_eq!(
        blocks(vec![plain(Some("Q3: all")), plain(None)], SONNET_4_5),
        Ok(json!([sent("Q3- all"), sent("document"), {"text": "Q3: all"}]))
    );
    assert_eq!(
        blocks(vec![plain(Some(" "))], SONNET_4_5),
        Ok(json!([sent("document"), {"text": "document"}]))
    );
    assert_eq!(
        blocks(vec![plain(None), Part::text("b")], SONNET_4_5),
        Ok(json!([sent("document"), {"text": "b"}]))
    );
}

#[test]
fn documents_that_bedrock_can_not_take_are_refused() {
    let odd = document(base64("application/zip", ""), None);
    assert_eq!(
        blocks(vec![odd, Part::text("a")], SONNET_4_5),
        Err(
            "Amazon Bedrock takes documents as PDF, CSV, DOC(X), XLS(X), HTML, Markdown and text alone."
                .to_owned()
        )
    );
    let url = Source::Url {
        url: "https://example.com/a.pdf".into(),
        media_type: None,
    };
    assert_eq!(
        blocks(vec![document(url, None), Part::text("a")], SONNET_4_5),
        Err("Amazon Bedrock fetches no document; send its bytes as base64.".to_owned())
    );
    let system = Request {
        system: vec![document(Source::Text("a".into()), None)],
        ..hello()
    };
    assert_eq!(
        written(&system, SONNET_4_5).expect_err("a refusal").aspect,
        Aspect::System
    );
}

#[test]
fn many_documents_of_one_name_take_no_longer_than_others() {
    let mut parts: Vec<_> = (0..20_000)
        .map(|_| document(Source::Text("a".into()), None))
        .collect();
    parts.push(Part::text("Read."));
    let blocks = blocks(parts, SONNET_4_5).expect("blocks");
    assert_eq!(blocks[19_999]["document"]["name"], "document (20000)");
}

#[test]
fn calls_and_their_results_are_paired() {
    let failed = Part::ToolResult(ToolResult {
        id: "call:1".into(),
        name: None,
        content: vec![
            Part::Text {
                text: "broken".into(),
                citations: Vec::new(),
                cache: Some(Cache::OneHour),
            },
            image(base64("image/png", "iVBO")),
        ],
        object: None,
        is_error: true,
        cache: None,
    });
    let turns = || {
        vec![
            user(vec![Part::text("look")]),
            assistant(vec![call("call:1", r#"{"n": 1.50}"#), call("b", "")]),
            user(vec![failed.clone(), result("b", vec![Part::text("")])]),
        ]
    };
    let expected = |status: bool, cache: bool| {
        let mut first = json!({
            "toolUseId": "call_1",
            "content": [{"text": "broken"}, {"image": {"format": "png", "source": {"bytes": "iVBO"}}}],
        });
        if status {
            first["status"] = json!("error");
        }
        let mut results = vec![json!({"toolResult": first})];
        if cache {
            results.push(json!({"cachePoint": {"type": "default", "ttl": "1h"}}));
        }
        results.push(json!({"toolResult": {"toolUseId": "b", "content": [{"json": {}}]}}));
        json!([
            {"role": "user", "content": [{"text": "look"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "call_1", "name": "look", "input": {"n": 1.5}}},
                {"toolUse": {"toolUseId": "b", "name": "look", "input": {}}},
            ]},
            {"role": "user", "content": results},
        ])
    };
    assert_eq!(messages(turns(), SONNET_4_5), Ok(expected(true, true)));
    assert_eq!(messages(turns(), LLAMA), Ok(expected(false, false)));
    for arguments in ["[1]", "{", "no", "{} {}"] {
        let turns = vec![
            user(vec![Part::text("look")]),
            assistant(vec![call("a", arguments)]),
        ];
        assert_eq!(
            messages(turns, SONNET_4_5),
            Err((
                Aspect::Turns,
                "The arguments of the call of `look` are no JSON object, which Amazon Bedrock wants."
                    .to_owned()
            ))
        );
    }
}

#[test]
fn a_result_that_is_only_an_object_is_sent_as_one() {
    let object = Part::ToolResult(ToolResult {
        id: "a".into(),
        name: Some("look".into()),
        content: Vec::new(),
        object: Some(Node::parse(br#"{"found":[1]}"#).expect("JSON")),
        is_error: false,
        cache: None,
    });
    assert_eq!(
        blocks(vec![object], SONNET_4_5),
        Ok(json!([{"toolResult": {"toolUseId": "a", "content": [{"json": {"found": [1]}}]}}]))
    );
}

#[test]
fn a_model_gets_back_only_its_own_thinking() {
    let other = |sealed| Part::Thinking {
        text: "hm".into(),
        sealed,
        redacted: false,
        id: None,
    };
    let openai = Sealed {
        vendor: Vendor::OpenAi,
        data: "x".into(),
    };
    let turns = || {
        vec![
            user(vec![Part::text("a")]),
            assistant(vec![
                thought("I see", "seal", false),
                thought("", "hidden", true),
                other(Some(openai.clone())),
                other(None),
                Part::text("b"),
            ]),
            user(vec![Part::text("c")]),
        ]
    };
    let said = |model| messages(turns(), model).expect("messages")[1]["content"].clone();
    assert_eq!(
        said(SONNET_4_5),
        json!([
            {"reasoningContent": {"reasoningText": {"text": "I see", "signature": "seal"}}},
            {"reasoningContent": {"redactedContent": "hidden"}},
            {"text": "b"},
        ])
    );
    assert_eq!(said(NOVA), json!([{"text": "b"}]));
}

#[test]
fn what_a_text_rested_on_is_not_sent_again() {
    let text = Part::Text {
        text: "a".into(),
        citations: vec![Citation::Url {
            url: "https://example.com".into(),
            title: "".into(),
            span: None,
        }],
        cache: Some(Cache::FiveMinutes),
    };
    assert_eq!(
        blocks(vec![text.clone()], NOVA),
        Ok(json!([{"text": "a"}, {"cachePoint": {"type": "default"}}]))
    );
    assert_eq!(blocks(vec![text], LLAMA), Ok(json!([{"text": "a"}])));
}
