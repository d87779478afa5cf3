//! Every route there is, in one list. Never in here: what a route does.

use super::docs::{self, Docs};
use super::health::{self, Health};
use super::pages::{self, Pages};
use super::scrape::{self, Scrape};
use actix_web::{Resource, guard, web};
use tollgate_manage::ManageState;
use tollgate_relay::RelayParts;

/// What the routes stand on, cloned into each worker.
#[derive(Clone, Debug)]
pub struct Mounted {
    /// The relay's parts.
    pub relay: RelayParts,
    /// The management API's state.
    pub manage: ManageState,
    /// What health tells from.
    pub health: Health,
    /// Who may read the figures, and which.
    pub scrape: Scrape,
    /// The API's documentation.
    pub docs: Docs,
    /// The web app.
    pub pages: Pages,
}

/// Mounts all of it; runs on each worker. The first that takes a path wins.
pub fn mount(routes: &mut web::ServiceConfig, mounted: &Mounted) {
    routes
        .app_data(web::Data::new(mounted.health.clone()))
        .app_data(web::Data::new(mounted.scrape.clone()))
        .app_data(web::Data::new(mounted.pages.clone()))
        // /health/live, /health/ready, /health: probes and monitors.
        .service(looked_at("/health/live").to(health::live))
        .service(looked_at("/health/ready").to(health::ready))
        .service(looked_at("/health").to(health::page))
        // /metrics: Prometheus.
        .service(looked_at("/metrics").to(scrape::metrics))
        // /api/v2/docs: before the management API, within whose scope it lies.
        .configure(|routes| docs::configure(routes, &mounted.docs))
        // /api/v2: the management API.
        .configure(|routes| tollgate_manage::configure(routes, mounted.manage.clone()))
        // /api/v1, /claude/v1: the relay.
        .configure(|routes| tollgate_relay::configure(routes, &mounted.relay))
        // Everything else: the web app, or 404.
        .default_service(web::to(pages::serve));
}

/// A path that is only ever read.
fn looked_at(path: &str) -> Resource {
    web::resource(path).guard(guard::Any(guard::Get()).or(guard::Head()))
}
