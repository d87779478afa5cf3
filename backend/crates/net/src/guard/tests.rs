use super::*;
use proptest::prelude::*;

fn verdict(guard: &NetGuard, url: &str) -> Result<(), GuardError> {
    guard.check_url(&Url::parse(url).unwrap())
}

fn strict() -> NetGuard {
    NetGuard::new(Vec::new())
}

fn kind(url: &str) -> AddressKind {
    match verdict(&strict(), url) {
        Err(GuardError::Address { kind, .. }) => kind,
        other => panic!("{url}: {other:?}"),
    }
}

#[test]
fn public_hosts_pass() {
    for url in [
        "https://api.anthropic.com/",
        "http://api.example.com:8080/v1",
        "https://1.1.1.1/",
        "https://[2606:4700:4700::1111]/",
        "https://[64:ff9b::101:101]/",
        "https://172.32.0.1/",
        "https://100.128.0.1/",
        "https://localhost.example.com/",
        "https://notlocalhost/",
    ] {
        assert_eq!(verdict(&strict(), url), Ok(()), "{url}");
    }
}

#[test]
fn loopback_is_refused_in_every_spelling() {
    for url in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://0177.0.0.1/",
        "http://0x7f.0.0.1/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://017700000001/",
        "http://127.0.0.1./",
        "http://%31%32%37.0.0.1/",
        "http://\u{ff11}27.0.0.1/",
        "http://127\u{3002}0\u{3002}0\u{3002}1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::127.0.0.1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.b.localhost/",
    ] {
        assert_eq!(kind(url), AddressKind::Loopback, "{url}");
    }
}

#[test]
fn each_special_network_is_named() {
    for (url, expected) in [
        ("http://10.1.2.3/", AddressKind::Private),
        ("http://172.16.0.1/", AddressKind::Private),
        ("http://192.168.1.1/", AddressKind::Private),
        ("http://[fd00:ec2::254]/", AddressKind::Private),
        ("http://[fec0::1]/", AddressKind::Private),
        ("http://169.254.169.254/latest/meta-data/", AddressKind::LinkLocal),
        ("http://[fe80::1]/", AddressKind::LinkLocal),
        ("http://168.63.129.16/", AddressKind::LinkLocal),
        ("http://100.100.100.200/", AddressKind::CarrierNat),
        ("http://0.0.0.0/", AddressKind::Unspecified),
        ("http://0/", AddressKind::Unspecified),
        ("http://[::]/", AddressKind::Unspecified),
        ("http://224.0.0.1/", AddressKind::Multicast),
        ("http://[ff02::1]/", AddressKind::Multicast),
        ("http://[2002:7f00:1::]/", AddressKind::Tunnel),
        (
            "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
            AddressKind::Tunnel,
        ),
        ("http://[2a00::5efe:7f00:1]/", AddressKind::Tunnel),
        ("http://[64:ff9b:1::a00:1]/", AddressKind::Reserved),
        ("http://[2001:db8::1]/", AddressKind::Reserved),
        ("http://[100::1]/", AddressKind::Reserved),
        ("http://255.255.255.255/", AddressKind::Reserved),
        ("http://192.0.2.1/", AddressKind::Reserved),
        ("http://198.18.0.1/", AddressKind::Reserved),
    ] {
        assert_eq!(kind(url), expected, "{url}");
    }
}

#[test]
fn only_http_without_credentials_passes() {
    assert_eq!(
        verdict(&strict(), "ftp://example.com/"),
        Err(GuardError::Scheme("ftp".to_owned()))
    );
    assert_eq!(
        verdict(&strict(), "file:///etc/passwd"),
        Err(GuardError::Scheme("file".to_owned()))
    );
    assert_eq!(
        verdict(&strict(), "https://user@example.com/"),
        Err(GuardError::Credentials)
    );
    assert_eq!(
        verdict(&strict(), "https://:secret@example.com/"),
        Err(GuardError::Credentials)
    );
    assert_eq!(verdict(&strict(), "http://./"), Err(GuardError::Host));
}

#[test]
fn a_listed_network_passes_in_all_its_spellings_and_nothing_else_does() {
    let guard = NetGuard::new(vec![
        "127.0.0.0/8".parse().unwrap(),
        "10.9.0.0/16".parse().unwrap(),
    ]);
    for url in [
        "http://127.0.0.1:9/",
        "http://0x7f.1/",
        "http://[::ffff:10.9.1.1]/",
        "http://localhost:3000/",
    ] {
        assert_eq!(verdict(&guard, url), Ok(()), "{url}");
    }
    for url in ["http://10.8.0.1/", "http://[::1]/", "http://169.254.169.254/"] {
        assert!(verdict(&guard, url).is_err(), "{url}");
    }
}

#[test]
fn what_the_tenant_reads_does_not_tell_the_address_behind_a_name() {
    let error = strict()
        .check_address("db.internal", "10.4.5.6".parse().unwrap())
        .unwrap_err();
    assert!(!error.to_string().contains("10.4.5.6"), "{error}");
    assert!(error.to_string().contains("db.internal"), "{error}");
    assert_eq!(error.code(), "url_address_not_allowed");
}

proptest! {
    #[test]
    fn no_spelling_of_a_private_address_passes(tail in any::<[u8; 3]>(), style in 0..6_u8) {
        let address = Ipv4Addr::new(10, tail[0], tail[1], tail[2]);
        let [a, b, c, d] = address.octets();
        let host = match style {
            0 => address.to_string(),
            1 => format!("{}", u32::from(address)),
            2 => format!("{:#x}", u32::from(address)),
            3 => format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
            4 => format!("{a}.{}", (u32::from(b) << 16) | (u32::from(c) << 8) | u32::from(d)),
            _ => format!("[::ffff:{address}]"),
        };
        prop_assert!(strict().check_host(&host).is_err(), "{}", host);
    }

    #[test]
    fn any_text_as_host_is_judged_without_a_panic(host in ".{0,64}") {
        let _ = strict().check_host(&host);
    }
}
