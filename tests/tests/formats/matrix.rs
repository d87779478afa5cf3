//! The matrix of formats × platforms × cases, each plain and streamed.

use crate::asks::{Case, Format, PIXEL, SYSTEM, ask};
use crate::platforms::{SECRET, WAYS, Way, account};
use crate::reads::{Got, plain, streamed};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use tollgate_tests::harness::tenant::Tenant;
use tollgate_tests::harness::upstream::Fault;
use tollgate_tests::harness::{Answer, Ending, House, Key, Reply, Script, Upstream, Usage, unique};

const CASES: [&str; 8] = [
    "plain",
    "tools",
    "tool result",
    "image",
    "thinking",
    "JSON schema",
    "error",
    "broken stream",
];

/// A tenant with one account.
struct Scene<'h> {
    house: &'h House,
    tenant: Tenant,
    key: Key,
    upstream: Upstream,
    way: &'static Way,
}

impl<'h> Scene<'h> {
    fn new(house: &'h House, way: &'static Way) -> Self {
        let (tenant, upstream) = (house.tenant(), Upstream::start());
        account(&tenant, way, &upstream.url());
        let key = tenant.key(json!({}));
        Self {
            house,
            tenant,
            key,
            upstream,
            way,
        }
    }

    fn send(&self, format: Format, case: Case, stream: bool, id: &str) -> Reply {
        let request = ask(format, case, self.way.model, stream, &self.key.secret, id);
        let reply = self.house.gateway.send(&request);
        assert!(
            !reply.text().contains(SECRET),
            "a credential leaks: {}",
            reply.text()
        );
        reply
    }

    /// Asks, and gives what the client makes of the answer.
    fn got(&self, format: Format, case: Case, stream: bool) -> Got {
        let id = unique("ask");
        self.upstream.next(answer(case).into());
        let reply = self.send(format, case, stream, &id);
        let seen = self.upstream.seen().pop().expect("the upstream was asked");
        assert_eq!(
            seen.refused,
            None,
            "{} {case:?} on {}: the upstream refuses {}",
            format.name(),
            self.way.name,
            String::from_utf8_lossy(&seen.body)
        );
        let reply = reply.expect(200);
        assert!(
            seen.mentions(&id),
            "the question arrives: {}",
            String::from_utf8_lossy(&seen.body)
        );
        assert!(
            seen.mentions(SYSTEM),
            "so does the system prompt: {}",
            String::from_utf8_lossy(&seen.body)
        );
        if case == Case::Image {
            assert!(
                seen.mentions(PIXEL),
                "so does the picture: {}",
                String::from_utf8_lossy(&seen.body)
            );
        }
        let got = if stream {
            streamed(format, &reply.text())
        } else {
            plain(format, &reply.json())
        };
        let told = seen.told.expect("the upstream told figures");
        self.booked(&id, told);
        // A Chat client sees the usage of a stream only if it asked for it.
        let asked = !(stream && format == Format::Chat && case != Case::Plain);
        let expected = asked.then(|| (told.prompt(), told.output));
        assert_eq!(
            got.usage,
            expected,
            "{} {case:?} on {}: {}",
            format.name(),
            self.way.name,
            reply.text()
        );
        got
    }

    fn booked(&self, id: &str, told: Usage) {
        let event = self.house.event(&self.tenant, id);
        assert!(event.is_exact(), "{event:?}");
        assert_eq!(event.usage, told, "{event:?}");
        assert!(event.charge_nano > 0, "{event:?}");
    }
}

/// What the upstream answers.
fn answer(case: Case) -> Answer {
    let usage = Usage {
        input: 120,
        output: 45,
        cache_read: 30,
        ..Usage::default()
    };
    let answer = Answer::costing(usage);
    match case {
        Case::Plain | Case::Image | Case::ToolResult => answer,
        Case::Tools => answer
            .calling("weather", json!({"city": "Bern"}))
            .calling("weather", json!({"city": "Genève \"GE\""})),
        Case::Thinking => answer.thinking(&["First this, ", "then that."], 20, "c2lnbmF0dXJl"),
        Case::Schema => Answer {
            texts: ["{\"city\":", "\"Bern\"}"].map(str::to_owned).to_vec(),
            ..answer
        },
    }
}

/// One cell: what the client got, or why it is refused.
fn cell(scene: &Scene<'_>, format: Format, case: Case) -> String {
    if let Some(why) = refused(scene, format, case) {
        return why;
    }
    let mut shown = false;
    for stream in [false, true] {
        let got = scene.got(format, case, stream);
        let context = format!(
            "{} {case:?} (stream: {stream}) on {}: {got:?}",
            format.name(),
            scene.way.name
        );
        assert_eq!(got.error, None, "{context}");
        assert_eq!(got.text, answer(case).text(), "{context}");
        let (stop, calls) = match case {
            Case::Tools => (
                "tools",
                vec![
                    ("weather".to_owned(), json!({"city": "Bern"})),
                    ("weather".to_owned(), json!({"city": "Genève \"GE\""})),
                ],
            ),
            _ => ("end", Vec::new()),
        };
        assert_eq!((got.stop.as_str(), &got.calls), (stop, &calls), "{context}");
        // Chat's clients can't ask to see it.
        if case == Case::Thinking && scene.way.shows_thinking && format != Format::Chat {
            assert_eq!(got.thinking, "First this, then that.", "{context}");
        }
        shown = !got.thinking.is_empty();
    }
    match (case, shown, scene.way.shows_thinking) {
        (Case::Thinking, false, false) => "✓ (the platform shows none)",
        (Case::Thinking, false, true) => "✓ (not shown unasked)",
        _ => "✓",
    }
    .to_owned()
}

/// What a platform can't be asked: the refusal that the client gets, which must name its field.
fn refused(scene: &Scene<'_>, format: Format, case: Case) -> Option<String> {
    let nova = scene.way.model.starts_with("amazon.");
    if !(nova && case == Case::Schema) {
        return None;
    }
    let before = scene.upstream.count();
    let reply = scene.send(format, case, false, &unique("ask"));
    if reply.status == 200 {
        return None;
    }
    let reply = reply.expect(400);
    let message = reply.json()["error"]["message"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let field = match format {
        Format::Claude => "output_config",
        Format::Chat => "response_format",
        Format::Responses => "text",
        Format::Gemini => "generationConfig",
    };
    assert!(message.starts_with(field), "{message}");
    assert_eq!(scene.upstream.count(), before, "a refused request was sent");
    Some(format!(
        "400: {}",
        message.split(" (The model").next().unwrap_or_default()
    ))
}

/// A fault of the request, a rate limit: the client gets both in its own format, with the vendor's words.
fn errors(scene: &Scene<'_>, format: Format) -> String {
    scene
        .upstream
        .next(Fault::invalid("messages", "the vendor's own words").into());
    let reply = scene.send(format, Case::Plain, false, &unique("ask"));
    let (status, body) = (reply.status, reply.json());
    assert_eq!(status, 400, "{body}");
    let error = &body["error"];
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| text.contains("the vendor's own words")),
        "{body}"
    );
    shaped(format, &body, 400);
    // 429 stays one; an account that is limited is left alone, so this one comes last.
    let tenant = scene.house.tenant();
    account(&tenant, scene.way, &scene.upstream.url());
    let limited = Scene {
        house: scene.house,
        key: tenant.key(json!({})),
        tenant,
        upstream: Upstream::start(),
        way: scene.way,
    };
    scene.upstream.next(Script::rate_limited(7));
    let reply = limited.send(format, Case::Plain, false, &unique("ask"));
    assert_eq!(reply.status, 429, "{}", reply.text());
    // Bedrock does not say when to come again.
    if scene.way.platform != "bedrock" {
        assert_eq!(
            reply.header("retry-after"),
            Some("7"),
            "{} on {}",
            format.name(),
            scene.way.name
        );
    }
    shaped(format, &reply.json(), 429);
    "✓".to_owned()
}

/// The shape of an error of each format.
fn shaped(format: Format, body: &serde_json::Value, status: u16) {
    let error = &body["error"];
    assert!(error["message"].is_string(), "{body}");
    match format {
        Format::Claude => {
            assert_eq!(body["type"], "error", "{body}");
            assert!(error["type"].is_string(), "{body}");
        }
        Format::Chat | Format::Responses => {
            assert!(
                error["type"].is_string() && error.get("code").is_some() && error.get("param").is_some(),
                "{body}"
            );
        }
        Format::Gemini => {
            assert_eq!(error["code"], status, "{body}");
            assert!(error["status"].is_string(), "{body}");
        }
    }
}

/// An upstream that breaks off, or tells an error amid its stream: the client gets its format's error, never a neat end.
fn broken(scene: &Scene<'_>, format: Format) -> String {
    for ending in [Ending::Fin(8), Ending::TidyButShort(8), Ending::Error(8)] {
        let id = unique("ask");
        scene
            .upstream
            .next(Answer::slow(12, Duration::from_millis(2)).ending(ending).into());
        let reply = scene.send(format, Case::Plain, true, &id).expect(200);
        let got = streamed(format, &reply.text());
        assert!(
            got.error.is_some(),
            "{} after {ending:?} on {}: {}",
            format.name(),
            scene.way.name,
            reply.text()
        );
        let event = scene.house.event(&scene.tenant, &id);
        assert_eq!(
            (event.status.as_str(), event.is_exact()),
            ("upstream_error", false),
            "{event:?}"
        );
    }
    "✓".to_owned()
}

fn row(house: &House, way: &'static Way, format: Format) -> Vec<String> {
    let scene = Scene::new(house, way);
    let mut cells: Vec<String> = Case::ALL
        .into_iter()
        .map(|case| cell(&scene, format, case))
        .collect();
    cells.push(errors(&scene, format));
    cells.push(broken(&scene, format));
    cells
}

#[test]
fn every_format_reaches_every_platform() {
    let house = House::own();
    let rows = Mutex::new(vec![Vec::new(); WAYS.len() * Format::ALL.len()]);
    std::thread::scope(|scope| {
        for (at, way) in WAYS.iter().enumerate() {
            let (house, rows) = (&house, &rows);
            scope.spawn(move || {
                for (format_at, format) in Format::ALL.into_iter().enumerate() {
                    let cells = row(house, way, format);
                    rows.lock().expect("no panic")[at * Format::ALL.len() + format_at] = cells;
                }
            });
        }
    });
    house.settle();
    house.verify();
    house.finish();
    shown(&table(&rows.into_inner().expect("no panic")));
}

fn table(rows: &[Vec<String>]) -> String {
    let mut text = format!("| platform | client | {} |\n", CASES.join(" | "));
    text.push_str(&format!("| --- | --- |{}\n", " --- |".repeat(CASES.len())));
    for (at, cells) in rows.iter().enumerate() {
        assert!(
            cells.len() == CASES.len() && cells.iter().all(|cell| !cell.is_empty()),
            "no cell is empty"
        );
        let (way, format) = (&WAYS[at / Format::ALL.len()], Format::ALL[at % Format::ALL.len()]);
        let _ = writeln!(
            text,
            "| {} | {} | {} |",
            way.name,
            format.name(),
            cells.join(" | ").replace('\n', " ")
        );
    }
    text
}

const BEGIN: &str = "<!-- matrix: begin -->";
const END: &str = "<!-- matrix: end -->";

/// The document holds what this run found. Set `TOLLGATE_WRITE_DOCS=1` to write it anew.
fn shown(found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/formats.md");
    let text = std::fs::read_to_string(&path).expect("docs/formats.md");
    let (before, rest) = text.split_once(BEGIN).expect("the beginning's mark");
    let (shown, after) = rest.split_once(END).expect("the end's mark");
    let expected = format!("\n{found}");
    if std::env::var_os("TOLLGATE_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).expect("written");
    } else {
        assert!(
            shown == expected,
            "docs/formats.md is not current: run this test with TOLLGATE_WRITE_DOCS=1\n{found}"
        );
    }
}
