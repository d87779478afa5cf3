//! Vouchers: made once, redeemed once, guessed never.

use super::told::{actions, audit_of, faults, pairs, refused};
use serde_json::{Value, json};
use tollgate_tests::harness::house::said;
use tollgate_tests::harness::tenant::id_of;
use tollgate_tests::harness::{Api, House, Reply, Tenant};
use uuid::Uuid;

pub const USD: i64 = 1_000_000_000;

pub fn redeem(api: &Api, code: &str) -> Reply {
    api.post("/vouchers/redeem", &json!({"code": code}))
}

pub fn redeem_for(api: &Api, code: &str, key: Uuid) -> Reply {
    api.post("/vouchers/redeem", &json!({"code": code, "key_id": key}))
}

fn balance(tenant: &Tenant) -> i64 {
    let balance = tenant.api.get("/billing/balance").expect(200).json();
    balance["balance_nano"]
        .as_str()
        .expect("an amount")
        .parse()
        .expect("a number")
}

/// An organisation's own vouchers, for its keys.
pub fn own(tenant: &Tenant, fields: &Value) -> (Vec<Value>, Vec<String>) {
    let made = tenant.api.post("/vouchers", fields).expect(201).json();
    let codes = made["codes"].as_array().expect("codes").iter();
    (
        made["items"].as_array().expect("items").clone(),
        codes
            .map(|code| code.as_str().expect("a code").to_owned())
            .collect(),
    )
}

#[test]
fn credit_is_redeemed_once_and_told_in_the_ledger() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let file = house.gateway.data_dir().join(format!("codes-{}", Uuid::new_v4()));
    let said_nothing = house.vouchers_with(
        2,
        "12.50",
        &["--note", "spring", "--out", file.to_str().expect("a path")],
    );
    assert!(
        said_nothing.iter().all(|line| !line.contains("TGV-")),
        "{said_nothing:?}"
    );
    let text = std::fs::read_to_string(&file).expect("the file");
    let codes: Vec<&str> = text.lines().collect();
    assert_eq!(codes.len(), 2);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("it").permissions());
    assert_eq!(mode & 0o777, 0o600, "only its owner reads it");
    let again = house.gateway.cli(&[
        "voucher",
        "create",
        "--usd",
        "1",
        "--out",
        file.to_str().expect("a path"),
    ]);
    assert!(!again.status.success(), "a file of codes is never written over");
    let typed = codes[0].to_lowercase().replace('-', " ");
    let first = redeem(&tenant.api, &typed).expect(200).json();
    assert_eq!(
        first["value"],
        json!({"kind": "credit", "amount_nano": "12500000000"})
    );
    assert_eq!(balance(&tenant), 12_500_000_000);
    assert_eq!(
        redeem(&tenant.api, codes[0]).expect(200).json(),
        first,
        "the same answer again"
    );
    assert_eq!(balance(&tenant), 12_500_000_000, "and nothing twice");
    refused(&redeem(&other.api, codes[0]), 422, "voucher_refused");
    told_of(&house, &tenant, codes[0], &first["transfer_id"]);
    house.verify();
}

/// What ledger, audit log and the operator's list say of a voucher that was redeemed, and what nobody says.
fn told_of(house: &House, tenant: &Tenant, code: &str, transfer_id: &Value) {
    let transfers = tenant
        .api
        .get("/billing/transfers?kind=voucher")
        .expect(200)
        .json();
    let transfer = &transfers["items"][0];
    assert_eq!(transfer["id"], *transfer_id);
    assert_eq!(
        (&transfer["from_account"], &transfer["to_account"]),
        (&json!("vouchers"), &json!("wallet"))
    );
    assert_eq!(transfer["author"], json!(tenant.email));
    let end = &code[code.len() - 4..];
    assert_eq!(transfer["reason"], format!("voucher …{end}"));
    let voucher: Uuid = house
        .sql()
        .query_one(
            "SELECT voucher_id FROM voucher_redemptions WHERE tenant_id = $1",
            &[&tenant.id],
        )
        .expect("a redemption")
        .get(0);
    assert_eq!(actions(&audit_of(house, tenant, voucher)), ["voucher.redeemed"]);
    let listed = said(&house.gateway.cli(&["voucher", "list"]));
    let line = listed
        .lines()
        .find(|line| line.contains(&voucher.to_string()))
        .expect("listed");
    assert!(
        line.contains(&format!("redeemed by {}", tenant.slug)) && line.contains("spring"),
        "{line}"
    );
    let taken_back = house.gateway.cli(&["voucher", "revoke", &voucher.to_string()]);
    assert!(!taken_back.status.success(), "what was redeemed stays");
    let body = &code[4..];
    for text in [house.gateway.log(), listed, everything_stored(house)] {
        assert!(!text.contains(body), "the code stands in the clear somewhere");
    }
}

/// All rows that could hold a code.
fn everything_stored(house: &House) -> String {
    let rows = house.sql().query_one(
        "SELECT (SELECT string_agg(v::text, ' ') FROM vouchers v) || (SELECT string_agg(d::text, ' ') FROM voucher_directory d)
             || (SELECT string_agg(r::text, ' ') FROM voucher_redemptions r) || (SELECT string_agg(a::text, ' ') FROM audit_log a)",
        &[],
    );
    rows.expect("rows").get(0)
}

#[test]
fn of_many_who_redeem_at_once_exactly_one_wins() {
    let house = House::shared();
    let codes = house.vouchers(2, "3");
    let tenants: Vec<Tenant> = (0..8).map(|_| house.poor_tenant()).collect();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = tenants
            .iter()
            .map(|tenant| scope.spawn(|| redeem(&tenant.api, &codes[0]).status))
            .collect();
        tries
            .into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert_eq!(
        statuses.iter().filter(|status| **status == 422).count(),
        7,
        "{statuses:?}"
    );
    assert_eq!(tenants.iter().map(balance).sum::<i64>(), 3 * USD, "paid in once");
    // One organisation, several hands: all are told the same, and it counts once.
    let tenant = &tenants[0];
    let before = balance(tenant);
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..6)
            .map(|_| scope.spawn(|| redeem(&tenant.api, &codes[1]).expect(200).json()))
            .collect();
        tries
            .into_iter()
            .map(|one| one.join().expect("an answer"))
            .collect()
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_eq!(balance(tenant) - before, 3 * USD);
    house.verify();
}

#[test]
fn why_a_code_is_refused_is_told_to_nobody() {
    let house = House::shared();
    let (tenant, other) = (house.poor_tenant(), house.poor_tenant());
    let codes = house.vouchers(3, "1");
    let expiring = house.vouchers_with(1, "1", &["--expires", "2190-01-01T00:00:00Z"]);
    let (_, theirs) = own(&other, &json!({"count": 1, "days": 1}));
    let mut sql = house.sql();
    sql.execute(
        "UPDATE voucher_directory SET expires_at = now() - interval '1 second' WHERE expires_at = '2190-01-01T00:00:00Z'",
        &[],
    )
    .expect("its time is over");
    redeem(&other.api, &codes[0]).expect(200);
    let id: Uuid = sql
        .query_one(
            "SELECT voucher_id FROM vouchers WHERE last_four = $1 AND kind = 'credit' ORDER BY created_at DESC LIMIT 1",
            &[&&codes[1][codes[1].len() - 4..]],
        )
        .expect("the voucher")
        .get(0);
    let taken_back = house.gateway.cli(&["voucher", "revoke", &id.to_string()]);
    assert!(taken_back.status.success(), "{}", said(&taken_back));
    // A code that is well made and nobody's: that of a voucher whose row is gone.
    sql.execute("DELETE FROM voucher_directory WHERE voucher_id IN (SELECT voucher_id FROM vouchers WHERE last_four = $1)", &[&&codes[2][codes[2].len() - 4..]])
        .expect("forgotten");
    let told: Vec<Value> = [&codes[0], &codes[1], &codes[2], &expiring[0], &theirs[0]]
        .into_iter()
        .map(|code| {
            let mut problem = refused(&redeem(&tenant.api, code), 422, "voucher_refused");
            problem["request_id"] = Value::Null;
            problem
        })
        .collect();
    assert!(told.iter().all(|problem| *problem == told[0]), "{told:?}");
    assert_eq!(balance(&tenant), 0);
}

#[test]
fn each_role_may_do_its_own_with_vouchers() {
    let house = House::shared();
    let (tenant, stranger) = (house.poor_tenant(), house.poor_tenant());
    let (finance, member) = (house.person(&tenant, "finance"), house.person(&tenant, "member"));
    let codes = house.vouchers(1, "1");
    refused(&redeem(&member.api, &codes[0]), 403, "forbidden");
    redeem(&finance.api, &codes[0]).expect(200);
    let (items, codes) = own(&tenant, &json!({"count": 3, "days": 1, "note": "for the team"}));
    assert_eq!((items.len(), codes.len()), (3, 3));
    for (item, code) in items.iter().zip(&codes) {
        assert!(
            code.ends_with(item["last_four"].as_str().expect("letters")),
            "in one order"
        );
    }
    let key = tenant
        .key(json!({"owner_user_id": finance.id, "expires_at": "2190-01-01T00:00:00Z"}))
        .id;
    refused(&redeem_for(&finance.api, &codes[0], key), 403, "forbidden");
    let form = json!({"count": 1, "days": 1});
    let revoke = format!("/vouchers/{}/revoke", id_of(&items[0]["id"]));
    for person in [&finance, &member] {
        refused(&person.api.post("/vouchers", &form), 403, "forbidden");
        refused(&person.api.post(&revoke, &json!({})), 403, "forbidden");
    }
    refused(&member.api.get("/vouchers"), 403, "forbidden");
    refused(&stranger.api.post(&revoke, &json!({})), 404, "not_found");
    let page = finance.api.get("/vouchers?limit=2").expect(200).json();
    let cursor = page["next_cursor"].as_str().expect("more");
    let rest = finance
        .api
        .get(&format!("/vouchers?limit=2&cursor={cursor}"))
        .expect(200)
        .json();
    assert_eq!(
        (rest["items"].as_array().map(Vec::len), &rest["next_cursor"]),
        (Some(1), &Value::Null)
    );
    let revoked = tenant.api.post(&revoke, &json!({})).expect(200).json();
    assert!(revoked["revoked_at"].is_string());
    assert_eq!(
        tenant.api.post(&revoke, &json!({})).expect(200).json(),
        revoked,
        "twice is once"
    );
    refused(&redeem_for(&tenant.api, &codes[0], key), 422, "voucher_refused");
    redeem_for(&tenant.api, &codes[1], key).expect(200);
    let used = format!("/vouchers/{}/revoke", id_of(&items[1]["id"]));
    refused(&tenant.api.post(&used, &json!({})), 409, "in_use");
}

#[test]
fn every_wrong_field_of_a_voucher_is_named() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let code = house.vouchers(1, "1").remove(0);
    let cases = json!([
        [{"count": 0, "days": 1}, "count", "out_of_range"],
        [{"count": 1001, "days": 1}, "count", "out_of_range"],
        [{"count": 1}, "amount_nano", "required"],
        [{"count": 1, "amount_nano": "-1"}, "amount_nano", "out_of_range"],
        [{"count": 1, "amount_nano": "9223372036854775807"}, "amount_nano", "out_of_range"],
        [{"count": 1, "days": 3651}, "days", "out_of_range"],
        [{"count": 1, "days": 1, "note": "\u{0}"}, "note", "control_character"],
        [{"count": 1, "days": 1, "expires_at": "2001-01-01T00:00:00Z"}, "expires_at", "in_the_past"],
        [{"count": 1, "days": 1, "expires_at": "9999-01-01T00:00:00Z"}, "expires_at", "out_of_range"],
        [{"count": 1, "days": 1, "kind": "credit"}, "kind", "unknown_field"],
    ]);
    for case in cases.as_array().expect("cases") {
        let text = |at: usize| case[at].as_str().expect("a text");
        let reply = tenant.api.post("/vouchers", &case[0]);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[(text(1), text(2))]),
            "{case}"
        );
    }
    // A code whose last letter was mistaken.
    let last = if code.ends_with('7') { '8' } else { '7' };
    let mistaken = format!("{}{last}", &code[..code.len() - 1]);
    for (typed, why) in [
        ("", "required"),
        ("TGV-", "voucher_code"),
        (mistaken.as_str(), "voucher_code"),
    ] {
        let reply = redeem(&tenant.api, typed);
        assert_eq!(
            faults(&reply, 422, "validation_failed"),
            pairs(&[("code", why)]),
            "{typed}"
        );
    }
    let key = tenant.key(json!({})).id;
    let reply = redeem_for(&tenant.api, &code, key);
    assert_eq!(
        faults(&reply, 422, "validation_failed"),
        pairs(&[("key_id", "not_applicable")])
    );
    for options in [
        vec!["--usd", "0"],
        vec!["--usd", "1e3"],
        vec!["--usd", "1000001"],
        vec!["--usd", "1", "--count", "0"],
        vec!["--usd", "1", "--expires", "2001-01-01T00:00:00Z"],
        vec!["--usd", "1", "--expires", "tomorrow"],
    ] {
        let words = [vec!["voucher", "create"], options].concat();
        let output = house.gateway.cli(&words);
        assert!(
            !output.status.success() && !said(&output).contains("TGV-"),
            "{words:?}"
        );
    }
}

#[test]
fn whoever_guesses_is_slowed_down_and_stays_so() {
    let house = House::shared();
    let tenant = house.poor_tenant();
    let good = house.vouchers(2, "1");
    redeem(&tenant.api, &good[0]).expect(200);
    let wrong = "TGV-00000-00000-00000-00000-00000";
    let mut slowed = None;
    for at in 0..40 {
        // One's own code again does not reset the count.
        let code = if at % 2 == 0 { wrong } else { good[0].as_str() };
        let reply = redeem(&tenant.api, code);
        if reply.status == 429 {
            slowed = Some((at, reply));
            break;
        }
    }
    let (at, reply) = slowed.expect("slowed down");
    assert!(at >= 15, "a list of vouchers can be redeemed: {at}");
    refused(&reply, 429, "too_many_requests");
    assert!(reply.header("retry-after").is_some());
    refused(&redeem(&tenant.api, &good[1]), 429, "too_many_requests");
    assert_eq!(balance(&tenant), USD, "not even a good code passes then");
}
