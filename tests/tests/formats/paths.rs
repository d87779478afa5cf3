//! Every path that v1's clients and today's call: each is there, in its format, and refuses in it.

use crate::platforms::{WAYS, account};
use serde_json::{Value, json};
use tollgate_tests::harness::{House, Key, Reply, Request, Upstream, unique};

/// A tenant with an account of every platform.
pub struct Everything {
    pub house: House,
    pub key: Key,
    pub upstream: Upstream,
}

impl Everything {
    pub fn new() -> Self {
        let house = House::own();
        let (tenant, upstream) = (house.tenant(), Upstream::start());
        for way in &WAYS {
            account(&tenant, way, &upstream.url());
        }
        let key = tenant.key(json!({}));
        Self { house, key, upstream }
    }

    pub fn send(&self, request: Request) -> Reply {
        let request = request.header("authorization", &format!("Bearer {}", self.key.secret));
        self.house.gateway.send(&request)
    }

    fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(
            Request::post(path)
                .header("x-request-id", &unique("ask"))
                .json(body),
        )
    }

    /// What the upstream was asked last.
    fn target(&self) -> String {
        self.upstream.seen().pop().expect("the upstream was asked").target
    }
}

fn chat(model: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
}

fn claude(model: &str) -> Value {
    json!({"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]})
}

fn responses(model: &str) -> Value {
    json!({"model": model, "input": "Hello", "store": false})
}

fn gemini() -> Value {
    json!({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]})
}

/// Path, body, a field that the answer has.
type Called = (&'static str, Value, &'static str);

fn claude_paths() -> Vec<Called> {
    let model = "claude-sonnet-4-6";
    let count = json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]});
    let legacy = json!({"model": model, "prompt": "Hello"});
    vec![
        ("/api/v1/messages", claude(model), "content"),
        ("/claude/v1/messages?beta=true", claude(model), "content"),
        ("/api/v1/messages", claude("gpt-5.2"), "content"),
        ("/api/v1/messages", claude("gemini-2.5-pro"), "content"),
        ("/api/v1/messages", claude("bedrock/claude-sonnet-4-6"), "content"),
        ("/api/v1/messages/count_tokens", count.clone(), "input_tokens"),
        ("/claude/v1/messages/count_tokens", count, "input_tokens"),
        ("/api/v1/chat/completions", chat(model), "choices"),
        ("/api/v1/completions", legacy, "choices"),
        ("/api/api/event_logging/batch", json!({"events": []}), "success"),
        (
            "/claude/api/event_logging/batch",
            json!({"events": []}),
            "success",
        ),
    ]
}

fn embed(model: &str) -> Value {
    json!({"model": model, "input": "Hello"})
}

fn openai_paths() -> Vec<Called> {
    let compact = json!({"model": "gpt-5.2", "input": "Hello"});
    let legacy = json!({"model": "gpt-5.2", "prompt": "Hello"});
    vec![
        ("/openai/v1/chat/completions", chat("gpt-5.2"), "choices"),
        ("/openai/v1/chat/completions", chat("openai/gpt-5.2"), "choices"),
        (
            "/openai/v1/chat/completions",
            chat("anthropic/claude-sonnet-4-6"),
            "choices",
        ),
        ("/openai/v1/completions", legacy, "choices"),
        ("/openai/responses", responses("gpt-5.2"), "output"),
        ("/openai/v1/responses", responses("gpt-5.2"), "output"),
        ("/openai/v1/responses/compact", compact.clone(), "output"),
        ("/openai/responses/compact", compact, "output"),
        ("/openai/v1/embeddings", embed("text-embedding-3-small"), "data"),
        ("/openai/v1/embeddings", embed("gemini-embedding-001"), "data"),
        (
            "/openai/claude/v1/chat/completions",
            chat("claude-sonnet-4-6"),
            "choices",
        ),
        (
            "/openai/gemini/v1/chat/completions",
            chat("gemini-2.5-pro"),
            "choices",
        ),
    ]
}

fn azure_paths() -> Vec<Called> {
    let messages = json!({"messages": [{"role": "user", "content": "Hello"}]});
    vec![
        ("/azure/chat/completions", chat("gpt-5.2"), "choices"),
        ("/azure/responses", responses("gpt-5.2"), "output"),
        ("/azure/embeddings", embed("text-embedding-3-small"), "data"),
        (
            "/azure/openai/deployments/gpt-5.2/chat/completions?api-version=2025-04-01-preview",
            messages,
            "choices",
        ),
        (
            "/azure/openai/deployments/gpt-5.2/chat/completions?api-version=2025-04-01-preview",
            json!({"model": null, "messages": [{"role": "user", "content": "Hello"}]}),
            "choices",
        ),
        (
            "/azure/openai/deployments/text-embedding-3-small/embeddings?api-version=2025-04-01-preview",
            json!({"input": "Hello"}),
            "data",
        ),
        (
            "/azure/openai/responses?api-version=2025-04-01-preview",
            responses("gpt-5.2"),
            "output",
        ),
        ("/azure/openai/v1/chat/completions", chat("gpt-5.2"), "choices"),
        ("/azure/openai/v1/responses", responses("gpt-5.2"), "output"),
        (
            "/azure/openai/v1/embeddings",
            embed("text-embedding-3-small"),
            "data",
        ),
    ]
}

fn gemini_paths() -> Vec<Called> {
    let assist =
        json!({"model": "gemini-2.5-pro", "project": "p", "user_prompt_id": "u", "request": gemini()});
    let count = json!({"request": {"model": "models/gemini-2.5-pro", "contents": gemini()["contents"]}});
    let embedded = json!({"content": {"parts": [{"text": "Hello"}]}});
    vec![
        (
            "/gemini/v1beta/models/gemini-2.5-pro:generateContent",
            gemini(),
            "candidates",
        ),
        (
            "/gemini/v1/models/gemini-2.5-pro:generateContent",
            gemini(),
            "candidates",
        ),
        (
            "/gemini/v1beta/models/claude-sonnet-4-6:generateContent",
            gemini(),
            "candidates",
        ),
        (
            "/gemini/v1beta/models/gemini-2.5-pro:countTokens",
            gemini(),
            "totalTokens",
        ),
        ("/gemini/v1/models/gpt-5.2:countTokens", gemini(), "totalTokens"),
        (
            "/gemini/v1beta/models/gemini-embedding-001:embedContent",
            embedded,
            "embedding",
        ),
        ("/gemini/v1internal:generateContent", assist, "response"),
        ("/gemini/v1internal:countTokens", count, "totalTokens"),
        (
            "/gemini/v1internal:loadCodeAssist",
            json!({"metadata": {}}),
            "currentTier",
        ),
        (
            "/gemini/v1internal:onboardUser",
            json!({"tierId": "standard-tier"}),
            "done",
        ),
        (
            "/gemini/v1internal:retrieveUserQuota",
            json!({"project": "p"}),
            "buckets",
        ),
        ("/gemini/v1internal:listExperiments", json!({}), "experimentIds"),
        ("/gemini/messages", chat("gemini-2.5-pro"), "choices"),
        ("/gemini/v1/messages", chat("gemini-2.5-pro"), "choices"),
    ]
}

/// Paths that are only read.
const READ: [&str; 25] = [
    "/api/v1/models",
    "/claude/v1/models",
    "/openai/v1/models",
    "/openai/claude/v1/models",
    "/openai/gemini/v1/models",
    "/openai/claude/v1/models/claude-sonnet-4-6",
    "/openai/v1/models/gpt-5.2",
    "/azure/models",
    "/azure/openai/v1/models",
    "/gemini/v1beta/models",
    "/gemini/v1/models",
    "/gemini/models",
    "/gemini/v1beta/models/gemini-2.5-pro",
    "/api/v1/key-info",
    "/api/v1/usage",
    "/api/v1/me",
    "/api/v1/organizations/org/usage",
    "/openai/key-info",
    "/openai/usage",
    "/openai/v1/usage",
    "/azure/usage",
    "/azure/health",
    "/gemini/usage",
    "/gemini/key-info",
    "/claude/v1/key-info",
];

#[test]
fn every_path_of_v1_and_of_todays_clients_is_there() {
    let all = Everything::new();
    let calls = [claude_paths(), openai_paths(), azure_paths(), gemini_paths()].concat();
    for (path, body, field) in calls {
        let reply = all.post(path, &body);
        assert_eq!(reply.status, 200, "{path} {body}: {}", reply.text());
        assert!(
            reply.json().get(field).is_some(),
            "{path} {body}: {}",
            reply.text()
        );
    }
    for path in READ {
        let reply = all.send(Request::get(path));
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
    }
    all.house.settle();
    all.house.verify();
}

#[test]
fn the_path_decides_the_platform_where_it_says_so() {
    let all = Everything::new();
    let refused = all.post("/openai/claude/v1/chat/completions", &chat("gpt-5.2"));
    assert_eq!(refused.status, 404, "{}", refused.text());
    let refused = all.post("/openai/gemini/v1/chat/completions", &chat("claude-sonnet-4-6"));
    assert_eq!(refused.status, 404, "{}", refused.text());
    let refused = all.post("/azure/chat/completions", &chat("claude-sonnet-4-6"));
    assert_eq!(refused.status, 404, "{}", refused.text());
    all.post("/azure/chat/completions", &chat("gpt-5.2")).expect(200);
    assert!(all.target().starts_with("/openai/"), "{}", all.target());
    all.post("/api/v1/messages", &claude("bedrock/claude-sonnet-4-6"))
        .expect(200);
    assert!(
        all.target().starts_with("/model/us.anthropic.claude-sonnet-4-6"),
        "{}",
        all.target()
    );
}

#[test]
fn a_model_known_by_responses_alone_is_asked_there_whatever_the_client_speaks() {
    let house = House::shared();
    let (tenant, upstream) = (house.tenant(), Upstream::start());
    let way = WAYS.iter().find(|way| way.platform == "openai").expect("one");
    account(&tenant, way, &upstream.url());
    let key = tenant.key(json!({}));
    let request = Request::post("/openai/v1/chat/completions").json(&chat("gpt-5.2-pro"));
    let reply = house
        .gateway
        .send(&request.header("authorization", &format!("Bearer {}", key.secret)));
    reply.expect(200);
    assert_eq!(upstream.only().target, "/v1/responses");
}

#[test]
fn each_mount_refuses_in_its_own_format() {
    let house = House::shared();
    let body = json!({"model": "m"});
    let no_key = |path: &str| house.gateway.send(&Request::post(path).json(&body));
    let claude = no_key("/api/v1/messages").expect(401).json();
    assert_eq!(
        (&claude["type"], &claude["error"]["type"]),
        (&json!("error"), &json!("authentication_error"))
    );
    for path in [
        "/openai/v1/chat/completions",
        "/openai/v1/responses",
        "/azure/chat/completions",
        "/api/v1/chat/completions",
    ] {
        let reply = no_key(path).expect(401);
        assert_eq!(reply.header("x-should-retry"), Some("false"));
        let error = &reply.json()["error"];
        assert!(
            error["type"].is_string() && error.get("param").is_some() && error["code"].is_string(),
            "{path}: {error}"
        );
    }
    for path in [
        "/gemini/v1beta/models/gemini-2.5-pro:generateContent",
        "/gemini/v1internal:generateContent",
    ] {
        let error = no_key(path).expect(401).json();
        assert_eq!(
            (&error["error"]["code"], &error["error"]["status"]),
            (&json!(401), &json!("UNAUTHENTICATED")),
            "{path}"
        );
    }
    for path in [
        "/api/v1/nothing",
        "/openai/v1/nothing",
        "/gemini/nothing",
        "/azure/nothing",
    ] {
        assert!(
            no_key(path).expect(404).json()["error"]["message"].is_string(),
            "{path}"
        );
    }
    let wrong = house
        .gateway
        .send(&Request::get("/openai/v1/chat/completions"))
        .expect(405);
    assert_eq!(wrong.header("allow"), Some("POST"));
}

#[test]
fn a_gemini_stream_without_sse_is_one_array() {
    let all = Everything::new();
    for model in ["gemini-2.5-pro", "claude-sonnet-4-6"] {
        let path = format!("/gemini/v1beta/models/{model}:streamGenerateContent");
        let reply = all.post(&path, &gemini()).expect(200);
        let whole = reply.json();
        let items = whole.as_array().expect("an array");
        assert!(items.len() > 2, "{model}: {whole}");
        assert!(
            items.last().is_some_and(|last| last["usageMetadata"].is_object()),
            "{whole}"
        );
    }
}
