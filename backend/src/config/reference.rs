//! What people read about the settings: the example file and docs/settings.md, both made from the table.

use super::kind::Kind;
use super::table::{Setting, env_name, settings};
use std::fmt::Write as _;

/// A complete settings file: every setting with its meaning, reason, variable and default, commented out.
pub fn example() -> String {
    let mut text = String::from(
        "# Settings of Tollgate. Every line that is commented out shows the default.\n\
         # Each can be given as an environment variable as well, which goes before this file.\n",
    );
    let mut section = "";
    for setting in settings() {
        let (own, name) = setting.key.split_once('.').unwrap_or(("", setting.key));
        if own != section {
            section = own;
            let _ = write!(text, "\n[{section}]\n");
        }
        let _ = write!(
            text,
            "\n# {}\n# {}\n# {}; in the environment {}\n# {name} = {}\n",
            setting.meaning,
            setting.reason,
            capital(&setting.kind.right()),
            env_name(setting.key),
            literal(setting)
        );
    }
    text
}

/// The reference in docs/settings.md.
pub fn reference_markdown() -> String {
    let mut text = String::from(
        "# Settings\n\n\
         Made from `backend/src/config/table.rs` by `tollgate config --reference`; a test compares the two.\n\n\
         Sources, the later going before the earlier: defaults, the TOML file (`--config FILE` or `TOLLGATE_CONFIG`), \
         the environment.\n\
         Lists are comma-separated in the environment. Unknown names and wrong values stop the start.\n",
    );
    let mut section = None;
    for setting in settings() {
        let own = setting.key.split_once('.').map_or("", |(own, _)| own);
        if section != Some(own) {
            section = Some(own);
            let title = if own.is_empty() {
                "General".to_owned()
            } else {
                format!("`[{own}]`")
            };
            let _ = write!(
                text,
                "\n## {title}\n\n| setting | variable | default | meaning and reason |\n| --- | --- | --- | --- |\n"
            );
        }
        let default = setting.default.filter(|default| !default.is_empty()).map_or_else(
            || {
                if setting.default.is_some() {
                    "none".to_owned()
                } else {
                    "unset".to_owned()
                }
            },
            |default| format!("`{default}`"),
        );
        let _ = writeln!(
            text,
            "| `{}` | `{}` | {default} | {} {} Right: {}. |",
            setting.key,
            env_name(setting.key),
            setting.meaning,
            setting.reason,
            setting.kind.right().replace('|', "\\|")
        );
    }
    text
}

/// The default as TOML, or a form to fill in.
fn literal(setting: &Setting) -> String {
    match (setting.default, setting.kind) {
        (None, _) => "\"\"".to_owned(),
        (Some(text), Kind::Count(..) | Kind::Switch) => text.to_owned(),
        (Some(text), Kind::Networks) => {
            let items: Vec<String> = text
                .split(',')
                .filter(|part| !part.is_empty())
                .map(|part| format!("\"{part}\""))
                .collect();
            format!("[{}]", items.join(", "))
        }
        (Some(text), _) => format!("\"{text}\""),
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
