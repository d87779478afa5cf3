//! Messages and the kinds of their blocks.

use super::{mapped, refused, row};
use crate::table::Fate::{Dropped, Mapped, Refused};
use crate::table::FieldRow;

const TURNS: [&str; 4] = ["messages", "input", "contents", "messages"];
const SYSTEM: [&str; 4] = [
    "a first system message",
    "instructions",
    "systemInstruction",
    "system",
];
const CALLED: &str = "the call and its result, in their own items";
const KEPT_ELSEWHERE: &str = "the file is kept at Anthropic, where nobody else can read it";
const RUN_BY_ANTHROPIC: &str = "of a tool that Anthropic's platform runs; nobody else can read it";
const LATER: &str = "other vendors keep no cache marks; theirs is automatic";

pub(super) const ROWS: &[FieldRow] = &[
    mapped(
        "messages[].role: assistant",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"Bye"}]}"#,
        TURNS,
    ),
    mapped(
        "messages[].role: system",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"system","content":"Be brief."}]}"#,
        SYSTEM,
    ),
    mapped(
        "messages[].content[]: text",
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Hello there"}]}]}"#,
        ["a text part", "input_text", "a text part", "text"],
    ),
    row(
        "messages[].content[]: text.cache_control",
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Hello","cache_control":{"type":"ephemeral","ttl":"1h"}}]}]}"#,
        [
            Dropped(LATER),
            Dropped(LATER),
            Dropped(LATER),
            Mapped("cachePoint"),
        ],
    ),
    mapped(
        "messages[].content[]: text.citations",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"text","text":"Hi.","citations":[{"type":"char_location","cited_text":"Hi","document_index":0,"document_title":null,"start_char_index":0,"end_char_index":2}]}]},{"role":"user","content":"Bye"}]}"#,
        [
            "the text; what it rested on was for its reader",
            "the text; what it rested on was for its reader",
            "the text; what it rested on was for its reader",
            "the text; what it rested on was for its reader",
        ],
    ),
    mapped(
        "messages[].content[]: image, base64",
        r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]}]}"#,
        [
            "image_url with a data: URL",
            "input_image with a data: URL",
            "inlineData",
            "image.source.bytes",
        ],
    ),
    row(
        "messages[].content[]: image, url",
        r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"url","url":"https://example.com/a.png"}}]}]}"#,
        [
            Mapped("image_url"),
            Mapped("input_image"),
            Mapped("fileData, its type told by the path's ending"),
            Refused("Bedrock fetches no URLs"),
        ],
    ),
    refused(
        "messages[].content[]: image, file",
        r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"file_1"}}]}]}"#,
        KEPT_ELSEWHERE,
    ),
    mapped(
        "messages[].content[]: image.transformations",
        r#"{"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="},"transformations":{"oversized_image":"downsize"}}]}]}"#,
        ["the picture; each vendor scales large ones by its own rules"; 4],
    ),
    mapped(
        "messages[].content[]: document, base64",
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0xLjQK"},"title":"a.pdf"},{"type":"text","text":"Sum it up."}]}]}"#,
        ["file", "input_file", "inlineData", "document"],
    ),
    mapped(
        "messages[].content[]: document, text",
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"All of it."},"title":"a","context":"b","citations":{"enabled":false}},{"type":"text","text":"Sum it up."}]}]}"#,
        ["a text part", "a text part", "a text part", "document"],
    ),
    mapped(
        "messages[].content[]: document, content",
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"All of it."}]}},{"type":"text","text":"Sum it up."}]}]}"#,
        ["a text part", "a text part", "a text part", "document"],
    ),
    row(
        "messages[].content[]: document, url",
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://example.com/a.pdf"}},{"type":"text","text":"Sum it up."}]}]}"#,
        [
            Refused("OpenAI's Chat format takes the bytes of a file, no URL"),
            Mapped("input_file"),
            Mapped("fileData"),
            Refused("Bedrock fetches no URLs"),
        ],
    ),
    refused(
        "messages[].content[]: document, file",
        r#"{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}"#,
        KEPT_ELSEWHERE,
    ),
    mapped(
        "messages[].content[]: search_result",
        r#"{"messages":[{"role":"user","content":[{"type":"search_result","source":"https://example.com","title":"A page","content":[{"type":"text","text":"What it says."}]},{"type":"text","text":"Sum it up."}]}]}"#,
        ["a text part", "a text part", "a text part", "document"],
    ),
    mapped(
        "messages[].content[]: tool_use, tool_result",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"look","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"seen","is_error":false}]}],"tools":[{"name":"look","input_schema":{"type":"object","properties":{"a":{"type":"integer"}}}}]}"#,
        [CALLED; 4],
    ),
    mapped(
        "messages[].content[]: tool_result.content[]: tool_reference",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"look","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"tool_reference","tool_name":"look"}]}]}],"tools":[{"name":"look","input_schema":{"type":"object","properties":{"a":{"type":"integer"}}}}]}"#,
        ["a text that names the tool"; 4],
    ),
    refused(
        "messages[].content[]: tool_use.caller",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"look","input":{},"caller":{"type":"code_execution_20250825","tool_id":"srvtoolu_1"}}]}]}"#,
        RUN_BY_ANTHROPIC,
    ),
    refused(
        "messages[].content[]: tool_use.toolset_name",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"key","input":{"text":"a"},"toolset_name":"computer"}]}]}"#,
        "Anthropic defines what the tool takes",
    ),
    mapped(
        "messages[].content[]: thinking",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"c2ln"},{"type":"text","text":"Hi."}]},{"role":"user","content":"Bye"}]}"#,
        ["the turn without it: only its vendor can read it"; 4],
    ),
    mapped(
        "messages[].content[]: redacted_thinking",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"redacted_thinking","data":"ZGF0YQ=="},{"type":"text","text":"Hi."}]},{"role":"user","content":"Bye"}]}"#,
        ["the turn without it: only its vendor can read it"; 4],
    ),
    refused(
        "messages[].content[]: server_tool_use",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"a"}}]}]}"#,
        RUN_BY_ANTHROPIC,
    ),
    refused(
        "messages[].content[]: web_search_tool_result and other results of server tools",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}]}]}"#,
        RUN_BY_ANTHROPIC,
    ),
    refused(
        "messages[].content[]: mcp_tool_use, mcp_tool_result",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":[{"type":"mcp_tool_use","id":"mcptoolu_1","name":"a","server_name":"one","input":{}}]}]}"#,
        RUN_BY_ANTHROPIC,
    ),
    refused(
        "messages[].content[]: container_upload",
        r#"{"messages":[{"role":"user","content":[{"type":"container_upload","file_id":"file_1"}]}]}"#,
        RUN_BY_ANTHROPIC,
    ),
    refused(
        "messages[].content[]: compaction",
        r#"{"messages":[{"role":"assistant","content":[{"type":"compaction","content":"So far."}]},{"role":"user","content":"Hello"}]}"#,
        "only Anthropic can read a compacted conversation",
    ),
    refused(
        "messages[].content[]: tool_addition, tool_removal",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"system","content":[{"type":"tool_removal","tool":{"type":"tool_reference","tool_name":"look"}}]}]}"#,
        "other formats have one set of tools for a whole request",
    ),
    refused(
        "messages[].clear_at",
        r#"{"messages":[{"role":"user","content":"Hello"},{"role":"system","content":"Be brief.","clear_at":"next_user_message"}]}"#,
        "other formats can't forget a message later",
    ),
];
