//! What an admission costs this process, Redis apart. Run it alone: `cargo test -p tollgate-limits --release -- --ignored
//! --nocapture what_an_admission`.

use super::{check, key, part, start, tenant, window};
use crate::{Booking, Family, LimitSet, Limiter, LocalLimiter, Metric, Span, Subject, Window};
use std::time::Instant;
use tollgate_contract::ids::UserId;
use tollgate_store::{Clock, CoreRuntime};
use uuid::Uuid;

const ROUNDS: u32 = 200_000;

#[tokio::test]
#[ignore = "measures time: run it alone"]
#[expect(clippy::disallowed_methods, reason = "it measures real time")]
async fn what_an_admission_costs() {
    let clock = Clock::manual(start());
    let core = CoreRuntime::new(tokio::runtime::Handle::current());
    let limiter = Limiter::Local(LocalLimiter::start(&core, clock.clone()));
    let windows = || {
        [
            window(Span::Minute, Metric::Requests, 1_000_000),
            window(Span::Day, Metric::Tokens, 1_000_000_000_000),
            Window {
                family: Some(Family::new("*opus*")),
                ..window(Span::Week, Metric::CostNano, 1_000_000_000_000_000)
            },
        ]
    };
    let user = Subject::User(UserId(Uuid::from_u128(1)));
    let subjects = [Subject::Key(key(1)), user, Subject::Tenant];
    let parts = subjects.map(|subject| Some(part(subject, windows(), Some(1_000))));
    let limits = LimitSet::new(tenant(&clock), parts);
    let began = Instant::now();
    for _ in 0..ROUNDS {
        let admitted = limiter.admit(check(&limits, &clock)).await.unwrap();
        admitted.slot.finish(Booking {
            tokens: 1_000,
            cost_nano: 1_000_000,
            sticky: None,
        });
    }
    println!(
        "nine windows and three limits at a time, admitted and booked: {:?}",
        began.elapsed() / ROUNDS
    );
}
