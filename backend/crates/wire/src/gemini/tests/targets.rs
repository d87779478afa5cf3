//! What other formats' requests become: thinking by model, results with pictures, seals of other vendors, refusals.

use super::*;
use crate::format::Vendor;
use crate::model::{
    Aspect, Document, Effort, Image, Part, Role, Sealed, ServiceTier, Source, Thinking, Tool, ToolCall,
    ToolInput, ToolResult, Turn,
};

fn asked() -> Request<'static> {
    Request {
        turns: vec![Turn {
            role: Role::User,
            parts: vec![Part::text("Hello")],
        }],
        ..Request::default()
    }
}

fn config(request: &Request<'_>, model: &str) -> String {
    let body = written(request, &Target { model, max_output: 1 });
    let node = Node::parse(&body).unwrap();
    let thinking = node
        .get("generationConfig")
        .and_then(|config| config.get("thinkingConfig"));
    thinking.map(Node::to_text).unwrap_or_default()
}

fn think(thinking: Option<Thinking>, effort: Option<Effort>) -> Request<'static> {
    Request {
        thinking,
        effort,
        ..asked()
    }
}

#[test]
fn an_effort_becomes_what_the_model_is_told_to_think_by() {
    use Effort::{High, Max, Medium, Minimal, VeryHigh};
    for (effort, model, expected) in [
        (Medium, "gemini-2.5-flash", r#"{"thinkingBudget":8192}"#),
        (Max, "gemini-2.5-flash", r#"{"thinkingBudget":24576}"#),
        (Max, "models/gemini-2.5-pro", r#"{"thinkingBudget":32000}"#),
        (Minimal, "gemini-3-flash", r#"{"thinkingLevel":"MINIMAL"}"#),
        (Minimal, "gemini-3.1-pro-preview", r#"{"thinkingLevel":"LOW"}"#),
        (Medium, "gemini-3-pro-preview", r#"{"thinkingLevel":"HIGH"}"#),
        (Medium, "gemini-4-pro", r#"{"thinkingLevel":"MEDIUM"}"#),
        (VeryHigh, "gemini-flash-latest", r#"{"thinkingLevel":"HIGH"}"#),
        (High, "gemini-2.0-flash", ""),
    ] {
        assert_eq!(
            config(&think(None, Some(effort)), model),
            expected,
            "{model} {effort:?}"
        );
    }
    assert_eq!(config(&asked(), "gemini-3-pro"), "");
}

#[test]
fn thinking_is_turned_off_bound_and_shown_as_far_as_the_model_allows() {
    let (off, free) = (Some(Thinking::Off), Some(Thinking::Adaptive));
    let budget = Some(Thinking::Budget(100));
    for (thinking, effort, model, expected) in [
        (off, None, "gemini-2.5-flash", r#"{"thinkingBudget":0}"#),
        (off, None, "gemini-2.5-pro", r#"{"thinkingBudget":128}"#),
        (off, None, "gemini-3-flash", r#"{"thinkingLevel":"MINIMAL"}"#),
        (
            budget,
            None,
            "gemini-2.5-flash-lite",
            r#"{"thinkingBudget":512,"includeThoughts":true}"#,
        ),
        (
            free,
            None,
            "gemini-2.5-pro",
            r#"{"thinkingBudget":-1,"includeThoughts":true}"#,
        ),
        (
            free,
            Some(Effort::Low),
            "gemini-3-pro",
            r#"{"thinkingLevel":"LOW","includeThoughts":true}"#,
        ),
        (free, None, "gemini-3-pro", r#"{"includeThoughts":true}"#),
    ] {
        assert_eq!(
            config(&think(thinking, effort), model),
            expected,
            "{model} {thinking:?}"
        );
    }
}

/// A conversation that another vendor's model led: its thinking is sealed by Anthropic, its call by nobody.
fn foreign() -> Request<'static> {
    let call = |id: &'static str| {
        Part::ToolCall(ToolCall {
            id: id.into(),
            name: "look".into(),
            arguments: "".into(),
            sealed: None,
            cache: None,
        })
    };
    let image = Part::Image(Image {
        source: Source::Base64 {
            media_type: "image/png".into(),
            data: "aGk=".into(),
        },
        detail: None,
        cache: None,
    });
    let result = |id: &'static str, content| {
        Part::ToolResult(ToolResult {
            id: id.into(),
            name: None,
            content,
            object: None,
            is_error: id == "b",
            cache: None,
        })
    };
    let thinking = Part::Thinking {
        text: "Hm.".into(),
        sealed: Some(Sealed {
            vendor: Vendor::Anthropic,
            data: "c2ln".into(),
        }),
        redacted: false,
        id: None,
    };
    let mut request = asked();
    request.turns.push(Turn {
        role: Role::Assistant,
        parts: vec![thinking.clone(), call("a"), call("b")],
    });
    let results = vec![
        result("a", vec![Part::text("this"), image]),
        result("b", vec![Part::text("no"), Part::text("way")]),
    ];
    request.turns.push(Turn {
        role: Role::User,
        parts: results,
    });
    request.turns.push(Turn {
        role: Role::Assistant,
        parts: vec![thinking],
    });
    request
}

#[test]
fn calls_of_another_vendor_pass_gemini_3s_check_and_pictures_stand_where_the_model_takes_them() {
    let new = written(&foreign(), &NEW);
    let expected = concat!(
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":["#,
        r#"{"functionCall":{"id":"a","name":"look","args":{}},"thoughtSignature":"skip_thought_signature_validator"},"#,
        r#"{"functionCall":{"id":"b","name":"look","args":{}}}]},{"role":"user","parts":["#,
        r#"{"functionResponse":{"id":"a","name":"look","response":{"output":"this"},"#,
        r#""parts":[{"inlineData":{"mimeType":"image/png","data":"aGk="}}]}},"#,
        r#"{"functionResponse":{"id":"b","name":"look","response":{"error":"no\nway"}}}]}]}"#
    );
    assert_eq!(text(&new), expected);
    let old = written(&foreign(), &OLD);
    assert!(!text(&old).contains("thoughtSignature"));
    let beside = r#""response":{"output":"this"}}},{"inlineData":{"mimeType":"image/png","data":"aGk="}}"#;
    assert!(text(&old).contains(beside), "{}", text(&old));
}

#[test]
fn free_text_tools_become_objects_and_documents_keep_what_is_known_of_them() {
    let mut request = asked();
    request.tools.push(Tool {
        name: "patch".into(),
        namespace: Some("files".into()),
        description: Some("Patches.".into()),
        input: ToolInput::FreeText {
            format: Some(Node::parse(br#"{"syntax":"lark"}"#).unwrap()),
        },
        strict: None,
        cache: None,
    });
    request.turns[0].parts.push(Part::Document(Document {
        source: Source::Text("All of it.".into()),
        title: Some("a.txt".into()),
        context: Some("A file.".into()),
        citations: false,
        cache: None,
    }));
    let body = written(&request, &NEW);
    assert!(
        text(&body).contains(r#"{"text":"a.txt\nA file.\nAll of it."}"#),
        "{}",
        text(&body)
    );
    let tool = concat!(
        r#"{"name":"files__patch","description":"Patches.\n\nThe text in `input` keeps to this format: {\"syntax\":\"lark\"}","#,
        r#""parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}}"#
    );
    assert!(text(&body).contains(tool), "{}", text(&body));
}

fn with(change: fn(&mut Request<'static>)) -> Request<'static> {
    let mut request = asked();
    change(&mut request);
    request
}

fn says(part: Part<'static>) -> Request<'static> {
    let mut request = asked();
    request.turns[0].parts = vec![part];
    request
}

fn picture(source: Source<'static>) -> Part<'static> {
    Part::Image(Image {
        source,
        detail: None,
        cache: None,
    })
}

fn is_refused(request: &Request<'_>, aspect: Aspect) {
    let refusal = write_request(request, &NEW, &mut Vec::new()).unwrap_err();
    assert_eq!(refusal.aspect, aspect, "{refusal}");
    assert!(refusal.why.ends_with('.'), "{refusal}");
}

#[test]
fn settings_that_google_has_no_word_for_are_refused() {
    for (request, aspect) in [
        (
            with(|request| request.logit_bias = Some(Node::Null)),
            Aspect::LogitBias,
        ),
        (with(|request| request.stop = vec!["x".into(); 6]), Aspect::Stop),
        (with(|request| request.choices = Some(9)), Aspect::Choices),
        (
            with(|request| request.service_tier = Some(ServiceTier::Flex)),
            Aspect::ServiceTier,
        ),
    ] {
        is_refused(&request, aspect);
    }
    let mut request = with(|request| request.parallel_tools = Some(false));
    assert!(write_request(&request, &NEW, &mut Vec::new()).is_ok());
    request.tools.push(Tool {
        name: "a".into(),
        namespace: None,
        description: None,
        input: ToolInput::Schema(None),
        strict: None,
        cache: None,
    });
    // With one function, a forced call is what is meant.
    assert!(write_request(&request, &NEW, &mut Vec::new()).is_ok());
    let other = Tool {
        name: "b".into(),
        ..request.tools[0].clone()
    };
    request.tools.push(other);
    is_refused(&request, Aspect::ParallelTools);
}

#[test]
fn contents_that_google_can_not_read_are_refused() {
    let png = || Some("image/png".into());
    let file = Source::File {
        vendor: Vendor::OpenAi,
        id: "file-1".into(),
        media_type: png(),
    };
    is_refused(&says(picture(file)), Aspect::Turns);
    let url = Source::Url {
        url: "https://example.com/picture".into(),
        media_type: None,
    };
    is_refused(&says(picture(url)), Aspect::Turns);
    let broken = ToolCall {
        id: "a".into(),
        name: "look".into(),
        arguments: "[1]".into(),
        sealed: None,
        cache: None,
    };
    is_refused(&says(Part::ToolCall(broken)), Aspect::Turns);
    let unknown = ToolResult {
        id: "a".into(),
        name: None,
        content: Vec::new(),
        object: None,
        is_error: false,
        cache: None,
    };
    is_refused(&says(Part::ToolResult(unknown)), Aspect::Turns);
    let mut request = asked();
    request.system.push(picture(Source::Base64 {
        media_type: "image/png".into(),
        data: "aGk=".into(),
    }));
    is_refused(&request, Aspect::System);
}

#[test]
fn what_only_labels_advises_or_saves_is_left_out() {
    let harmless = with(|request| {
        request.seed = Some(1 << 40);
        request.user = Some("a".into());
        request.cache_key = Some("k".into());
        request.store = Some(false);
        request.verbosity = Some(Effort::Low);
        request.service_tier = Some(ServiceTier::Auto);
    });
    let expected =
        r#"{"contents":[{"role":"user","parts":[{"text":"Hello"}]}],"generationConfig":{"seed":256}}"#;
    assert_eq!(text(&written(&harmless, &NEW)), expected);
}
