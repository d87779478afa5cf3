//! Whether anybody was refused who had room: every refusal against what all requests took at that moment, counted at the
//! most that it can have been.

use super::clients::{Field, Kind, Line};
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};
use tollgate_tests::harness::{Event, House};
use uuid::Uuid;

/// How long after a request's end what it did not use may still be held: its way back to the other nodes.
const WAY_BACK: Duration = Duration::from_secs(1);
/// How long a request that was left is held at the most: its node notices, and books what was produced.
const NOTICED: Duration = Duration::from_secs(3);
/// How long before its successor began an epoch may have been dead already.
const DEAD_BEFORE: Duration = Duration::from_secs(5);

/// What one epoch of a node held of the budget at a moment, as the database said.
#[derive(Clone, Copy, Debug)]
struct Look {
    at: SystemTime,
    node: Uuid,
    epoch: i64,
    held: i64,
}

/// What nodes held of the budget while the race ran.
#[derive(Debug, Default)]
pub struct Leases(Mutex<Vec<Look>>);

impl Leases {
    /// Looks ten times a second until the end.
    pub fn watch(&self, house: &House, end: &AtomicBool) {
        let mut sql = None;
        while !end.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(100));
            // The server may be away.
            match look(house, &mut sql) {
                Some(looks) => self.lock().extend(looks),
                None => sql = None,
            }
        }
    }

    /// What epochs that were killed held until their journals had been replayed: from when to when, and how much.
    pub fn of_the_dead(&self, house: &House) -> Vec<Hold> {
        let query =
            "SELECT l.node_id, l.epoch, n.started_at, COALESCE(l.closed_at, now()) FROM budget_leases l
                     JOIN budgets b USING (tenant_id, budget_id)
                     JOIN node_epochs n ON n.node_id = l.node_id AND n.epoch = l.epoch + 1
                     WHERE b.kind = 'budget'";
        let rows = house.sql().query(query, &[]).expect("leases can be read");
        let looks = self.lock();
        rows.iter()
            .map(|row| {
                let (node, epoch): (Uuid, i64) = (row.get(0), row.get(1));
                let (successor, until): (SystemTime, SystemTime) = (row.get(2), row.get(3));
                let from = successor - DEAD_BEFORE;
                let of_it = looks.iter().filter(|look| {
                    (look.node, look.epoch) == (node, epoch) && (from..=until).contains(&look.at)
                });
                Hold {
                    from,
                    until: until + WAY_BACK,
                    held: of_it.map(|look| look.held).max().unwrap_or(0),
                }
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Money that a dead node held.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    from: SystemTime,
    until: SystemTime,
    held: i64,
}

fn look(house: &House, sql: &mut Option<postgres::Client>) -> Option<Vec<Look>> {
    if sql.is_none() {
        *sql = house.database.try_connect();
    }
    let query = "SELECT l.node_id, l.epoch, GREATEST(l.granted_nano - l.settled_nano, 0) FROM budget_leases l
                 JOIN budgets b USING (tenant_id, budget_id) WHERE b.kind = 'budget' AND l.closed_at IS NULL";
    let rows = sql.as_mut()?.query(query, &[]).ok()?;
    let at = SystemTime::now();
    let looks = rows.iter().map(|row| Look {
        at,
        node: row.get(0),
        epoch: row.get(1),
        held: row.get(2),
    });
    Some(looks.collect())
}

/// How many requests ended how.
#[derive(Debug, Default)]
pub struct Tally {
    /// Answered.
    pub whole: usize,
    /// For want of money.
    pub refused: usize,
    /// For other reasons.
    pub unavailable: usize,
    /// Left, or their node died.
    pub broken: usize,
    /// The most that the budget can have been short of at a refusal, least over all of them.
    pub closest: i64,
}

/// Panics at a request that was refused though it had room.
pub fn check_refusals(seed: u64, field: &Field<'_>, events: &[Event], dead: &[Hold], budget: i64) -> Tally {
    let booked: HashMap<&str, &Event> = events
        .iter()
        .map(|event| (event.client_request_id.as_str(), event))
        .collect();
    let (lines, mut tally) = (field.lines(), Tally::default());
    tally.closest = i64::MAX;
    for line in &lines {
        match &line.kind {
            Kind::Whole => tally.whole += 1,
            Kind::Unavailable => tally.unavailable += 1,
            Kind::Broken => tally.broken += 1,
            Kind::Refused { needed, text } => {
                tally.refused += 1;
                let taken = taken_at_most(line, &lines, &booked, field) + held_by(dead, line.ended_at);
                let short = taken + needed - budget;
                assert!(
                    short > 0,
                    "seed {seed}: {needed} was refused with {} left by any count: {text}",
                    budget - taken
                );
                tally.closest = tally.closest.min(short);
            }
        }
    }
    tally
}

fn held_by(dead: &[Hold], at: SystemTime) -> i64 {
    let held = dead.iter().filter(|hold| (hold.from..=hold.until).contains(&at));
    held.map(|hold| hold.held).sum()
}

/// The most that other requests can have taken of the budget when this one was refused.
fn taken_at_most(refused: &Line, lines: &[Line], booked: &HashMap<&str, &Event>, field: &Field<'_>) -> i64 {
    let (at, deaths) = (refused.ended, field.deaths());
    let begun = lines.iter().filter(|line| line.began <= at);
    begun
        .filter_map(|line| {
            let event = booked.get(line.id.as_str())?;
            let held_until = match line.kind {
                Kind::Whole => line.ended + WAY_BACK,
                _ => line.ended + NOTICED,
            };
            let died = deaths
                .iter()
                .any(|death| death.node == line.node && line.began <= death.at && death.at <= line.ended);
            // Of one whose node died, the node's whole lease stands for it.
            let runs = at <= held_until && !died;
            Some(if runs {
                event.reserved_nano.max(event.charge_nano)
            } else {
                event.charge_nano
            })
        })
        .sum()
}
