//! The OpenAPI document: made from the handlers themselves, then completed with what all of them share.

use crate::auth::cookie;
use crate::{
    PREFIX, accounts, auth, billing, budgets, captures, documents, exports, groups, keys, ledger, margin,
    notices, payments, plans, policies, prices, proxies, reconcile, reports, requests, schedule, stats,
    tenants, users, vouchers,
};
use std::sync::LazyLock;
use tollgate_contract::keys::KeySort;
use tollgate_contract::page::Order;
use tollgate_contract::problem::{PROBLEM_JSON, Problem};
use tollgate_contract::reports::{
    ClientFamily, ReportCompare, ReportDim, ReportMetric, ReportRange, ReportStep,
};
use tollgate_contract::stats::TrendRange;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, ResponseBuilder};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tollgate management API",
        description = "Times are RFC 3339 in UTC, money is nano-USD (10⁻⁹ dollars) as decimal strings in fields called \
                       `*_nano`, ids are strings. Refusals are RFC 9457 problems with a stable `code`. Unknown fields in a \
                       request are refused."
    ),
    paths(
        auth::routes::sign_in_admin, auth::routes::sign_in_user, auth::routes::refresh, auth::routes::sign_out,
        auth::routes::switch, auth::routes::me, auth::routes::sessions, auth::routes::end_session,
        tenants::routes::sign_up, users::routes::list_users,
        keys::routes::list_keys, keys::routes::create_key, keys::routes::get_key, keys::routes::update_key,
        keys::routes::delete_key, keys::routes::key_stats, keys::routes::key_limits, keys::routes::restore_key, keys::routes::purge_key,
        keys::routes::rotate_key,
        keys::batch::routes::create_keys, keys::batch::routes::change_keys, keys::batch::routes::delete_keys,
        policies::routes::list_policies, policies::routes::create_policy, policies::routes::get_policy,
        policies::routes::update_policy, policies::routes::delete_policy,
        policies::routes::get_self_service, policies::routes::set_self_service,
        policies::routes_limits::tenant_limits, policies::routes_limits::set_tenant_limits,
        policies::routes_limits::user_limits, policies::routes_limits::set_user_limits,
        accounts::routes::list_all, accounts::routes::list, accounts::routes::create, accounts::routes::get,
        accounts::routes::update, accounts::routes::delete, accounts::routes::reset,
        accounts::test::routes::try_out, accounts::test::routes::watch, accounts::renew::refresh,
        accounts::connect::routes::auth_url, accounts::connect::routes::exchange,
        accounts::timeline::routes::account_events, accounts::timeline::routes::account_history,
        schedule::routes::explain,
        accounts::batch::routes::batch_accounts,
        accounts::carry::routes::export_accounts, accounts::carry::routes::import_accounts,
        proxies::routes::list_proxies, proxies::routes::create_proxy, proxies::routes::get_proxy,
        proxies::routes::update_proxy, proxies::routes::delete_proxy, proxies::routes::test_proxy,
        groups::routes::list_groups, groups::routes::create_group, groups::routes::get_group,
        groups::routes::update_group, groups::routes::delete_group,
        groups::routes::list_grants, groups::routes::grant_group, groups::routes::revoke_group,
        stats::routes::usage, stats::routes::cost, stats::routes::models, stats::routes::trends,
        stats::routes::dashboard,
        reports::routes::usage_report, reports::routes::usage_reports,
        requests::routes::list_requests, requests::routes::get_request, requests::routes::get_receipt,
        margin::routes::margin, margin::routes::export_margin,
        captures::routes::capture_settings, captures::routes::set_capture_settings, captures::routes::list_captures, captures::routes::get_capture,
        captures::routes::delete_capture,
        reconcile::routes::list_reports, reconcile::routes::upload_report, reconcile::routes::delete_report,
        reconcile::routes::reconciliation, reconcile::routes::reconciled_requests,
        billing::routes::balance, billing::routes::transfers,
        documents::routes::list_periods, documents::routes::close_period, documents::routes::get_statement,
        documents::routes::statement_requests, documents::bridge::statement_bridge, documents::routes::issue_invoice, documents::routes::list_documents,
        documents::routes::get_document, documents::routes::document_html, documents::routes::document_pdf,
        documents::routes::send_document, documents::routes::record_payment, documents::routes::list_disputes,
        documents::routes::open_dispute, documents::routes::decide_dispute,
        documents::routes_profile::get_profile, documents::routes_profile::set_profile,
        documents::routes_profile::set_terms, documents::routes_profile::get_issuer,
        documents::routes_profile::set_issuer, documents::routes_profile::list_rates,
        documents::routes_profile::enter_rates, documents::routes_profile::list_organisations,
        payments::routes::list_payments, payments::routes::create_payment, payments::routes::get_payment,
        payments::routes::payment_call,
        ledger::routes::ledger_keys, ledger::routes::books_state, ledger::routes::list_seals, ledger::routes::get_seal,
        ledger::routes::list_verifications, ledger::routes::ask_verification, ledger::routes::list_repricings,
        ledger::routes::preview_repricing, ledger::routes::apply_repricing,
        ledger::routes::list_dead_letters, ledger::routes::retry_dead_letter, ledger::routes::resolve_dead_letter,
        ledger::routes::get_retention, ledger::routes::set_retention,
        notices::routes::list_notices, notices::routes::notice_settings, notices::routes::set_notice_settings,
        budgets::routes::list_budgets, budgets::routes::create_budget, budgets::routes::get_budget,
        budgets::routes::update_budget, budgets::routes::delete_budget,
        vouchers::routes::list_vouchers, vouchers::routes::create_vouchers, vouchers::routes::redeem_voucher,
        vouchers::routes::revoke_voucher,
        exports::routes::download, exports::routes::preview, exports::routes::list_exports,
        exports::routes::create_export, exports::routes::get_export, exports::routes::delete_export,
        exports::routes::download_kept, exports::routes::link_export, exports::routes::download_by_link,
        exports::routes::report_charge_back,
        exports::schedules::routes::list_schedules, exports::schedules::routes::create_schedule,
        exports::schedules::routes::get_schedule, exports::schedules::routes::update_schedule,
        exports::schedules::routes::delete_schedule, exports::schedules::routes::run_schedule,
        exports::schedules::routes::list_deliveries,
        prices::routes::own_prices, prices::routes::price_versions, prices::routes::price_rows,
        prices::routes::price_diff, prices::routes::import_prices, prices::routes::edit_prices,
        plans::routes::list_plans, plans::routes::create_plan, plans::routes::new_plan_version,
        plans::routes::list_assignments, plans::routes::assign_plan,
    ),
    // What only queries name is not found by itself.
    components(schemas(
        Problem, KeySort, Order, TrendRange, ReportRange, ReportStep, ReportDim, ReportMetric, ReportCompare, ClientFamily
    )),
    modifiers(&Shared)
)]
struct Document;

/// What all operations share: the prefix, how a caller proves who they are, and how they are refused.
struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            cookie::NAME,
            "How a browser carries the refresh token; others send it in the body",
        ));
        components.add_security_scheme("refresh_cookie", SecurityScheme::ApiKey(cookie));
        let paths = std::mem::take(&mut document.paths.paths);
        for (path, mut item) in paths {
            for operation in operations(&mut item) {
                refusals(operation, &path);
                if ["/auth/refresh", "/auth/logout"].contains(&path.as_str()) {
                    let cookie = SecurityRequirement::new("refresh_cookie", [""; 0]);
                    operation.security = Some(vec![SecurityRequirement::default(), cookie]);
                }
            }
            document.paths.paths.insert(format!("{PREFIX}{path}"), item);
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.delete]
        .into_iter()
        .filter_map(Option::as_mut)
}

/// Every way in which such an operation may be refused.
fn refusals(operation: &mut Operation, path: &str) {
    let names_something = path.contains('{');
    let (has_body, is_public) = (operation.request_body.is_some(), operation.security.is_none());
    let mut statuses = vec![
        ("400", "The request can't be read"),
        ("500", "Our fault"),
        ("503", "Try again later"),
    ];
    statuses.push((
        "401",
        if is_public {
            "The proof of who you are is wrong"
        } else {
            "Sign in first"
        },
    ));
    statuses.push(("403", "Your role does not allow it"));
    if names_something || is_public {
        statuses.push(("404", "There is no such thing, or you may not see it"));
    }
    if has_body {
        statuses.extend([
            ("408", "The body took too long"),
            ("409", "It is taken, or someone else was quicker"),
            ("413", "The body is too large"),
            ("415", "The body is not JSON"),
            ("422", "Some fields are not valid"),
        ]);
    }
    let asks_vendor = path.starts_with("/accounts/")
        && ["/test", "/test/stream", "/auth-url", "/exchange", "/refresh"]
            .iter()
            .any(|end| path.ends_with(end));
    let makes_file = path.starts_with("/exports/");
    if is_public || asks_vendor || makes_file {
        statuses.push(("429", "Too many attempts"));
    }
    if asks_vendor && (path.ends_with("/exchange") || path.ends_with("/refresh")) {
        statuses.push((
            "424",
            "The vendor can't be reached, is busy, or gave no usable answer",
        ));
    }
    if asks_vendor && path.ends_with("/refresh") {
        statuses.extend([
            ("409", "The account must be connected anew"),
            (
                "422",
                "Nothing is issued from its credential, or the vendor refused",
            ),
        ]);
    }
    for (status, description) in statuses {
        let problem = Content::builder()
            .schema(Some(Ref::from_schema_name("Problem")))
            .build();
        let response = ResponseBuilder::new()
            .description(description)
            .content(PROBLEM_JSON, problem)
            .build();
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(|| response.into());
    }
}

/// The document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

/// The document as it is served.
pub(crate) fn document_json() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| serde_json::to_string(&openapi()).unwrap_or_default());
    &TEXT
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mount::Routes;
    use std::collections::BTreeSet;

    fn documented() -> BTreeSet<(String, String)> {
        let document: serde_json::Value = serde_json::from_str(document_json()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item
                .as_object()
                .unwrap()
                .keys()
                .map(|method| method.to_uppercase());
            methods
                .map(|method| (method, path.strip_prefix(PREFIX).unwrap().to_owned()))
                .collect::<Vec<_>>()
        });
        operations.collect()
    }

    #[test]
    fn every_mounted_route_is_in_the_document_and_no_other() {
        let mounted: BTreeSet<(String, String)> = Routes::all().listed().into_iter().collect();
        assert_eq!(mounted, documented());
    }

    #[test]
    fn every_operation_says_what_it_does_and_how_it_is_refused() {
        let document: serde_json::Value = serde_json::from_str(document_json()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                assert!(operation["summary"].is_string(), "{method} {path} has no summary");
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let refused = status.as_str() >= "400";
                    assert_eq!(
                        response["content"][PROBLEM_JSON].is_object(),
                        refused,
                        "{method} {path} {status}"
                    );
                }
                let public = path.starts_with("/api/v2/tenants")
                    || path.starts_with("/api/v2/payments/")
                    || path == "/api/v2/ledger/keys"
                    || path.starts_with("/api/v2/exports/by-link/")
                    || ["/login", "/auth/refresh", "/logout"]
                        .iter()
                        .any(|end| path.ends_with(end));
                let bearer = operation["security"] == serde_json::json!([{ "bearer": [] }]);
                assert_eq!(bearer, !public, "{method} {path}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = document_json();
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let named = text
            .split("#/components/schemas/")
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        let missing: BTreeSet<&str> = named.filter(|name| !schemas.contains_key(*name)).collect();
        assert_eq!(missing, BTreeSet::new());
    }
}
