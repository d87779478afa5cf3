//! Files as the providers make them, and such as nobody makes.

use super::*;

const OPENAI_COSTS: &str = include_str!("../../../golden/reports/openai_costs.json");
const OPENAI_USAGE: &str = include_str!("../../../golden/reports/openai_usage.json");
const OPENAI_COSTS_CSV: &str = include_str!("../../../golden/reports/openai_costs.csv");
const OPENAI_USAGE_CSV: &str = include_str!("../../../golden/reports/openai_usage.csv");
const ANTHROPIC_COSTS: &str = include_str!("../../../golden/reports/anthropic_costs.json");
const ANTHROPIC_USAGE: &str = include_str!("../../../golden/reports/anthropic_usage.json");
const ANTHROPIC_COSTS_CSV: &str = include_str!("../../../golden/reports/anthropic_costs.csv");
const ANTHROPIC_USAGE_CSV: &str = include_str!("../../../golden/reports/anthropic_usage.csv");

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, day).expect("a day")
}

fn amounts(report: &Report) -> Vec<(NaiveDate, &str, &str, Option<i64>)> {
    let lines = report.lines.iter();
    lines
        .map(|((day, model, item), figures)| (*day, model.as_str(), item.as_str(), figures.amount))
        .collect()
}

#[test]
fn openai_s_costs_are_read_to_the_nano_dollar() {
    let report = read(OPENAI_COSTS, "").expect("read");
    assert_eq!(
        (report.provider, report.kind, report.format),
        (Provider::OpenAi, Kind::Cost, "json")
    );
    assert_eq!(
        (report.first_day, report.last_day),
        (day(1), day(2)),
        "a day without costs is told too"
    );
    assert_eq!(
        amounts(&report),
        [
            (day(1), "gpt-4o-2024-08-06", "input", Some(130_816_725)),
            (day(1), "web search", "", Some(500_000_000)),
        ]
    );
    let part = read(OPENAI_COSTS, "proj_b").expect("read");
    assert_eq!(
        amounts(&part),
        [(day(1), "gpt-4o-2024-08-06", "input", Some(12_345))]
    );
    let table = read(OPENAI_COSTS_CSV, "").expect("read");
    assert_eq!(
        (table.provider, table.kind, table.format),
        (Provider::OpenAi, Kind::Cost, "csv")
    );
    assert_eq!((table.first_day, table.last_day), (day(1), day(2)));
    assert_eq!(
        amounts(&table),
        [(day(1), "gpt-5-nano", "input_tokens", Some(3_835_980))]
    );
}

#[test]
fn openai_s_cached_input_stands_apart_from_the_rest() {
    let report = read(OPENAI_USAGE, "").expect("two pages");
    assert_eq!((report.kind, report.lines.len()), (Kind::Usage, 2));
    let figures = report.lines[&(day(1), "gpt-4o-2024-08-06".to_owned(), String::new())];
    assert_eq!((figures.input, figures.cache_read), (Some(200), Some(800)));
    assert_eq!(
        (figures.output, figures.requests, figures.amount),
        (Some(500), Some(5), None)
    );
    let table = read(OPENAI_USAGE_CSV, "key_1").expect("read");
    let figures = table.lines[&(day(1), "gpt-4o-2024-08-06".to_owned(), String::new())];
    assert_eq!((figures.input, figures.cache_read), (Some(53_440), Some(5_760)));
    assert_eq!((figures.output, figures.requests), (Some(10_646), Some(10)));
}

#[test]
fn anthropic_s_cents_and_cache_writes_are_read() {
    let report = read(ANTHROPIC_COSTS, "").expect("read");
    assert_eq!((report.provider, report.kind), (Provider::Anthropic, Kind::Cost));
    assert_eq!(
        amounts(&report),
        [
            (day(1), "", "web_search", Some(200_000_000)),
            (
                day(1),
                "claude-sonnet-4-5-20250929",
                "uncached_input_tokens",
                Some(1_237_891_200)
            ),
        ]
    );
    let usage = read(ANTHROPIC_USAGE, "").expect("read");
    let figures = usage.lines[&(day(1), "claude-sonnet-4-5-20250929".to_owned(), String::new())];
    assert_eq!(
        (figures.input, figures.output, figures.cache_read),
        (Some(1500), Some(500), Some(200))
    );
    assert_eq!(
        (figures.cache_write_5m, figures.cache_write_1h),
        (Some(500), Some(1000))
    );
    let costs = read(ANTHROPIC_COSTS_CSV, "").expect("read");
    assert_eq!((costs.first_day, costs.last_day), (day(1), day(3)));
    assert_eq!(
        amounts(&costs),
        [
            (day(1), "Claude Haiku 4.5", "input_no_cache", Some(70_000_000)),
            (day(3), "Claude Haiku 4.5", "output", Some(1_500_000_000)),
        ]
    );
    let usage = read(ANTHROPIC_USAGE_CSV, "Default").expect("read");
    let figures = usage.lines[&(day(1), "claude-haiku-4-5-20251001".to_owned(), String::new())];
    assert_eq!((figures.input, figures.cache_write_1h), (Some(100_000), Some(20)));
}

/// A file, what of it is changed to what, and the place that is then named.
type Wrong = (&'static str, &'static str, &'static str, &'static str);

const WRONG_JSON: [Wrong; 10] = [
    (
        OPENAI_COSTS,
        "0.13080438",
        "\"much\"",
        "data[0].results[0].amount.value",
    ),
    (
        OPENAI_COSTS,
        "\"currency\": \"usd\"",
        "\"currency\": \"eur\"",
        "data[0].results[0].amount.currency",
    ),
    (OPENAI_COSTS, "1793577600,\n", "1793664000,\n", "data[0].end_time"),
    (
        OPENAI_COSTS,
        "\"has_more\": false",
        "\"has_more\": true",
        "has_more",
    ),
    (
        OPENAI_USAGE,
        "\"input_cached_tokens\": 800",
        "\"input_cached_tokens\": 1001",
        "data[0].results[0].input_cached_tokens",
    ),
    (
        OPENAI_USAGE,
        "\"output_tokens\": 500",
        "\"output_tokens\": -1",
        "[0].data[0].results[0].output_tokens",
    ),
    (
        ANTHROPIC_COSTS,
        "\"123.78912\"",
        "123.78912",
        "data[0].results[0].amount",
    ),
    (
        ANTHROPIC_COSTS,
        "\"USD\"",
        "\"EUR\"",
        "data[0].results[0].currency",
    ),
    (
        ANTHROPIC_COSTS,
        "2026-11-02T00",
        "2026-11-03T00",
        "data[0].ending_at",
    ),
    (
        ANTHROPIC_USAGE,
        "\"output_tokens\": 500,",
        "",
        "data[0].results[0].output_tokens",
    ),
];

const WRONG_TABLES: [Wrong; 8] = [
    (
        OPENAI_COSTS_CSV,
        "0.003835980000000000000000000000",
        "0,5",
        "line 2",
    ),
    (
        OPENAI_COSTS_CSV,
        "0.003835980000000000000000000000",
        "abc",
        "line 2, amount_value",
    ),
    (
        OPENAI_COSTS_CSV,
        "usd,1000",
        "eur,1000",
        "line 2, amount_currency",
    ),
    (OPENAI_USAGE_CSV, "59200.0", "59200.5", "line 2, input_tokens"),
    (
        ANTHROPIC_COSTS_CSV,
        "2026-11-03,",
        "03.11.2026,",
        "line 4, usage_date_utc",
    ),
    (ANTHROPIC_COSTS_CSV, "1.50,1.50", ",1.50", "line 4, cost_usd"),
    (
        ANTHROPIC_USAGE_CSV,
        ",5000,",
        ",-5,",
        "line 2, usage_output_tokens",
    ),
    (ANTHROPIC_USAGE_CSV, "usage_date_utc", "date", "line 1"),
];

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let place = |content: &str| read(content, "").expect_err("refused").place;
    let changed = |content: &str, from: &str, to: &str| {
        let changed = content.replacen(from, to, 1);
        assert_ne!(changed, content, "{from}");
        place(&changed)
    };
    for (content, from, to, expected) in WRONG_JSON.into_iter().chain(WRONG_TABLES) {
        assert_eq!(changed(content, from, to), expected, "{from} → {to}");
    }
    assert_eq!(place(""), "line 1");
    assert_eq!(place("{}"), "file");
    assert_eq!(place("{\"data\": []}"), "data");
    assert_eq!(place("[1]"), "[0]");
    let long = format!(
        "usage_date_utc,model,cost_usd\n2026-11-03,{},1\n",
        "m".repeat(501)
    );
    let long = read(&long, "").expect_err("too long a name");
    assert_eq!(long.message, "the name of the model is longer than 500 bytes");
    let none = read(OPENAI_COSTS, "proj_z").expect_err("no such project");
    assert_eq!(none.message, "no line of the file belongs to `proj_z`");
    let empty = read("usage_date_utc,model,cost_usd\n", "").expect_err("nothing");
    assert_eq!(empty.message, "the file holds no lines");
}
