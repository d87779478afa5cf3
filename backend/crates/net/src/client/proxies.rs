//! The pools of connections through proxies, one a proxy. Never the direct way, and never how a proxy is spoken to.

use super::tunnel::{TunnelConnector, TunnelParts};
use super::{ClientSettings, PooledClient, pooled};
use crate::guard::NetGuard;
use crate::proxy::Proxy;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::Instant;

/// Proxies that a worker keeps a pool for. More than the accounts of a large installation that each have their own;
/// beyond, the one that was used least recently makes room.
const PROXIES_MAX: usize = 2048;

/// A worker's pools by proxy. A pool that was not used for the idle time-out holds no connection any more and leaves, so
/// that a changed password takes its pool along.
pub(super) struct ProxyPools {
    parts: TunnelParts,
    settings: ClientSettings,
    pools: Mutex<Kept<PooledClient<TunnelConnector>>>,
}

impl ProxyPools {
    pub(super) fn new(parts: TunnelParts, settings: ClientSettings) -> Self {
        let pools = Mutex::new(Kept::new(settings.pool_idle_timeout, PROXIES_MAX, Instant::now()));
        Self {
            parts,
            settings,
            pools,
        }
    }

    /// The client that goes through `proxy`. The lock is held for a look-up, or for building a client, which opens nothing.
    pub(super) fn client(&self, proxy: &Proxy) -> PooledClient<TunnelConnector> {
        let make = || {
            pooled(
                self.connector(proxy, self.settings.connect_timeout),
                &self.settings,
            )
        };
        self.pools.lock().get(proxy, Instant::now(), make)
    }

    /// A way through `proxy` that belongs to no pool.
    pub(super) fn connector(&self, proxy: &Proxy, timeout: Duration) -> TunnelConnector {
        TunnelConnector::new(self.parts.clone(), proxy.clone(), timeout)
    }

    pub(super) fn guard(&self) -> &NetGuard {
        &self.parts.guard
    }

    pub(super) fn settings(&self) -> &ClientSettings {
        &self.settings
    }
}

/// What is kept by proxy, within a number and a time.
struct Kept<T> {
    by_proxy: HashMap<Proxy, (T, Instant)>,
    idle: Duration,
    most: usize,
    swept: Instant,
}

impl<T: Clone> Kept<T> {
    fn new(idle: Duration, most: usize, now: Instant) -> Self {
        Self {
            by_proxy: HashMap::new(),
            idle,
            most,
            swept: now,
        }
    }

    fn get(&mut self, proxy: &Proxy, now: Instant, make: impl FnOnce() -> T) -> T {
        if now.duration_since(self.swept) > self.idle {
            self.swept = now;
            let idle = self.idle;
            self.by_proxy
                .retain(|_, (_, used)| now.duration_since(*used) <= idle);
        }
        if let Some((kept, used)) = self.by_proxy.get_mut(proxy) {
            *used = now;
            return kept.clone();
        }
        if self.by_proxy.len() >= self.most {
            let oldest = self.by_proxy.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(proxy, _)| proxy.clone()) {
                self.by_proxy.remove(&oldest);
            }
        }
        let made = make();
        self.by_proxy.insert(proxy.clone(), (made.clone(), now));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Duration = Duration::from_secs(50);

    fn proxy(text: &str) -> Proxy {
        Proxy::parse(text).unwrap()
    }

    #[test]
    fn a_changed_password_is_another_pool_and_the_old_one_leaves() {
        let start = Instant::now();
        let mut kept = Kept::new(IDLE, 9, start);
        let (old, new) = (proxy("http://user:old@host:1"), proxy("http://user:new@host:1"));
        assert_eq!(kept.get(&old, start, || 1), 1);
        assert_eq!(kept.get(&new, start + IDLE / 2, || 2), 2);
        assert_eq!(kept.get(&new, start + IDLE, || 3), 2);
        assert_eq!(kept.by_proxy.len(), 2);
        assert_eq!(kept.get(&new, start + IDLE + Duration::from_millis(1), || 3), 2);
        assert_eq!(kept.by_proxy.keys().collect::<Vec<_>>(), [&new]);
    }

    #[test]
    fn above_the_number_the_least_recently_used_makes_room() {
        let start = Instant::now();
        let mut kept = Kept::new(IDLE, 2, start);
        for (second, host) in ["http://a", "http://b", "http://a", "http://c"]
            .iter()
            .enumerate()
        {
            kept.get(
                &proxy(host),
                start + Duration::from_secs(u64::try_from(second).unwrap()),
                || (),
            );
        }
        assert!(!kept.by_proxy.contains_key(&proxy("http://b")));
        assert_eq!(kept.by_proxy.len(), 2);
    }
}
