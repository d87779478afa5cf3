//! CSV exports: columns are found by their names, so that new ones do no harm.

use super::{FileFault, Gathered, Provider, Report, anthropic, openai};
use csv::StringRecord;

/// A row with its place in the file.
pub(super) struct Row<'a> {
    columns: &'a [String],
    cells: &'a StringRecord,
    line: u64,
}

impl<'a> Row<'a> {
    /// A cell without blanks around it; empty where there is none.
    pub(super) fn cell(&self, column: &str) -> &'a str {
        let at = self.columns.iter().position(|name| name == column);
        at.and_then(|at| self.cells.get(at)).unwrap_or_default().trim()
    }

    /// `line 12`.
    pub(super) fn place(&self) -> String {
        format!("line {}", self.line)
    }

    /// `line 12, cost_usd`.
    pub(super) fn at(&self, column: &str) -> String {
        format!("line {}, {column}", self.line)
    }

    pub(super) fn fault(&self, column: &str, message: String) -> FileFault {
        FileFault::new(self.at(column), message)
    }
}

pub(super) fn read(content: &str, scope: &str) -> Result<Report, FileFault> {
    let mut reader = csv::ReaderBuilder::new().from_reader(content.as_bytes());
    let unreadable = |error: csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        FileFault::new(format!("line {line}"), error.to_string())
    };
    let columns: Vec<String> = reader
        .headers()
        .map_err(unreadable)?
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    let (provider, kind) = match (openai::kind_of(&columns), anthropic::kind_of(&columns)) {
        (Some(kind), _) => (Provider::OpenAi, kind),
        (None, Some(kind)) => (Provider::Anthropic, kind),
        (None, None) => {
            return Err(FileFault::new(
                "line 1",
                "these are not the columns of a cost or usage export of OpenAI's dashboard or Anthropic's console",
            ));
        }
    };
    let mut gathered = Gathered::new(scope);
    for cells in reader.records() {
        let cells = cells.map_err(unreadable)?;
        let row = Row {
            columns: &columns,
            cells: &cells,
            line: cells.position().map_or(1, csv::Position::line),
        };
        match provider {
            Provider::OpenAi => openai::row(&row, kind, &mut gathered)?,
            Provider::Anthropic => anthropic::row(&row, kind, &mut gathered)?,
        }
    }
    gathered.report(provider, kind, "csv")
}
