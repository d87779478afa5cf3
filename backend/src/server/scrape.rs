//! `/metrics` in Prometheus's text format, for those whom the settings name.

use crate::config::MetricsAccess;
use crate::telemetry::metrics::Metrics;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tollgate_relay::RelayParts;
use tollgate_store::Db;

/// What the route needs.
#[derive(Clone, Debug)]
pub struct Scrape {
    /// Who may.
    pub access: Arc<MetricsAccess>,
    /// What there is.
    pub metrics: Metrics,
    /// The relay, for its gauges.
    pub relay: RelayParts,
    /// The database, for its pool's.
    pub db: Db,
}

impl Scrape {
    /// Gauges that nobody keeps: they are asked for when figures are read.
    fn refresh(&self) {
        self.relay.refresh_metrics();
        let (open, idle) = self.db.pool_size();
        metrics::gauge!("tollgate_database_connections").set(f64::from(open));
        metrics::gauge!("tollgate_database_connections_idle")
            .set(f64::from(u32::try_from(idle).unwrap_or(u32::MAX)));
    }
}

/// Headers that a reverse proxy adds: behind one on this machine, everybody would come from loopback.
const FORWARDED: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];

/// All figures.
pub async fn metrics(request: HttpRequest, scrape: web::Data<Scrape>) -> HttpResponse {
    if !may_read(&request, &scrape.access) {
        return HttpResponse::Forbidden()
            .content_type("text/plain; charset=utf-8")
            .body("metrics are for the networks in metrics.allow, not through a proxy, or for those who have metrics.token\n");
    }
    scrape.refresh();
    HttpResponse::Ok()
        .content_type("text/plain; version=0.0.4; charset=utf-8")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(scrape.metrics.render())
}

fn may_read(request: &HttpRequest, access: &MetricsAccess) -> bool {
    let given = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if let (Some(given), Some(token)) = (given, &access.token) {
        return given.as_bytes().ct_eq(token.expose_secret().as_bytes()).into();
    }
    let forwarded = FORWARDED.iter().any(|name| request.headers().contains_key(*name));
    let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
    !forwarded && peer.is_some_and(|peer| access.allow.iter().any(|network| network.contains(&peer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn access(token: Option<&str>) -> MetricsAccess {
        MetricsAccess {
            allow: vec!["127.0.0.0/8".parse().expect("net")],
            token: token.map(Into::into),
        }
    }

    fn from(address: &str, headers: &[(&'static str, &'static str)]) -> HttpRequest {
        let mut request = TestRequest::get().peer_addr(address.parse().expect("address"));
        for header in headers {
            request = request.insert_header(*header);
        }
        request.to_http_request()
    }

    #[test]
    fn only_named_networks_read_without_a_token_and_never_through_a_proxy() {
        let access = access(Some("a-token-of-length"));
        assert!(may_read(&from("127.0.0.1:9", &[]), &access));
        assert!(may_read(&from("[::ffff:127.0.0.1]:9", &[]), &access));
        assert!(!may_read(&from("10.1.1.1:9", &[]), &access));
        assert!(!may_read(
            &from("127.0.0.1:9", &[("x-forwarded-for", "8.8.8.8")]),
            &access
        ));
        assert!(may_read(
            &from("10.1.1.1:9", &[("authorization", "Bearer a-token-of-length")]),
            &access
        ));
        assert!(!may_read(
            &from("127.0.0.1:9", &[("authorization", "Bearer a-token-of-lengtH")]),
            &access
        ));
    }
}
