//! A real cluster in a folder of its own: made, stopped, found again, taken over.

use super::*;
use std::os::unix::fs::MetadataExt;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("folder");
    // As root the server runs under another user, who must be able to pass.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("mode");
    folder
}

fn start(folder: &Path, notices: &mut Vec<String>) -> Cluster {
    Cluster::start(folder, Clock::system(), &mut |notice| {
        notices.push(format!("{notice:?}"));
    })
    .expect("starts")
}

fn query(cluster: &Cluster, sql: &'static str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("runtime");
    runtime.block_on(async {
        use sqlx::{ConnectOptions, Row, postgres::PgConnectOptions};
        let options: PgConnectOptions = cluster.maintenance_url().parse().expect("URL");
        let mut conn = options.connect().await.expect("connects");
        sqlx::query(sql)
            .fetch_one(&mut conn)
            .await
            .expect("runs")
            .get::<String, _>(0)
    })
}

#[test]
fn a_cluster_is_made_once_found_again_and_taken_over_when_its_owner_died() {
    let folder = folder();
    let mut notices = Vec::new();
    let mut first = start(folder.path(), &mut notices);
    assert!(
        notices.iter().any(|notice| notice.contains("Creating")),
        "{notices:?}"
    );
    assert_eq!(query(&first, "SELECT current_user::text"), "tollgate");
    assert_eq!(
        fs::metadata(folder.path().join("postgres"))
            .expect("there")
            .mode()
            & 0o777,
        0o700
    );
    first.stop();

    notices.clear();
    let mut second = start(folder.path(), &mut notices);
    assert_eq!(notices, Vec::<String>::new());
    // As after kill -9: the server goes on without its parent.
    let mut orphan = second.server.take().expect("runs");

    let third = start(folder.path(), &mut notices);
    assert_eq!(notices, [format!("TookOver({})", orphan.id())]);
    assert_eq!(query(&third, "SELECT 'alive'"), "alive");
    orphan.wait().expect("ended");
}

#[test]
fn a_server_that_was_killed_is_started_again_with_its_data() {
    let folder = folder();
    let mut first = start(folder.path(), &mut Vec::new());
    let mut server = first.server.take().expect("runs");
    server.kill().expect("killed");
    server.wait().expect("ended");
    let mut notices = Vec::new();
    let mut second = start(folder.path(), &mut notices);
    assert_eq!(query(&second, "SELECT 'alive'"), "alive");
    // Not collected by its parent, as where nobody does that: the number still names a process.
    let mut server = second.server.take().expect("runs");
    server.kill().expect("killed");
    let third = start(folder.path(), &mut notices);
    assert_eq!(query(&third, "SELECT 'alive'"), "alive");
    assert_eq!(notices, Vec::<String>::new());
    server.wait().expect("ended");
}

#[test]
fn a_lock_file_whose_number_now_belongs_to_another_process_is_not_in_the_way() {
    let folder = folder();
    drop(start(folder.path(), &mut Vec::new()));
    let pid_file = folder.path().join("postgres/data/postmaster.pid");
    // Process 2 or our own: alive, but no server on this folder.
    fs::write(&pid_file, format!("{}\n", std::process::id())).expect("write");
    let cluster = start(folder.path(), &mut Vec::new());
    assert_eq!(query(&cluster, "SELECT 'alive'"), "alive");
}

#[test]
fn a_path_too_long_for_a_socket_gets_a_short_one() {
    let folder = folder();
    let long = folder.path().join("a-rather-long-name-for-a-folder".repeat(4));
    fs::create_dir(&long).expect("folder");
    let cluster = start(&long, &mut Vec::new());
    assert_eq!(query(&cluster, "SELECT 'alive'"), "alive");
}

#[test]
fn the_version_is_read_from_what_the_server_says() {
    assert_eq!(
        binaries::major_in("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)"),
        Some(15)
    );
    assert_eq!(binaries::major_in("postgres (PostgreSQL) 18beta1"), Some(18));
    assert_eq!(binaries::major_in("mysqld 8"), None);
}
