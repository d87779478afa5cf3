//! What secrets, addresses and card numbers look like. Rather too much is blacked out than too little: what is kept of a
//! body is for looking at, and nobody needs a password for that. Never in here: searching.

use regex::Regex;
use std::sync::LazyLock;

/// What names a secret, as a field, a variable or a header, with what its name may go on with.
const NAME: &str = concat!(
    r"(?i:passw(?:or)?d|passphrase|[_-]pass|[_-]pwd|secret|credentials?",
    r"|(?:api|access|account|private|signing|encryption)[_-]?key)[A-Za-z0-9_-]{0,40}",
);
/// What stands between a name and its value; a quote may close the name, also one of JSON within JSON.
const IS: &str = r#"\\?["']?\s{0,10}(?::=|=>|[:=])\s{0,10}"#;
/// A value: in quotes of JSON within JSON, in quotes, or up to where a line of code, YAML or JSON goes on. What is escaped
/// in quotes belongs to it.
const VALUE: &str = concat!(
    r#"(?:\\"(?:[^"\\]|\\\\\\.|\\\\[^"\\]|\\[^"\\]){4,}"#,
    r#"|"(?:[^"\\]|\\.){4,}"#,
    r"|'(?:[^'\\\r\n]|\\.){4,}",
    r#"|[^\s"'\\,;{}\[\]()<>=][^\s"'\\,;{}\[\]<>]{3,})"#,
);

/// Keys of vendors and clouds, this house's own, and tokens of known shapes.
const SHAPES: &str = concat!(
    r"(?:sk-[A-Za-z0-9_-]{16,}|cr_[A-Za-z0-9]{20,}|(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}",
    r"|github_pat_[A-Za-z0-9_]{22,}|glpat-[A-Za-z0-9_-]{20,}|xox[abeprs]-[A-Za-z0-9-]{10,}",
    r"|AIza[0-9A-Za-z_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}",
    r"|[sr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/]{16,}|hf_[A-Za-z0-9]{16,}|npm_[A-Za-z0-9]{30,}",
    r"|pypi-[A-Za-z0-9_-]{30,}|xai-[A-Za-z0-9]{20,}|gsk_[A-Za-z0-9]{20,}|dop_v1_[a-f0-9]{40,}",
    r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|AGE-SECRET-KEY-1[0-9A-Z]{50,}",
    r"|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    r"|(?i:bearer)\s+[A-Za-z0-9._~+/-]{16,}=*)",
);

/// A private key up to its end, whatever stands in it (an encrypted one has headers), or as much of it as there is.
const PRIVATE_KEY: &str = concat!(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
    r"(?s:.*?)(?:-----END [A-Z0-9 ]{0,40}-----|\z)",
);

fn secrets() -> Vec<String> {
    vec![
        SHAPES.to_owned(),
        PRIVATE_KEY.to_owned(),
        format!("{NAME}{IS}{VALUE}"),
        // In shells and files of variables a value goes on to the next space.
        format!(r#"{NAME}\\?["']?\s{{0,10}}=\s{{0,10}}[^\s"'\\=>][^\s"'\\]{{3,}}"#),
        r#"[A-Z0-9]_(?:KEY|PASS|PWD|TOKEN|AUTH)[A-Z0-9_]{0,20}\s{0,4}=\s{0,4}\\?["']?[^\s"'\\=]{6,}"#
            .to_owned(),
        // Words of a model's answer are tokens as well: only what is as long as a secret counts.
        format!(r#"(?i:token){IS}\\?["']?[^\s"'\\,;{{}}\[\]<>]{{12,}}"#),
        // A header to its end, whatever its scheme.
        r#"(?i:authorization)\\?["']?\s{0,10}[:=]\s{0,10}\\?["']?[^\s"'\\][^\r\n"'\\]{3,}"#.to_owned(),
        r#"(?i:cookie)\\?["']?\s{0,10}:\s{0,10}\\?["']?[A-Za-z0-9_.-]{1,100}=[^\r\n"'\\]{4,}"#.to_owned(),
        // A password in an address, or on a command line.
        r#"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s:/@"'\\<>]{0,100}:[^\s/"'\\<>]{1,200}@"#.to_owned(),
        r#"(?:\s-u|--user)[ =]\s{0,4}\\?["']?[^\s:"'\\]{1,100}:[^\s"'\\]{3,}"#.to_owned(),
    ]
}

/// All shapes of secrets; a test sees that each can be used.
pub(super) static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let compiled = secrets().into_iter().map(|pattern| Regex::new(&pattern));
    compiled.filter_map(Result::ok).collect()
});

pub(super) static EMAILS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let pattern = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}";
    Regex::new(pattern).into_iter().collect()
});

/// Thirteen to nineteen digits, perhaps grouped; Luhn's sum decides.
pub(super) static CARDS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let pattern = r"(?-u:\b)[0-9](?:[ -]?[0-9]){12,18}(?-u:\b)";
    Regex::new(pattern).into_iter().collect()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_can_be_used() {
        for pattern in secrets() {
            assert!(Regex::new(&pattern).is_ok(), "{pattern}");
        }
        assert_eq!(
            (SECRETS.len(), EMAILS.len(), CARDS.len()),
            (secrets().len(), 1, 1)
        );
    }
}
