//! Every route of the management API in one list, and what surrounds them. Never in here: what a route does.

use crate::state::ManageState;
use crate::{
    PREFIX, accounts, auth, billing, budgets, captures, documents, exports, groups, keys, ledger, margin,
    notices, openapi, payments, plans, policies, prices, proxies, reconcile, reports, requests, schedule,
    stats, tenants, users, vouchers,
};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{FromRequest, Handler, HttpResponse, Responder, Route, web};
use tollgate_http::security::secure;
use tollgate_http::{Code, Fault, envelope};
use tollgate_net::UpstreamClient;

/// The routes as they are mounted; the OpenAPI document is compared with this list.
#[derive(Default)]
pub(crate) struct Routes {
    entries: Vec<Entry>,
}

struct Entry {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "tests compare it with the OpenAPI document")
    )]
    method: Method,
    path: &'static str,
    route: Route,
}

impl Routes {
    pub(crate) fn get<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::GET, path, handler);
    }

    pub(crate) fn post<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::POST, path, handler);
    }

    pub(crate) fn put<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::PUT, path, handler);
    }

    pub(crate) fn delete<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.add(Method::DELETE, path, handler);
    }

    fn add<F, Args>(&mut self, method: Method, path: &'static str, handler: F)
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let route = web::method(method.clone()).to(handler);
        self.entries.push(Entry { method, path, route });
    }

    /// All of the API.
    pub(crate) fn all() -> Self {
        let mut routes = Self::default();
        auth::mount(&mut routes);
        tenants::mount(&mut routes);
        users::mount(&mut routes);
        keys::mount(&mut routes);
        policies::mount(&mut routes);
        accounts::mount(&mut routes);
        accounts::batch::routes::mount(&mut routes);
        accounts::carry::routes::mount(&mut routes);
        proxies::mount(&mut routes);
        groups::mount(&mut routes);
        schedule::mount(&mut routes);
        stats::mount(&mut routes);
        reports::mount(&mut routes);
        requests::mount(&mut routes);
        margin::mount(&mut routes);
        reconcile::mount(&mut routes);
        captures::mount(&mut routes);
        billing::mount(&mut routes);
        ledger::mount(&mut routes);
        documents::mount(&mut routes);
        payments::mount(&mut routes);
        notices::mount(&mut routes);
        budgets::mount(&mut routes);
        vouchers::mount(&mut routes);
        exports::mount(&mut routes);
        prices::mount(&mut routes);
        plans::mount(&mut routes);
        routes
    }

    /// Method and path of each, without the prefix.
    #[cfg(test)]
    pub(crate) fn listed(&self) -> Vec<(String, String)> {
        self.entries
            .iter()
            .map(|entry| (entry.method.to_string(), entry.path.to_owned()))
            .collect()
    }

    /// One resource a path, so that a wrong method is a 405 that names the right ones. Paths without `{…}` come first,
    /// since the first resource that matches wins.
    fn into_resources(mut self) -> Vec<actix_web::Resource> {
        self.entries
            .sort_by_key(|entry| (entry.path.contains('{'), entry.path));
        let mut resources: Vec<(&'static str, actix_web::Resource)> = Vec::new();
        for entry in self.entries {
            match resources.pop() {
                Some((path, resource)) if path == entry.path => {
                    resources.push((path, resource.route(entry.route)));
                }
                last => {
                    resources.extend(last);
                    resources.push((entry.path, web::resource(entry.path).route(entry.route)));
                }
            }
        }
        resources.into_iter().map(|(_, resource)| resource).collect()
    }
}

/// Mounts the management API under [`PREFIX`]. Call it in the factory that runs on each worker: the client that tests
/// accounts belongs to the worker. Whatever shall come before it (Swagger UI at `/api/v2/docs`) is mounted before it.
pub fn configure(cfg: &mut web::ServiceConfig, state: ManageState) {
    let parts = state.parts();
    let upstream = UpstreamClient::new(parts.guard.clone(), &parts.tls, &parts.client);
    let (clock, policy, gate) = (
        state.clock().clone(),
        state.security().clone(),
        state.gate().clone(),
    );
    let mut scope = web::scope(PREFIX)
        .app_data(web::Data::new(gate))
        .app_data(web::Data::new(upstream))
        .app_data(web::Data::new(state))
        .service(web::resource("/openapi.json").route(web::get().to(document)));
    for resource in Routes::all().into_resources() {
        scope = scope.service(resource);
    }
    let scope = scope
        .default_service(web::to(unknown))
        .wrap(from_fn(move |request, next| {
            envelope(clock.clone(), request, next)
        }))
        .wrap(from_fn(move |request, next| {
            secure(policy.clone(), request, next)
        }));
    cfg.service(scope);
}

async fn unknown() -> Result<HttpResponse, Fault> {
    Err(Fault::new(Code::UnknownPath).detail("See /api/v2/openapi.json for the paths that there are."))
}

async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .body(openapi::document_json())
}
