//! What vendors price apart (tiers, long prompts, sound, searches) is booked as reckoned by hand, and a model without a
//! price is never free.

use serde_json::{Value, json};
use std::time::Duration;
use tollgate_tests::harness::house::said;
use tollgate_tests::harness::tenant::UPSTREAM_KEY;
use tollgate_tests::harness::upstream::Script;
use tollgate_tests::harness::{Ask, House, Tenant, Upstream, Wanted, unique, wait_until};
use uuid::Uuid;

/// Prices of every kind, and a window that is known.
const LIST: &str = "provider,model,mode,input,output,cache_write_5m,cache_write_1h,cache_read,long_context_above,\
    long_input,long_output,batch_input,batch_output,audio_input,audio_output,web_search,request,max_input,max_output\n\
    anthropic,claude-sonnet-*,chat,3,15,3.75,6,0.3,200000,6,22.5,1.5,7.5,,,0.01,,1000000,64000\n\
    openai,gpt-audio,chat,2.5,10,,,,,,,,,32,64,,0.001,128000,16384\n\
    openai,dear,chat,100,200,,,,,,,,,,,,,128000,16384\n";

fn import(house: &House, list: &str, name: &str) {
    let file = house.gateway.data_dir().join(name);
    std::fs::write(&file, list).expect("a file");
    let file = file.display().to_string();
    let output = house
        .gateway
        .cli(&["prices", "import", &file, "--effective-from", "now"]);
    assert!(output.status.success(), "prices import: {}", said(&output));
    // A node that starts has read what holds.
    assert!(house.gateway.stop(), "an orderly stop");
    house.gateway.boot();
}

/// Beside the usual figures of an event.
struct Booked {
    charge: i64,
    quality: String,
    tier: String,
    other: Value,
    unpriced: bool,
    lines: Vec<(String, i64, String)>,
}

fn booked(house: &House, tenant: &Tenant, ask: &Ask) -> Booked {
    let event = house.event(tenant, &ask.id);
    let row = house
        .sql()
        .query_one(
            "SELECT charge_nano, quality, service_tier, other_meters, unpriced, price_lines FROM usage_events
             WHERE tenant_id = $1 AND request_id = $2",
            &[&tenant.id, &event.request_id],
        )
        .expect("the event");
    let lines: Value = row.get("price_lines");
    let lines = lines.as_array().expect("lines").iter().map(|line| {
        let text = |name: &str| line[name].as_str().expect("a text").to_owned();
        let amount = text("amount_nano").parse().expect("an amount");
        (text("meter"), amount, text("price"))
    });
    Booked {
        charge: row.get("charge_nano"),
        quality: row.get("quality"),
        tier: row.get("service_tier"),
        other: row.get("other_meters"),
        unpriced: row.get("unpriced"),
        lines: lines.collect(),
    }
}

fn fixed(body: &Value) -> Script {
    Script::Fixed {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

fn message(usage: &Value) -> Script {
    fixed(&json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "stop_reason": "end_turn",
        "stop_sequence": null, "content": [{"type": "text", "text": "Hi"}], "usage": usage,
    }))
}

fn lines(booked: &Booked) -> Vec<(&str, i64, &str)> {
    let lines = booked.lines.iter();
    lines
        .map(|(meter, amount, price)| (meter.as_str(), *amount, price.as_str()))
        .collect()
}

#[test]
fn tiers_searches_and_long_prompts_are_booked_to_the_nano() {
    let house = House::own();
    import(&house, LIST, "every-kind.csv");
    let scene = house.scene();
    let send = |usage: Value| {
        scene.upstream.always(message(&usage));
        let ask = Ask::new(&scene.key.secret);
        ask.send(house.gateway.address()).expect(200);
        booked(&house, &scene.tenant, &ask)
    };
    // At the batch tier: 1,000 × 1.5 + 100 × 7.5 + 50 × 0.15 (in proportion) a million, two searches at $0.01.
    let batch = send(json!({
        "input_tokens": 1000, "output_tokens": 100, "cache_read_input_tokens": 50, "service_tier": "batch",
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 3},
    }));
    assert_eq!(
        lines(&batch),
        [
            ("input", 1_500_000, "1.5"),
            ("cache_read", 7_500, "0.15"),
            ("output", 750_000, "7.5"),
            ("web_search", 20_000_000, "0.01"),
        ]
    );
    assert_eq!(
        (batch.charge, batch.quality.as_str(), batch.tier.as_str()),
        (22_257_500, "exact", "batch")
    );
    assert_eq!(batch.other, json!({"web_search": 2}));
    // Above 200,000 tokens of prompt everything costs the long price.
    let long = send(json!({"input_tokens": 200_001, "output_tokens": 10, "service_tier": "standard"}));
    assert_eq!(long.charge, 200_001 * 6_000 + 10 * 22_500);
    assert_eq!((long.quality.as_str(), long.tier.as_str()), ("exact", "standard"));
    // A tier without a price: the standard one's stands in, and the figure says so.
    let priority = send(json!({"input_tokens": 100, "output_tokens": 10, "service_tier": "priority"}));
    assert_eq!(
        (priority.charge, priority.quality.as_str(), priority.tier.as_str()),
        (100 * 3_000 + 10 * 15_000, "estimated", "priority")
    );
    house.verify();
}

#[test]
fn sound_is_charged_at_its_own_price_and_a_fee_by_the_request() {
    let house = House::own();
    import(&house, LIST, "every-kind.csv");
    let (tenant, upstream) = (house.tenant(), Upstream::start());
    let form = json!({"name": unique("account"), "base_url": upstream.url(), "api_key": UPSTREAM_KEY});
    tenant.api.post("/accounts/openai", &form).expect(201);
    let key = tenant.key(json!({}));
    upstream.always(fixed(&json!({
        "id": "c", "object": "chat.completion", "created": 1, "model": "gpt-audio", "service_tier": "default",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
        "usage": {"prompt_tokens": 120, "completion_tokens": 50, "total_tokens": 170,
            "prompt_tokens_details": {"audio_tokens": 100, "cached_tokens": 0},
            "completion_tokens_details": {"audio_tokens": 40, "reasoning_tokens": 0}},
    })));
    let mut ask = Ask::new(&key.secret).with("model", json!("gpt-audio"));
    "/openai/v1/chat/completions".clone_into(&mut ask.path);
    ask.headers[0] = ("authorization".to_owned(), format!("Bearer {}", key.secret));
    ask.send(house.gateway.address()).expect(200);
    let booked = booked(&house, &tenant, &ask);
    assert_eq!(
        lines(&booked),
        [
            ("input", 20 * 2_500, "2.5"),
            ("audio_input", 100 * 32_000, "32"),
            ("output", 10 * 10_000, "10"),
            ("audio_output", 40 * 64_000, "64"),
            ("request", 1_000_000, "0.001"),
        ]
    );
    assert_eq!(
        booked.charge,
        50_000 + 3_200_000 + 100_000 + 2_560_000 + 1_000_000
    );
    assert_eq!(booked.quality, "exact");
    assert_eq!(booked.other, json!({"audio_input": 100, "audio_output": 40}));
    let row = house
        .sql()
        .query_one(
            "SELECT input_tokens, output_tokens, reserved_nano FROM usage_events WHERE tenant_id = $1",
            &[&tenant.id],
        )
        .expect("the event");
    assert_eq!(
        (row.get::<_, i64>(0), row.get::<_, i64>(1)),
        (120, 50),
        "parts are in their whole"
    );
    assert!(row.get::<_, i64>(2) >= booked.charge, "the worst case covers it");
    house.verify();
}

#[test]
fn a_model_without_a_price_is_refused_or_flagged_and_never_free() {
    let flagging = Wanted {
        env: vec![("TOLLGATE_PRICES_UNPRICED", "flag".to_owned())],
        ..Wanted::default()
    };
    let house = House::with(flagging);
    import(&house, LIST, "every-kind.csv");
    let (tenant, upstream) = (house.tenant(), Upstream::start());
    tenant.account(&upstream.url());
    let key = tenant.key(json!({}));
    upstream.always(message(&json!({"input_tokens": 100, "output_tokens": 10})));
    let ask = Ask::new(&key.secret).with("model", json!("claude-of-tomorrow"));
    ask.send(house.gateway.address()).expect(200);
    let booked = booked(&house, &tenant, &ask);
    assert!(booked.unpriced);
    assert_eq!(
        booked.charge,
        100 * 3_000 + 10 * 15_000,
        "the dearest of the provider's"
    );
    let mut sql = house.sql();
    let told = "SELECT count(*) FROM outbox WHERE payload ->> 'kind' = 'unpriced_model'
                AND payload ->> 'model' = 'claude-of-tomorrow' AND tenant_id = $1";
    wait_until("the operator is told", Duration::from_secs(20), || {
        let platform = Uuid::from_u128(0x0000_0000_0000_7000_8000_0000_0000_0001);
        sql.query_one(told, &[&platform])
            .expect("a count")
            .get::<_, i64>(0)
            == 1
    });
    assert!(house.gateway.metric("tollgate_prices_unpriced_total") >= 1.0);
    house.verify();
}
