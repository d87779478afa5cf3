//! Thirty days of usage as a chart of bars, with the table that every chart has.

use crate::charts::{Chart, Figures, Series, Unit};
use crate::format::{self, TimeStyle};
use crate::i18n::{Locale, use_locale};
use chrono::{NaiveDate, NaiveTime};
use tollgate_contract::money::NanoUsd;
use tollgate_contract::stats::DayFigures;
use yew::prelude::*;

/// One day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DailyPoint {
    pub date: NaiveDate,
    pub charge: NanoUsd,
}

impl From<&DayFigures> for DailyPoint {
    fn from(day: &DayFigures) -> Self {
        Self {
            date: day.date,
            charge: day.figures.charge_nano,
        }
    }
}

#[derive(Properties, PartialEq)]
pub struct DailyProps {
    /// Gaps filled with zeros.
    pub days: Vec<DailyPoint>,
    pub total: NanoUsd,
}

/// What each day cost.
#[component]
pub fn Daily(props: &DailyProps) -> Html {
    let locale = use_locale();
    html! { <Chart label={locale.texts().figures.cost} figures={figures(props, locale)} /> }
}

fn figures(props: &DailyProps, locale: Locale) -> Figures {
    // A day's bar stands at its noon by UTC, so that every zone writes the same date under it.
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let at = |day: &DailyPoint| day.date.and_time(noon).and_utc();
    let days = props.days.iter();
    Figures {
        x: days.clone().map(|day| format::millis(at(day)) / 1000.0).collect(),
        times: days
            .clone()
            .map(|day| format::time(at(day), "UTC", locale, TimeStyle::Day))
            .collect(),
        series: vec![Series {
            label: locale.texts().figures.cost.into(),
            colour: "--chart-1",
            values: days.clone().map(|day| day.charge.approximate_usd()).collect(),
            shown: days.map(|day| format::money(day.charge)).collect(),
            total: format::money(props.total),
        }],
        unit: Unit::Money,
        zone: "UTC".to_owned(),
        bars: true,
    }
}
