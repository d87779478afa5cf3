//! Migrations: forward only, as often and as many at once as one likes.

use crate::house::Database;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tollgate_store::{
    Clock, CoreRuntime, Db, DbSettings, MigrateError, RolePasswords, migrate, pending_migrations,
};

#[tokio::test]
async fn several_at_once_apply_each_migration_once() {
    let database = Database::new().await;
    let url = database.url.clone().into();
    let before = pending_migrations(&url).await.expect("looked at").len();
    assert!(before > 0);
    let (one, two) = tokio::join!(migrate(&url, None), migrate(&url, None));
    assert_eq!(one.expect("migrated") + two.expect("migrated"), before);
    assert_eq!(
        pending_migrations(&url).await.expect("looked at"),
        Vec::<String>::new()
    );
    assert_eq!(migrate(&url, None).await.expect("nothing to do"), 0);
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_left_alone() {
    let database = Database::new().await;
    let url = database.url.clone().into();
    migrate(&url, None).await.expect("migrated");
    let mut owner = database.owner().await;
    owner
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'the future', true, '', 0)",
        )
        .await
        .expect("pretended");
    assert!(matches!(migrate(&url, None).await, Err(MigrateError::Other(_))));
    assert!(matches!(
        pending_migrations(&url).await,
        Err(MigrateError::Other(_))
    ));
}

/// The test server trusts whoever reaches it, so what is looked at is what it would compare a password with.
#[tokio::test]
async fn the_roles_get_their_passwords_whatever_is_in_them() {
    let database = Database::new().await;
    let url = database.url.clone().into();
    let nasty = r#"it's "quoted" \ and; DROP TABLE tenants -- $1 %s"#;
    let passwords = RolePasswords {
        app: nasty.into(),
        settle: "settle".into(),
        jobs: "jobs".into(),
        resolver: "resolver".into(),
    };
    migrate(&url, Some(&passwords)).await.expect("migrated");
    let settings = DbSettings {
        url: url.clone(),
        role_passwords: Some(passwords),
        max_connections: 2,
    };
    let core = CoreRuntime::new(tokio::runtime::Handle::current());
    let db = Db::connect(&settings, core, Clock::system())
        .await
        .expect("all four sign in");
    db.close().await;
    let mut owner = database.owner().await;
    let set: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_authid WHERE rolname LIKE 'tollgate_%' AND rolpassword LIKE 'SCRAM%'",
    )
    .fetch_one(&mut owner)
    .await
    .expect("counted");
    assert_eq!(set, 4);
    clear(&mut owner).await;
    owner.close().await.expect("closed");
}

/// Roles are the whole server's: they are left as they were found.
async fn clear(owner: &mut PgConnection) {
    for role in ["app", "settle", "jobs", "resolver"] {
        owner
            .execute(AssertSqlSafe(format!("ALTER ROLE tollgate_{role} PASSWORD NULL")))
            .await
            .expect("cleared");
    }
}
