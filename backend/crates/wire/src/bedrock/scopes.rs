//! The scope of cache marks, which Anthropic's own API takes in a beta version and Bedrock refuses as a field that it does
//! not know. A mark without one caches for the account alone, which is all that Bedrock does.

use crate::facts::Edit;
use crate::json::{Item, JsonFault, Scanner};
use crate::tree::Node;

/// Contents nest no deeper in the format: message, tool's result, document.
const LEVELS_MAX: u32 = 4;

/// Takes the scopes out of a value that stands at this offset: `system`, `tools` or `messages`.
pub(super) fn unscoped(value: &[u8], offset: usize, edits: &mut Vec<Edit>) -> Result<(), JsonFault> {
    if memchr::memmem::find(value, b"\"scope\"").is_none() {
        return Ok(());
    }
    let mut marks = Marks { value, offset, edits };
    marks.blocks(&mut Scanner::new(value), 0)
}

struct Marks<'v> {
    value: &'v [u8],
    offset: usize,
    edits: &'v mut Vec<Edit>,
}

impl Marks<'_> {
    /// Reads the array that is due, of blocks or of messages, which hold blocks; anything else is passed over.
    fn blocks(&mut self, scan: &mut Scanner<'_>, level: u32) -> Result<(), JsonFault> {
        let item = scan.value()?;
        if !matches!(item, Item::Array) || level == LEVELS_MAX {
            return scan.leave(item);
        }
        let mut first = true;
        while scan.item(first)? {
            first = false;
            let item = scan.value()?;
            if !matches!(item, Item::Object) {
                scan.leave(item)?;
                continue;
            }
            let mut first_key = true;
            while let Some(key) = scan.key(first_key)? {
                first_key = false;
                if key.is("cache_control") {
                    let begin = scan.value_at();
                    scan.skip()?;
                    self.mark(begin, scan.at());
                } else if key.is("content") {
                    self.blocks(scan, level + 1)?;
                } else {
                    scan.skip()?;
                }
            }
        }
        Ok(())
    }

    fn mark(&mut self, begin: usize, end: usize) {
        let text = self.value.get(begin..end).unwrap_or_default();
        let Ok(Node::Object(mut fields)) = Node::parse(text) else {
            return;
        };
        let all = fields.len();
        fields.retain(|(name, _)| name != "scope");
        if fields.len() < all {
            self.edits.push(Edit {
                span: self.offset + begin..self.offset + end,
                text: Node::Object(fields).to_text().into_bytes(),
            });
        }
    }
}
