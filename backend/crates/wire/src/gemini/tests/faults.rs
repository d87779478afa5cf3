//! Requests that can't be translated, with the exact words.

use super::*;
use crate::table::Fate;

const ELSEWHERE: &str =
    "Google's own tools run at Google only; offer a function instead, or use a Gemini account.";

fn fault(body: &str) -> String {
    read_request(body.as_bytes()).unwrap_err().message
}

#[test]
fn bad_contents_are_refused_by_path() {
    let part = |part: &str| {
        fault(&format!(
            r#"{{"contents":[{{"role":"model","parts":[{part}]}}]}}"#
        ))
    };
    for (bad, message) in [
        (
            "{}",
            "contents[0].parts[0]: This part has none of `text`, `inlineData`, `fileData`, `functionCall` and `functionResponse`.",
        ),
        (
            r#"{"text":7}"#,
            "contents[0].parts[0].text: This must be a string.",
        ),
        (
            r#"{"inline_data":{"data":"x"}}"#,
            "contents[0].parts[0].inline_data.mimeType: This field is required: a string.",
        ),
        (
            r#"{"inlineData":{"mimeType":"video/mp4","data":"x"}}"#,
            "contents[0].parts[0].inlineData.mimeType: The model's platform can't watch films; send single pictures of it, \
             or use a Gemini account.",
        ),
        (
            r#"{"fileData":{"fileUri":"https://example.com/picture"}}"#,
            "contents[0].parts[0].fileData.mimeType: This field is required where the URI does not end in a known file type.",
        ),
        (
            r#"{"functionCall":{"args":{}}}"#,
            "contents[0].parts[0].functionCall.name: This field is required: a string.",
        ),
        (
            r#"{"functionCall":{"name":"a","args":[]}}"#,
            "contents[0].parts[0].functionCall.args: This must be an object.",
        ),
        (
            r#"{"functionResponse":{"name":"a","response":{}}}"#,
            "contents[0].parts[0].functionResponse: Calls belong to the model's turns, and their answers to the user's.",
        ),
        (
            r#"{"executableCode":{"code":"1"}}"#,
            "contents[0].parts[0].executableCode: What Google's own tools did can't be told to another platform; leave this \
             part out.",
        ),
        (
            r#"{"text":"a","novelty":1}"#,
            "contents[0].parts[0].novelty: This field is not known here, so it can't be translated into the format of the \
             model's platform.",
        ),
    ] {
        assert_eq!(part(bad), message, "{bad}");
    }
    assert_eq!(
        fault(r#"{"contents":[{"role":"system","parts":[]}]}"#),
        "contents[0].role: This must be `user` or `model`."
    );
    assert_eq!(fault(r#"{"contents":[]}"#), "contents: This must not be empty.");
    assert_eq!(
        fault("{}"),
        "contents: This field is required: the conversation, as an array of contents."
    );
    let image = r#"{"contents":[],"systemInstruction":{"parts":[{"inlineData":{"mimeType":"image/png","data":"x"}}]}}"#;
    assert_eq!(
        fault(image),
        "systemInstruction.parts[0]: A system instruction may hold text only."
    );
}

#[test]
fn bad_settings_and_tools_are_refused_by_path() {
    let with = |fields: &str| {
        fault(&format!(
            r#"{{"contents":[{{"parts":[{{"text":"a"}}]}}],{fields}}}"#
        ))
    };
    let config = |fields: &str| with(&format!(r#""generationConfig":{{{fields}}}"#));
    for (bad, message) in [
        (
            r#""temperature":3"#,
            "generationConfig.temperature: This must be a number from 0 to 2.",
        ),
        (
            r#""topK":1.5"#,
            "generationConfig.topK: This must be a whole number.",
        ),
        (
            r#""maxOutputTokens":0"#,
            "generationConfig.maxOutputTokens: This must be at least 1.",
        ),
        (
            r#""candidateCount":9"#,
            "generationConfig.candidateCount: This must be a whole number from 1 to 8.",
        ),
        (
            r#""stop_sequences":[1]"#,
            "generationConfig.stop_sequences[0]: This must be a string.",
        ),
        (
            r#""thinkingConfig":{"thinkingBudget":-2}"#,
            "generationConfig.thinkingConfig.thinkingBudget: This must be -1, 0 or a number of tokens.",
        ),
        (
            r#""thinkingConfig":{"thinkingLevel":"deep"}"#,
            "generationConfig.thinkingConfig.thinkingLevel: This must be `minimal`, `low`, `medium` or `high`.",
        ),
        (
            r#""responseMimeType":"text/x.enum""#,
            "generationConfig.responseMimeType: This must be `text/plain` or `application/json`; other kinds can't be asked \
             of the model's platform.",
        ),
        (
            r#""responseSchema":{"type":"STRING"}"#,
            "generationConfig.responseMimeType: With a schema this must be `application/json`.",
        ),
        (
            r#""responseModalities":["TEXT","AUDIO"]"#,
            "generationConfig.responseModalities[1]: The model's platform answers in text only; leave this out or use a \
             Gemini account.",
        ),
    ] {
        assert_eq!(config(bad), message, "{bad}");
    }
    assert_eq!(
        with(r#""tools":[{"codeExecution":{}}]"#),
        format!("tools[0].codeExecution: {ELSEWHERE}")
    );
    let must = r#""tools":[{"google_search":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY"}}"#;
    assert_eq!(with(must), format!("tools[0].google_search: {ELSEWHERE}"));
    assert_eq!(
        with(r#""toolConfig":{"functionCallingConfig":{"mode":"MAYBE"}}"#),
        "toolConfig.functionCallingConfig.mode: This must be `AUTO`, `ANY`, `NONE` or `VALIDATED`."
    );
    assert_eq!(
        with(r#""cachedContent":"cachedContents/a""#),
        "cachedContent: Content cached at Google can't be read by the model's platform; send the content itself."
    );
}

/// The minimal request with a row's sample laid over it.
fn laid_over(sample: &str) -> String {
    let (mut body, over) = (
        Node::parse(MINIMAL.as_bytes()).unwrap(),
        Node::parse(sample.as_bytes()).unwrap(),
    );
    let (Node::Object(fields), Node::Object(over)) = (&mut body, over) else {
        panic!("objects")
    };
    for (name, value) in over {
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
    }
    body.to_text()
}

#[test]
fn the_table_says_what_the_reader_does() {
    let plain = read_request(MINIMAL.as_bytes()).unwrap();
    for row in FIELDS {
        let body = laid_over(row.sample);
        read_facts(body.as_bytes()).unwrap();
        let others = [row.fates[0], row.fates[1], row.fates[2], row.fates[4]];
        assert_eq!(row.fates[3], Fate::Kept, "{}", row.field);
        match read_request(body.as_bytes()) {
            Err(fault) => {
                assert!(
                    others.iter().all(|fate| matches!(fate, Fate::Refused(_))),
                    "{}: {fault}",
                    row.field
                );
                assert!(!fault.field.is_empty(), "{}", row.field);
            }
            Ok(read) if read == plain => {
                assert!(
                    others.iter().all(|fate| matches!(fate, Fate::Dropped(_))),
                    "{}",
                    row.field
                );
            }
            Ok(_) => {}
        }
        // What the model of the conversation has no room for is never called mapped.
        if others.iter().any(|fate| matches!(fate, Fate::Mapped(_))) {
            assert_ne!(read_request(body.as_bytes()).unwrap(), plain, "{}", row.field);
        }
    }
}
