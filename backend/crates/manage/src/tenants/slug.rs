//! An organisation's short name, derived from its name where it gives none.

use rand::{Rng, RngExt};
use tollgate_contract::check::SLUG_MAX;

/// Short names that would be taken for parts of the product.
const RESERVED: [&str; 10] = [
    "admin", "api", "app", "docs", "health", "metrics", "platform", "status", "tollgate", "www",
];
/// Room for a number behind a derived name.
const DERIVED_MAX: usize = SLUG_MAX - 8;
/// For names without a single Latin letter or digit.
const NAMELESS: &str = "org";
/// Numbers that are tried behind a derived name before it gets random letters: each try asks the database.
const NUMBERED: std::ops::Range<u32> = 2..6;
/// How many with random letters are offered; a second one is hardly ever needed.
const RANDOM: usize = 3;
const RANDOM_LETTERS: usize = 6;

/// Whether nobody may have it.
pub(super) fn is_reserved(slug: &str) -> bool {
    RESERVED.contains(&slug)
}

/// Lower-case letters and digits of the name, anything else a hyphen.
pub(super) fn derive(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(DERIVED_MAX);
    let slug = slug.trim_matches('-');
    if slug.is_empty() {
        NAMELESS.to_owned()
    } else {
        slug.to_owned()
    }
}

/// The derived name, then with numbers behind it, then with random letters: names without a Latin letter all derive the
/// same one, and there are more of them than anyone wants to count through.
pub(super) fn candidates(name: &str, rng: &mut impl Rng) -> Vec<String> {
    let derived = derive(name);
    let mut all = Vec::new();
    if !is_reserved(&derived) {
        all.push(derived.clone());
    }
    all.extend(NUMBERED.map(|number| format!("{derived}-{number}")));
    all.extend((0..RANDOM).map(|_| {
        let letters: String = (0..RANDOM_LETTERS).map(|_| rng.random_range('a'..='z')).collect();
        format!("{derived}-{letters}")
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_the_names_letters_and_digits() {
        assert_eq!(derive("Acme Labs, Inc."), "acme-labs-inc");
        assert_eq!(derive("  --Émile & Söhne 3-- "), "mile-s-hne-3");
        assert_eq!(derive("北京公司"), "org");
        assert!(derive(&"a".repeat(300)).len() <= DERIVED_MAX);
    }

    #[test]
    fn what_is_derived_passes_the_contracts_own_check() {
        for name in ["Acme", "-x-", "北京", "a b", &"ab ".repeat(50)] {
            for slug in candidates(name, &mut rand::rng()) {
                tollgate_contract::check::slug(&slug).unwrap();
            }
        }
    }

    #[test]
    fn a_reserved_name_is_never_offered_as_it_is() {
        let offered = candidates("API", &mut rand::rng());
        assert_eq!(offered.first().map(String::as_str), Some("api-2"));
    }

    #[test]
    fn names_that_derive_the_same_slug_do_not_run_out_of_them() {
        let (one, two) = (
            candidates("北京", &mut rand::rng()),
            candidates("上海", &mut rand::rng()),
        );
        assert_eq!(one.first(), two.first());
        assert_ne!(one.last(), two.last());
    }
}
