//! What a single file must be like.

use std::path::Path;

/// A file is read in one sitting.
const LINES_MAX: usize = 400;

/// Endings of files that people write and read line by line.
const CODE: [&str; 10] = [
    ".rs", ".ts", ".tsx", ".js", ".mjs", ".sql", ".lua", ".sh", ".css", ".py",
];

/// What must stand nowhere. In halves, so that this file is none of those it looks for.
const NOWHERE: [(&str, &str, &str); 4] = [
    ("/wor", "k/", "a path of somebody's machine"),
    ("/ro", "ot/", "a path of somebody's machine"),
    ("/home/", "user/", "a path of somebody's machine"),
    ("artifac", "tory", "the host of a private registry"),
];

/// What must not stay in code.
const UNFINISHED: [(&str, &str); 4] = [
    ("FIX", "ME"),
    ("XX", "X:"),
    ("todo", "!("),
    ("unimplemented", "!("),
];

/// The faults of one file.
pub fn check(name: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let mut fault = |line: usize, what: String| faults.push(format!("{name}:{line}: {what}"));
    let code = CODE.iter().any(|ending| name.ends_with(ending)) || name.starts_with("scripts/");
    let lines = text.lines().count();
    if code && lines > LINES_MAX {
        fault(
            lines,
            format!("{lines} lines; at most {LINES_MAX}, so that it can be read in one sitting"),
        );
    }
    // A test module's name says it: it stands beside what it tests.
    let tests = name.ends_with("/tests.rs") || name.contains("/src/") && name.contains("/tests/");
    let rust = Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "rs");
    if rust && !tests && !text.starts_with("//!") {
        fault(
            1,
            "the first line does not say what lives here (`//! …`)".to_owned(),
        );
    }
    for (n, line) in text.lines().enumerate() {
        for (head, tail, what) in NOWHERE {
            if line.contains(&[head, tail].concat()) {
                fault(n + 1, format!("{what}: `{head}{tail}`"));
            }
        }
        if code {
            for (head, tail) in UNFINISHED {
                if line.contains(&[head, tail].concat()) {
                    fault(
                        n + 1,
                        format!("`{head}{tail}` is left; finish it, or leave it out and say so in the docs"),
                    );
                }
            }
            if line.ends_with([' ', '\t']) {
                fault(n + 1, "blanks at the end of the line".to_owned());
            }
        }
    }
    if code && !text.is_empty() && !text.ends_with('\n') {
        fault(lines, "the last line has no end".to_owned());
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tidy_file_has_no_faults() {
        assert_eq!(check("a/b.rs", "//! What lives here.\n\nfn main() {}\n"), [""; 0]);
        assert_eq!(check("README.md", &"a line \n".repeat(1000)), [""; 0]);
    }

    #[test]
    fn each_broken_rule_is_named_with_its_line() {
        let long = format!("//! x\n{}", "\n".repeat(LINES_MAX));
        assert_eq!(check("a.rs", &long).len(), 1);
        assert_eq!(check("a.rs", "fn main() {}\n").len(), 1);
        assert_eq!(check("scripts/run", "echo \n").len(), 1);
        let unfinished = format!(
            "//! x\nfn f() {{ {}) }}\n",
            UNFINISHED[2].0.to_owned() + UNFINISHED[2].1
        );
        assert!(check("a.rs", &unfinished)[0].starts_with("a.rs:2: "));
        let path = format!("see {}{}main\n", NOWHERE[0].0, NOWHERE[0].1);
        assert_eq!(check("docs/a.md", &path).len(), 1);
    }
}
