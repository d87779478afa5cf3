//! How long it takes to choose among 1,000 accounts: 5 µs at the most, whatever their priorities and states.
#![allow(missing_docs, reason = "criterion's macro makes a public function without")]

use criterion::{Criterion, criterion_group, criterion_main};
use tollgate_scheduler::bench::Choosing;

const ACCOUNTS: u32 = 1000;

fn choose(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("choose among 1,000");
    let mut measure = |name: &str, priorities: u32, is_out: fn(u32) -> bool| {
        let mut choosing = Choosing::new(ACCOUNTS, priorities, is_out);
        assert!(choosing.choose(), "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| choosing.choose()));
    };
    measure("one priority", 1, |_| false);
    measure("ten priorities", 10, |_| false);
    measure("a third out", 1, |number| number % 3 == 0);
    measure("a third out, ten priorities", 10, |number| number % 3 == 0);
    measure("all but one out", 1, |number| number != 777);
    measure("all but one out, ten priorities", 10, |number| number != 777);
    group.finish();
}

criterion_group!(benches, choose);
criterion_main!(benches);
