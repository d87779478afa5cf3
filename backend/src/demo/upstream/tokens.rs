//! The demo's rule of counting: **one token per four characters, a begun four counts whole**, text by text.

/// Characters per token.
const CHARACTERS: usize = 4;

/// Tokens of a text.
pub fn count(text: &str) -> u64 {
    u64::try_from(text.chars().count().div_ceil(CHARACTERS)).unwrap_or(u64::MAX)
}

/// The text cut to at most so many tokens; tells whether something was cut off.
pub fn cut(text: &str, tokens_max: u64) -> (&str, bool) {
    let characters = usize::try_from(tokens_max)
        .unwrap_or(usize::MAX)
        .saturating_mul(CHARACTERS);
    match text.char_indices().nth(characters) {
        Some((end, _)) => (text.get(..end).unwrap_or(text), true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_begun_token_counts_whole_and_a_cut_text_keeps_to_its_bound() {
        assert_eq!(
            (
                count(""),
                count("a"),
                count("abcd"),
                count("abcde"),
                count("四個漢字啊")
            ),
            (0, 1, 1, 2, 2)
        );
        assert_eq!(cut("abcdefgh", 1), ("abcd", true));
        assert_eq!(cut("abcd", 1), ("abcd", false));
        assert_eq!(count(cut("四個漢字啊啊啊啊啊", 2).0), 2);
    }
}
