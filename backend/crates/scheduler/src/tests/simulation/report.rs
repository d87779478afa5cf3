//! What came of the runs, and how it is shown.

use super::rules::Kind;
use std::fmt::Write;

const BEGIN: &str = "<!-- simulation: begin -->";
const END: &str = "<!-- simulation: end -->";

/// Of one rule; of one run, or of several together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    kind: Kind,
    /// By tenant.
    pub(super) asked: Vec<u32>,
    pub(super) answered: Vec<u32>,
    /// Tenants that never burst.
    quiet: Vec<bool>,
    /// Milliseconds from arrival to the try that was answered, and whose.
    pub(super) waits: Vec<(i64, usize)>,
    pub(super) longest_wait_ms: i64,
    pub(super) failovers: u32,
    pub(super) most_over_cap: u32,
    pub(super) recovered_s: Option<f64>,
}

impl Outcome {
    pub(super) fn new(kind: Kind, quiet: Vec<bool>) -> Self {
        Self {
            kind,
            asked: vec![0; quiet.len()],
            answered: vec![0; quiet.len()],
            quiet,
            waits: Vec::new(),
            longest_wait_ms: 0,
            failovers: 0,
            most_over_cap: 0,
            recovered_s: None,
        }
    }

    /// Of several runs; the time to recover is the longest.
    pub(super) fn of_all(runs: &[Self]) -> Self {
        let mut all = Self::new(runs[0].kind, runs[0].quiet.clone());
        for run in runs {
            for tenant in 0..all.asked.len() {
                all.asked[tenant] += run.asked[tenant];
                all.answered[tenant] += run.answered[tenant];
            }
            all.waits.extend(&run.waits);
            all.longest_wait_ms = all.longest_wait_ms.max(run.longest_wait_ms);
            all.failovers += run.failovers;
            all.most_over_cap = all.most_over_cap.max(run.most_over_cap);
        }
        let times: Option<Vec<f64>> = runs.iter().map(|run| run.recovered_s).collect();
        all.recovered_s = times.and_then(|times| times.into_iter().reduce(f64::max));
        all
    }

    fn share(&self, of: impl Fn(usize) -> bool) -> f64 {
        let sum = |counts: &[u32]| -> f64 {
            let counts = counts.iter().enumerate().filter(|(tenant, _)| of(*tenant));
            counts.map(|(_, count)| f64::from(*count)).sum()
        };
        sum(&self.answered) / sum(&self.asked)
    }

    pub(super) fn served(&self) -> f64 {
        self.share(|_| true)
    }

    pub(super) fn quiet_served(&self) -> f64 {
        self.share(|tenant| self.quiet[tenant])
    }

    /// Jain's index over what each tenant got of what it asked for: 1 where all got the same part.
    pub(super) fn jain(&self) -> f64 {
        let parts = self
            .asked
            .iter()
            .zip(&self.answered)
            .filter(|(asked, _)| **asked > 0);
        let parts: Vec<f64> = parts
            .map(|(asked, answered)| f64::from(*answered) / f64::from(*asked))
            .collect();
        let (sum, squares) = (
            parts.iter().sum::<f64>(),
            parts.iter().map(|part| part * part).sum::<f64>(),
        );
        sum * sum / (parts.len() as f64 * squares)
    }

    pub(super) fn failovers_per_1000(&self) -> f64 {
        f64::from(self.failovers) / self.asked.iter().map(|count| f64::from(*count)).sum::<f64>() * 1_000.0
    }

    fn wait_s(&self, part: f64) -> f64 {
        self.wait_of(part, |_| true)
    }

    pub(super) fn quiet_wait_s(&self, part: f64) -> f64 {
        self.wait_of(part, |tenant| self.quiet[tenant])
    }

    fn wait_of(&self, part: f64, of: impl Fn(usize) -> bool) -> f64 {
        let waits = self.waits.iter().filter(|(_, tenant)| of(*tenant));
        let mut waits: Vec<i64> = waits.map(|(wait, _)| *wait).collect();
        waits.sort_unstable();
        let place = (waits.len() as f64 * part) as usize;
        waits
            .get(place.min(waits.len().saturating_sub(1)))
            .map_or(0.0, |wait| *wait as f64 / 1_000.0)
    }
}

pub(super) fn table(outcomes: &[Outcome]) -> String {
    let mut text = String::from(
        "| rule | served | of the quiet tenants' | Jain's index | wait p50 | wait p99 | p99 of the quiet tenants' | fail-overs per 1,000 | back after the outage |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for one in outcomes {
        let back = one
            .recovered_s
            .map_or("not within the run".to_owned(), |seconds| {
                format!("{seconds:.0} s")
            });
        writeln!(
            text,
            "| {} | {:.1} % | {:.1} % | {:.3} | {:.1} s | {:.1} s | {:.1} s | {:.0} | {back} |",
            one.kind.name(),
            one.served() * 100.0,
            one.quiet_served() * 100.0,
            one.jain(),
            one.wait_s(0.5),
            one.wait_s(0.99),
            one.quiet_wait_s(0.99),
            one.failovers_per_1000(),
        )
        .expect("a text takes it");
    }
    text
}

/// Puts the report between its marks.
pub(super) fn write(path: &str, table: &str) {
    let text = std::fs::read_to_string(path).expect("the document");
    let (before, rest) = text.split_once(BEGIN).expect("where the report begins");
    let (_, after) = rest.split_once(END).expect("where the report ends");
    std::fs::write(path, format!("{before}{BEGIN}\n{table}{END}{after}")).expect("written");
}
