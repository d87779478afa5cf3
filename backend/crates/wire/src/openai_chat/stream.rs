//! Reads a streamed answer's chunks into neutral events; its writer is in `writer`.
//! Sources: OpenAI's API reference, "Chat", "Streaming".

mod lanes;
mod writer;

use super::error::error_or_unknown;
use super::figures::{FigureFault, Figures};
use super::scan::DONE;
use crate::fault::StreamFault;
use crate::model::StreamEvent;
use crate::tree::Node;
use lanes::Lanes;
use std::collections::BTreeMap;
pub use writer::StreamWriter;

/// The most choices of an answer: as many as a request can ask for.
const CHOICES_MAX: u64 = crate::facts::CHOICES_MAX as u64;
const CHUNK: &str = "chat.completion.chunk";

/// Reads the chunks of one stream.
#[derive(Debug, Default)]
pub struct StreamReader {
    id: String,
    begun: bool,
    /// The end or an error came; nothing that follows is read.
    over: bool,
    choices: BTreeMap<u32, Lanes>,
    figures: Figures,
}

impl StreamReader {
    /// Takes in one event: its name, which this format does not use but for errors, and its data.
    ///
    /// # Errors
    /// If the data can't be read, or tells what can't be.
    pub fn read(&mut self, name: &[u8], data: &[u8], out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let data = data.trim_ascii();
        if self.over || data.is_empty() {
            return Ok(());
        }
        if data == DONE {
            return self.done(out);
        }
        let chunk = Node::parse(data).map_err(|fault| StreamFault::event(CHUNK, fault))?;
        let failed = chunk.get("error").is_some_and(|error| *error != Node::Null)
            || chunk.get("object").and_then(Node::as_text) == Some("error");
        if failed || name == b"error" {
            self.over = true;
            out.push(StreamEvent::Error(error_or_unknown(data)));
            return Ok(());
        }
        self.chunk(&chunk, out)
    }

    /// The upstream's body ended. That is an answer's proper end also without `[DONE]`, if each choice told why it ended.
    pub fn close(&mut self, out: &mut Vec<StreamEvent>) {
        let whole = !self.choices.is_empty() && self.choices.values().all(Lanes::has_ended);
        if !self.over && whole {
            out.push(StreamEvent::End);
        }
        self.over = true;
    }

    fn done(&mut self, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        if self.choices.is_empty() {
            return Err(StreamFault::event(
                CHUNK,
                "none with a choice came before the end",
            ));
        }
        for (choice, lanes) in &mut self.choices {
            lanes.end(*choice, None, None, out)?;
        }
        self.over = true;
        out.push(StreamEvent::End);
        Ok(())
    }

    fn chunk(&mut self, chunk: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let text = |name| chunk.get(name).and_then(Node::as_text).unwrap_or_default();
        let choices = chunk.get("choices").and_then(Node::as_array).unwrap_or_default();
        let usage = chunk.get("usage").filter(|usage| **usage != Node::Null);
        // Azure's first chunk has what its filters found, and neither an id nor a choice.
        if choices.is_empty() && usage.is_none() && text("id").is_empty() {
            return Ok(());
        }
        if !self.begun {
            self.begun = true;
            text("id").clone_into(&mut self.id);
            out.push(StreamEvent::Start {
                id: self.id.clone(),
                model: text("model").to_owned(),
            });
        }
        for choice in choices {
            self.choice(choice, out)?;
        }
        if let Some(usage) = usage {
            let bad = |fault: FigureFault| StreamFault::event(CHUNK, fault);
            self.figures.update(&Figures::of_node(usage).map_err(bad)?);
            if self.figures.has_input() {
                out.push(StreamEvent::Usage(self.figures.usage()));
            }
        }
        Ok(())
    }

    fn choice(&mut self, node: &Node<'_>, out: &mut Vec<StreamEvent>) -> Result<(), StreamFault> {
        let index = node.get("index").map_or(Some(0), Node::as_u64);
        let index = index
            .filter(|index| *index < CHOICES_MAX)
            .and_then(|index| u32::try_from(index).ok())
            .ok_or_else(|| StreamFault::event(CHUNK, "a choice has a number that can't be"))?;
        let lanes = self.choices.entry(index).or_default();
        if lanes.has_ended() {
            return Ok(());
        }
        lanes.delta(index, &self.id, node, out)?;
        if let Some(reason) = node.get("finish_reason").and_then(Node::as_text) {
            let sequence = node.get("stop_reason").and_then(Node::as_text);
            lanes.end(index, Some(reason), sequence, out)?;
        }
        Ok(())
    }
}
