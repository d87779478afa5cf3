//! Providers' cost and usage reports, read into lines by day and model. Pure: what is wrong with a file is named by its
//! place and field, and nothing of it is used. Never in here: storing and comparing.
//!
//! Where the formats come from: OpenAI's API reference (`GET /v1/organization/costs`, `…/usage/completions`) and the
//! dashboard's exports; Anthropic's Admin API reference (`GET /v1/organizations/cost_report`, `…/usage_report/messages`)
//! and the console's exports. Each field's source stands where it is read.

mod anthropic;
mod decimal;
mod json;
mod model;
mod openai;
mod table;

pub(super) use model::model_key;

use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Most lines that are kept of a report, by day, model and item: a month of some hundred models.
const LINES_MAX: usize = 50_000;
/// Longest name of a model or an item, in bytes: both stand in an index.
const NAME_MAX: usize = 500;

/// Whose report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    OpenAi,
    Anthropic,
}

impl Provider {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
        }
    }
}

/// What it tells: money, or what was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Cost,
    Usage,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Cost => "cost",
            Self::Usage => "usage",
        }
    }
}

/// A report that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) provider: Provider,
    pub(super) kind: Kind,
    pub(super) format: &'static str,
    /// The days that it speaks of, those without a line included.
    pub(super) first_day: NaiveDate,
    pub(super) last_day: NaiveDate,
    pub(super) lines: BTreeMap<LineKey, Figures>,
}

/// Day in UTC, model and item, as the provider calls them.
pub(super) type LineKey = (NaiveDate, String, String);

/// What a report tells of a line; what it does not tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) requests: Option<i64>,
    pub(super) input: Option<i64>,
    pub(super) output: Option<i64>,
    pub(super) cache_write_5m: Option<i64>,
    pub(super) cache_write_1h: Option<i64>,
    pub(super) cache_read: Option<i64>,
    pub(super) amount: Option<i64>,
}

impl Figures {
    /// Adds what is told; `None` where a sum does not fit 64 bits.
    fn add(&mut self, more: &Self) -> Option<()> {
        for (sum, value) in [
            (&mut self.requests, more.requests),
            (&mut self.input, more.input),
            (&mut self.output, more.output),
            (&mut self.cache_write_5m, more.cache_write_5m),
            (&mut self.cache_write_1h, more.cache_write_1h),
            (&mut self.cache_read, more.cache_read),
            (&mut self.amount, more.amount),
        ] {
            if let Some(value) = value {
                *sum = Some(sum.unwrap_or(0).checked_add(value)?);
            }
        }
        Some(())
    }
}

/// What is wrong with a file, and where: `line 12, cost_usd` or `data[0].results[3].amount`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub(super) struct FileFault {
    pub(super) place: String,
    pub(super) message: String,
}

impl FileFault {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

/// One line before it is summed, with the names by which a part of the file may be chosen.
#[derive(Debug)]
struct Line {
    day: NaiveDate,
    model: String,
    item: String,
    scopes: Vec<String>,
    figures: Figures,
}

/// Gathers lines of the scope asked for.
#[derive(Debug)]
struct Gathered {
    scope: String,
    days: Option<(NaiveDate, NaiveDate)>,
    seen: usize,
    lines: BTreeMap<LineKey, Figures>,
}

impl Gathered {
    fn new(scope: &str) -> Self {
        Self {
            scope: scope.to_owned(),
            days: None,
            seen: 0,
            lines: BTreeMap::new(),
        }
    }

    /// The file speaks of this day, whether or not there is a line.
    fn covers(&mut self, day: NaiveDate) {
        let (first, last) = self.days.unwrap_or((day, day));
        self.days = Some((first.min(day), last.max(day)));
    }

    fn add(&mut self, place: &str, line: Line) -> Result<(), FileFault> {
        self.covers(line.day);
        self.seen += 1;
        if !self.scope.is_empty() && !line.scopes.contains(&self.scope) {
            return Ok(());
        }
        for (what, name) in [("model", &line.model), ("item", &line.item)] {
            if name.len() > NAME_MAX {
                let message = format!("the name of the {what} is longer than {NAME_MAX} bytes");
                return Err(FileFault::new(place, message));
            }
        }
        let sum = self.lines.entry((line.day, line.model, line.item)).or_default();
        sum.add(&line.figures)
            .ok_or_else(|| FileFault::new(place, "the sum of its figures does not fit 64 bits"))?;
        if self.lines.len() > LINES_MAX {
            return Err(FileFault::new(
                place,
                format!(
                    "the file has more than {LINES_MAX} lines by day, model and item; upload it in parts"
                ),
            ));
        }
        Ok(())
    }

    fn report(self, provider: Provider, kind: Kind, format: &'static str) -> Result<Report, FileFault> {
        let (Some((first_day, last_day)), false) = (self.days, self.lines.is_empty()) else {
            let message = if self.seen > 0 {
                format!("no line of the file belongs to `{}`", self.scope)
            } else {
                "the file holds no lines".to_owned()
            };
            return Err(FileFault::new("file", message));
        };
        Ok(Report {
            provider,
            kind,
            format,
            first_day,
            last_day,
            lines: self.lines,
        })
    }
}

/// Reads a file, of which only lines of this project, workspace or key are taken, all of them if it is empty.
pub(super) fn read(content: &str, scope: &str) -> Result<Report, FileFault> {
    let content = content.trim_start_matches('\u{feff}');
    if content.trim_start().starts_with(['{', '[']) {
        json::read(content, scope)
    } else {
        table::read(content, scope)
    }
}

#[cfg(test)]
mod tests;
