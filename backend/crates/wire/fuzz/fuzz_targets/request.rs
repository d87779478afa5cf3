//! Any bytes as a request: no panic, and what is accepted keeps its promises.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tollgate_wire::claude::{conversation_key, read_answer, read_error, read_request, splice_model};

fuzz_target!(|data: &[u8]| {
    let _ = read_answer(data);
    let _ = read_error(data);
    let Ok(facts) = read_request(data) else { return };
    let body = Bytes::copy_from_slice(data);
    let spliced = splice_model(&body, &facts.model_span, "another \"model\"");
    let again = read_request(&spliced).expect("still a request");
    assert_eq!(again.model, "another \"model\"");
    assert_eq!((again.max_tokens, again.stream), (facts.max_tokens, facts.stream));
    assert_eq!(
        conversation_key(&body, &facts),
        conversation_key(&spliced, &again)
    );
});
