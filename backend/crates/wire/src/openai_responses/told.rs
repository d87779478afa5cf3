//! Small steps of reading JSON in one pass, which the scans of this format share. Never in here: what a field means.

use crate::json::{Item, JsonFault, Scanner, Text};

/// Reads the value that is due: of an object each field, whose value `each` must read; anything else is passed over.
/// Gives whether it was an object.
pub(super) fn fields<'a, E: From<JsonFault>>(
    scan: &mut Scanner<'a>,
    mut each: impl FnMut(Text<'a>, &mut Scanner<'a>) -> Result<(), E>,
) -> Result<bool, E> {
    let item = scan.value()?;
    if !matches!(item, Item::Object) {
        scan.leave(item)?;
        return Ok(false);
    }
    let mut first = true;
    while let Some(key) = scan.key(first)? {
        first = false;
        each(key, scan)?;
    }
    Ok(true)
}

/// Reads the value that is due: of an array each item, which `each` must read; anything else is passed over.
pub(super) fn items<'a, E: From<JsonFault>>(
    scan: &mut Scanner<'a>,
    mut each: impl FnMut(&mut Scanner<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let item = scan.value()?;
    if !matches!(item, Item::Array) {
        return Ok(scan.leave(item)?);
    }
    let mut first = true;
    while scan.item(first)? {
        first = false;
        each(scan)?;
    }
    Ok(())
}

/// The value that is due, if it is a string.
pub(super) fn text<'a>(scan: &mut Scanner<'a>) -> Result<Option<Text<'a>>, JsonFault> {
    let item = scan.value()?;
    if let Item::Text(text) = item {
        return Ok(Some(text));
    }
    scan.leave(item)?;
    Ok(None)
}

/// The same, decoded; what is no text is none.
pub(super) fn owned(scan: &mut Scanner<'_>) -> Result<Option<String>, JsonFault> {
    let told = text(scan)?;
    Ok(told
        .and_then(|text| text.decode())
        .map(std::borrow::Cow::into_owned))
}

/// The value that is due, if it is a whole number that is not negative.
pub(super) fn whole(scan: &mut Scanner<'_>) -> Result<Option<u64>, JsonFault> {
    let item = scan.value()?;
    if let Item::Number(digits) = item {
        return Ok(std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok()));
    }
    scan.leave(item)?;
    Ok(None)
}
