//! Against a real database: what is read, what is written back, and what two nodes make of it.

use super::house::{House, place};
use super::support::wish;
use crate::state::Observed;
use crate::{Credential, Wish};
use secrecy::ExposeSecret;
use std::time::Duration;
use tollgate_contract::accounts::AccountState;
use tollgate_contract::platform::Platform;
use tollgate_store::SecretPlace;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_node_sees_the_table_and_the_other_node_learn() {
    let house = House::new().await;
    let (one, other) = (house.node(), house.node());
    let (first, second) = (
        house.account("first", "sk-1").await,
        house.account("second", "sk-2").await,
    );
    house.pool(&other).await;
    house
        .request(&one, first, Observed::RateLimited { until: None })
        .await;
    // At once on this node, without the database.
    let pool = house.pool(&one).await;
    let seat = one.pick(&pool, &wish()).expect("the other account");
    assert_eq!(seat.account().id, second);
    house.await_row(first, "rate_limited", 2).await;
    house.await_state(&other, first, AccountState::RateLimited).await;
    // Not each success is written.
    for _ in 0..10 {
        house.request(&one, second, Observed::Answered).await;
    }
    // A person's reset holds on both.
    house
        .change(first, "state = 'active', state_until = NULL, state_since = now()")
        .await;
    house.await_state(&one, first, AccountState::Active).await;
    house.await_state(&other, first, AccountState::Active).await;
    house.request(&other, first, Observed::Unauthorized).await;
    house.await_row(first, "unauthorized", 4).await;
    house.await_state(&one, first, AccountState::Unauthorized).await;
    assert_eq!(house.row(second).await, ("active".to_owned(), 1));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_accounts_go_on_and_the_latest_state_is_written_after() {
    let house = House::new().await;
    let node = house.node();
    let (first, second) = (
        house.account("first", "sk-1").await,
        house.account("second", "sk-2").await,
    );
    house.pool(&node).await;
    house.answer(false).await;
    house
        .request(&node, first, Observed::RateLimited { until: None })
        .await;
    house.request(&node, second, Observed::Answered).await;
    let pool = house.pool(&node).await;
    let seat = node.pick(&pool, &wish()).expect("one is left");
    assert_eq!(seat.account().id, second);
    seat.observe(Observed::Overloaded { until: None });
    seat.observe(Observed::QuotaExhausted { until: None });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    house.answer(true).await;
    house.await_row(first, "rate_limited", 2).await;
    house.await_row(second, "quota_exhausted", 2).await;
    house
        .await_state(&node, second, AccountState::QuotaExhausted)
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_credential_makes_a_refused_account_active_again() {
    let house = House::new().await;
    let node = house.node();
    let account = house.account("first", "sk-1").await;
    house.request(&node, account, Observed::Unauthorized).await;
    house.await_row(account, "unauthorized", 2).await;
    let mut tx = house.db.tenant(house.tenant).await.expect("a transaction");
    let sealed = house
        .secrets
        .seal(&mut tx, place(account), b"sk-new")
        .await
        .expect("sealed");
    drop(tx);
    house
        .change(
            account,
            &format!("credential = '\\x{}'", hex::encode(sealed.to_bytes())),
        )
        .await;
    house.await_state(&node, account, AccountState::Active).await;
    house.await_row(account, "active", 4).await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_can_not_be_read_does_not_take_the_others_with_it() {
    let house = House::new().await;
    let node = house.node();
    let (good, bad) = (
        house.account("good", "sk-good").await,
        house.account("bad", "sk-bad").await,
    );
    house
        .change(
            bad,
            "credential = (SELECT credential FROM accounts WHERE name = 'good')",
        )
        .await;
    // On a thread with a runtime of its own, as a worker's is.
    let (here, tenant) = (node.clone(), house.tenant);
    let pool = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(here.pool(tenant)).expect("a pool")
    });
    let pool = pool.join().expect("no panic");
    assert_eq!((pool.len(), node.accounts_known()), (2, 2));
    let seat = node.pick(&pool, &wish()).expect("the good one");
    let account = seat.account();
    assert_eq!(
        (account.id, &*account.public_name, account.owner),
        (good, "good", house.tenant)
    );
    assert!(matches!(&account.credential, Credential::ApiKey(key) if key.expose_secret() == "sk-good"));
    assert_eq!(
        (account.sent_model("asked"), account.sent_model("other")),
        ("sent", "other")
    );
    let explanation = seat.explanation();
    assert_eq!(
        explanation["considered"][0]["out"], "its credential can't be decrypted",
        "{explanation}"
    );
    drop(seat);
    // A deleted account is gone.
    house.change(good, "deleted_at = now(), credential = ''").await;
    for _ in 0..500 {
        if house.pool(&node).await.len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        node.pick(&*house.pool(&node).await, &wish())
            .expect_err("none")
            .code(),
        "none_offers_model"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_platforms_account_needs_is_read_and_its_secrets_are_opened() {
    let house = House::new().await;
    let node = house.node();
    let keys = r#"{"access_key_id":"AKIDEXAMPLE","secret_access_key":"hidden"}"#;
    let account = house.account("bedrock", keys).await;
    let mut tx = house.db.tenant(house.tenant).await.expect("a transaction");
    let place = SecretPlace {
        column: "extra_headers",
        ..place(account)
    };
    let sealed = house
        .secrets
        .seal(&mut tx, place, br#"{"x-team":"hidden"}"#)
        .await;
    let sealed = hex::encode(sealed.expect("sealed").to_bytes());
    drop(tx);
    let set = format!(
        "platform = 'bedrock', credential_kind = 'aws_keys', region = 'eu-west-1', extra_headers = '\\x{sealed}',
         extra_header_names = '{{x-team}}', first_byte_timeout_s = 7, idle_timeout_s = 9, models = '{{m}}'"
    );
    house.change(account, &set).await;
    let wish = Wish {
        platforms: &[Platform::Bedrock],
        model: "m",
        ..wish()
    };
    let pool = house.pool_with(&node, account, Platform::Bedrock).await;
    let seat = node.pick(&pool, &wish).expect("a seat");
    let found = seat.account();
    assert!(
        matches!(&found.credential, Credential::Aws { access_key_id, secret_access_key, session_token: None }
        if access_key_id == "AKIDEXAMPLE" && secret_access_key.expose_secret() == "hidden")
    );
    assert_eq!(found.region.as_deref(), Some("eu-west-1"));
    let timeouts = (found.first_byte_timeout, found.idle_timeout);
    assert_eq!(
        timeouts,
        (Some(Duration::from_secs(7)), Some(Duration::from_secs(9)))
    );
    let (name, value) = &found.extra_headers[0];
    assert_eq!(
        (name.as_str(), value.as_bytes(), value.is_sensitive()),
        ("x-team", &b"hidden"[..], true)
    );
    assert!(!format!("{found:?}").contains("hidden"), "{found:?}");
    let before = found.mark;
    drop(seat);
    // Where the credential goes is part of what it is.
    house.change(account, "region = 'us-east-1'").await;
    house.await_other_mark(&node, account, before).await;
    house.close().await;
}
