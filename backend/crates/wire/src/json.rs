//! A pull reader over JSON text that builds nothing: it checks the grammar, tells where values stand, and skips what
//! nobody asks for at the speed of a string search. It never recurses, so no nesting can overflow the stack.
//! Never in here: what any field means.

use std::borrow::Cow;

/// How deep values may nest: as deep as common readers go, and far beyond what any client sends.
pub(crate) const DEPTH_MAX: u32 = 128;

/// What is wrong with a text that is JSON all the same.
pub(crate) const TOO_DEEP: &str = "values nest too deeply";

/// Why a text is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not valid JSON: {what} at byte {at}")]
pub(crate) struct JsonFault {
    /// Offset of the byte that does not fit.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// A string as it stands in the text, quotes included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    quoted: &'a [u8],
    escaped: bool,
}

impl<'a> Text<'a> {
    /// What stands between the quotes, escapes and all.
    pub fn raw(&self) -> &'a [u8] {
        let end = self.quoted.len().saturating_sub(1);
        self.quoted.get(1..end).unwrap_or_default()
    }

    /// The string that is meant; `None` if an escape means no character (half a surrogate pair) or a byte is no UTF-8.
    pub fn decode(&self) -> Option<Cow<'a, str>> {
        if self.escaped {
            serde_json::from_slice(self.quoted).ok().map(Cow::Owned)
        } else {
            std::str::from_utf8(self.raw()).ok().map(Cow::Borrowed)
        }
    }

    /// How many bytes of UTF-8 are meant. Half a surrogate pair counts as half a character of the four bytes.
    pub fn length(&self) -> usize {
        let mut rest = self.raw();
        let mut length = rest.len();
        while self.escaped
            && let Some((_, escape)) = memchr::memchr(b'\\', rest).and_then(|at| rest.split_at_checked(at))
        {
            let (written, meant) = match escape {
                [_, b'u', b'0', b'0', b'0'..=b'7', _, ..] => (6, 1),
                [_, b'u', b'0', b'0'..=b'7', ..]
                | [_, b'u', b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..] => (6, 2),
                [_, b'u', ..] => (6, 3),
                _ => (2, 1),
            };
            length -= written - meant;
            rest = escape.get(written..).unwrap_or_default();
        }
        length
    }

    /// Whether this word is meant.
    pub fn is(&self, word: &str) -> bool {
        if self.escaped {
            self.decode().is_some_and(|meant| meant == word)
        } else {
            self.raw() == word.as_bytes()
        }
    }
}

/// The beginning of a value. What is inside an object or array is still to be read (or left by [`Scanner::leave`]).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    Object,
    Array,
    Text(Text<'a>),
    /// As written.
    Number(&'a [u8]),
    Bool(bool),
    Null,
}

/// The reader. Its caller asks for a value where one is due, for keys within an object, for items within an array.
pub(crate) struct Scanner<'a> {
    total: usize,
    rest: &'a [u8],
    depth: u32,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self {
            total: text.len(),
            rest: text,
            depth: 0,
        }
    }

    /// Offset of the next byte.
    pub fn at(&self) -> usize {
        self.total - self.rest.len()
    }

    /// Offset at which the value that is due begins.
    pub fn value_at(&mut self) -> usize {
        self.blanks();
        self.at()
    }

    /// The next value: a scalar whole, of an object or array the opening alone.
    pub fn value(&mut self) -> Result<Item<'a>, JsonFault> {
        self.blanks();
        match self.rest.first() {
            Some(b'"') => self.text().map(Item::Text),
            Some(b'{') => self.open().map(|()| Item::Object),
            Some(b'[') => self.open().map(|()| Item::Array),
            Some(b'-' | b'0'..=b'9') => self.number().map(Item::Number),
            Some(b't') => self.word(b"true").map(|()| Item::Bool(true)),
            Some(b'f') => self.word(b"false").map(|()| Item::Bool(false)),
            Some(b'n') => self.word(b"null").map(|()| Item::Null),
            Some(_) => Err(self.fault("a value is expected")),
            None => Err(self.fault("the text ends where a value is expected")),
        }
    }

    /// The next key of the object entered last, its colon read; `None` at the object's end. `first` is true once.
    pub fn key(&mut self, first: bool) -> Result<Option<Text<'a>>, JsonFault> {
        self.blanks();
        if self.rest.first() == Some(&b'}') {
            self.close();
            return Ok(None);
        }
        if !first {
            self.byte(b',', "a comma or the object's end is expected")?;
            self.blanks();
        }
        if self.rest.first() != Some(&b'"') {
            return Err(self.fault("a field's name in quotes is expected"));
        }
        let key = self.text()?;
        self.blanks();
        self.byte(b':', "a colon is expected")?;
        Ok(Some(key))
    }

    /// Whether another item of the array entered last follows; at its end the array is left. `first` is true once.
    pub fn item(&mut self, first: bool) -> Result<bool, JsonFault> {
        self.blanks();
        if self.rest.first() == Some(&b']') {
            self.close();
            return Ok(false);
        }
        if !first {
            self.byte(b',', "a comma or the array's end is expected")?;
        }
        Ok(true)
    }

    /// Passes over the next value, whatever it is.
    pub fn skip(&mut self) -> Result<(), JsonFault> {
        let item = self.value()?;
        self.leave(item)
    }

    /// Passes over what is left of a value of which only this beginning was read.
    pub fn leave(&mut self, item: Item<'a>) -> Result<(), JsonFault> {
        // One bit for each open container, 1 for an object: DEPTH_MAX of them fit.
        let mut kinds: u128 = 0;
        let mut open: u32 = 0;
        let mut next = item;
        loop {
            let mut first = match next {
                Item::Object | Item::Array => {
                    kinds = kinds << 1 | u128::from(matches!(next, Item::Object));
                    open += 1;
                    true
                }
                _ => false,
            };
            loop {
                if open == 0 {
                    return Ok(());
                }
                let more = if kinds & 1 == 1 {
                    self.key(first)?.is_some()
                } else {
                    self.item(first)?
                };
                if more {
                    break;
                }
                kinds >>= 1;
                open -= 1;
                first = false;
            }
            next = self.value()?;
        }
    }

    /// Whether nothing but blanks is left.
    pub fn end(&mut self) -> Result<(), JsonFault> {
        self.blanks();
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.fault("more text after the end"))
        }
    }

    pub fn fault(&self, what: &'static str) -> JsonFault {
        JsonFault { at: self.at(), what }
    }

    fn blanks(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Moves on by so many bytes and gives them.
    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    fn byte(&mut self, byte: u8, what: &'static str) -> Result<(), JsonFault> {
        if self.rest.first() == Some(&byte) {
            self.take(1);
            Ok(())
        } else {
            Err(self.fault(what))
        }
    }

    fn open(&mut self) -> Result<(), JsonFault> {
        if self.depth == DEPTH_MAX {
            return Err(self.fault(TOO_DEEP));
        }
        self.depth += 1;
        self.take(1);
        Ok(())
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        self.take(1);
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), JsonFault> {
        if self.rest.starts_with(word) {
            self.take(word.len());
            Ok(())
        } else {
            Err(self.fault("a value is expected"))
        }
    }

    /// Stands at the opening quote.
    fn text(&mut self) -> Result<Text<'a>, JsonFault> {
        let whole = self.rest;
        self.take(1);
        let mut escaped = false;
        loop {
            self.take(plain_run(self.rest));
            match self.rest {
                [b'"', ..] => {
                    self.take(1);
                    let length = whole.len() - self.rest.len();
                    let quoted = whole.get(..length).unwrap_or_default();
                    return Ok(Text { quoted, escaped });
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.take(2),
                [b'\\', b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|hex| hex.is_ascii_hexdigit()) => {
                    self.take(6)
                }
                [b'\\', ..] => return Err(self.fault("no such escape")),
                [_, ..] => return Err(self.fault("a control character stands unescaped in a string")),
                [] => return Err(self.fault("the text ends within a string")),
            };
            escaped = true;
        }
    }

    fn number(&mut self) -> Result<&'a [u8], JsonFault> {
        let whole = self.rest;
        if self.rest.first() == Some(&b'-') {
            self.take(1);
        }
        if self.rest.first() == Some(&b'0') {
            self.take(1);
        } else {
            self.digits()?;
        }
        if self.rest.first() == Some(&b'.') {
            self.take(1);
            self.digits()?;
        }
        if matches!(self.rest.first(), Some(b'e' | b'E')) {
            self.take(1);
            if matches!(self.rest.first(), Some(b'+' | b'-')) {
                self.take(1);
            }
            self.digits()?;
        }
        Ok(whole.get(..whole.len() - self.rest.len()).unwrap_or_default())
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 {
            return Err(self.fault("a digit is expected"));
        }
        self.take(length);
        Ok(())
    }
}

/// How many bytes at the beginning are neither a quote nor a backslash nor a control character; eight at a time.
fn plain_run(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    // The lowest high bit that is set is right; those above it may be carried over and are not looked at.
    let zero = |word: u64| word.wrapping_sub(ONES) & !word;
    let (words, tail) = bytes.as_chunks::<8>();
    let mut run = 0;
    for word in words {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word;
        let quote = zero(word ^ (ONES * u64::from(b'"')));
        let backslash = zero(word ^ (ONES * u64::from(b'\\')));
        let found = (control | quote | backslash) & HIGH;
        if found != 0 {
            return run + found.trailing_zeros() as usize / 8;
        }
        run += 8;
    }
    let plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
    run + tail.iter().take_while(plain).count()
}

/// Appends a string in JSON's quotes. Line breaks are escaped, so that the text stays one line.
pub(crate) fn write_text(into: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let hex = |digit: u8| HEX.get(usize::from(digit)).copied().unwrap_or(b'0');
    let mut rest = text.as_bytes();
    into.reserve(rest.len() + 2);
    into.push(b'"');
    loop {
        // DEL needs no escape in JSON, but no terminal should get one.
        let run = plain_run(rest);
        let (plain, after) = rest.split_at_checked(run).unwrap_or((rest, &[]));
        match memchr::memchr(0x7f, plain) {
            None => into.extend_from_slice(plain),
            Some(_) => {
                for byte in plain {
                    match byte {
                        0x7f => into.extend_from_slice(b"\\u007f"),
                        _ => into.push(*byte),
                    }
                }
            }
        }
        let Some((byte, left)) = after.split_first() else {
            break;
        };
        match byte {
            b'"' => into.extend_from_slice(b"\\\""),
            b'\\' => into.extend_from_slice(b"\\\\"),
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            b'\t' => into.extend_from_slice(b"\\t"),
            other => {
                into.extend_from_slice(b"\\u00");
                into.extend_from_slice(&[hex(other >> 4), hex(other & 15)]);
            }
        }
        rest = left;
    }
    into.push(b'"');
}
