//! The demo organisation: an owner, a member, a key, a credit, and accounts on the built-in demo upstream, so that each
//! client format has a platform of its own kind. Made once; at later starts only the upstream's address changes.

use super::card::{ADMIN_EMAIL, MEMBER_EMAIL};
use super::folder::DevSecrets;
use serde_json::json;
use tollgate_contract::ids::{AccountId, KeyId, TenantId, UserId};
use tollgate_contract::platform::Platform;
use tollgate_ledger::{Credit, CreditError, CreditKind, credit, open_books};
use tollgate_money::Nano;
use tollgate_store::{
    Actor, AuditEntry, Db, KeyHasher, PasswordError, SecretError, SecretPlace, Secrets, StoreError, TenantTx,
    Topic, announce, hash_password, record_audit,
};
use uuid::Uuid;

/// The demo organisation's short name.
const SLUG: &str = "demo";
/// What it gets to spend: $25.
const CREDIT: Nano = Nano(25_000_000_000);
/// By this name the accounts are found again: names are unique on their platform.
const ACCOUNT_NAME: &str = "Built-in demo upstream";
/// The accounts that there are.
const ACCOUNTS: [DemoAccount; 5] = [
    DemoAccount::of(Platform::ClaudeConsole, "Claude's format"),
    DemoAccount::of(Platform::OpenAi, "OpenAI's Chat Completions format"),
    // After the one above, which does for most: it is there for what only this platform has.
    DemoAccount {
        priority: 60,
        ..DemoAccount::of(Platform::OpenAiResponses, "OpenAI's Responses format")
    },
    DemoAccount::of(Platform::Gemini, "Gemini's format"),
    // Claude's models by their usual names stay with the first account.
    DemoAccount {
        region: Some("us-east-1"),
        models: &[
            "amazon.nova-lite-v1:0",
            "amazon.nova-pro-v1:0",
            "anthropic.claude-haiku-4-5-20251001-v1:0",
        ],
        ..DemoAccount::of(Platform::Bedrock, "Bedrock's formats")
    },
];
/// Who did all this, in ledger and audit log.
const AUTHOR: &str = "tollgate dev";

/// An account on the demo upstream.
#[derive(Debug)]
struct DemoAccount {
    platform: Platform,
    /// Whose format it speaks.
    format: &'static str,
    region: Option<&'static str>,
    /// None: whatever is asked for.
    models: &'static [&'static str],
    priority: i32,
}

impl DemoAccount {
    const fn of(platform: Platform, format: &'static str) -> Self {
        Self {
            platform,
            format,
            region: None,
            models: &[],
            priority: 50,
        }
    }
}

/// Why the demo organisation can't be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database.
    #[error("the demo organisation can't be made: {0}")]
    Store(#[from] StoreError),
    /// A password can't be hashed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The account's credential can't be sealed.
    #[error("the demo account's credential: {0}")]
    Secret(#[from] SecretError),
    /// The wallet can't be credited.
    #[error(transparent)]
    Credit(#[from] CreditError),
    /// secrets.toml is another one than the database was made with.
    #[error(
        "the demo key of secrets.toml is not in the database: the two do not belong together; restore secrets.toml, or \
         delete the data folder to begin anew"
    )]
    OtherSecrets,
}

impl From<sqlx::Error> for DemoError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// What is needed to write secrets as the gateway reads them.
#[derive(Debug)]
pub struct Tools<'a> {
    /// The database.
    pub db: &'a Db,
    /// Hashes the key.
    pub hasher: &'a KeyHasher,
    /// Seals the credential.
    pub secrets: &'a Secrets,
}

/// Makes the organisation if there is none, and tells the accounts where the upstream is now.
///
/// # Errors
/// See [`DemoError`].
pub async fn ensure(tools: &Tools<'_>, dev: &DevSecrets, upstream_url: &str) -> Result<(), DemoError> {
    match tools.db.resolve_slug(SLUG).await? {
        None => create(tools, dev, upstream_url).await,
        Some(tenant) => {
            let hash = tools.hasher.hash(&dev.api_key);
            if tools
                .db
                .resolve_key(&hash)
                .await?
                .is_none_or(|owner| owner.tenant_id != tenant)
            {
                return Err(DemoError::OtherSecrets);
            }
            move_accounts(tools, tenant, dev, upstream_url).await
        }
    }
}

async fn create(tools: &Tools<'_>, dev: &DevSecrets, upstream_url: &str) -> Result<(), DemoError> {
    let (db, clock) = (tools.db, tools.db.clock());
    let passwords = [
        hash_password(dev.admin_password.clone().into()).await?,
        hash_password(dev.member_password.clone().into()).await?,
    ];
    let tenant = TenantId(clock.new_id());
    let mut tx = db.tenant(tenant).await?;
    sqlx::query!(
        "INSERT INTO tenants (tenant_id, slug, name, time_zone, created_at, updated_at)
         VALUES ($1, $2, 'Demo organisation', 'UTC', $3, $3)",
        tenant.0,
        SLUG,
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    tx.enter_slug(SLUG).await?;
    open_books(&mut tx, clock).await?;
    let people = [
        (ADMIN_EMAIL, "Demo owner", "owner"),
        (MEMBER_EMAIL, "Demo member", "member"),
    ];
    let mut owner = None;
    for ((email, name, role), password) in people.into_iter().zip(&passwords) {
        let person = person(&mut tx, tools, Person { email, name, role }, password).await?;
        owner = owner.or(Some(person));
    }
    key(&mut tx, tools, owner, &dev.api_key).await?;
    for account in &ACCOUNTS {
        add_account(&mut tx, tools, account, upstream_url, &dev.upstream_key).await?;
    }
    let gift = Credit {
        kind: CreditKind::Promotion,
        amount: CREDIT,
        reason: "Credit of the demo organisation".to_owned(),
        author: AUTHOR.to_owned(),
        idempotency_key: "demo-credit".to_owned(),
    };
    credit(&mut tx, clock, &gift).await?;
    audit(&mut tx, tools, "tenant.created", tenant.0, SLUG).await?;
    tx.commit().await?;
    Ok(())
}

struct Person {
    email: &'static str,
    name: &'static str,
    role: &'static str,
}

async fn person(
    tx: &mut TenantTx,
    tools: &Tools<'_>,
    who: Person,
    password: &str,
) -> Result<UserId, DemoError> {
    let (clock, tenant) = (tools.db.clock(), tx.tenant_id());
    let user = UserId(clock.new_id());
    tx.enter_user(user, who.email, Some(password), clock.now())
        .await?;
    sqlx::query!(
        "INSERT INTO memberships (tenant_id, user_id, email, display_name, role, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)",
        tenant.0,
        user.0,
        who.email,
        who.name,
        who.role,
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    tx.enter_membership(user, clock.now()).await?;
    audit(tx, tools, "user.created", user.0, who.email).await?;
    Ok(user)
}

async fn key(
    tx: &mut TenantTx,
    tools: &Tools<'_>,
    owner: Option<UserId>,
    secret: &str,
) -> Result<(), DemoError> {
    let (clock, tenant) = (tools.db.clock(), tx.tenant_id());
    let key = KeyId(clock.new_id());
    sqlx::query!(
        "INSERT INTO api_keys (tenant_id, key_id, name, description, prefix, last_four, owner_user_id, created_by,
                               created_at, updated_at)
         VALUES ($1, $2, 'Demo key', 'The key that `tollgate dev` prints', $3, $4, $5, $5, $6, $6)",
        tenant.0,
        key.0,
        secret.get(..7).unwrap_or_default(),
        secret.get(secret.len().saturating_sub(4)..).unwrap_or_default(),
        owner.map(|owner| owner.0),
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    let hash = tools.hasher.hash(secret);
    sqlx::query!(
        "INSERT INTO api_key_secrets (tenant_id, key_id, secret_hash, prefix, last_four, created_at)
         SELECT tenant_id, key_id, $3, prefix, last_four, created_at FROM api_keys WHERE tenant_id = $1 AND key_id = $2",
        tenant.0,
        key.0,
        hash.as_slice()
    )
    .execute(tx.conn())
    .await?;
    tx.enter_key(&hash, key).await?;
    audit(tx, tools, "key.created", key.0, "Demo key").await
}

async fn add_account(
    tx: &mut TenantTx,
    tools: &Tools<'_>,
    demo: &DemoAccount,
    url: &str,
    credential: &str,
) -> Result<(), DemoError> {
    let (clock, tenant) = (tools.db.clock(), tx.tenant_id());
    let account = AccountId(clock.new_id());
    let place = SecretPlace {
        table: "accounts",
        row: account.0,
        column: "credential",
    };
    let sealed = tools.secrets.seal(tx, place, credential.as_bytes()).await?;
    let description = format!(
        "Part of `tollgate dev`: answers in {} without any model behind it",
        demo.format
    );
    let models: Vec<String> = demo.models.iter().map(|model| (*model).to_owned()).collect();
    sqlx::query!(
        "INSERT INTO accounts (tenant_id, account_id, platform, name, description, base_url, credential, credential_kind,
                               credential_hint, region, models, priority, state_since, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'api_key', $8, $9, $10, $11, $12, $12, $12)",
        tenant.0,
        account.0,
        demo.platform.as_str(),
        ACCOUNT_NAME,
        description,
        url,
        sealed.to_bytes(),
        credential.get(credential.len().saturating_sub(4)..).unwrap_or_default(),
        demo.region,
        &models,
        demo.priority,
        clock.now()
    )
    .execute(tx.conn())
    .await?;
    announce(tx, Topic::Account, account.0, 1).await?;
    audit(tx, tools, "account.created", account.0, ACCOUNT_NAME).await
}

/// The upstream has another port at each start; a person's own account may have the same name, but not that address. A
/// person who deleted an account meant it; one that there never was comes with a newer version.
async fn move_accounts(
    tools: &Tools<'_>,
    tenant: TenantId,
    dev: &DevSecrets,
    url: &str,
) -> Result<(), DemoError> {
    let mut tx = tools.db.tenant(tenant).await?;
    let moved = sqlx::query!(
        "UPDATE accounts SET base_url = $2, version = version + 1, updated_at = $3
         WHERE tenant_id = $1 AND name = $4 AND base_url LIKE 'http://127.0.0.1:%' AND deleted_at IS NULL
         RETURNING account_id, version",
        tenant.0,
        url,
        tools.db.clock().now(),
        ACCOUNT_NAME
    )
    .fetch_all(tx.conn())
    .await?;
    for account in moved {
        announce(&mut tx, Topic::Account, account.account_id, account.version).await?;
    }
    let known = sqlx::query_scalar!(
        "SELECT platform FROM accounts WHERE tenant_id = $1 AND name = $2",
        tenant.0,
        ACCOUNT_NAME
    )
    .fetch_all(tx.conn())
    .await?;
    let missing = ACCOUNTS
        .iter()
        .filter(|account| !known.iter().any(|platform| platform == account.platform.as_str()));
    for account in missing {
        add_account(&mut tx, tools, account, url, &dev.upstream_key).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn audit(
    tx: &mut TenantTx,
    tools: &Tools<'_>,
    action: &'static str,
    target: Uuid,
    name: &str,
) -> Result<(), DemoError> {
    let clock = tools.db.clock();
    let entry = AuditEntry {
        id: clock.new_id(),
        at: clock.now(),
        actor: Actor::System(AUTHOR),
        action,
        target_id: Some(target),
        target_name: name.to_owned(),
        changes: json!({}),
        request_id: None,
        address: String::new(),
    };
    Ok(record_audit(tx, &entry).await?)
}
