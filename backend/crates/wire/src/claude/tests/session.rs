//! Sessions out of `metadata.user_id`.

use crate::claude::session_of_user_id;

const SESSION: &str = "8c1d0a54-1111-4222-8333-0123456789ab";

#[test]
fn both_forms_of_claude_code_tell_their_session() {
    let device = "0123456789abcdef".repeat(4);
    let account = "11111111-2222-4333-8444-555555555555";
    for user_id in [
        format!(r#"{{"device_id":"{device}","account_uuid":"{account}","session_id":"{SESSION}"}}"#),
        format!(r#" {{"session_id" : "{SESSION}", "later": [1, {{}}]}}"#),
        format!("user_{device}_account_{account}_session_{SESSION}"),
        format!("user_{device}_account__session_{SESSION}"),
    ] {
        assert_eq!(
            session_of_user_id(&user_id).as_deref(),
            Some(SESSION),
            "{user_id}"
        );
    }
}

#[test]
fn whatever_else_stands_there_is_no_session() {
    let device = "0123456789abcdef".repeat(4);
    for user_id in [
        String::new(),
        "somebody".to_owned(),
        format!("user_{device}_account__session_"),
        format!("user_{device}_account__session_{}", SESSION.replace('-', "x")),
        format!("user_short_account__session_{SESSION}"),
        format!("user_{device}_account_nobody_session_{SESSION}"),
        r#"{"session_id":7}"#.to_owned(),
        r#"{"session_id":""}"#.to_owned(),
        r#"{"session_id":"with blank"}"#.to_owned(),
        r#"{"session_id":"a"} more"#.to_owned(),
        r#"{"session_id":"#.to_owned(),
        format!(r#"{{"session_id":"{}"}}"#, "s".repeat(129)),
    ] {
        assert_eq!(session_of_user_id(&user_id), None, "{user_id}");
    }
}
