//! Tokens that are renewed, against a real database and a token endpoint that answers as Claude's is documented to: once for
//! all who wait, on one node of all, and never where the vendor said that the grant is gone.

mod vendor;

use super::house::{House, place, state};
use crate::snapshot::UpstreamAccount;
use crate::state::Observed;
use crate::{Credential, Ready, RenewFault, RenewParts, Renewer, Scheduler};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tollgate_contract::accounts::{AccountState, Credential as AtRest, IssuedToken, OauthGrant};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::CredentialKind;
use tollgate_net::{ClientSettings, NetGuard, UpstreamTls};
use tollgate_oauth::Endpoints;
use tollgate_store::{SealedSecret, SecretPlace};
use vendor::Vendor;

/// What an account's row says of its token.
#[derive(Debug, sqlx::FromRow)]
struct Facts {
    state: String,
    token_version: i64,
    refresh_failures: i32,
    is_leased: bool,
    credential: Vec<u8>,
}

impl House {
    /// A node's renewer, which takes the vendor to be here.
    fn renewer(&self, vendor: &Vendor) -> Renewer {
        let parts = RenewParts {
            guard: NetGuard::new(vec!["127.0.0.1/32".parse().expect("a network")]),
            tls: UpstreamTls::native().expect("TLS"),
            client: ClientSettings::default(),
            endpoints: Endpoints {
                claude_token: vendor.url(),
                ..Endpoints::default()
            },
        };
        Renewer::new(&self.db, self.secrets.clone(), parts)
    }

    /// A Claude subscription that was connected two hours ago and whose first token ends then.
    async fn granted(&self, ends_in: TimeDelta, schedulable: bool) -> AccountId {
        let grant = AtRest::Oauth(OauthGrant {
            refresh_token: Some("rt-0".to_owned()),
            granted: "a random id".to_owned(),
            way: "claude".to_owned(),
            scopes: vec!["user:inference".to_owned()],
            account: None,
        });
        let account = self.account("subscription", &grant.at_rest()).await;
        let token = IssuedToken::Bearer {
            access_token: "at-0".to_owned(),
        };
        let token = serde_json::to_vec(&token).expect("JSON");
        let mut tx = self.db.tenant(self.tenant).await.expect("a transaction");
        let place = SecretPlace {
            column: "token",
            ..place(account)
        };
        let sealed = self.secrets.seal(&mut tx, place, &token).await.expect("sealed");
        drop(tx);
        let set = format!(
            "platform = 'claude_official', credential_kind = 'oauth', token = '\\x{}', token_version = 1,
             token_issued_at = now() - interval '2 hours', schedulable = {schedulable},
             token_expires_at = now() + interval '{} seconds'",
            hex::encode(sealed.to_bytes()),
            ends_in.num_seconds()
        );
        self.change(account, &set).await;
        account
    }

    /// As requests get it.
    async fn read(&self, node: &Scheduler, account: AccountId) -> Arc<UpstreamAccount> {
        let pool = self.pool(node).await;
        pool.candidate(account).expect("in the pool").account.clone()
    }

    async fn facts(&self) -> Facts {
        let query = "SELECT state, token_version, refresh_failures, credential,
                            COALESCE(refreshing_until > now(), false) AS is_leased FROM accounts";
        self.rows(query).await.remove(0)
    }

    async fn await_version(&self, node: &Scheduler, account: AccountId, version: i64) {
        for _ in 0..500 {
            let token = self.read(node, account).await.token;
            if token.is_some_and(|token| token.version == version) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the token of version {version} is not read");
    }

    /// The refresh token that is stored.
    async fn refresh_token(&self, account: AccountId) -> Option<String> {
        let sealed = SealedSecret::from_bytes(&self.facts().await.credential).expect("sealed");
        let mut tx = self.db.tenant(self.tenant).await.expect("a transaction");
        let text = self
            .secrets
            .open(&mut tx, place(account), &sealed)
            .await
            .expect("opened");
        match AtRest::from_rest(CredentialKind::Oauth, text.expose_secret()) {
            Some(AtRest::Oauth(grant)) => grant.refresh_token,
            _ => panic!("it is no grant"),
        }
    }
}

fn bearer(ready: &Ready) -> &str {
    match &ready.credential {
        Credential::Bearer(token) => token.expose_secret(),
        other => panic!("{other:?}"),
    }
}

const ENDED: TimeDelta = TimeDelta::seconds(-5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_wait_get_one_renewal_and_the_next_one_goes_by_the_rotated_token() {
    let (house, vendor) = (House::new().await, Vendor::start().await);
    let (node, renewer) = (house.node(), house.renewer(&vendor));
    let account = house.granted(ENDED, false).await;
    let read = house.read(&node, account).await;
    vendor.takes(Duration::from_millis(200));
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let (renewer, read) = (renewer.clone(), read.clone());
        callers.spawn(async move { renewer.ready(&read).await });
    }
    for ready in callers.join_all().await {
        let ready = ready.expect("a token");
        assert_eq!((bearer(&ready), ready.token_version), ("at-1", Some(2)));
    }
    assert_eq!(vendor.asked_with(), ["rt-0"]);
    assert_eq!(house.refresh_token(account).await.as_deref(), Some("rt-1"));
    let facts = house.facts().await;
    assert_eq!((facts.token_version, facts.is_leased), (2, false));
    // A snapshot that does not know of it yet needs no other one.
    assert_eq!(bearer(&renewer.at_once(&read).expect("it is held")), "at-1");
    house.await_version(&node, account, 2).await;
    let read = house.read(&node, account).await;
    assert!(matches!(&read.credential, Credential::Bearer(token) if token.expose_secret() == "at-1"));
    // Refused all the same: the next one would be, too.
    let fresh = renewer.renew(house.tenant, account, Some(2)).await;
    assert!(matches!(fresh, Err(RenewFault::Fresh)), "{fresh:?}");
    assert_eq!(vendor.asked_with().len(), 1);
    renewer
        .renew(house.tenant, account, None)
        .await
        .expect("a person asks");
    assert_eq!(vendor.asked_with(), ["rt-0", "rt-1"]);
    assert_eq!(house.refresh_token(account).await.as_deref(), Some("rt-2"));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_one_renews_and_the_other_takes_its_token() {
    let (house, vendor) = (House::new().await, Vendor::start().await);
    let (node, one, other) = (house.node(), house.renewer(&vendor), house.renewer(&vendor));
    let account = house.granted(ENDED, false).await;
    let read = house.read(&node, account).await;
    vendor.takes(Duration::from_millis(300));
    let (first, second) = tokio::join!(one.ready(&read), other.ready(&read));
    let (first, second) = (first.expect("a token"), second.expect("the same one"));
    assert_eq!((bearer(&first), bearer(&second)), ("at-1", "at-1"));
    assert_eq!(vendor.asked_with(), ["rt-0"]);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_that_is_gone_takes_the_account_out_and_is_not_asked_for_again() {
    let (house, vendor) = (House::new().await, Vendor::start().await);
    let (node, one, other) = (house.node(), house.renewer(&vendor), house.renewer(&vendor));
    let account = house.granted(ENDED, false).await;
    let read = house.read(&node, account).await;
    vendor.refuses(400, r#"{"error":"invalid_grant","error_description":"revoked"}"#);
    for renewer in [&one, &one, &other] {
        let refused = renewer.ready(&read).await;
        assert!(matches!(refused, Err(RenewFault::Revoked(_))), "{refused:?}");
    }
    assert_eq!(vendor.asked_with().len(), 1);
    assert_eq!(house.facts().await.state, "unauthorized");
    house
        .await_state(&node, account, AccountState::Unauthorized)
        .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vendor_that_can_not_answer_is_left_alone_for_a_while() {
    let (house, vendor) = (House::new().await, Vendor::start().await);
    let (node, one, other) = (house.node(), house.renewer(&vendor), house.renewer(&vendor));
    let account = house.granted(ENDED, false).await;
    let read = house.read(&node, account).await;
    vendor.refuses(503, "{}");
    for renewer in [&one, &one, &other] {
        let refused = renewer.ready(&read).await;
        let Err(RenewFault::Later { retry_at, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert!(retry_at > house.db.clock().now());
    }
    assert_eq!(vendor.asked_with().len(), 1, "it rests on both nodes");
    let facts = house.facts().await;
    assert_eq!(
        (&*facts.state, facts.refresh_failures, facts.is_leased),
        ("active", 1, false)
    );
    // A person need not wait; the refresh token of before is still good.
    vendor.issues();
    one.renew(house.tenant, account, None).await.expect("it is back");
    assert_eq!(vendor.asked_with(), ["rt-0", "rt-0"]);
    let facts = house.facts().await;
    assert_eq!((facts.token_version, facts.refresh_failures), (2, 0));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_cuts_no_renewal_off_and_a_node_that_goes_down_waits_for_it() {
    let (house, vendor) = (House::new().await, Vendor::start().await);
    let (node, renewer) = (house.node(), house.renewer(&vendor));
    let account = house.granted(ENDED, false).await;
    let read = house.read(&node, account).await;
    vendor.takes(Duration::from_millis(700));
    let (here, asked) = (renewer.clone(), read.clone());
    let mut clients = JoinSet::new();
    clients.spawn(async move { here.ready(&asked).await });
    vendor.await_asked().await;
    clients.shutdown().await;
    house.stop().await;
    assert_eq!(house.facts().await.token_version, 2);
    assert_eq!(house.refresh_token(account).await.as_deref(), Some("rt-1"));
    // What would end after the node is not begun.
    let refused = renewer.renew(house.tenant, account, Some(2)).await;
    assert!(matches!(refused, Err(RenewFault::Unavailable)), "{refused:?}");
    assert_eq!(vendor.asked_with().len(), 1);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewal_is_no_other_credential() {
    let (house, vendor) = (House::new().await, Vendor::start().await);
    let (node, renewer) = (house.node(), house.renewer(&vendor));
    let account = house.granted(TimeDelta::hours(3), true).await;
    let before = house.read(&node, account).await.mark;
    let until = Some(house.db.clock().now() + TimeDelta::hours(1));
    let seen = Observed::RateLimited { until };
    assert!(node.observe(house.tenant, account, seen).await.expect("known"));
    house.await_row(account, "rate_limited", 3).await;
    renewer
        .renew(house.tenant, account, None)
        .await
        .expect("another token");
    assert_eq!(house.refresh_token(account).await.as_deref(), Some("rt-1"));
    house.await_version(&node, account, 2).await;
    assert_eq!(house.read(&node, account).await.mark, before);
    assert_eq!(
        state(&*house.pool(&node).await, account),
        AccountState::RateLimited
    );
    assert_eq!(house.facts().await.state, "rate_limited");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_soon_is_renewed_before_anybody_asks() {
    let (house, vendor) = (House::new().await, Vendor::start().await);
    let node = house.node();
    let account = house.granted(TimeDelta::minutes(2), true).await;
    let renewers = [house.renewer(&vendor), house.renewer(&vendor)];
    house.await_version(&node, account, 2).await;
    let read = house.read(&node, account).await;
    for renewer in &renewers {
        assert_eq!(bearer(&renewer.ready(&read).await.expect("a token")), "at-1");
    }
    assert_eq!(vendor.asked_with(), ["rt-0"]);
    house.close().await;
}
