//! One property: whatever happens, the in-process twin, the Redis twin and the model say the same.

use super::model::Model;
use super::server::{Node, Server};
use super::{key, part, start, tenant, window};
use crate::{
    AdmitCheck, Booking, Family, LimitSet, Limiter, LocalLimiter, Metric, Refused, Slot, Span, Subject,
    Window,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::time::Duration;
use tollgate_contract::ids::{TenantId, UserId};
use tollgate_store::{Clock, CoreRuntime};
use uuid::Uuid;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// With one of these sets, for one of these models.
    Admit(usize, usize),
    /// Ends the open request at this index (modulo how many there are).
    Finish(usize, u64, u64),
    Drop(usize),
    Leave(usize),
}

const MODELS: [&str; 3] = ["claude-opus-4-1", "claude-haiku-4-5", "gpt-5"];

fn step() -> impl Strategy<Value = Step> {
    let minute = 60_000_u64;
    let wait = prop_oneof![
        4 => 0..3 * 1_000_u64,
        2 => 0..2 * minute,
        1 => 0..2 * 60 * minute,
        1 => 0..2 * 24 * 60 * minute,
        1 => 0..40 * 24 * 60 * minute,
        // Right at a bucket's edge: the clock starts at second 29.371.
        1 => Just(629), 1 => Just(60_629), 1 => Just(61_629),
    ];
    let amount = prop_oneof![6 => 0..2_000_u64, 1 => Just(1_000_000_000_000_000_u64)];
    prop_oneof![
        3 => wait.prop_map(Step::Wait),
        6 => (0..5_usize, 0..MODELS.len()).prop_map(|(set, model)| Step::Admit(set, model)),
        3 => (any::<usize>(), amount.clone(), amount).prop_map(|(index, tokens, cost)| Step::Finish(index, tokens, cost)),
        1 => any::<usize>().prop_map(Step::Drop),
        1 => any::<usize>().prop_map(Step::Leave),
    ]
}

/// Two keys of one user and three of others, one of which may nothing; all share the tenant's limits.
fn sets(tenant_id: TenantId) -> Vec<LimitSet> {
    let of_family = |pattern, window| Window {
        family: Some(Family::new(pattern)),
        ..window
    };
    let [first, second, third] = [1, 2, 3].map(|number| Subject::User(UserId(Uuid::from_u128(number))));
    let tenant = || {
        let windows = [
            window(Span::Day, Metric::Requests, 30),
            window(Span::Month, Metric::CostNano, 3_000_000_000_000_000),
            window(Span::Week, Metric::Tokens, 40_000),
            of_family("*opus*", window(Span::Week, Metric::CostNano, 6_000)),
        ];
        part(Subject::Tenant, windows, Some(6))
    };
    let of = |number, more: Vec<Window>, user, of_user: Vec<Window>, limit| {
        let windows = [window(Span::Minute, Metric::Requests, 3)]
            .into_iter()
            .chain(more);
        let key = part(Subject::Key(key(number)), windows, Some(limit));
        LimitSet::new(tenant_id, [key, part(user, of_user, Some(4)), tenant()].map(Some))
    };
    let firsts = || {
        vec![
            window(Span::Hour, Metric::Tokens, 5_000),
            of_family("*Claude*", window(Span::Hour, Metric::Requests, 9)),
        ]
    };
    vec![
        of(
            1,
            vec![of_family("*opus*", window(Span::Minute, Metric::Requests, 2))],
            first,
            firsts(),
            2,
        ),
        of(2, vec![], first, firsts(), 3),
        of(
            3,
            vec![
                of_family("*gpt*", window(Span::Hour, Metric::Tokens, 1_000)),
                of_family("*opus*", window(Span::Hour, Metric::Tokens, 2_000)),
            ],
            second,
            vec![window(Span::Day, Metric::CostNano, 4_000)],
            5,
        ),
        of(
            4,
            vec![window(Span::Minute, Metric::Tokens, 0)],
            second,
            vec![],
            5,
        ),
        // Key and user always refuse for the same time: the first is told.
        of(
            5,
            vec![],
            third,
            vec![window(Span::Minute, Metric::Requests, 3)],
            5,
        ),
    ]
}

struct Run<'a> {
    clock: &'a Clock,
    local: &'a Limiter,
    node: &'a Node,
    sets: Vec<LimitSet>,
    model: Model,
    open: Vec<Open>,
}

struct Open {
    set: usize,
    model: usize,
    id: Uuid,
    slots: [Slot; 2],
}

impl Run<'_> {
    async fn go(&mut self, step: Step) -> Result<(), TestCaseError> {
        match step {
            Step::Wait(ms) => {
                self.clock.advance(Duration::from_millis(ms));
                self.node.redis.heartbeat().await;
            }
            Step::Admit(set, model) => self.admit(set, model).await?,
            Step::Finish(index, tokens, cost_nano) => {
                if let Some(open) = self.take(index) {
                    let booking = Booking {
                        tokens,
                        cost_nano,
                        sticky: None,
                    };
                    self.model.close(open.id);
                    let limits = self.sets[open.set].inner();
                    self.model.book(limits, MODELS[open.model], &booking, self.now());
                    open.slots.into_iter().for_each(|slot| slot.finish(booking));
                }
            }
            Step::Drop(index) => {
                if let Some(open) = self.take(index) {
                    self.model.close(open.id);
                }
            }
            Step::Leave(index) => {
                let count = self.open.len().max(1);
                if let Some(open) = self.open.get_mut(index % count) {
                    self.model.close(open.id);
                    open.slots.iter_mut().for_each(Slot::leave);
                }
            }
        }
        self.node.redis.drained().await;
        for set in &self.sets {
            let expected = self.model.usage(set.inner(), self.now());
            prop_assert_eq!(&self.local.usage(set).await, &expected, "in process");
            prop_assert_eq!(&self.node.limiter.usage(set).await, &expected, "Redis");
        }
        Ok(())
    }

    async fn admit(&mut self, set: usize, model: usize) -> Result<(), TestCaseError> {
        let id = self.clock.new_id();
        let check = AdmitCheck {
            limits: &self.sets[set],
            model: MODELS[model],
            slot: id,
            sticky: None,
        };
        let expected = self
            .model
            .admit(self.sets[set].inner(), MODELS[model], id, self.now());
        let (local, redis) = (
            self.local.admit(check).await,
            self.node.limiter.admit(check).await,
        );
        let answer = |result: &Result<crate::Admitted, Refused>| {
            result
                .as_ref()
                .map(|passed| passed.headroom)
                .map_err(Refused::clone)
        };
        prop_assert_eq!(&answer(&local), &expected, "in process");
        prop_assert_eq!(&answer(&redis), &expected, "Redis");
        if let (Ok(local), Ok(redis)) = (local, redis) {
            self.open.push(Open {
                set,
                model,
                id,
                slots: [local.slot, redis.slot],
            });
        }
        Ok(())
    }

    fn take(&mut self, index: usize) -> Option<Open> {
        let count = self.open.len();
        (count > 0).then(|| self.open.swap_remove(index % count))
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }
}

#[test]
fn both_twins_say_what_the_model_says() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let server = Server::start();
    let clock = Clock::manual(start());
    let (node, local) = runtime.block_on(async {
        let core = CoreRuntime::new(tokio::runtime::Handle::current());
        (
            Node::join_at(&server, &clock).await,
            Limiter::Local(LocalLimiter::start(&core, clock.clone())),
        )
    });
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&proptest::collection::vec(step(), 1..120), |steps| {
        runtime.block_on(async {
            let sets = sets(tenant(&clock));
            let mut run = Run {
                clock: &clock,
                local: &local,
                node: &node,
                sets,
                model: Model::default(),
                open: Vec::new(),
            };
            for step in steps {
                run.go(step).await?;
            }
            Ok(())
        })
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        node.limiter.state(),
        crate::LimiterState::Shared,
        "Redis was used to the end"
    );
}
