//! Windows: which models they keep out, until when, and what of them is worth a write.

use super::support::{MARK, account, after, choose, id, live, noon, pool, why_not, wish, with};
use crate::live::Change;
use crate::pick::{NoAccount, Wish};
use crate::windows::{Notice, StoredWindow, WindowSeen, Windows};
use std::time::Duration;

fn window(name: &str, used_permille: u32, status: &str, resets: i64) -> WindowSeen {
    WindowSeen {
        name: name.to_owned(),
        used_permille,
        resets_at: Some(after(resets)),
        status: Some(status.to_owned()).filter(|status| !status.is_empty()),
    }
}

const OPUS: &str = "claude-opus-4-6";
const SONNET: &str = "claude-sonnet-4-6";

#[test]
fn a_window_keeps_out_what_it_counts_until_it_begins_anew() {
    let windows = Windows::default();
    let closed = |model, second| windows.exhausted(after(second), model).map(|(name, _)| name);
    windows.take_in(
        &[window("5h", 1_000, "", 60), window("7d", 400, "allowed", 600)],
        noon(),
    );
    assert_eq!(closed(OPUS, 0).as_deref(), Some("5h"));
    assert_eq!(closed(SONNET, 59).as_deref(), Some("5h"));
    assert_eq!(closed(OPUS, 60), None, "it begins anew");
    windows.take_in(&[window("7d_opus", 300, "rejected", 600)], noon());
    assert_eq!(closed(OPUS, 61).as_deref(), Some("7d_opus"));
    assert_eq!(
        windows
            .exhausted(after(61), "us.anthropic.claude-opus-4-6-v1:0")
            .map(|one| one.1),
        Some(after(600))
    );
    assert_eq!(closed(SONNET, 61), None, "other models go on");
    assert_eq!(closed("claude-opusculum", 61), None, "a family is a word");
    assert_eq!(
        closed(OPUS, 1).as_deref(),
        Some("7d_opus"),
        "of two the later end"
    );
    // The vendor lets more through than the share says.
    windows.take_in(&[window("7d_opus", 1_100, "allowed_warning", 600)], after(62));
    assert_eq!(closed(OPUS, 63), None);
    // One model by its whole name, and no other.
    windows.take_in(
        &[window("1d_gemini-2.5-flash", 1_000, "rejected", 600)],
        after(62),
    );
    assert_eq!(
        closed("gemini-2.5-flash", 63).as_deref(),
        Some("1d_gemini-2.5-flash")
    );
    assert_eq!(closed("gemini-2.5-flash-lite", 63), None);
    // Without an end it is for the state to say.
    let endless = WindowSeen {
        resets_at: None,
        ..window("5h", 1_000, "rejected", 0)
    };
    windows.take_in(&[endless], after(62));
    assert_eq!(closed(SONNET, 63), None);
}

#[test]
fn only_what_changed_noticeably_is_written() {
    let windows = Windows::default();
    let take_in = |used, status: &str, resets, second| {
        let notice = windows.take_in(&[window("5h", used, status, resets)], after(second));
        if notice != Notice::None {
            let due = windows.unwritten();
            assert_eq!(due.len(), 1);
            windows.written(&due);
        }
        notice
    };
    assert_eq!(take_in(100, "allowed", 600, 0), Notice::Later);
    assert_eq!(take_in(109, "allowed", 600, 1), Notice::None);
    assert_eq!(take_in(110, "allowed", 600, 2), Notice::Later);
    assert_eq!(
        take_in(119, "allowed", 630, 3),
        Notice::None,
        "told in seconds from now"
    );
    assert_eq!(take_in(119, "allowed_warning", 630, 4), Notice::Later);
    assert_eq!(take_in(119, "rejected", 630, 5), Notice::Now, "it closes");
    assert_eq!(take_in(119, "rejected", 630, 6), Notice::None);
    assert_eq!(take_in(119, "rejected", 60, 7), Notice::Later);
    assert_eq!(take_in(0, "allowed", 900, 8), Notice::Now, "it opens");
    assert!(windows.unwritten().is_empty());
    // An answer that overtook another says nothing.
    assert_eq!(take_in(500, "rejected", 900, 7), Notice::None);
}

#[test]
fn of_what_is_stored_and_what_was_seen_the_later_counts() {
    let stored = |used, status: &str, second| StoredWindow {
        seen: window("5h", used, status, 600),
        observed_at: after(second),
    };
    let windows = Windows::new(&[stored(1_000, "rejected", 0)]);
    let closed = |second| windows.exhausted(after(second), OPUS).is_some();
    assert!(closed(1), "a restart keeps it");
    assert!(windows.unwritten().is_empty());
    windows.merge(&[stored(10, "allowed", 5)]);
    assert!(!closed(6), "another node saw more");
    windows.take_in(&[window("5h", 1_000, "rejected", 600)], after(10));
    windows.merge(&[stored(10, "allowed", 5)]);
    assert!(closed(11), "what is read again is older");
    assert_eq!(windows.unwritten().len(), 1);
    // Another credential's windows do not come back from the table.
    windows.forget(after(12));
    assert!(!closed(13));
    windows.merge(&[stored(1_000, "rejected", 10)]);
    assert!(!closed(13));
}

#[test]
fn a_model_without_a_word_rests_shortly_and_longer_each_time() {
    let windows = Windows::default();
    let end = |second| {
        windows
            .exhausted(after(second), "m")
            .map(|one| (one.1 - noon()).num_seconds())
    };
    assert_eq!(windows.close("1m", "m", None, noon()), Notice::Now);
    assert_eq!(end(0), Some(5));
    assert_eq!(
        windows.close("1m", "m", None, after(1)),
        Notice::None,
        "a burst is one"
    );
    windows.close("1m", "m", None, after(5));
    assert_eq!(end(5), Some(15));
    windows.close("1m", "m", None, after(20));
    assert_eq!(end(20), Some(40));
    windows.close("1m", "m", None, after(100));
    assert_eq!(end(100), Some(105), "after a good minute it is forgotten");
    windows.close("1m", "m", Some(after(300)), after(101));
    assert_eq!(end(101), Some(300), "of two ends the later");
    windows.close("1m", "m", Some(after(200)), after(102));
    assert_eq!(end(102), Some(300));
    windows.close("1d", "other", Some(after(-5)), noon());
    assert_eq!(
        windows.exhausted(noon(), "other"),
        Some(("1d_other".to_owned(), after(300)))
    );
    windows.close("1d", "far", Some(after(90 * 86_400)), noon());
    assert_eq!(
        windows.exhausted(noon(), "far").map(|one| one.1),
        Some(after(31 * 86_400))
    );
    // The table has no room for it; it counts here all the same.
    let long = "m".repeat(60);
    windows.close("1m", &long, None, noon());
    assert!(windows.exhausted(noon(), &long).is_some());
    assert!(windows.unwritten().iter().all(|one| one.seen.name.len() <= 50));
}

#[test]
fn there_is_a_bound_to_what_is_kept() {
    let windows = Windows::default();
    for second in 0..100 {
        windows.close("1m", &format!("m{second}"), Some(after(1_000)), after(second));
    }
    assert_eq!(windows.unwritten().len(), 32);
    assert!(windows.exhausted(after(100), "m99").is_some());
    assert!(windows.exhausted(after(100), "m0").is_none(), "the oldest went");
}

#[test]
fn what_is_told_of_windows_is_queued_once_and_only_of_the_credential_of_now() {
    let live = live();
    let notice = |used, second| live.notice(&[window("5h", used, "allowed", 900)], MARK, after(second));
    assert_eq!(notice(100, 0), Change::Later);
    assert_eq!(notice(200, 1), Change::Queued, "it waits already");
    assert_eq!(live.close(("1m", "m"), None, MARK, after(2)), Change::ToQueue);
    assert_eq!(live.close(("1m", "m"), None, MARK + 1, after(9)), Change::None);
    let work = live.begin_write().expect("to be written");
    assert!(work.transition.is_none() && work.announces && !work.lacks_opus);
    assert_eq!(work.windows.len(), 2);
    live.written(&work, None);
    assert!(live.begin_write().is_none());
    assert_eq!(live.lacks_opus(MARK + 1), Change::None);
    assert_eq!(live.lacks_opus(MARK), Change::ToQueue);
    let work = live.begin_write().expect("to be written");
    assert!(work.lacks_opus && work.windows.is_empty() && !work.announces);
    live.written(&work, None);
    assert!(live.is_idle());
}

#[test]
fn a_request_goes_where_the_window_is_open() {
    let accounts = pool(vec![account(1), with(2, |one| one.priority = 90)]);
    accounts.candidates[0]
        .live
        .notice(&[window("7d_sonnet", 1_000, "rejected", 90)], MARK, noon());
    let picked = choose(&accounts, &wish()).expect("the other one");
    assert_eq!(picked.candidate.account.id, id(2));
    let opus = Wish {
        model: OPUS,
        ..wish()
    };
    let picked = choose(&accounts, &opus).expect("the better one");
    assert_eq!(picked.candidate.account.id, id(1));
    let refusal = choose(
        &accounts,
        &Wish {
            tried: &[id(2)],
            ..wish()
        },
    )
    .expect_err("none");
    assert_eq!(
        why_not(&refusal)[0],
        "its weekly window for sonnet models is used up until 14:14:50 UTC"
    );
    let NoAccount::AllUnavailable { retry_after, .. } = refusal else {
        panic!("{refusal:?}")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(90)));
}
