use super::*;

fn parsed(text: &str) -> Proxy {
    Proxy::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_url_gives_all_parts() {
    let proxy = parsed(" socks5h://us%40er:p%3Ass%20%C3%A9@Proxy.Example:1081 ");
    assert_eq!(proxy.scheme(), ProxyScheme::Socks5h);
    assert_eq!(proxy.host().to_string(), "proxy.example");
    assert_eq!(proxy.port(), 1081);
    assert_eq!(proxy.username(), Some("us@er"));
    assert_eq!(proxy.secret(), Some("p:ss é"));
    assert_eq!(proxy.to_string(), "socks5h://proxy.example:1081");
}

#[test]
fn ports_and_log_ins_may_be_left_out() {
    for (text, shown) in [
        ("http://proxy.example", "http://proxy.example:80"),
        ("HTTPS://proxy.example/", "https://proxy.example:443"),
        ("socks5://proxy.example", "socks5://proxy.example:1080"),
        ("socks5h://[2606:4700::1]:9", "socks5h://[2606:4700::1]:9"),
        ("http://only-user@proxy.example:80", "http://proxy.example:80"),
    ] {
        assert_eq!(parsed(text).to_string(), shown, "{text}");
        assert!(parsed(text).password().is_none(), "{text}");
    }
}

#[test]
fn every_spelling_of_an_address_is_one_address() {
    for text in [
        "socks5://0x7f.1:9",
        "socks5://2130706433:9",
        "socks5h://127.1:9",
        "http://127.0.0.1.:9",
    ] {
        assert_eq!(parsed(text).host().to_string(), "127.0.0.1", "{text}");
    }
    let bare = Proxy::new(ProxyScheme::Http, "::1", 8080, None, None).unwrap();
    assert_eq!(bare.to_string(), "http://[::1]:8080");
}

#[test]
fn what_is_wrong_is_named_and_no_secret_repeated() {
    let long = "a".repeat(256);
    for (text, code) in [
        ("proxy.example:1080", "Scheme"),
        ("socks4://hunter2@proxy.example", "Scheme"),
        ("//user:hunter2@host", "Url"),
        ("socks5://user:hunt#er2@host:1080", "Url"),
        ("socks5://user:hunter2@host:99999", "Url"),
        ("socks5:host", "Host"),
        ("socks5://user:hunter2@host:0", "Port"),
        ("socks5://user:hunter2@host:1/path", "Surplus"),
        ("socks5://user:hunter2@host:1?x=1", "Surplus"),
        ("http://us%3Aer:hunter2@host:1", "Username"),
        ("socks5://us%0Aer:hunter2@host:1", "Username"),
        ("socks5://us%FFer:hunter2@host:1", "Username"),
        (&format!("socks5://{long}:hunter2@host:1"), "Username"),
        ("socks5://user:hunter2%0D@host:1", "Password"),
        (&format!("http://user:hunter2{long}@host:1"), "Password"),
        ("http://:hunter2@host:1", "PasswordAlone"),
    ] {
        let error = Proxy::parse(text).unwrap_err();
        assert!(format!("{error:?}").starts_with(code), "{text}: {error:?}");
        assert!(!error.to_string().contains("hunt"), "{error}");
    }
    assert_eq!(
        Proxy::new(ProxyScheme::Http, "a b", 1, None, None),
        Err(ProxyUrlError::Host)
    );
    // SOCKS5 carries a colon in the name.
    assert_eq!(parsed("socks5://us%3Aer:x@host:1").username(), Some("us:er"));
}

#[test]
fn proxies_differ_by_each_part_and_show_no_password() {
    let base = parsed("socks5h://user:hunter2@host:1");
    assert_eq!(base, base.clone());
    for other in [
        "socks5://user:hunter2@host:1",
        "socks5h://user:hunter2@other:1",
        "socks5h://user:hunter2@host:2",
        "socks5h://other:hunter2@host:1",
        "socks5h://user:hunter3@host:1",
        "socks5h://user@host:1",
        "socks5h://host:1",
    ] {
        assert_ne!(base, parsed(other), "{other}");
    }
    assert!(!format!("{base:?} {base}").contains("hunter2"));
}
