//! How settings are put together, refused and described.

use super::table::settings as all;
use super::*;
use std::collections::BTreeMap;

fn sources(env: &[(&str, &str)]) -> Sources {
    let env: BTreeMap<String, String> = env
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Sources {
        env,
        ..Sources::default()
    }
}

fn refused(env: &[(&str, &str)]) -> String {
    load(&sources(env)).expect_err("must be refused").to_string()
}

#[test]
fn the_defaults_alone_are_a_valid_configuration() {
    let settings = load(&Sources::default()).expect("loads");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.relay.body_max.0, 60_000_000);
    assert_eq!(settings.shutdown.streams.0.as_secs(), 900);
    assert!(settings.database.url.is_none());
    for setting in all() {
        if let Some(default) = setting.default {
            assert!(
                setting.kind.accepts(&setting.kind.read(default)),
                "default of {}",
                setting.key
            );
        }
    }
}

#[test]
fn the_environment_goes_before_the_file_and_the_file_before_what_a_command_brings() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("tollgate.toml");
    std::fs::write(
        &file,
        "listen = \"0.0.0.0:1\"\nworkers = 3\n[net]\nallow = [\"10.0.0.0/8\"]\n",
    )
    .expect("write");
    let mut sources = sources(&[("TOLLGATE_WORKERS", "5"), ("HOME", "/x")]);
    sources.file = Some(file);
    sources.layer = vec![
        ("net.allow", "127.0.0.0/8".into()),
        ("log.format", "pretty".into()),
    ];
    let settings = load(&sources).expect("loads");
    assert_eq!((settings.listen.port(), settings.workers), (1, 5));
    assert_eq!(settings.net.allow, ["10.0.0.0/8".parse().expect("net")]);
    assert_eq!(settings.log.format, LogFormat::Pretty);
    assert!(sources.sets("net.allow") && sources.sets("workers") && !sources.sets("redis.url"));
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_right_one() {
    let text = refused(&[("TOLLGATE_DATBASE_URL", "x")]);
    assert!(
        text.contains("TOLLGATE_DATBASE_URL") && text.contains("TOLLGATE_DATABASE_URL "),
        "{text}"
    );
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("tollgate.toml");
    std::fs::write(&file, "[log]\nformatt = \"json\"\n").expect("write");
    let error = load(&Sources {
        file: Some(file),
        ..Sources::default()
    })
    .expect_err("refused")
    .to_string();
    assert!(
        error.contains("log.formatt") && error.contains("log.format "),
        "{error}"
    );
}

#[test]
fn every_wrong_value_is_named_with_what_would_be_right() {
    let text = refused(&[
        ("TOLLGATE_LISTEN", "localhost"),
        ("TOLLGATE_WORKERS", "many"),
        ("TOLLGATE_SHUTDOWN_STREAMS", "15"),
        ("TOLLGATE_NET_ALLOW", "10.0.0.0/8,nonsense"),
        ("TOLLGATE_LOG_FORMAT", "xml"),
        ("TOLLGATE_RELAY_BODY_MAX", "60 parsecs"),
    ]);
    for expected in [
        "TOLLGATE_LISTEN: `localhost`",
        "127.0.0.1:8080",
        "TOLLGATE_WORKERS: `many`",
        "from 0 to 512",
        "TOLLGATE_SHUTDOWN_STREAMS: `15`",
        "TOLLGATE_NET_ALLOW: `10.0.0.0/8,nonsense`",
        "one of pretty, json",
        "TOLLGATE_RELAY_BODY_MAX",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
}

#[test]
fn a_secret_never_stands_in_a_message_or_a_debug_print() {
    let text = refused(&[
        ("TOLLGATE_SECRETS_PEPPER", "hunter2"),
        ("TOLLGATE_DATABASE_URL", "mysql://root:hunter2@x/y"),
    ]);
    assert!(!text.contains("hunter2"), "{text}");
    let settings = load(&sources(&[(
        "TOLLGATE_DATABASE_URL",
        "postgres://me:hunter2@db/t",
    )]))
    .expect("loads");
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn a_number_is_fine_as_a_secret() {
    let digits = "12345678901234567890123456789012";
    let settings = load(&sources(&[("TOLLGATE_SECRETS_JWT", digits)])).expect("loads");
    assert!(settings.secret("secrets.jwt").is_ok());
    let missing = settings
        .secret("secrets.pepper")
        .expect_err("not set")
        .to_string();
    assert!(
        missing.starts_with("TOLLGATE_SECRETS_PEPPER: is not set"),
        "{missing}"
    );
}

#[test]
fn the_example_file_names_every_setting_and_can_be_loaded_when_uncommented() {
    let text = example();
    for setting in all() {
        assert!(text.contains(&env_name(setting.key)), "{}", setting.key);
    }
    let uncommented: String = text
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|rest| rest.contains(" = ") && !rest.ends_with("\"\""))
                .unwrap_or(line)
        })
        .fold(String::new(), |text, line| text + line + "\n");
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("tollgate.toml");
    std::fs::write(&file, uncommented).expect("write");
    load(&Sources {
        file: Some(file),
        ..Sources::default()
    })
    .expect("loads");
}

#[test]
fn the_reference_in_docs_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/settings.md");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == reference_markdown(),
        "run `tollgate config --reference > docs/settings.md`"
    );
}

#[test]
fn durations_and_sizes_are_read_as_people_write_them() {
    assert_eq!(Span::parse("1500ms").map(|s| s.0.as_millis()), Some(1500));
    assert_eq!(Span::parse("2h").map(|s| s.0.as_secs()), Some(7200));
    assert_eq!(
        (
            Span::parse("2"),
            Span::parse("h"),
            Span::parse("-1s"),
            Span::parse("1 s")
        ),
        (None, None, None, None)
    );
    assert_eq!(Size::parse("512KiB"), Some(Size(524_288)));
    assert_eq!(Size::parse("7"), Some(Size(7)));
    assert_eq!((Size::parse("7 furlongs"), Size::parse("")), (None, None));
}

#[test]
fn payment_providers_have_a_name_and_a_long_secret_or_two() {
    let (one, two) = ("a".repeat(32), "b".repeat(32));
    let name = "TOLLGATE_PAYMENTS_PROVIDERS";
    let settings = load(&sources(&[(
        name,
        &format!("acme:{one},acme:{two}, other:{one}"),
    )]))
    .expect("loads");
    let names: Vec<&str> = settings
        .payments
        .providers
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(names, ["acme", "acme", "other"]);
    assert!(!format!("{:?}", settings.payments).contains(&one), "never shown");
    for wrong in [
        "acme".to_owned(),
        "acme:".to_owned(),
        format!(":{one}"),
        format!("Acme:{one}"),
        format!("acme:{}", &one[1..]),
        format!("acme:{one},acme:{two},acme:{one}"),
    ] {
        let told = refused(&[(name, &wrong)]);
        assert!(told.starts_with(name) && !told.contains(&one[1..]), "{told}");
    }
}
