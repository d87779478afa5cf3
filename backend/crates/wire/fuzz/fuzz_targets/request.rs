//! Any bytes as a request or an answer of Claude's: no panic, and what is accepted keeps its promises.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tollgate_wire::claude::{
    conversation_key, read_answer, read_error, read_facts, read_request, scan_answer, write_answer,
    write_request,
};
use tollgate_wire::facts::{Edit, apply};
use tollgate_wire::model::{Context, Target};
use tollgate_wire::tree::Node;

fuzz_target!(|data: &[u8]| {
    let _ = read_error(data);
    let scanned = scan_answer(data);
    if let Ok(answer) = read_answer(data) {
        assert_eq!(Some(answer.usage), scanned.ok().map(|facts| facts.usage));
        let mut written = Vec::new();
        write_answer(&answer, &Context::default(), &mut written);
        Node::parse(&written).expect("JSON");
    }
    if let Ok(request) = read_request(data) {
        let target = Target {
            model: "claude-sonnet-4-6",
            max_output: 1_024,
        };
        let mut written = Vec::new();
        if write_request(&request, &target, &mut written).is_ok() {
            read_request(&written).expect("what is written can be read");
        }
    }
    let Ok(facts) = read_facts(data) else { return };
    let Some(span) = facts.model_span.clone() else {
        return;
    };
    let body = Bytes::copy_from_slice(data);
    let changed = apply(&body, &[Edit::model(span, "another \"model\"")]);
    let again = read_facts(&changed).expect("still a request");
    assert_eq!(again.model, "another \"model\"");
    assert_eq!((again.max_output, again.stream), (facts.max_output, facts.stream));
    assert_eq!(
        conversation_key(&body, &facts),
        conversation_key(&changed, &again)
    );
});
