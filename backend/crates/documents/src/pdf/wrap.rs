//! Text in lines.

use super::PdfError;
use super::fonts::Fonts;

/// A text in lines no wider than `width`, in parts of the font's size: broken after spaces and hyphens, between CJK
/// letters, and where nothing else helps anywhere.
pub(super) fn wrap(fonts: &Fonts, text: &str, width: f32, bold: bool) -> Result<Vec<String>, PdfError> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut taken = 0.0_f32;
    // Up to where the line may be kept if the next letter does not fit: bytes, and their width.
    let mut break_at: Option<(usize, f32)> = None;
    for letter in text.chars() {
        let wide = fonts.width(letter, bold)?;
        if taken + wide > width && !line.is_empty() {
            let (at, kept) = break_at.filter(|(at, _)| *at > 0).unwrap_or((line.len(), taken));
            let rest = line.split_off(at);
            lines.push(line.trim_end().to_owned());
            line = rest;
            taken -= kept;
            break_at = None;
            if letter == ' ' && line.is_empty() {
                taken = 0.0;
                continue;
            }
        }
        line.push(letter);
        taken += wide;
        if matches!(letter, ' ' | '-' | '/' | ',') || letter >= '\u{2e80}' {
            break_at = Some((line.len(), taken));
        }
    }
    lines.push(line.trim_end().to_owned());
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_inside_only_where_they_must() {
        let fonts = Fonts::new(None).unwrap();
        let lines = wrap(&fonts, "one two three four", 5.0, false).unwrap();
        assert_eq!(lines, ["one two", "three four"]);
        let long = wrap(&fonts, &"x".repeat(40), 5.0, false).unwrap();
        assert!(long.len() > 2 && long.concat() == "x".repeat(40));
        assert_eq!(wrap(&fonts, "", 5.0, false).unwrap(), [""]);
    }
}
