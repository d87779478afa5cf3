//! The rules of signing an organisation up: one transaction makes the tenant, its owner, its books and a session.

use super::slug;
use super::store::{self, NewPerson};
use crate::auth::{Client, Member, Started, begin};
use crate::state::ManageState;
use crate::trail::{self, Target};
use chrono_tz::Tz;
use serde_json::json;
use tollgate_contract::auth::Role;
use tollgate_contract::ids::{TenantId, UserId};
use tollgate_contract::tenants::SignUp;
use tollgate_http::throttle::retry_after_secs;
use tollgate_http::{Code, Fault};
use tollgate_ledger::open_books;
use tollgate_store::{StoreError, Topic, announce, hash_password};

/// Signs an organisation up and its owner in.
pub(super) async fn sign_up(
    state: &ManageState,
    client: &Client,
    form: SignUp,
) -> Result<(Member, Started), Fault> {
    if !state.settings().sign_up_open {
        return Err(Fault::new(Code::SignUpClosed).detail("Ask the operator for an account."));
    }
    state
        .sign_up_door()
        .attempt(&client.address.bucket())
        .map_err(|wait| Fault::too_many(retry_after_secs(wait)))?;
    let time_zone = time_zone(state, form.time_zone.as_deref())?;
    let slugs = slugs(form.slug, &form.organisation)?;
    let turn = state.password_turn().await?;
    let password_hash = hash_password(form.password.into())
        .await
        .map_err(Fault::internal)?;
    drop(turn);
    let mut member = Member {
        tenant_id: TenantId(state.clock().new_id()),
        user_id: UserId(state.clock().new_id()),
        role: Role::Owner,
        active: true,
        tenant_active: true,
        email: form.email.to_lowercase(),
        name: form.name,
        slug: String::new(),
        tenant_name: form.organisation,
        time_zone: time_zone.name().to_owned(),
    };
    for slug in slugs {
        if state.db().resolve_slug(&slug).await?.is_some() {
            continue;
        }
        member.slug = slug;
        match write(state, client, &member, &password_hash).await {
            Ok(started) => return Ok((member, started)),
            // Someone else took it since; the next one.
            Err(fault) if fault.code() == Code::SlugTaken => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(slug_taken())
}

/// The short name that was asked for, else those that the organisation's name suggests.
fn slugs(given: Option<String>, name: &str) -> Result<Vec<String>, Fault> {
    match given {
        Some(given) if slug::is_reserved(&given) => Err(slug_taken()),
        Some(given) => Ok(vec![given]),
        None => Ok(slug::candidates(name, &mut rand::rng())),
    }
}

async fn write(
    state: &ManageState,
    client: &Client,
    member: &Member,
    password_hash: &str,
) -> Result<Started, Fault> {
    let clock = state.clock();
    let mut tx = state.db().tenant(member.tenant_id).await?;
    store::insert_tenant(
        &mut tx,
        &member.slug,
        &member.tenant_name,
        &member.time_zone,
        clock.now(),
    )
    .await
    .map_err(taken)?;
    let owner = NewPerson {
        id: member.user_id,
        email: &member.email,
        name: &member.name,
        role: member.role,
        password_hash,
        at: clock.now(),
    };
    store::insert_person(&mut tx, &owner).await.map_err(taken)?;
    open_books(&mut tx, clock).await?;
    let author = client.author(member);
    let tenant = Target {
        id: member.tenant_id.0,
        name: &member.slug,
    };
    let made = json!({ "name": member.tenant_name, "slug": member.slug, "time_zone": member.time_zone });
    trail::record(&mut tx, clock, &author, "tenant.created", tenant, made).await?;
    let person = Target {
        id: member.user_id.0,
        name: &member.email,
    };
    trail::record(
        &mut tx,
        clock,
        &author,
        "user.created",
        person,
        json!({ "role": member.role }),
    )
    .await?;
    announce(&mut tx, Topic::Tenant, member.tenant_id.0, 1).await?;
    let started = begin(state, &mut tx, member, client).await?;
    tx.commit().await?;
    Ok(started)
}

fn time_zone(state: &ManageState, name: Option<&str>) -> Result<Tz, Fault> {
    let Some(name) = name else {
        return Ok(state.settings().default_time_zone);
    };
    name.parse().map_err(|_| {
        let text = "must be an IANA time zone such as Europe/Berlin";
        Fault::new(Code::ValidationFailed)
            .detail(format!("`time_zone` {text}"))
            .field("time_zone", "time_zone", text)
    })
}

fn slug_taken() -> Fault {
    let text = "is taken; choose another one";
    Fault::new(Code::SlugTaken)
        .detail(format!("`slug` {text}"))
        .field("slug", "taken", text)
}

/// Someone else may have been quicker than our look-up.
fn taken(error: StoreError) -> Fault {
    match error {
        StoreError::Duplicate(constraint) if constraint == "users_email_key" => {
            let text = "is registered already; sign in with it";
            Fault::new(Code::EmailTaken)
                .detail(format!("`email` {text}"))
                .field("email", "taken", text)
        }
        StoreError::Duplicate(constraint) if constraint == "slug_directory_pkey" => slug_taken(),
        other => other.into(),
    }
}
