//! One name for a model, however a provider's report writes it: `Claude Haiku 4.5`, `claude-haiku-4-5-20251001` and
//! `claude-haiku-4-5` are the same.

/// The name by which models are compared: lower case, words joined by hyphens, without the snapshot's date.
pub(crate) fn model_key(name: &str) -> String {
    let mut key: String = name
        .trim()
        .chars()
        .map(|c| match c {
            ' ' | '.' | '_' => '-',
            other => other.to_ascii_lowercase(),
        })
        .collect();
    if let Some(short) = key.strip_suffix("-latest") {
        key.truncate(short.len());
    }
    let undated = undated(&key);
    key.truncate(undated);
    key
}

/// Where the name ends without `-YYYYMMDD` or `-YYYY-MM-DD`.
fn undated(key: &str) -> usize {
    for digits in [&[4_usize, 2, 2][..], &[8]] {
        let mut rest = key;
        let dated = digits.iter().rev().all(|length| {
            let Some((before, part)) = rest.rsplit_once('-') else {
                return false;
            };
            rest = before;
            part.len() == *length && part.bytes().all(|byte| byte.is_ascii_digit())
        });
        if dated && !rest.is_empty() {
            return rest.len();
        }
    }
    key.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_model_meet_and_others_do_not() {
        for (name, key) in [
            ("Claude Haiku 4.5", "claude-haiku-4-5"),
            ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
            ("Claude 3.5 Sonnet 2024-10-22", "claude-3-5-sonnet"),
            ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("gpt-4o-mini", "gpt-4o-mini"),
            ("gpt-4-0613", "gpt-4-0613"),
            ("2024-10-22", "2024-10-22"),
            ("", ""),
        ] {
            assert_eq!(model_key(name), key, "{name}");
        }
    }
}
