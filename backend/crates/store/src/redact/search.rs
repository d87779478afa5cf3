//! Searching within bounds. One search takes time linear in what it looks at, but finding all places may take the square
//! of it, with the patterns of this house too. So a text is looked at in windows, and the clock between any two finds.

use super::Deadline;
use regex::Regex;

/// Bytes that a find looks at, as a rule.
const WINDOW: usize = 16 * 1024;
/// So far one window begins after another.
const STEP: usize = WINDOW / 2;

/// There was no time to look at all of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("looking for what is to be blacked out took too long")]
pub struct TooSlow;

/// Calls for each place, in order, none within another.
pub(super) fn each(
    pattern: &Regex,
    text: &str,
    time: &Deadline,
    found: &mut impl FnMut(usize, usize),
) -> Result<(), TooSlow> {
    let (mut zone, mut from) = (0, 0);
    loop {
        let next = floor(text, zone + STEP);
        let end = floor(text, zone + WINDOW);
        let window = text.get(..end).unwrap_or(text);
        let last = end == text.len();
        while from < end {
            if time.passed() {
                return Err(TooSlow);
            }
            // With what stands before it in sight, for anchors and word boundaries.
            let mut hit = pattern.find_at(window, from);
            if !last && hit.is_some_and(|hit| hit.end() == end) {
                // It may go on, or have taken the window's end for the text's: once a window, all of the text is looked at.
                hit = pattern.find_at(text, from);
            }
            let Some(hit) = hit.filter(|hit| last || hit.start() < next) else {
                break;
            };
            if hit.is_empty() {
                from = ceil(text, hit.end() + 1);
            } else {
                found(hit.start(), hit.end());
                from = hit.end();
            }
        }
        if last {
            return Ok(());
        }
        zone = next;
        from = from.max(zone);
    }
}

/// The place itself, or the one before it where a character begins.
pub(super) fn floor(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(pattern: &str, text: &str) -> Vec<(usize, usize)> {
        let pattern = Regex::new(pattern).expect("a pattern");
        let mut places = Vec::new();
        let far = Deadline::after(crate::Clock::system(), std::time::Duration::from_mins(1));
        each(&pattern, text, &far, &mut |from, to| places.push((from, to))).expect("time enough");
        places
    }

    #[test]
    fn windows_find_what_one_look_at_all_finds() {
        let words: Vec<String> = (0..20_000).map(|n| format!("key{n:07} ä ")).collect();
        let text = words.concat();
        for pattern in [
            r"key[0-9]{7}",
            r"\bkey",
            r"[0-9]+ ä",
            r"^key",
            r"ä $",
            r"(?s)y.*$",
        ] {
            let all = Regex::new(pattern).expect("a pattern");
            let all: Vec<_> = all.find_iter(&text).map(|hit| (hit.start(), hit.end())).collect();
            assert_eq!(places(pattern, &text), all, "{pattern}");
        }
    }

    #[test]
    fn what_lies_across_the_edge_of_a_window_is_found_whole() {
        for before in STEP - 40..STEP + 40 {
            let text = format!("{}sk-{}.", " ".repeat(before), "k".repeat(5_000));
            assert_eq!(places("sk-k+", &text), [(before, before + 5_003)]);
        }
        // Longer than a window, too.
        let text = format!(" sk-{} x", "k".repeat(3 * WINDOW));
        assert_eq!(places("sk-k+", &text), [(1, text.len() - 2)]);
    }
}
