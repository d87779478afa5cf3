//! Each row of a report is what the events of its things come to, whichever sums it was read from: those by one thing, by
//! two, or by everything.

use super::reports::{ALL, Scene, added, list, sums, text};
use serde_json::Value;

/// The events that a row is of, as a condition.
fn events_of(dims: &[&str], row: &Value) -> String {
    let conditions = dims.iter().zip(list(row, "ids")).map(|(dim, id)| {
        let id = text(id);
        match (*dim, id) {
            ("key", _) => format!("key_id = '{id}'"),
            ("user" | "account", "") => format!("{dim}_id IS NULL"),
            ("user" | "account", _) => format!("{dim}_id = '{id}'"),
            ("client", _) => format!("client_family(client) = '{id}'"),
            ("tag", _) => {
                format!("EXISTS (SELECT FROM api_key_tags t WHERE t.key_id = e.key_id AND t.tag = '{id}')")
            }
            _ => format!("{dim} = '{id}'"),
        }
    });
    conditions.collect::<Vec<_>>().join(" AND ")
}

#[test]
fn a_row_is_what_the_events_of_its_things_come_to() {
    let scene = Scene::new();
    let mine = format!("user_id = '{}'", scene.member_id);
    let my = format!("&user_id={}", scene.member_id);
    for (dims, query, filter) in [
        (&["key"][..], "&step=month", "true"),
        (&["user"], "&step=week", "true"),
        // A pair, in both orders.
        (&["key", "model"], "&step=month", "true"),
        (&["model", "key"], "&step=month", "true"),
        (&["status", "account"], "&step=day", "true"),
        // A filter beside a grouping, which is a pair too; and beside two, which is none.
        (&["model"], "&step=month&status=timeout", "status = 'timeout'"),
        (&["key"], &format!("&step=day{my}"), &mine),
        (&["tag"], &format!("&step=month{my}"), &mine),
        (&["client", "model"], &format!("&step=week{my}"), &mine),
        // Keys by their tag.
        (&["tag"], "&step=month", "true"),
        (&["tag", "cost_centre"], "&step=month", "true"),
        (
            &["platform"],
            "&step=month&tag=green",
            "key_id IN (SELECT key_id FROM api_key_tags WHERE tag = 'green')",
        ),
    ] {
        for zone in ["Europe/Berlin", "Asia/Kolkata"] {
            let group = dims
                .iter()
                .zip(["group_by", "then_by"])
                .map(|(dim, name)| format!("&{name}={dim}"));
            let report = scene.report(&format!("{ALL}&zone={zone}{}{query}", group.collect::<String>()));
            let rows = list(&report, "rows");
            assert!(!rows.is_empty(), "{dims:?} {query}");
            for row in rows {
                let of_row = format!("{filter} AND {}", events_of(dims, row));
                let events = scene.events(&report["from"], &report["to"], &of_row);
                assert_eq!(sums(&row["metrics"]), events, "{dims:?} {query} {zone}: {of_row}");
                if let Some(points) = row["points"].as_array().filter(|points| !points.is_empty()) {
                    let points = points.iter().map(|point| &point["metrics"]);
                    assert_eq!(
                        added(points),
                        events,
                        "the points of {dims:?} {query} {zone}: {of_row}"
                    );
                }
            }
        }
    }
}
