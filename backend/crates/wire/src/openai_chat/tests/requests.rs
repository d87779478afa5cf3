//! Requests: each sample's neutral meaning, and that it is kept when written and read again.

mod meanings;

use super::super::{read_request, write_request};
use super::{call, json, sample, samples};
use crate::format::Vendor;
use crate::model::{
    Aspect, Document, Effort, Image, OutputForm, Part, Request, Role, Source, Target, Thinking, ToolChoice,
    ToolResult,
};
use meanings::{images, meaning, request, turn, user};

const TARGET: Target<'static> = Target {
    model: "upstream-model",
    max_output: 4_096,
};

fn written(request: &Request<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    write_request(request, &TARGET, &mut body).expect("sayable");
    body
}

#[test]
fn samples_mean_what_they_say() {
    for name in samples("request-", ".json") {
        let body = sample("request", &name);
        assert_eq!(read_request(body.as_bytes()), Ok(meaning(&name)), "{name}");
    }
}

#[test]
fn samples_keep_their_meaning_when_written() {
    for name in samples("request-", ".json") {
        // These use what can be read and not written: names of results, thinking, `top_k`.
        if ["functions", "extensions"].contains(&name.as_str()) {
            continue;
        }
        let body = sample("request", &name);
        let request = read_request(body.as_bytes()).expect("readable");
        let again = written(&request);
        let expected = Request {
            model: TARGET.model.into(),
            ..request
        };
        assert_eq!(read_request(&again), Ok(expected), "{name}");
    }
}

#[test]
fn image_data_is_not_copied_when_read() {
    let body = sample("request", "images");
    let request = read_request(body.as_bytes()).expect("readable");
    let Some(Part::Image(image)) = request.turns.first().and_then(|turn| turn.parts.get(1)) else {
        panic!("no image")
    };
    assert!(matches!(
        &image.source,
        Source::Base64 {
            data: std::borrow::Cow::Borrowed(_),
            ..
        }
    ));
}

#[test]
fn a_streamed_request_asks_for_its_usage() {
    let body = json(&written(&Request {
        stream: true,
        ..request("m", vec![user("Hi")])
    }));
    assert_eq!(body["stream_options"], serde_json::json!({"include_usage": true}));
}

#[test]
fn media_in_results_follow_as_the_users() {
    let mut shown = images();
    shown.remove(0);
    let result = Part::ToolResult(ToolResult {
        id: "c1".into(),
        name: None,
        content: shown,
        object: None,
        is_error: true,
        cache: None,
    });
    let turns = vec![
        user("Look"),
        turn(Role::Assistant, vec![call("c1", "f", "{}")]),
        turn(Role::User, vec![Part::text("And?"), result]),
    ];
    let body = json(&written(&request("m", turns)));
    let messages = body["messages"].as_array().expect("messages");
    assert_eq!(messages[2]["role"], "tool");
    assert_eq!(
        messages[2]["content"],
        "Error: The result follows in the next message."
    );
    assert_eq!(messages[3]["content"][0]["type"], "image_url");
    assert_eq!(messages[3]["content"][2]["text"], "And?");
}

#[test]
fn what_the_format_has_no_word_for_is_refused() {
    let plain = request("m", vec![user("Hi")]);
    let with = |part| request("m", vec![turn(Role::User, vec![part])]);
    let url_document = Part::Document(Document {
        source: Source::Url {
            url: "https://example.com/a.pdf".into(),
            media_type: None,
        },
        title: None,
        context: None,
        citations: false,
        cache: None,
    });
    let ogg = Part::Audio {
        source: Source::Base64 {
            media_type: "audio/ogg".into(),
            data: "T2dn".into(),
        },
    };
    let foreign = Part::Image(Image {
        source: Source::File {
            vendor: Vendor::Anthropic,
            id: "file_1".into(),
            media_type: None,
        },
        detail: None,
        cache: None,
    });
    let cases = [
        (
            Request {
                top_k: Some(5),
                ..plain.clone()
            },
            Aspect::TopK,
        ),
        (
            Request {
                stop: vec!["a".into(); 5],
                ..plain.clone()
            },
            Aspect::Stop,
        ),
        (
            Request {
                tool_choice: Some(ToolChoice::Any),
                ..plain.clone()
            },
            Aspect::ToolChoice,
        ),
        (
            Request {
                system: images(),
                ..plain
            },
            Aspect::System,
        ),
        (with(url_document), Aspect::Turns),
        (with(ogg), Aspect::Turns),
        (with(foreign), Aspect::Turns),
        (
            request("m", vec![turn(Role::Assistant, images()), user("Hi")]),
            Aspect::Turns,
        ),
    ];
    for (request, aspect) in cases {
        let mut body = Vec::new();
        let refused = write_request(&request, &TARGET, &mut body).expect_err("not sayable");
        assert_eq!(refused.aspect, aspect);
        assert!(body.is_empty());
    }
}

#[test]
fn thinking_is_asked_for_in_degrees() {
    let effort = |model, thinking, effort| {
        let request = Request {
            thinking,
            effort,
            ..request("m", vec![user("Hi")])
        };
        let mut body = Vec::new();
        let target = Target { model, max_output: 1 };
        write_request(&request, &target, &mut body).expect("sayable");
        json(&body)["reasoning_effort"].as_str().map(str::to_owned)
    };
    let budget = |tokens| effort("gpt-5.6", Some(Thinking::Budget(tokens)), None);
    assert_eq!(budget(2_048).as_deref(), Some("low"));
    assert_eq!(budget(8_192).as_deref(), Some("medium"));
    assert_eq!(budget(24_576).as_deref(), Some("high"));
    assert_eq!(budget(24_577).as_deref(), Some("xhigh"));
    assert_eq!(
        effort("gpt-5.6", Some(Thinking::Off), Some(Effort::High)).as_deref(),
        Some("none")
    );
    assert_eq!(effort("gpt-5.6", Some(Thinking::Adaptive), None), None);
    assert_eq!(
        effort("gpt-5.6", Some(Thinking::Adaptive), Some(Effort::Max)).as_deref(),
        Some("max")
    );
    assert_eq!(effort("gpt-4o", Some(Thinking::Off), Some(Effort::High)), None);
}

#[test]
fn asking_for_json_says_so_where_nobody_did() {
    let asking = |text| {
        json(&written(&Request {
            output: Some(OutputForm::Json),
            ..request("m", vec![user(text)])
        }))
    };
    assert_eq!(asking("A colour")["messages"][0]["role"], "system");
    assert_eq!(asking("A colour as Json")["messages"][0]["role"], "user");
}

#[test]
fn a_search_on_offer_is_left_out_and_a_demanded_one_refused() {
    let body = |choice: &str| {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user","content":"x"}}],"tools":[{{"type":"web_search"}}],"tool_choice":{choice}}}"#
        )
    };
    let read = body("\"auto\"");
    assert!(read_request(read.as_bytes()).expect("readable").tools.is_empty());
    let refused = body("\"required\"");
    assert_eq!(
        read_request(refused.as_bytes()).expect_err("a fault").field,
        "tools[0].type"
    );
}
