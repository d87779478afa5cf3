//! What the address says of the page, what file that means, and the addresses by which other pages have what they show
//! exported. Pure but for days of the zone.

use crate::pages::parts::is_default;
use crate::zone::{day_end, day_start, parse_day};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tollgate_contract::exports::{CreateExport, ExportFormat, ExportGroup, ExportQuery, ExportSource};
use tollgate_contract::ids::{AccountId, KeyId, UserId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reports::{ClientFamily, ReportDim};
use tollgate_contract::requests::{Quality, RequestStatus};

/// What is in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tab {
    #[default]
    Files,
    Schedules,
    ChargeBack,
}

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportsView {
    #[serde(skip_serializing_if = "is_default")]
    pub tab: Tab,
    #[serde(skip_serializing_if = "is_default")]
    pub source: ExportSource,
    #[serde(skip_serializing_if = "is_default")]
    pub format: ExportFormat,
    /// Days as they are typed.
    #[serde(skip_serializing_if = "is_default")]
    pub from: String,
    #[serde(skip_serializing_if = "is_default")]
    pub to: String,
    /// Instants, as a page that has something exported says; a day that is typed goes before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "is_default")]
    pub group: String,
    #[serde(skip_serializing_if = "is_default")]
    pub model: String,
    /// `Some("")`: what has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost_centre: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientFamily>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<NanoUsd>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u32>,
}

impl ExportsView {
    /// The address's query.
    pub fn address(&self) -> String {
        serde_urlencoded::to_string(self).unwrap_or_default()
    }

    /// The file that is meant, in days of the organisation's zone. What an export of this kind knows nothing of is left out.
    pub fn order(&self, zone: &str) -> CreateExport {
        let text = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let from = parse_day(&self.from).and_then(|day| day_start(day, zone));
        let to = parse_day(&self.to).and_then(|day| day_end(day, zone));
        let mut query = ExportQuery {
            from: from.or(self.after),
            to: to.or(self.before),
            ..ExportQuery::default()
        };
        if self.source != ExportSource::Transfers {
            query = ExportQuery {
                model: text(&self.model),
                cost_centre: self.cost_centre.as_ref().map(|centre| centre.trim().to_owned()),
                group: text(&self.group).filter(|_| self.source == ExportSource::Summary),
                key_id: self.key,
                user_id: self.user,
                account_id: self.account,
                platform: self.platform.clone(),
                client_family: self.client,
                status: self.status,
                quality: self.quality,
                tag: self.tag.clone(),
                http_status: self.http,
                min_charge_nano: self.charge,
                min_duration_ms: self.ms,
                ..query
            };
        }
        CreateExport {
            source: self.source,
            format: self.format,
            query,
        }
    }
}

/// The groups of a summary that shows what a report shows.
pub fn groups_of_dims(dims: impl IntoIterator<Item = ReportDim>) -> String {
    let names = dims.into_iter().map(|dim| {
        let group = match dim {
            ReportDim::Key => ExportGroup::Key,
            ReportDim::Model => ExportGroup::Model,
            ReportDim::User => ExportGroup::User,
            ReportDim::Tag => ExportGroup::Tags,
            ReportDim::Account => ExportGroup::Account,
            ReportDim::Platform => ExportGroup::Platform,
            ReportDim::Client => ExportGroup::Client,
            ReportDim::Status => ExportGroup::Status,
            ReportDim::CostCentre => ExportGroup::CostCentre,
        };
        group.as_str()
    });
    names.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_comes_back_as_it_was_and_becomes_the_same_filters() {
        assert_eq!(ExportsView::default().address(), "");
        let view = ExportsView {
            source: ExportSource::Summary,
            group: groups_of_dims([ReportDim::CostCentre, ReportDim::Tag]),
            after: "2026-10-01T00:00:00Z".parse().ok(),
            before: "2026-11-01T00:00:00Z".parse().ok(),
            cost_centre: Some(String::new()),
            client: Some(ClientFamily::Codex),
            charge: Some(NanoUsd(5)),
            ..ExportsView::default()
        };
        let read: ExportsView = serde_urlencoded::from_str(&view.address()).unwrap();
        assert_eq!(read, view);
        let order = read.order("UTC");
        assert_eq!(order.query.group.as_deref(), Some("cost_centre,tags"));
        assert_eq!((order.query.from, order.query.to), (view.after, view.before));
        assert_eq!(order.query.cost_centre.as_deref(), Some(""), "what has none");
        assert_eq!(
            (order.query.client_family, order.query.min_charge_nano),
            (view.client, view.charge)
        );
    }

    #[test]
    fn transfers_have_no_filters_of_usage() {
        let view = ExportsView {
            source: ExportSource::Transfers,
            model: "m".to_owned(),
            http: Some(200),
            ..ExportsView::default()
        };
        assert_eq!(view.order("UTC").query, ExportQuery::default());
    }
}
