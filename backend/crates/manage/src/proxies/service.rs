//! The rules of proxies: where they may stand, how their passwords are kept, when they may go.

use super::store::{self, Editable, Stored};
use crate::permissions::{Action, require};
use crate::state::ManageState;
use crate::trail::{self, Target, differences};
use secrecy::SecretString;
use serde_json::{Value, json};
use tollgate_contract::ids::ProxyId;
use tollgate_contract::proxies::{Proxies, Proxy, ProxyForm, ProxyScheme};
use tollgate_http::{Caller, Code, Fault};
use tollgate_net::{Proxy as NetProxy, ProxyScheme as NetScheme, ProxyUrlError};
use tollgate_store::{SealedSecret, SecretPlace, StoreError, TenantTx, Topic, announce};

/// Longest host as it is stored: other letters than ASCII grow when they are written for DNS.
const HOST_MAX: usize = 253;

pub(super) async fn list(caller: &Caller) -> Result<Proxies, Fault> {
    require(caller, Action::AccountsRead)?;
    let items = store::read(&mut caller.tx().await?, None).await?;
    Ok(Proxies { items })
}

pub(super) async fn get(caller: &Caller, proxy: ProxyId) -> Result<Proxy, Fault> {
    require(caller, Action::AccountsRead)?;
    shown(&mut caller.tx().await?, proxy).await
}

async fn shown(tx: &mut TenantTx, proxy: ProxyId) -> Result<Proxy, Fault> {
    let found = store::read(tx, Some(proxy)).await?;
    found.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

pub(super) async fn create(state: &ManageState, caller: &Caller, form: ProxyForm) -> Result<Proxy, Fault> {
    require(caller, Action::AccountsWrite)?;
    if form.version.is_some() {
        let text = "belongs to a change; nothing is stored yet";
        return Err(wrong("version", "not_applicable", text));
    }
    let password = form.password.clone().filter(|text| !text.is_empty());
    let fields = read(state, form, password.is_some())?;
    let (clock, id) = (state.clock(), ProxyId(state.clock().new_id()));
    let mut tx = caller.tx().await?;
    let sealed = seal(state, &mut tx, id, password.as_deref()).await?;
    store::insert(&mut tx, id, &fields, sealed.as_deref(), clock.now())
        .await
        .map_err(taken)?;
    let target = Target {
        id: id.0,
        name: &fields.name,
    };
    let told = recorded(&fields);
    trail::record(&mut tx, clock, &caller.into(), "proxy.created", target, told).await?;
    let proxy = shown(&mut tx, id).await?;
    tx.commit().await?;
    Ok(proxy)
}

pub(super) async fn update(
    state: &ManageState,
    caller: &Caller,
    proxy: ProxyId,
    form: ProxyForm,
) -> Result<Proxy, Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, proxy).await?;
    if form.version.is_some_and(|edited| edited != before.version) {
        let text = format!("It has version {} now; read it again.", before.version);
        return Err(Fault::new(Code::VersionConflict).detail(text));
    }
    let given = form.password.clone();
    let keeps = given.is_none() && before.fields.has_password;
    let has_password = keeps || given.as_deref().is_some_and(|text| !text.is_empty());
    let fields = read(state, form, has_password)?;
    if keeps && leads_elsewhere(&before.fields, &fields) {
        let text = "is needed again when scheme, host or port change, so that nobody can have the stored one sent elsewhere";
        return Err(wrong("password", "required", text));
    }
    let mut changes = differences(&recorded(&before.fields), &recorded(&fields));
    if given.is_some() && has_password {
        changes.insert("password".to_owned(), json!({ "to": "given anew" }));
    }
    if !changes.is_empty() {
        let sealed = if keeps {
            before.password
        } else {
            seal(state, &mut tx, proxy, given.as_deref()).await?
        };
        let version = store::update(&mut tx, proxy, &fields, sealed.as_deref(), clock.now())
            .await
            .map_err(taken)?;
        let target = Target {
            id: proxy.0,
            name: &fields.name,
        };
        let told = Value::Object(changes);
        trail::record(&mut tx, clock, &caller.into(), "proxy.updated", target, told).await?;
        // Each node reads the tenant's accounts again, and their proxies with them.
        announce(&mut tx, Topic::Account, proxy.0, version).await?;
    }
    let shown = shown(&mut tx, proxy).await?;
    tx.commit().await?;
    Ok(shown)
}

pub(super) async fn delete(state: &ManageState, caller: &Caller, proxy: ProxyId) -> Result<(), Fault> {
    require(caller, Action::AccountsWrite)?;
    let (mut tx, clock) = (caller.tx().await?, state.clock());
    let before = locked(&mut tx, proxy).await?;
    let through = store::accounts_through(&mut tx, proxy).await?;
    if through > 0 {
        let go = if through == 1 {
            "account goes"
        } else {
            "accounts go"
        };
        let text = format!("{through} {go} through it; give them another proxy, or none, first.");
        return Err(Fault::new(Code::InUse).detail(text));
    }
    store::mark_deleted(&mut tx, proxy, clock.now()).await?;
    let target = Target {
        id: proxy.0,
        name: &before.fields.name,
    };
    trail::record(&mut tx, clock, &caller.into(), "proxy.deleted", target, json!({})).await?;
    tx.commit().await?;
    Ok(())
}

pub(super) async fn locked(tx: &mut TenantTx, proxy: ProxyId) -> Result<Stored, Fault> {
    store::lock(tx, proxy)
        .await?
        .ok_or_else(|| Fault::new(Code::NotFound))
}

/// The form as it is stored, if such a proxy can be spoken to and the guard lets its address pass. A name is resolved, and
/// its addresses are checked, with each connection.
fn read(state: &ManageState, form: ProxyForm, has_password: bool) -> Result<Editable, Fault> {
    let mut fields = Editable {
        name: form.name,
        scheme: form.scheme,
        host: form.host,
        port: form.port,
        username: form.username,
        has_password,
    };
    // Any password stands for the stored one: what is checked of it was checked with the form.
    let read = spoken_to(&fields, has_password.then(|| SecretString::from("x"))).map_err(|error| {
        let (field, code, text) = match error {
            ProxyUrlError::Port => ("port", "out_of_range", "must be between 1 and 65535"),
            ProxyUrlError::Username => ("username", "username", "can't be sent to such a proxy"),
            ProxyUrlError::PasswordAlone => ("username", "required", "must not be empty beside a password"),
            ProxyUrlError::Password => ("password", "password", "can't be sent to such a proxy"),
            _ => (
                "host",
                "host",
                "takes a name or an address alone, such as proxy.example.com",
            ),
        };
        wrong(field, code, text)
    })?;
    let host = read.host().to_string();
    let guard = &state.parts().guard;
    guard.check_host(&host).map_err(|error| {
        Fault::new(Code::UrlRefused)
            .detail(format!("`host`: {error}"))
            .field("host", error.code(), error.to_string())
    })?;
    host.trim_matches(['[', ']']).clone_into(&mut fields.host);
    if fields.host.len() > HOST_MAX {
        let text = format!("takes at most {HOST_MAX} characters, as DNS writes it");
        return Err(wrong("host", "too_long", &text));
    }
    Ok(fields)
}

/// The proxy as the client knows it.
pub(super) fn spoken_to(
    fields: &Editable,
    password: Option<SecretString>,
) -> Result<NetProxy, ProxyUrlError> {
    let scheme = match fields.scheme {
        ProxyScheme::Http => NetScheme::Http,
        ProxyScheme::Https => NetScheme::Https,
        ProxyScheme::Socks5 => NetScheme::Socks5,
        ProxyScheme::Socks5h => NetScheme::Socks5h,
    };
    let username = Some(fields.username.clone()).filter(|name| !name.is_empty());
    NetProxy::new(scheme, &fields.host, fields.port, username, password)
}

fn leads_elsewhere(before: &Editable, after: &Editable) -> bool {
    (before.scheme, &before.host, before.port) != (after.scheme, &after.host, after.port)
}

/// Where a password is stored; it can't be opened in any other place.
fn place(proxy: ProxyId) -> SecretPlace {
    SecretPlace {
        table: "proxies",
        row: proxy.0,
        column: "password",
    }
}

async fn seal(
    state: &ManageState,
    tx: &mut TenantTx,
    proxy: ProxyId,
    password: Option<&str>,
) -> Result<Option<Vec<u8>>, Fault> {
    let Some(password) = password.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let secrets = &state.parts().secrets;
    let sealed = secrets.seal(tx, place(proxy), password.as_bytes()).await;
    Ok(Some(sealed.map_err(Fault::internal)?.to_bytes()))
}

/// A stored proxy's password in the clear.
pub(super) async fn open(
    state: &ManageState,
    tx: &mut TenantTx,
    proxy: ProxyId,
    sealed: Option<&[u8]>,
) -> Result<Option<SecretString>, Fault> {
    let Some(bytes) = sealed else {
        return Ok(None);
    };
    let sealed = SealedSecret::from_bytes(bytes).map_err(Fault::internal)?;
    let opened = state.parts().secrets.open(tx, place(proxy), &sealed).await;
    Ok(Some(opened.map_err(Fault::internal)?))
}

fn wrong(field: &str, code: &str, message: &str) -> Fault {
    Fault::new(Code::ValidationFailed)
        .detail(format!("`{field}` {message}"))
        .field(field, code, message)
}

fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "proxies_by_name" => {
            let text = "is taken by another proxy";
            Fault::new(Code::NameTaken)
                .detail(format!("`name` {text}."))
                .field("name", "taken", text)
        }
        other => other.into(),
    }
}

fn recorded(fields: &Editable) -> Value {
    serde_json::to_value(fields).unwrap_or_default()
}
