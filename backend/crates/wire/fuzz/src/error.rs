//! Any bytes as an upstream's error, and the same error in every client's words.

use crate::json;
use tollgate_wire::error::{ErrorKind, Fault};
use tollgate_wire::format::{ClientFormat, Dialect};
use tollgate_wire::openai_responses::websocket::{error_frame, refusal_frame};
use tollgate_wire::translate::{Packing, read_error, write_error};

/// No longer message of an upstream's is kept, in bytes.
const MESSAGE_MAX: usize = 2_000;

/// Holds a body to what is promised of errors. Bedrock's header stands before a line feed, if there is one.
pub fn check(bytes: &[u8]) {
    let (header, body) = match bytes.iter().position(|byte| *byte == b'\n') {
        Some(at) => (std::str::from_utf8(&bytes[..at]).ok(), &bytes[at + 1..]),
        None => (None, bytes),
    };
    for (dialect, packing) in Dialect::ALL
        .map(|dialect| (dialect, Packing::Bare))
        .into_iter()
        .chain([
            (Dialect::Claude, Packing::Invoke),
            (Dialect::Gemini, Packing::CodeAssist),
        ])
    {
        for body in [body, bytes] {
            let Some(error) = read_error(dialect, packing, body, header) else {
                continue;
            };
            assert!(
                error.message.len() <= MESSAGE_MAX,
                "{dialect:?}: {}",
                error.message.len()
            );
            let fault = Fault {
                kind: error.class.unwrap_or(ErrorKind::Internal),
                code: &error.kind,
                message: &error.message,
                field: header,
                request_id: "018f0000-0000-7000-8000-000000000001",
                retry_after: error.retry_after,
            };
            check_written(&fault);
        }
    }
}

fn check_written(fault: &Fault<'_>) {
    for client in ClientFormat::ALL {
        let written = write_error(client, fault);
        json(&format!("{client:?}"), &written);
        let Some(dialect) = client.same() else { continue };
        let read = read_error(dialect, Packing::Bare, &written, None)
            .unwrap_or_else(|| panic!("{client:?}: {}", String::from_utf8_lossy(&written)));
        assert_eq!(read.message, fault.message, "{client:?}");
        if client == ClientFormat::Responses {
            let frame = refusal_frame(fault.kind.status(), &written).expect("an object");
            json("a frame", &frame);
        }
    }
    json("a frame", &error_frame(fault));
}
