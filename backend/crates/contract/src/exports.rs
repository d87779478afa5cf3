//! Exports: usage, summaries, transfers and charge-back as files that finance and other software take, links to them, and
//! schedules that send them.

mod charge_back;
mod groups;
mod link;
mod schedules;

pub use charge_back::{ChargeBack, ChargeBackQuery, ChargeBackRow};
pub use groups::{ExportGroup, GROUPS_MAX, groups_of};
pub use link::ExportLink;
pub use schedules::{
    Delivery, DeliveryState, MadeSchedule, RECIPIENTS_MAX, SCHEDULES_MAX, Schedule, ScheduleBasis,
    ScheduleDeliveries, ScheduleDelivery, ScheduleForm, SchedulePeriod, Schedules, WEBHOOK_URL_MAX,
};

use crate::check;
use crate::ids::{AccountId, ExportId, KeyId, ScheduleId, UserId};
use crate::money::NanoUsd;
use crate::reports::ClientFamily;
use crate::requests::{Quality, RequestStatus};
use chrono::{DateTime, Utc};
use groups::group_list;
use serde::{Deserialize, Serialize};
use validator::Validate;

/// What is in a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExportSource {
    /// A line for each relayed request, and one for each later correction.
    #[default]
    Usage,
    /// Sums of usage, grouped as asked.
    Summary,
    /// The ledger's transfers.
    Transfers,
    /// Sums of usage by cost centre, of which the organisation's total is made.
    ChargeBack,
}

impl ExportSource {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Usage, Self::Summary, Self::Transfers, Self::ChargeBack];

    /// As stored, and as files are called.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Usage => "usage",
            Self::Summary => "summary",
            Self::Transfers => "transfers",
            Self::ChargeBack => "charge_back",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == text)
    }
}

/// How a file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    /// Comma-separated values (RFC 4180), UTF-8, with a row of totals.
    #[default]
    Csv,
    /// An Excel workbook with a row of totals; several sheets where one does not hold all rows.
    Xlsx,
    /// A JSON object a line; the last one has the totals.
    Jsonl,
    /// The Cost and Usage dataset of FOCUS 1.4 as CSV; of usage alone.
    Focus,
}

impl ExportFormat {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Xlsx, Self::Jsonl, Self::Focus];

    /// As stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
            Self::Focus => "focus",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == text)
    }

    /// How such a file's name ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv | Self::Focus => "csv",
            Self::Xlsx => "xlsx",
            Self::Jsonl => "jsonl",
        }
    }

    /// The file's media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv | Self::Focus => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/x-ndjson",
        }
    }
}

/// The name of a file to be had, such as `usage.csv`, `focus.csv`, `charge_back.xlsx`.
pub fn file_name(source: ExportSource, format: ExportFormat) -> String {
    match format {
        ExportFormat::Focus => "focus.csv".to_owned(),
        _ => format!("{}.{}", source.as_str(), format.extension()),
    }
}

/// What a file's name stands for; `None` for a name that there is none of.
pub fn of_file_name(name: &str) -> Option<(ExportSource, ExportFormat)> {
    let formats = |source| ExportFormat::ALL.map(|format| (source, format));
    ExportSource::ALL
        .into_iter()
        .flat_map(formats)
        .filter(|(source, format)| fits(*source, *format))
        .find(|(source, format)| file_name(*source, *format) == name)
}

/// Whether there are such files: FOCUS is of usage alone.
pub fn fits(source: ExportSource, format: ExportFormat) -> bool {
    format != ExportFormat::Focus || source == ExportSource::Usage
}

/// Which rows a file holds. Times and filters are those of the request log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams, utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ExportQuery {
    /// Requests admitted (transfers booked) at or after; 30 days before `to` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub from: Option<DateTime<Utc>>,
    /// Admitted (booked) before; now if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::instant"))]
    pub to: Option<DateTime<Utc>>,
    /// Exactly what the statement of this closed month holds, such as `2026-11`: what was booked in it, whenever it was
    /// made. Without `from`, `to` and `through`, which follow from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::month"))]
    pub statement: Option<String>,
    /// Only this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
    /// Only keys of this person; the nil UUID: of nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Only this account; the nil UUID: those that no account of the organisation's own answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// Only this platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub platform: Option<String>,
    /// Only this model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub model: Option<String>,
    /// Only those that ended so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    /// Only exact figures, or only estimated ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// Only requests whose model had no price, or only those with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unpriced: Option<bool>,
    /// Only this client, as it named itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub client: Option<String>,
    /// Only this program, whatever its version: the request log's `client`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_family: Option<ClientFamily>,
    /// Only this status to the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 100, max = 999, code = "out_of_range", message = "must be 100 to 999"))]
    #[cfg_attr(feature = "openapi", param(minimum = 100, maximum = 999))]
    pub http_status: Option<u16>,
    /// Only those that were charged at least this, as first booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::not_below_zero"))]
    pub min_charge_nano: Option<NanoUsd>,
    /// Only those that took at least so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(
        max = 2_147_483_647,
        code = "out_of_range",
        message = "must be at most 2147483647"
    ))]
    #[cfg_attr(feature = "openapi", param(maximum = 2_147_483_647))]
    pub min_duration_ms: Option<u32>,
    /// Only this cost centre; empty for what has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::cost_centre"))]
    pub cost_centre: Option<String>,
    /// Only keys that have this label today.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub tag: Option<String>,
    /// What a summary is grouped by, with commas between: `day,model`; `month` if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "group_list"))]
    pub group: Option<String>,
    /// Whether a CSV file begins with a byte order mark, which older Excel needs to see that it is UTF-8.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bom: bool,
    /// The number of the last batch that counts, as in the header `export-through` of a file: the same rows again, whatever
    /// was booked since. The last one there is if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(range(min = 0, message = "must not be below 0"))]
    pub through: Option<i64>,
    /// Goes on after this line of a broken download of usage: `request_id:batch_no` of the last whole line. Only with
    /// `through`, and not for XLSX.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[validate(custom(function = "check::query_text"))]
    pub after: Option<String>,
}

/// `POST exports`: keeps what a file shall hold, as of now.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreateExport {
    /// What is in it.
    pub source: ExportSource,
    /// How it is written.
    pub format: ExportFormat,
    /// Which rows.
    #[serde(default)]
    #[validate(nested)]
    pub query: ExportQuery,
}

/// A kept export. Its rows are read anew at each download, and are the same each time: it ends with a batch of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Export {
    /// The export.
    pub id: ExportId,
    /// What is in it.
    pub source: ExportSource,
    /// How it is written.
    pub format: ExportFormat,
    /// Which rows; with both ends of the range and the last batch.
    pub query: ExportQuery,
    /// The file's name.
    pub file_name: String,
    /// How many rows it has.
    pub rows: u64,
    /// What they come to: charges, or for transfers what they changed in the wallet.
    pub total_nano: NanoUsd,
    /// The schedule that made it, if one did.
    pub schedule_id: Option<ScheduleId>,
    /// Who made it, as they were called then.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Until when it can be had.
    pub expires_at: DateTime<Utc>,
}

/// `GET exports`: the newest hundred.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Exports {
    /// The newest first.
    pub items: Vec<Export>,
}

/// The first rows of a file, as they would stand in a CSV file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportPreview {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// Whether there are more.
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_has_one_name_and_focus_is_of_usage_alone() {
        let mut names = Vec::new();
        for source in ExportSource::ALL {
            for format in ExportFormat::ALL
                .into_iter()
                .filter(|format| fits(source, *format))
            {
                let name = file_name(source, format);
                assert_eq!(of_file_name(&name), Some((source, format)), "{name}");
                assert!(!names.contains(&name), "{name}");
                names.push(name);
            }
        }
        assert_eq!(names.len(), 13);
        for unknown in ["usage", "usage.focus", "summary.pdf", "../usage.csv", ""] {
            assert_eq!(of_file_name(unknown), None, "{unknown}");
        }
    }
}
