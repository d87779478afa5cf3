//! The Prometheus recorder: buckets, build information and the process's own figures.

use super::process;
use metrics::{Unit, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;
use tollgate_store::Clock;

/// From a cached answer to the longest stream, in seconds.
const SECONDS_BUCKETS: [f64; 17] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0,
    600.0,
];
/// Histograms are folded at least this often, whether or not anybody reads them, so that they don't grow.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Renders the figures. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    clock: Clock,
    started: std::time::Instant,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

/// Installs the recorder for the whole process.
///
/// # Errors
/// If one is installed already.
pub fn start(clock: Clock) -> Result<Metrics, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS_BUCKETS)?
        .install_recorder()?;
    describe_gauge!("tollgate_build_info", "Always 1; the labels tell the version");
    gauge!("tollgate_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    describe_gauge!("process_resident_memory_bytes", Unit::Bytes, "Resident memory");
    describe_gauge!(
        "process_cpu_seconds_total",
        Unit::Seconds,
        "User and system time used"
    );
    describe_gauge!("process_open_fds", "Open file descriptors");
    describe_gauge!("process_threads", "Threads");
    describe_gauge!("tollgate_uptime_seconds", Unit::Seconds, "Time since the start");
    let started = clock.monotonic();
    Ok(Metrics {
        handle,
        clock,
        started,
    })
}

impl Metrics {
    /// All figures in Prometheus's text format.
    pub fn render(&self) -> String {
        gauge!("tollgate_uptime_seconds").set(self.uptime().as_secs_f64());
        if let Some(figures) = process::figures() {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a gauge is a float; memory stays below 2^53 bytes"
            )]
            gauge!("process_resident_memory_bytes").set(figures.resident_bytes as f64);
            gauge!("process_cpu_seconds_total").set(figures.cpu.as_secs_f64());
            gauge!("process_open_fds").set(f64::from(figures.open_files));
            gauge!("process_threads").set(f64::from(figures.threads));
        }
        self.handle.render()
    }

    /// Time since the start.
    pub fn uptime(&self) -> Duration {
        self.clock.monotonic().saturating_duration_since(self.started)
    }

    /// Resident memory in bytes, where the system tells it.
    pub fn resident_bytes() -> Option<u64> {
        process::figures().map(|figures| figures.resident_bytes)
    }

    /// Folds histograms until the process ends; to be spawned on the core runtime.
    pub async fn upkeep(self, stop: tokio_util::sync::CancellationToken) {
        while stop
            .run_until_cancelled(tokio::time::sleep(UPKEEP_EVERY))
            .await
            .is_some()
        {
            self.handle.run_upkeep();
        }
    }
}
