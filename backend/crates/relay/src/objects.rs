//! Objects that lie at a vendor's: whose they are, and on which account. An answer that the vendor keeps is recorded; a
//! request that names one is sent to the account that holds it, if it is the same tenant's and the same user's; else it is
//! told that there is no such thing. What nobody recorded may lie on the tenant's own accounts, never on shared ones.
//! Never in here: how requests name them (that is the wire's).

use crate::keys::KeyEntry;
use crate::prepare::{LARGE, faulty, outside};
use crate::refusal::Refusal;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tollgate_contract::ids::{AccountId, KeyId, TenantId, UserId};
use tollgate_store::{Db, StoreError};
use tollgate_wire::error::ErrorKind;
use tollgate_wire::format::ClientFormat;
use tollgate_wire::objects::{ObjectKind, ObjectRef, named};

/// OpenAI keeps answers for 30 days (OpenAI's guide "Data controls").
const KEPT_FOR: TimeDelta = TimeDelta::days(30);
/// Objects that are remembered here, so that the next turn of a conversation asks no database.
const REMEMBERED_MAX: u64 = 100_000;
const REMEMBERED_FOR: Duration = Duration::from_hours(1);
/// Another node may have recorded it a moment ago.
const LOOK_AGAIN: Duration = Duration::from_millis(150);
/// What waits to be written; while the database is away, the oldest leave first.
const QUEUE_MAX: usize = 50_000;
/// What is gathered before it is written.
const GATHER: Duration = Duration::from_millis(20);
const RETRY_INTERVAL: Duration = Duration::from_secs(1);

/// Whose an object is, and where it lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Owner {
    account: AccountId,
    user: Option<UserId>,
    key: KeyId,
}

impl Owner {
    /// The user is the key's owner; a key without one is a user of its own.
    fn is(&self, key: &KeyEntry) -> bool {
        self.user == key.user_id && (self.user.is_some() || self.key == key.key_id)
    }
}

/// An object on its way into the table.
#[derive(Clone, Debug)]
struct Made {
    tenant: TenantId,
    id: String,
    kind: ObjectKind,
    owner: Owner,
    at: DateTime<Utc>,
}

/// Where a request may go because of what it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pin {
    /// The first object that it names, for its refusal.
    pub(crate) first: Option<ObjectRef>,
    /// The account that holds what it names.
    pub(crate) account: Option<AccountId>,
    /// It names what nobody recorded: only the tenant's own accounts could have it.
    pub(crate) own_only: bool,
}

/// What is known of objects. Cheap to clone; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Objects(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    known: Cache<(TenantId, String), Owner>,
    queue: Mutex<VecDeque<Made>>,
    wake: Notify,
}

impl Objects {
    /// Starts the task that writes what is recorded; it ends with the core runtime.
    pub(crate) fn new(db: &Db) -> Self {
        let objects = Self(Arc::new(Inner {
            db: db.clone(),
            known: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(REMEMBERED_FOR)
                .build(),
            queue: Mutex::default(),
            wake: Notify::new(),
        }));
        let core = db.core();
        core.spawn("vendors' objects", objects.0.clone().run(core.shutdown_token()));
        objects
    }

    /// Records an answer that the vendor keeps.
    pub(crate) fn made(&self, key: &KeyEntry, account: AccountId, id: String) {
        let inner = &self.0;
        let owner = Owner {
            account,
            user: key.user_id,
            key: key.key_id,
        };
        inner.known.insert((key.tenant_id, id.clone()), owner);
        let made = Made {
            tenant: key.tenant_id,
            id,
            kind: ObjectKind::Response,
            owner,
            at: inner.db.clock().now(),
        };
        let mut queue = inner.queue.lock();
        if queue.len() >= QUEUE_MAX {
            queue.pop_front();
            metrics::counter!("tollgate_objects_unwritten_total").increment(1);
        }
        queue.push_back(made);
        drop(queue);
        inner.wake.notify_one();
    }

    /// Where a request may go because of the objects that its body names.
    ///
    /// # Errors
    /// The format's own 404, if it names another's object, or objects on two accounts; a 400, if what it names can't be
    /// known.
    pub(crate) async fn pin(
        &self,
        key: &KeyEntry,
        format: ClientFormat,
        body: &Bytes,
    ) -> Result<Pin, Refusal> {
        let found = if body.len() < LARGE {
            named(format, body)
        } else {
            let body = body.clone();
            outside(move || named(format, &body)).await?
        };
        let found = found.map_err(|fault| faulty(&fault))?;
        if found.is_empty() {
            return Ok(Pin::default());
        }
        let owners = self.owners(key.tenant_id, &found).await?;
        let mut pin = Pin::default();
        for object in &found {
            match owners.get(&object.id) {
                None => pin.own_only = true,
                Some(owner) if !owner.is(key) => return Err(not_found(object)),
                Some(owner) if pin.account.is_some_and(|account| account != owner.account) => {
                    return Err(not_found(object));
                }
                Some(owner) => pin.account = Some(owner.account),
            }
        }
        pin.first = found.into_iter().next();
        Ok(pin)
    }

    /// Those that are recorded, by id.
    async fn owners(
        &self,
        tenant: TenantId,
        objects: &[ObjectRef],
    ) -> Result<HashMap<String, Owner>, Refusal> {
        let mut owners = HashMap::new();
        for object in objects {
            if let Some(owner) = self.0.known.get(&(tenant, object.id.clone())) {
                owners.insert(object.id.clone(), owner);
            }
        }
        for look in 0..2 {
            let unknown = |object: &&ObjectRef| !owners.contains_key(&object.id);
            let asked: Vec<String> = objects.iter().filter(unknown).map(|one| one.id.clone()).collect();
            // Only answers are recorded, perhaps by another node a moment ago.
            let may_come = objects
                .iter()
                .filter(unknown)
                .any(|one| one.kind == ObjectKind::Response);
            if asked.is_empty() || look > 0 && !may_come {
                break;
            }
            if look > 0 {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let db = self.0.db.clone();
            let reading = async move { read(&db, tenant, &asked).await };
            let found = match self.0.db.core().run(reading).await {
                Ok(Ok(found)) => found,
                Ok(Err(error)) | Err(error) => {
                    tracing::warn!(%error, "whose an object is can't be looked up");
                    return Err(Refusal::unavailable("database_unavailable"));
                }
            };
            for (id, owner) in found {
                self.0.known.insert((tenant, id.clone()), owner);
                owners.insert(id, owner);
            }
        }
        Ok(owners)
    }
}

/// As if it had never been.
pub(crate) fn not_found(object: &ObjectRef) -> Refusal {
    let id: String = object.id.chars().take(100).collect();
    // OpenAI's own word for an answer that it does not have; it has none for the others.
    let (what, code) = match object.kind {
        ObjectKind::Response => ("Previous response", "previous_response_not_found"),
        ObjectKind::Conversation => ("Conversation", "object_not_found"),
        ObjectKind::File => ("File", "object_not_found"),
        ObjectKind::Cache => ("Cached content", "object_not_found"),
        ObjectKind::Prompt => ("Prompt", "object_not_found"),
    };
    let message = format!("{what} with id '{id}' not found.");
    let mut refusal = Refusal::for_good(ErrorKind::NotFound, code, message);
    refusal.field = Some(object.field.to_owned());
    refusal
}

async fn read(db: &Db, tenant: TenantId, ids: &[String]) -> Result<Vec<(String, Owner)>, StoreError> {
    let mut tx = db.tenant(tenant).await?;
    let rows = sqlx::query!(
        "SELECT object_id, account_id, user_id, key_id FROM provider_objects
         WHERE tenant_id = $1 AND object_id = ANY ($2) AND expires_at > $3",
        tenant.0,
        ids,
        db.clock().now()
    )
    .fetch_all(tx.conn())
    .await?;
    let owner = |account, user: Option<uuid::Uuid>, key| Owner {
        account: AccountId(account),
        user: user.map(UserId),
        key: KeyId(key),
    };
    Ok(rows
        .into_iter()
        .map(|row| (row.object_id, owner(row.account_id, row.user_id, row.key_id)))
        .collect())
}

impl Inner {
    async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        loop {
            let stopping = shutdown.is_cancelled();
            match self.write_all().await {
                Ok(()) if stopping => return,
                Ok(()) => {
                    shutdown.run_until_cancelled(self.wake.notified()).await;
                    shutdown.run_until_cancelled(tokio::time::sleep(GATHER)).await;
                }
                Err(error) => {
                    tracing::debug!(%error, "vendors' objects can't be recorded now");
                    if stopping {
                        return;
                    }
                    shutdown
                        .run_until_cancelled(tokio::time::sleep(RETRY_INTERVAL))
                        .await;
                }
            }
        }
    }

    async fn write_all(&self) -> Result<(), StoreError> {
        let mut of_tenants: HashMap<TenantId, Vec<Made>> = HashMap::new();
        for made in std::mem::take(&mut *self.queue.lock()) {
            of_tenants.entry(made.tenant).or_default().push(made);
        }
        let mut outcome = Ok(());
        for (tenant, made) in of_tenants {
            if outcome.is_ok() {
                outcome = self.write(tenant, &made).await;
            }
            // What the database did not take waits before what is newer.
            match &outcome {
                Ok(()) => {}
                Err(StoreError::Unavailable(_) | StoreError::Stopped) => {
                    let mut queue = self.queue.lock();
                    made.into_iter().rev().for_each(|one| queue.push_front(one));
                }
                Err(error) => {
                    tracing::error!(%error, tenant.id = %tenant, "vendors' objects could not be recorded");
                    metrics::counter!("tollgate_objects_unwritten_total").increment(made.len() as u64);
                }
            }
        }
        outcome
    }

    /// An account that was deleted meanwhile keeps nothing: its rows are left out.
    async fn write(&self, tenant: TenantId, made: &[Made]) -> Result<(), StoreError> {
        let mut tx = self.db.tenant(tenant).await?;
        let ids: Vec<String> = made.iter().map(|one| one.id.clone()).collect();
        let kinds: Vec<String> = made.iter().map(|one| one.kind.as_str().to_owned()).collect();
        let accounts: Vec<uuid::Uuid> = made.iter().map(|one| one.owner.account.0).collect();
        let users: Vec<Option<uuid::Uuid>> =
            made.iter().map(|one| one.owner.user.map(|user| user.0)).collect();
        let keys: Vec<uuid::Uuid> = made.iter().map(|one| one.owner.key.0).collect();
        let times: Vec<DateTime<Utc>> = made.iter().map(|one| one.at).collect();
        let ends: Vec<DateTime<Utc>> = made.iter().map(|one| one.at + KEPT_FOR).collect();
        sqlx::query!(
            "INSERT INTO provider_objects (tenant_id, object_id, kind, account_id, user_id, key_id, created_at, expires_at)
             SELECT $1, m.object_id, m.kind, m.account_id, m.user_id, m.key_id, m.at, m.ends
             FROM unnest($2::text[], $3::text[], $4::uuid[], $5::uuid[], $6::uuid[], $7::timestamptz[],
                         $8::timestamptz[]) AS m (object_id, kind, account_id, user_id, key_id, at, ends)
             WHERE EXISTS (SELECT 1 FROM accounts a WHERE a.tenant_id = $1 AND a.account_id = m.account_id)
             ON CONFLICT DO NOTHING",
            tenant.0,
            &ids,
            &kinds,
            &accounts,
            &users as &[Option<uuid::Uuid>],
            &keys,
            &times,
            &ends
        )
        .execute(tx.conn())
        .await?;
        tx.commit().await
    }
}
