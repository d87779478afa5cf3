//! Codes of vouchers: long enough that nobody guesses one, and made of letters that people can read out.

use rand::{Rng, RngExt};
use secrecy::{ExposeSecret, SecretString};

/// Crockford's base 32: without I, L, O and U, which are taken for others or make words.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "TGV";
/// 22 × 5 bits: nobody guesses among 2^110.
const RANDOM_LETTERS: usize = 22;
/// 15 bits of a CRC-32, so that a slip of the pen is told as such.
const CHECK_LETTERS: usize = 3;
const BODY_LETTERS: usize = RANDOM_LETTERS + CHECK_LETTERS;
/// Letters between two hyphens.
const GROUP: usize = 5;

/// A voucher's code in its one spelling, `TGV-XXXXX-XXXXX-XXXXX-XXXXX-XXXXX`. It is shown once and stored as a hash
/// ([`KeyHasher`](crate::KeyHasher)) of this spelling.
#[derive(Clone, Debug)]
pub struct VoucherCode(SecretString);

impl VoucherCode {
    /// A new one.
    pub fn generate(rng: &mut impl Rng) -> Self {
        let mut body: String = (0..RANDOM_LETTERS)
            .map(|_| letter(rng.random_range(0..LETTERS.len())))
            .collect();
        body.push_str(&check(&body));
        Self::spelled(&body)
    }

    /// Reads what a person typed: hyphens, spaces, case and the prefix do not matter, and letters that look alike are
    /// the same. `None` if it can be no code, for instance because a letter was mistaken.
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | ' '))
            .map(alike)
            .collect();
        let body = match plain.len() {
            BODY_LETTERS => plain.as_str(),
            _ => plain.strip_prefix(PREFIX)?,
        };
        let known = body.len() == BODY_LETTERS && body.bytes().all(|byte| LETTERS.contains(&byte));
        if !known {
            return None;
        }
        let (random, checked) = body.split_at_checked(RANDOM_LETTERS)?;
        (check(random) == checked).then(|| Self::spelled(body))
    }

    fn spelled(body: &str) -> Self {
        let mut text = String::from(PREFIX);
        for (at, letter) in body.chars().enumerate() {
            if at % GROUP == 0 {
                text.push('-');
            }
            text.push(letter);
        }
        Self(text.into())
    }

    /// The code itself.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Its last four letters, which may be shown: four of which three are the check, so they tell nothing of use.
    pub fn last_four(&self) -> &str {
        let text = self.expose();
        text.get(text.len().saturating_sub(4)..).unwrap_or_default()
    }
}

fn letter(index: usize) -> char {
    LETTERS.get(index).copied().map_or('0', char::from)
}

/// As Crockford reads letters that look like digits.
fn alike(c: char) -> char {
    match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    }
}

fn check(random: &str) -> String {
    let sum = crc32fast::hash(random.as_bytes()) as usize;
    (0..CHECK_LETTERS)
        .map(|at| letter((sum >> (5 * at)) & 31))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_made_however_it_is_typed() {
        for _ in 0..200 {
            let code = VoucherCode::generate(&mut rand::rng());
            let text = code.expose().to_owned();
            assert_eq!(text.len(), "TGV-".len() + BODY_LETTERS + 4);
            let typed = [
                text.clone(),
                text.to_lowercase(),
                text.replace('-', " "),
                text.replace('-', ""),
                text.trim_start_matches("TGV-").to_owned(),
                text.replace('0', "o").replace('1', "l"),
            ];
            for typed in typed {
                let read = VoucherCode::read(&typed).map(|code| code.expose().to_owned());
                assert_eq!(read.as_deref(), Some(text.as_str()), "{typed}");
            }
            assert!(text.ends_with(code.last_four()));
        }
    }

    #[test]
    fn a_mistaken_letter_is_seen() {
        let code = VoucherCode::generate(&mut rand::rng()).expose().to_owned();
        // The first letter after the prefix, for any other.
        let taken = code.as_bytes()[4];
        let others = LETTERS.iter().filter(|letter| **letter != taken);
        for other in others {
            let mut wrong = code.clone().into_bytes();
            wrong[4] = *other;
            assert!(VoucherCode::read(&String::from_utf8(wrong).unwrap()).is_none());
        }
        for nonsense in [
            "",
            "TGV",
            "TGV-",
            "TGV-UUUUU-UUUUU-UUUUU-UUUUU-UUUUU",
            &code[..20],
            "é",
        ] {
            assert!(VoucherCode::read(nonsense).is_none(), "{nonsense}");
        }
    }
}
