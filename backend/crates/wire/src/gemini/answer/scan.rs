//! Answers that only pass: their figures, found in one pass; also the pass over one event of a stream, which is an answer
//! in the same shape. Never in here: what is said.

use super::super::figures::{FigureFault, Figures};
use super::super::names::{is, scan_objects, scan_text};
use crate::facts::AnswerFacts;
use crate::fault::AnswerFault;
use crate::json::{Item, JsonFault, Scanner};
use crate::usage::Usage;

const NO_ANSWER: AnswerFault = AnswerFault::NoAnswer("no object with `candidates`");
/// No more candidates are told apart; more are not believed.
pub(in super::super) const CANDIDATES_MAX: u32 = 128;

/// What one answer or event tells.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Scanned {
    pub figures: Figures,
    /// Bytes of text, thinking and arguments.
    pub output_bytes: u64,
    /// Bytes of the candidates' content, as JSON.
    pub content_bytes: u64,
    /// One bit for each candidate seen, and for each that ended.
    pub seen: u128,
    pub ended: u128,
    pub has_candidates: bool,
    /// The prompt was blocked: there are no candidates and will be none.
    pub blocked: bool,
    pub error: bool,
    /// Google searched, which costs beside the tokens (Gemini API, "Pricing", grounding).
    pub searched: bool,
}

/// Reads a plain answer in one pass; what is said is passed over. One in Code Assist's envelope is read as well.
///
/// # Errors
/// If it is no answer, or its figures can't be.
pub fn scan_answer(body: &[u8]) -> Result<AnswerFacts, AnswerFault> {
    if std::str::from_utf8(body).is_err() {
        return Err(AnswerFault::NotJson("not valid UTF-8".to_owned()));
    }
    let Some(scanned) = scan(body)? else {
        return Err(NO_ANSWER);
    };
    if !scanned.has_candidates && !scanned.blocked {
        return Err(NO_ANSWER);
    }
    Ok(AnswerFacts {
        usage: scanned.figures.is_told().then(|| scanned.usage()),
        content_bytes: scanned.content_bytes,
        billed_beside_tokens: scanned.searched || scanned.figures.billed_beside_tokens(),
    })
}

/// One pass over a whole answer; `None` if it is no object.
pub(in super::super) fn scan(data: &[u8]) -> Result<Option<Scanned>, FigureFault> {
    let mut scan = Scanner::new(data);
    let item = scan.value()?;
    let mut scanned = Scanned::default();
    if !matches!(item, Item::Object) {
        return Ok(None);
    }
    scanned.fields(&mut scan, true)?;
    scan.end()?;
    Ok(Some(scanned))
}

impl Scanned {
    /// The figures. Google bills a search by the prompt or by the query, depending on the model (Gemini API, "Pricing",
    /// grounding): one at least is counted, and how many were billed is not told.
    pub fn usage(&self) -> Usage {
        searched(self.figures.usage(), self.searched)
    }

    /// Reads an object that was just opened.
    fn fields(&mut self, scan: &mut Scanner<'_>, outer: bool) -> Result<(), FigureFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "candidates") {
                let mut at = 0;
                scan_objects(scan, |scan| {
                    at += 1;
                    self.candidate(scan, at - 1)
                })?;
            } else if is(&key, "usageMetadata") {
                self.figures.update(&Figures::scan(scan)?);
            } else if is(&key, "promptFeedback") {
                self.blocked = has(scan, "blockReason")?;
            } else if outer && is(&key, "error") {
                let item = scan.value()?;
                self.error = !matches!(item, Item::Null);
                scan.leave(item)?;
            } else if outer && is(&key, "response") {
                match scan.value()? {
                    Item::Object => self.fields(scan, false)?,
                    other => scan.leave(other)?,
                }
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    fn candidate(&mut self, scan: &mut Scanner<'_>, at: u32) -> Result<(), JsonFault> {
        self.has_candidates = true;
        let (mut index, mut ended, mut first) = (at, false, true);
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "content") {
                let begin = scan.value_at();
                scan_objects(scan, |scan| self.content(scan))?;
                self.content_bytes += (scan.at() - begin) as u64;
            } else if is(&key, "finishReason") {
                ended = scan_text(scan)?
                    .is_some_and(|word| !word.is("") && !word.is("FINISH_REASON_UNSPECIFIED"));
            } else if is(&key, "index") {
                let item = scan.value()?;
                if let Item::Number(digits) = item {
                    let told = std::str::from_utf8(digits)
                        .ok()
                        .and_then(|digits| digits.parse().ok());
                    index = told.unwrap_or(at);
                }
                scan.leave(item)?;
            } else if is(&key, "groundingMetadata") {
                self.searched |= has(scan, "webSearchQueries")?;
            } else {
                scan.skip()?;
            }
        }
        let bit = 1_u128 << index.min(CANDIDATES_MAX - 1);
        self.seen |= bit;
        if ended {
            self.ended |= bit;
        }
        Ok(())
    }

    fn content(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "parts") {
                scan_objects(scan, |scan| self.part(scan))?;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }

    fn part(&mut self, scan: &mut Scanner<'_>) -> Result<(), JsonFault> {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            if is(&key, "text") {
                self.output_bytes += scan_text(scan)?.map_or(0, |text| text.length() as u64);
            } else if is(&key, "functionCall") {
                let begin = scan.value_at();
                scan.skip()?;
                self.output_bytes += (scan.at() - begin) as u64;
            } else {
                scan.skip()?;
            }
        }
        Ok(())
    }
}

/// Figures with the search that was made.
pub(in super::super) fn searched(mut usage: Usage, searched: bool) -> Usage {
    usage.other.web_search = u64::from(searched);
    usage
}

/// Whether the object that is due has something in this field.
fn has(scan: &mut Scanner<'_>, camel: &str) -> Result<bool, JsonFault> {
    let mut found = false;
    scan_objects(scan, |scan| {
        let mut first = true;
        while let Some(key) = scan.key(first)? {
            first = false;
            let wanted = is(&key, camel);
            let begin = scan.value_at();
            let item = scan.value()?;
            let null = matches!(item, Item::Null);
            scan.leave(item)?;
            // More than an empty array or text.
            found |= wanted && !null && scan.at() - begin > 2;
        }
        Ok(())
    })?;
    Ok(found)
}
