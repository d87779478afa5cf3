//! What the address says of the page, and what to ask the server for.

use crate::pages::exports::{ExportsView, groups_of_dims};
use crate::pages::parts::is_default;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use tollgate_contract::exports::ExportSource;
use tollgate_contract::ids::{AccountId, KeyId, UserId};
use tollgate_contract::reports::{
    ClientFamily, Report, ReportCompare, ReportDim, ReportMetric, ReportQuery, ReportRange, ReportStep,
};
use tollgate_contract::requests::RequestStatus;
use uuid::Uuid;

/// Rows at first, and when more are wanted.
const ROWS: u32 = 20;
const ROWS_MORE: u32 = 500;

/// Beside what the range is put.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    #[default]
    Previous,
    LastYear,
    Nothing,
}

impl Beside {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Previous, Self::LastYear, Self::Nothing];

    /// As the address has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Previous => "previous",
            Self::LastYear => "last_year",
            Self::Nothing => "nothing",
        }
    }
}

/// Range, zone, grouping and filters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct UsageView {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<ReportRange>,
    /// Days instead of a range that moves.
    #[serde(skip_serializing_if = "is_default")]
    pub days: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<ReportStep>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<ReportDim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<ReportDim>,
    #[serde(skip_serializing_if = "is_default")]
    pub what: ReportMetric,
    #[serde(skip_serializing_if = "is_default")]
    pub beside: Beside,
    /// A line for each group instead of the total.
    #[serde(skip_serializing_if = "is_default")]
    pub split: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientFamily>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

impl UsageView {
    /// What rows stand for.
    pub fn by(&self) -> ReportDim {
        self.by.unwrap_or(ReportDim::Model)
    }

    /// The range that moves, if days were not given.
    pub fn range(&self) -> Option<ReportRange> {
        (!self.days).then(|| self.range.unwrap_or(ReportRange::Last30Days))
    }

    /// The width of a point: as chosen, else one that fits.
    pub fn step(&self) -> ReportStep {
        if let Some(step) = self.step {
            return step;
        }
        match self.range() {
            Some(ReportRange::Last24Hours | ReportRange::Today | ReportRange::Yesterday) => ReportStep::Hour,
            Some(ReportRange::ThisQuarter | ReportRange::LastQuarter) => ReportStep::Week,
            Some(ReportRange::ThisYear | ReportRange::LastYear | ReportRange::Last12Months) => {
                ReportStep::Month
            }
            Some(_) => ReportStep::Day,
            None => match self
                .from
                .zip(self.to)
                .map_or(30, |(from, to)| (to - from).num_days())
            {
                ..=1 => ReportStep::Hour,
                2..=92 => ReportStep::Day,
                93..=400 => ReportStep::Week,
                _ => ReportStep::Month,
            },
        }
    }

    /// What to ask the server for. Days that are not given yet are the last thirty.
    pub fn to_query(&self) -> ReportQuery {
        let given = self.days && self.from.is_some();
        let range = if given {
            None
        } else {
            Some(self.range().unwrap_or(ReportRange::Last30Days))
        };
        ReportQuery {
            range,
            from: self.from.filter(|_| given),
            to: self.to.filter(|_| given),
            zone: self.zone.clone(),
            step: Some(self.step()),
            group_by: Some(self.by()),
            then_by: self.then.filter(|then| *then != self.by()),
            key_id: self.key,
            user_id: self.user,
            account_id: self.account,
            model: self.model.clone(),
            platform: self.platform.clone(),
            client: self.client,
            status: self.status,
            cost_centre: self.centre.clone(),
            tag: self.tag.clone(),
            sort: self.what,
            top: Some(if self.more { ROWS_MORE } else { ROWS }),
            compare: match self.beside {
                Beside::Previous => Some(ReportCompare::Previous),
                Beside::LastYear => Some(ReportCompare::LastYear),
                Beside::Nothing => None,
            },
            ..ReportQuery::default()
        }
    }

    /// Keeps to what a row stands for; `None` where that can't be filtered by.
    pub fn narrowed(&self, dim: ReportDim, id: &str) -> Option<Self> {
        let mut next = self.clone();
        let uuid = || {
            if id.is_empty() {
                Some(Uuid::nil())
            } else {
                id.parse().ok()
            }
        };
        match dim {
            ReportDim::Key => next.key = Some(KeyId(id.parse().ok()?)),
            ReportDim::User => next.user = Some(UserId(uuid()?)),
            ReportDim::Account => next.account = Some(AccountId(uuid()?)),
            ReportDim::Model => next.model = Some(id.to_owned()),
            ReportDim::Platform => next.platform = Some(id.to_owned()),
            ReportDim::Client => {
                next.client = Some(
                    ClientFamily::ALL
                        .into_iter()
                        .find(|client| client.as_str() == id)?,
                );
            }
            ReportDim::Status => next.status = Some(RequestStatus::parse(id)?),
            ReportDim::CostCentre => next.centre = Some(id.to_owned()),
            ReportDim::Tag if id.is_empty() => return None,
            ReportDim::Tag => next.tag = Some(id.to_owned()),
        }
        Some(next)
    }

    /// The same, shown by what is not filtered by yet.
    pub fn inside(mut self) -> Self {
        let free = [
            ReportDim::Model,
            ReportDim::Key,
            ReportDim::Status,
            ReportDim::Client,
        ];
        let filtered = |dim: ReportDim| match dim {
            ReportDim::Model => self.model.is_some(),
            ReportDim::Key => self.key.is_some(),
            ReportDim::Status => self.status.is_some(),
            _ => false,
        };
        self.by = free.into_iter().find(|dim| !filtered(*dim));
        (self.then, self.more) = (None, false);
        self
    }

    /// The address of an export that holds the rows that are shown, over a report's range.
    pub fn export(&self, report: &Report) -> String {
        let view = ExportsView {
            source: ExportSource::Summary,
            after: Some(report.from),
            before: Some(report.to),
            group: groups_of_dims(report.group_by.iter().copied()),
            key: self.key,
            user: self.user,
            account: self.account,
            model: self.model.clone().unwrap_or_default(),
            platform: self.platform.clone(),
            client: self.client,
            status: self.status,
            cost_centre: self.centre.clone(),
            tag: self.tag.clone(),
            ..ExportsView::default()
        };
        view.address()
    }

    /// The request log's address with the same filters, over a report's range.
    pub fn log(&self, report: &Report) -> String {
        let mut pairs = vec![
            ("range", "between".to_owned()),
            ("after", report.from.to_rfc3339()),
            ("before", report.to.to_rfc3339()),
        ];
        let mut add = |name, value: Option<String>| pairs.extend(value.map(|value| (name, value)));
        add("key", self.key.map(|id| id.to_string()));
        add("user", self.user.map(|id| id.to_string()));
        add("account", self.account.map(|id| id.to_string()));
        add("model", self.model.clone());
        add("platform", self.platform.clone());
        add("client", self.client.map(|client| client.as_str().to_owned()));
        add("status", self.status.map(|status| status.as_str().to_owned()));
        add("centre", self.centre.clone());
        add("tag", self.tag.clone());
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_short_and_comes_back_as_it_was() {
        assert_eq!(serde_urlencoded::to_string(UsageView::default()).unwrap(), "");
        let view = UsageView {
            range: Some(ReportRange::Last7Days),
            zone: Some("Asia/Kolkata".to_owned()),
            by: Some(ReportDim::CostCentre),
            centre: Some(String::new()),
            ..UsageView::default()
        };
        let text = serde_urlencoded::to_string(&view).unwrap();
        assert_eq!(
            text,
            "range=last_7_days&zone=Asia%2FKolkata&by=cost_centre&centre="
        );
        assert_eq!(serde_urlencoded::from_str::<UsageView>(&text).unwrap(), view);
    }

    #[test]
    fn a_row_becomes_a_filter_and_none_is_one_as_well() {
        let view = UsageView::default();
        let nobody = view.narrowed(ReportDim::User, "").unwrap();
        assert_eq!(nobody.user, Some(UserId(Uuid::nil())));
        assert!(view.narrowed(ReportDim::Tag, "").is_none());
        let model = view.narrowed(ReportDim::Model, "m").unwrap().inside();
        assert_eq!(model.by(), ReportDim::Key);
    }

    #[test]
    fn points_fit_the_range() {
        let view = |range| UsageView {
            range: Some(range),
            ..UsageView::default()
        };
        assert_eq!(view(ReportRange::Today).step(), ReportStep::Hour);
        assert_eq!(view(ReportRange::LastYear).step(), ReportStep::Month);
        let days = UsageView {
            days: true,
            from: "2026-01-01".parse().ok(),
            to: "2026-01-02".parse().ok(),
            ..UsageView::default()
        };
        assert_eq!(days.step(), ReportStep::Hour);
        assert_eq!(days.to_query().range, None);
    }
}
