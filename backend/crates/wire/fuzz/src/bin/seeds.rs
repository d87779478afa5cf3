//! Writes what the fuzzer begins with: `seeds FOLDER` makes a folder of inputs for each target, of the crate's golden samples
//! and of the tables of fields, and `words.dict`. Never in here: checks.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};
use tollgate_wire::format::ClientFormat;
use tollgate_wire::tree::Node;
use tollgate_wire_fuzz::formats::table;
use tollgate_wire_fuzz::mutate::words;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Targets that take requests, by format.
const REQUESTS: [(ClientFormat, &str, &str); 5] = [
    (ClientFormat::Claude, "request_claude", "claude"),
    (ClientFormat::Chat, "request_chat", "openai_chat"),
    (ClientFormat::Responses, "request_responses", "openai_responses"),
    (ClientFormat::Gemini, "request_gemini", "gemini"),
    (ClientFormat::Completions, "request_completions", ""),
];
/// Targets that take streams, by golden folder.
const STREAMS: [(&str, &str); 5] = [
    ("claude", "stream_claude"),
    ("openai_chat", "stream_chat"),
    ("openai_responses", "stream_responses"),
    ("gemini", "stream_gemini"),
    ("converse", "stream_converse"),
];

fn main() -> Result<()> {
    let folder = PathBuf::from(env::args_os().nth(1).ok_or("usage: seeds FOLDER")?);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden");
    for entry in fs::read_dir(&golden)? {
        let format = entry?;
        if format.path().is_dir() {
            for sample in fs::read_dir(format.path())? {
                golden_sample(&folder, &format.file_name().to_string_lossy(), &sample?.path())?;
            }
        }
    }
    for (format, target, _) in REQUESTS {
        let (minimal, rows) = table(format);
        put(&folder, target, "minimal", minimal.as_bytes())?;
        for (at, row) in rows.iter().enumerate() {
            put(
                &folder,
                target,
                &format!("row-{at}"),
                &laid_over(minimal, row.sample)?,
            )?;
        }
    }
    by_hand(&folder)?;
    let quoted = |word: &String| format!("\"{}\"\n", word.replace('\\', "\\\\").replace('"', "\\\""));
    let dictionary: String = words()
        .iter()
        .filter(|word| word.is_ascii() && !word.is_empty() && !word.contains('\n'))
        .map(quoted)
        .collect();
    fs::write(folder.join("words.dict"), dictionary)?;
    Ok(())
}

fn put(folder: &Path, target: &str, name: &str, input: &[u8]) -> Result<()> {
    fs::create_dir_all(folder.join(target))?;
    fs::write(folder.join(target).join(name), input)?;
    Ok(())
}

fn golden_sample(folder: &Path, format: &str, path: &Path) -> Result<()> {
    let text = fs::read(path)?;
    let name = format!(
        "{format}-{}",
        path.file_name().unwrap_or_default().to_string_lossy()
    );
    if format == "found" {
        // `target--what.ext`: inputs that once broke something, for the target that found them.
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return match name.split_once("--") {
            Some((target, rest)) => put(folder, target, &format!("found-{rest}"), &text),
            None => Ok(()),
        };
    }
    let stream = STREAMS
        .iter()
        .find(|(known, _)| *known == format)
        .map(|(_, target)| *target);
    if path.extension().is_some_and(|extension| extension == "sse") {
        return put(folder, stream.ok_or("a format")?, &name, &text);
    }
    let sample = Node::parse(&text)?;
    for (key, value) in sample.as_object().unwrap_or_default() {
        let inner = value.to_text().into_bytes();
        match key.as_ref() {
            "request" => {
                let target = REQUESTS
                    .iter()
                    .find(|(_, _, known)| *known == format)
                    .map(|(_, target, _)| *target);
                put(folder, target.ok_or("a format")?, &name, &inner)?;
                match format {
                    "claude" => put(folder, "bedrock", &name, &inner)?,
                    "gemini" => put(folder, "others", &name, &inner)?,
                    _ => {}
                }
                if format == "openai_responses" {
                    let message = inner.strip_prefix(b"{").unwrap_or_default();
                    put(
                        folder,
                        "websocket",
                        &name,
                        &[br#"{"type":"response.create","#, message].concat(),
                    )?;
                }
                if format == "gemini" {
                    let envelope = [
                        br#"{"model":"m","project":"p","user_prompt_id":"u","request":"#,
                        &inner[..],
                        b"}",
                    ]
                    .concat();
                    put(folder, "envelope", &name, &envelope)?;
                }
            }
            "answer" => put(folder, "answer", &name, &inner)?,
            "error" => put(folder, "error", &name, &inner)?,
            "compaction" => put(folder, "others", &name, &inner)?,
            "events" => put(folder, "stream_converse", &name, &script(value))?,
            _ => {}
        }
    }
    Ok(())
}

/// Frames as server-sent events.
fn script(events: &Node<'_>) -> Vec<u8> {
    let mut script = String::new();
    for event in events.as_array().unwrap_or_default() {
        if let Some([Node::Text(name), data]) = event.as_array() {
            script.push_str(&format!("event: {name}\ndata: {}\n\n", data.to_text()));
        }
    }
    script.into_bytes()
}

/// The smallest request with a sample's fields over its own.
fn laid_over(minimal: &str, sample: &str) -> Result<Vec<u8>> {
    let (Node::Object(mut fields), Node::Object(more)) =
        (Node::parse(minimal.as_bytes())?, Node::parse(sample.as_bytes())?)
    else {
        return Err("objects are laid over objects".into());
    };
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend(more);
    Ok(Node::Object(fields).to_text().into_bytes())
}

/// Where no golden sample is.
fn by_hand(folder: &Path) -> Result<()> {
    let inputs: [(&str, &str, &[u8]); 8] = [
        ("embeddings", "request", br#"{"model":"e","input":["a","b"],"dimensions":3,"encoding_format":"base64","user":"u"}"#),
        ("embeddings", "gemini", br#"{"requests":[{"model":"models/e","content":{"parts":[{"text":"a"}]}}]}"#),
        (
            "embeddings",
            "batch",
            br#"{"embeddings":[{"values":[0.5,-1e-3]},{"values":[1,2]}],"usageMetadata":{"promptTokenCount":3}}"#,
        ),
        (
            "embeddings",
            "answer",
            br#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5]}],"model":"e","usage":{"prompt_tokens":1,"total_tokens":1}}"#,
        ),
        ("others", "images", br#"{"model":"gpt-image-1","prompt":"p","n":2,"stream":true,"size":"1024x1024"}"#),
        (
            "others",
            "count",
            br#"{"generateContentRequest":{"model":"models/g","contents":[{"role":"user","parts":[{"text":"Hello"}]}]}}"#,
        ),
        ("others", "compact", br#"{"model":"gpt-5.6","input":"Hello","instructions":"i","previous_response_id":"resp_1"}"#),
        (
            "frames",
            "two",
            b"\0\0\0\x3c\0\0\0\x2a....\x0b:event-type\x07\0\x05chunk\x0d:message-type\x07\0\x05event{}....",
        ),
    ];
    for (target, name, input) in inputs {
        put(folder, target, name, input)?;
    }
    Ok(())
}
