//! Names with `*` in them. Never in here: what is named.

/// Whether a name fits a pattern, in which `*` stands for any text, also none.
pub fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    true
}

/// Whether a name has a `*` in it.
pub fn is_pattern(name: &str) -> bool {
    name.contains('*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, name, expected) in [
            ("claude-opus-*", "claude-opus-4-6", true),
            ("claude-opus-*", "claude-opus-", true),
            ("claude-opus-*", "claude-sonnet-4", false),
            ("*", "", true),
            ("*-mini", "gpt-4o-mini", true),
            ("*-mini", "gpt-4o-mini-2", false),
            ("gpt-*-mini-*", "gpt-4o-mini-2024", true),
            ("gpt-*-mini-*", "gpt-4o-2024", false),
            ("a*a", "a", false),
            ("gpt", "gpt", true),
            ("gpt", "gpt-4", false),
            ("", "", true),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }
}
