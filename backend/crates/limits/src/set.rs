//! All limits that a request is checked against: the windows of its key, its user and its organisation, and how many
//! requests each may have at a time. Prepared once, when a key is loaded. Plain data; no state, no clock, no Redis.

use crate::admission::{Booking, LimitKind};
use crate::windows::{AMOUNT_MAX, Family, Metric, Span, Subject, hash_tag};
use std::sync::Arc;
use tollgate_contract::ids::TenantId;
use tollgate_contract::rules::{ConcurrencyRule, WindowRule};

/// Windows of one subject: fifteen rules of three metrics each.
pub const WINDOWS_MAX: usize = 45;

/// Subjects of one request: key, user, tenant.
pub const PARTS_MAX: usize = 3;

/// "At most `limit` of `metric` per `span`", of all models or of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// How long.
    pub span: Span,
    /// Of what.
    pub metric: Metric,
    /// Of which models; of all if absent.
    pub family: Option<Family>,
    /// How much. 0 refuses everything.
    pub limit: u64,
}

/// More windows than a subject may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} windows; at most {WINDOWS_MAX} are possible")]
pub struct TooManyWindows(pub usize);

/// The windows of one subject. Cheap to clone: keys that say the same can share them.
#[derive(Clone, Debug, Default)]
pub struct Windows(Arc<[Window]>);

impl Windows {
    /// These windows. Where the same thing is limited twice, the smaller limit holds.
    ///
    /// # Errors
    /// If there are too many.
    pub fn new(windows: impl IntoIterator<Item = Window>) -> Result<Self, TooManyWindows> {
        let mut kept: Vec<Window> = Vec::new();
        for mut new in windows {
            new.limit = new.limit.min(AMOUNT_MAX);
            let same = |old: &&mut Window| {
                (old.span, old.metric, &old.family) == (new.span, new.metric, &new.family)
            };
            match kept.iter_mut().find(same) {
                Some(old) => old.limit = old.limit.min(new.limit),
                None => kept.push(new),
            }
        }
        if kept.len() > WINDOWS_MAX {
            return Err(TooManyWindows(kept.len()));
        }
        Ok(Self(kept.into()))
    }

    /// The windows that rules of the management API set.
    ///
    /// # Errors
    /// If there are too many.
    pub fn of_rules(rules: &[WindowRule]) -> Result<Self, TooManyWindows> {
        let of_rule = |rule: &WindowRule| {
            let family = rule.models.as_deref().map(Family::new);
            let cost = rule.cost_nano.map(|cost| u64::try_from(cost.0).unwrap_or(0));
            let amounts = [
                (Metric::Requests, rule.requests),
                (Metric::Tokens, rule.tokens),
                (Metric::CostNano, cost),
            ];
            let span = Span::from(rule.span);
            amounts.into_iter().filter_map(move |(metric, limit)| {
                Some(Window {
                    span,
                    metric,
                    family: family.clone(),
                    limit: limit?,
                })
            })
        };
        Self::new(rules.iter().flat_map(of_rule))
    }

    /// All of them.
    pub fn all(&self) -> &[Window] {
        &self.0
    }
}

/// What one subject is limited to.
#[derive(Clone, Debug)]
pub struct Part {
    /// Whose.
    pub subject: Subject,
    /// In stretches of time.
    pub windows: Windows,
    /// At a time; no limit if absent.
    pub concurrency: Option<u32>,
}

impl Part {
    /// What rules of the management API say of a subject.
    ///
    /// # Errors
    /// If there are too many windows.
    pub fn of_rules(
        subject: Subject,
        windows: &[WindowRule],
        concurrency: Option<ConcurrencyRule>,
    ) -> Result<Self, TooManyWindows> {
        Ok(Self {
            subject,
            windows: Windows::of_rules(windows)?,
            concurrency: concurrency.and_then(|rule| rule.limit),
        })
    }
}

/// All limits of a request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LimitSet(Arc<Limits>);

#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) tenant_id: TenantId,
    parts: Vec<Part>,
    /// Whether any window holds for some models only.
    has_families: bool,
}

/// Which windows of a set a request falls under: a bit for each, by part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen([u64; PARTS_MAX]);

impl Chosen {
    pub(crate) const ALL: Self = Self([u64::MAX; PARTS_MAX]);
}

impl LimitSet {
    /// One tenant's limits for a key, its user and the tenant itself, each subject once.
    pub fn new(tenant_id: TenantId, parts: [Option<Part>; PARTS_MAX]) -> Self {
        let limits = |part: &Part| part.concurrency.is_some() || !part.windows.0.is_empty();
        let parts: Vec<Part> = parts.into_iter().flatten().filter(limits).collect();
        let mut windows = parts.iter().flat_map(|part| part.windows.all());
        Self(Arc::new(Limits {
            tenant_id,
            has_families: windows.any(|window| window.family.is_some()),
            parts,
        }))
    }

    /// Whether nothing is limited.
    pub fn is_empty(&self) -> bool {
        self.0.parts.is_empty()
    }

    /// Whose limits they are.
    pub fn tenant_id(&self) -> TenantId {
        self.0.tenant_id
    }

    pub(crate) fn inner(&self) -> &Limits {
        &self.0
    }
}

impl Limits {
    /// The windows under which a request for this model falls.
    pub(crate) fn chosen(&self, model: &str) -> Chosen {
        if !self.has_families {
            return Chosen::ALL;
        }
        let mut chosen = Chosen([0; PARTS_MAX]);
        for (bits, part) in chosen.0.iter_mut().zip(&self.parts) {
            for (place, window) in part.windows.all().iter().enumerate() {
                if window.family.as_ref().is_none_or(|family| family.fits(model)) {
                    *bits |= 1 << place;
                }
            }
        }
        chosen
    }

    /// These windows, those of the key first.
    pub(crate) fn windows(&self, chosen: Chosen) -> impl Iterator<Item = Placed<'_>> {
        self.parts.iter().zip(chosen.0).flat_map(|(part, bits)| {
            let (subject, windows) = (part.subject, part.windows.all().iter().enumerate());
            let chosen = windows.filter(move |(place, _)| bits >> place & 1 == 1);
            chosen.map(move |(_, window)| Placed { subject, window })
        })
    }

    /// How many requests each subject may have at a time.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (Subject, u32)> {
        self.parts
            .iter()
            .filter_map(|part| Some((part.subject, part.concurrency?)))
    }

    pub(crate) fn has_slots(&self) -> bool {
        self.slots().next().is_some()
    }

    /// Whether a request under these windows counts in one of them as soon as it is admitted.
    pub(crate) fn counts_requests(&self, chosen: Chosen) -> bool {
        self.windows(chosen)
            .any(|placed| placed.window.metric == Metric::Requests)
    }

    /// Whether what a request used is counted by one of these windows.
    pub(crate) fn books(&self, chosen: Chosen, booking: &Booking) -> bool {
        self.windows(chosen).any(|placed| placed.amount(0, booking) > 0)
    }
}

/// A window and whose it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placed<'a> {
    pub(crate) subject: Subject,
    pub(crate) window: &'a Window,
}

impl Placed<'_> {
    pub(crate) fn kind(&self) -> LimitKind {
        LimitKind::Window {
            subject: self.subject,
            span: self.window.span,
            metric: self.window.metric,
            family: self.window.family.clone(),
        }
    }

    /// Its Redis key.
    pub(crate) fn key(&self, tenant_id: TenantId) -> String {
        let (tag, subject) = (hash_tag(tenant_id), self.subject.code());
        let (span, metric) = (self.window.span.letter(), self.window.metric.letter());
        match &self.window.family {
            Some(family) => format!("{tag}:w:{subject}:{span}{metric}:{:016x}", family.id()),
            None => format!("{tag}:w:{subject}:{span}{metric}"),
        }
    }

    /// What a finished request adds to it.
    pub(crate) fn amount(&self, requests: u64, booking: &Booking) -> u64 {
        let amount = match self.window.metric {
            Metric::Requests => requests,
            Metric::Tokens => booking.tokens,
            Metric::CostNano => booking.cost_nano,
        };
        amount.min(AMOUNT_MAX)
    }
}

// A part's windows have a bit each.
const _: () = assert!(WINDOWS_MAX <= 64);
