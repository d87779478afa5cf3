//! What the address says of the request log, and the time range that means.

use crate::pages::exports::ExportsView;
use crate::pages::parts::is_default;
use crate::zone;
use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tollgate_contract::ids::{AccountId, KeyId, RequestId, UserId};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::reports::ClientFamily;
use tollgate_contract::requests::{Quality, RequestQuery, RequestStatus};

/// A time range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    #[serde(rename = "1h")]
    Hour,
    #[serde(rename = "24h")]
    Day,
    #[serde(rename = "today")]
    Today,
    #[serde(rename = "7d")]
    Week,
    #[default]
    #[serde(rename = "30d")]
    Month,
    /// From day to day, as the address says.
    #[serde(rename = "days")]
    Days,
    /// From instant to instant, as a link from a report says.
    #[serde(rename = "between")]
    Between,
}

impl Range {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Hour,
        Self::Day,
        Self::Today,
        Self::Week,
        Self::Month,
        Self::Days,
        Self::Between,
    ];

    /// As the address has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Today => "today",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Days => "days",
            Self::Between => "between",
        }
    }

    /// The one of this name.
    pub fn parse(text: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|range| range.as_str() == text)
            .unwrap_or_default()
    }
}

/// Filters, page, and what is open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RequestsView {
    #[serde(skip_serializing_if = "is_default")]
    pub range: Range,
    /// The first day, for [`Range::Days`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<NaiveDate>,
    /// The last day, for [`Range::Days`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<NaiveDate>,
    /// The first instant and the end, for [`Range::Between`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<AccountId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<RequestStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientFamily>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub centre: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<Quality>,
    /// Charged at least this, in nano-USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub charge: Option<NanoUsd>,
    /// Took at least so many milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ms: Option<u32>,
    /// This id, ours or the client's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<RequestId>,
}

impl RequestsView {
    /// The same list with this over it.
    pub fn with_open(&self, open: Option<RequestId>) -> Self {
        Self { open, ..self.clone() }
    }

    /// The first page of the list with other filters.
    pub fn with_list(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut next = Self {
            cursor: None,
            open: None,
            ..self.clone()
        };
        change(&mut next);
        next
    }

    /// Whether a filter other than the time leaves anything out.
    pub fn filtered(&self) -> bool {
        let bare = Self {
            range: self.range,
            from: self.from,
            to: self.to,
            after: self.after,
            before: self.before,
            cursor: self.cursor.clone(),
            open: self.open,
            ..Self::default()
        };
        *self != bare
    }

    /// The address of an export that holds the same requests; of a single one there is none.
    pub fn export(&self, now: DateTime<Utc>, zone: &str) -> Option<String> {
        if self.id.is_some() {
            return None;
        }
        let asked = self.to_query(now, zone);
        let view = ExportsView {
            after: asked.from,
            before: asked.to,
            key: self.key,
            user: self.user,
            account: self.account,
            model: self.model.clone().unwrap_or_default(),
            platform: self.platform.clone(),
            client: self.client,
            status: self.status,
            quality: self.quality,
            cost_centre: self.centre.clone(),
            tag: self.tag.clone(),
            http: self.http,
            charge: self.charge,
            ms: self.ms,
            ..ExportsView::default()
        };
        Some(view.address())
    }

    /// What to ask the server for. Whole minutes, so that the same question is asked again and not a new one at each look.
    pub fn to_query(&self, now: DateTime<Utc>, zone: &str) -> RequestQuery {
        let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
        let ago = |hours: i64| Some(minute - TimeDelta::hours(hours));
        let (from, to) = match self.range {
            Range::Hour => (ago(1), None),
            Range::Day => (ago(24), None),
            Range::Today => (
                zone::day_of(now, zone).and_then(|today| zone::day_start(today, zone)),
                None,
            ),
            Range::Week => (ago(7 * 24), None),
            Range::Month => (ago(30 * 24), None),
            Range::Days => (
                self.from.and_then(|day| zone::day_start(day, zone)),
                self.to.and_then(|day| zone::day_end(day, zone)),
            ),
            Range::Between => (self.after, self.before),
        };
        RequestQuery {
            key_id: self.key,
            user_id: self.user,
            tag: self.tag.clone(),
            account_id: self.account,
            platform: self.platform.clone(),
            client: self.client,
            cost_centre: self.centre.clone(),
            http_status: self.http,
            quality: self.quality,
            unpriced: None,
            min_charge_nano: self.charge,
            min_duration_ms: self.ms,
            id: self.id.clone(),
            model: self.model.clone(),
            status: self.status,
            from,
            to,
            cursor: self.cursor.clone(),
            limit: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_short_and_comes_back_as_it_was() {
        assert_eq!(serde_urlencoded::to_string(RequestsView::default()).unwrap(), "");
        let view = RequestsView {
            range: Range::Days,
            from: "2026-11-01".parse().ok(),
            status: Some(RequestStatus::UpstreamError),
            ..RequestsView::default()
        };
        let text = serde_urlencoded::to_string(&view).unwrap();
        assert_eq!(text, "range=days&from=2026-11-01&status=upstream_error");
        assert_eq!(serde_urlencoded::from_str::<RequestsView>(&text).unwrap(), view);
    }

    #[test]
    fn the_same_minute_asks_the_same_question() {
        let view = RequestsView {
            range: Range::Hour,
            ..RequestsView::default()
        };
        let at = |text: &str| {
            view.to_query(text.parse().unwrap(), "UTC")
                .from
                .map(|from| from.to_rfc3339())
        };
        assert_eq!(at("2026-11-24T12:00:01Z"), at("2026-11-24T12:00:59Z"));
        assert_eq!(
            at("2026-11-24T12:00:01Z").as_deref(),
            Some("2026-11-24T11:00:00+00:00")
        );
    }
}
