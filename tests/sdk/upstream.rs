//! The harness' scripted upstream as a process, for tests in other languages. It prints the address of its API and that of
//! its control on its first two lines, and ends when its standard input closes.
//!
//! A control connection carries one JSON value a line each way. `{"always": SCRIPT}` says how requests are answered from
//! now on, `{"next": SCRIPT}` how the next one is; either is answered `{"count": N}`, the requests seen so far.
//! `{"seen": N}` gives those after the first N.
//! A script is `{"answer": …}` or `{"fault": …}`; fields that are left out are as in the harness.
//! Never in here: what is expected of anybody.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tollgate_tests::harness::{Answer, Ending, Fault, Script, Seen, Stop, Upstream, Usage};

fn main() -> Result<()> {
    let upstream = Arc::new(Upstream::start());
    let control = TcpListener::bind("127.0.0.1:0")?;
    println!("{}\n{}", upstream.url(), control.local_addr()?);
    std::thread::spawn(move || {
        for stream in control.incoming().flatten() {
            let upstream = upstream.clone();
            std::thread::spawn(move || serve(&stream, &upstream));
        }
    });
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

fn serve(mut stream: &TcpStream, upstream: &Upstream) -> Result<()> {
    for line in BufReader::new(stream).lines() {
        let answer = match serde_json::from_str::<Value>(&line?) {
            Ok(order) => obey(&order, upstream),
            Err(error) => json!({"error": error.to_string()}),
        };
        stream.write_all(format!("{answer}\n").as_bytes())?;
    }
    Ok(())
}

fn obey(order: &Value, upstream: &Upstream) -> Value {
    let (next, always) = (order.get("next"), order.get("always"));
    if let Some(script) = next.or(always) {
        let count = upstream.count();
        let Some(read) = read_script(script) else {
            return json!({"error": format!("no script: {script}")});
        };
        if next.is_some() {
            upstream.next(read);
        } else {
            upstream.always(read);
        }
        return json!({ "count": count });
    }
    match order["seen"].as_u64() {
        Some(after) => {
            let skipped = usize::try_from(after).unwrap_or(usize::MAX);
            let seen = upstream.seen();
            Value::Array(seen.iter().skip(skipped).map(shown).collect())
        }
        None => json!({"error": format!("no order: {order}")}),
    }
}

fn shown(seen: &Seen) -> Value {
    let told = seen.told.map(|told| {
        json!({
            "input": told.input, "output": told.output, "cache_read": told.cache_read,
            "cache_write": told.cache_write(),
        })
    });
    json!({
        "method": seen.method, "target": seen.target, "headers": seen.headers,
        "body": String::from_utf8_lossy(&seen.body), "told": told, "refused": seen.refused,
    })
}

fn read_script(script: &Value) -> Option<Script> {
    if script["fault"].is_object() {
        return Some(read_fault(&script["fault"])?.into());
    }
    script["answer"]
        .is_object()
        .then(|| read_answer(&script["answer"]).into())
}

fn read_fault(fault: &Value) -> Option<Fault> {
    let status = u16::try_from(fault["status"].as_u64()?).ok()?;
    Some(Fault {
        retry_after: fault["retry_after_s"].as_u64().map(Duration::from_secs),
        ..Fault::new(status, fault["kind"].as_str()?, fault["message"].as_str()?)
    })
}

fn read_answer(answer: &Value) -> Answer {
    let mut made = Answer {
        usage: Usage {
            cache_read: number(answer, "cache_read", 0),
            cache_write_5m: number(answer, "cache_write", 0),
            ..Usage::of(number(answer, "input", 0), number(answer, "output", 21))
        },
        between: Duration::from_millis(number(answer, "between_ms", 0)),
        stop: match answer["stop"].as_str() {
            Some("length") => Stop::Length,
            Some("refused") => Stop::Refused,
            _ => Stop::Done,
        },
        ending: match answer["error_after"].as_u64() {
            Some(events) => Ending::Error(usize::try_from(events).unwrap_or(usize::MAX)),
            None => Ending::Complete,
        },
        ..Answer::default()
    };
    if answer["texts"].is_array() {
        made.texts = texts(&answer["texts"]);
    }
    if answer["thinking"].is_array() {
        let pieces = texts(&answer["thinking"]);
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        let signature = answer["signature"].as_str().unwrap_or_default();
        made = made.thinking(&pieces, number(answer, "reasoning", 0), signature);
    }
    for call in answer["calls"].as_array().into_iter().flatten() {
        made = made.calling(call["name"].as_str().unwrap_or_default(), call["input"].clone());
    }
    made
}

fn number(value: &Value, field: &str, usual: u64) -> u64 {
    value[field].as_u64().unwrap_or(usual)
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}
