//! Giving a key a new secret: the old one works on for a while, older ones end.

use super::rights::Rights;
use super::service::{announced, shown, versions};
use super::store::{self, NewSecret, Place};
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono::{SubsecRound, TimeDelta};
use serde_json::json;
use tollgate_contract::ids::KeyId;
use tollgate_contract::keys::{CreatedKey, RotateKey};
use tollgate_http::{Caller, Fault};
use tollgate_store::ApiKeySecret;

pub(super) async fn rotate(
    state: &ManageState,
    caller: &Caller,
    key: KeyId,
    form: RotateKey,
) -> Result<CreatedKey, Fault> {
    let mut tx = caller.tx().await?;
    let rights = Rights::read(&mut tx, caller, state.clock().now()).await?;
    let found = rights.lock(&mut tx, caller, key, Place::Use).await?;
    let now = rights.now.trunc_subsecs(6);
    let until = now + TimeDelta::seconds(form.grace_s.into());
    let secret = ApiKeySecret::generate(&mut rand::rng());
    let new = NewSecret::of(&secret, &state.parts().hasher);
    store::end_secrets(&mut tx, key, until, now).await?;
    store::enter_secrets(&mut tx, &[(key, &new)], now).await?;
    let version = store::rotated(&mut tx, &found, &new, now).await?;
    let target = Target {
        id: key.0,
        name: &found.fields.name,
    };
    let told = json!({
        "version": versions(&found),
        "last_four": { "from": null, "to": new.last_four },
        "old_secret_until": { "from": null, "to": until },
    });
    trail::record(
        &mut tx,
        state.clock(),
        &caller.into(),
        "key.rotated",
        target,
        told,
    )
    .await?;
    announced(&mut tx, &[(key.0, version)]).await?;
    let key = shown(state, caller, &mut tx, key).await?;
    tx.commit().await?;
    Ok(CreatedKey {
        key,
        secret: secret.expose().to_owned(),
    })
}
