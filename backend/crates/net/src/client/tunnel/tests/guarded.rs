//! The guard on the way through a proxy: what it judges of the target and of the proxy itself.

use super::*;

#[tokio::test]
async fn targets_at_home_are_refused_before_the_proxy_hears_of_them() {
    let proxy = Scripted::start(&[]).await;
    let client = client(&Script::default(), &["127.0.0.1/32"]);
    for host in [
        "127.0.0.2",
        "10.1.2.3",
        "0xa9fea9fe",
        "2852039166",
        "0251.0376.0251.0376",
        "169.254.43518",
        "169.254.169.254.",
        "[::1]",
        "[fd00::1]",
        "[::ffff:10.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::10.0.0.1]",
        "[::10.0.0.1]",
    ] {
        for scheme in ["http", "https", "socks5", "socks5h"] {
            let error = send(&client, &proxy.url(scheme), &format!("http://{host}/"))
                .await
                .unwrap_err();
            assert!(matches!(error, SendError::Blocked(_)), "{scheme} {host}: {error}");
        }
    }
    assert_eq!(proxy.heard().len(), 0);

    let elsewhere = self::client(&Script::default(), &["127.0.0.2/32"]);
    for host in ["localhost", "LOCALHOST.", "a.localhost."] {
        let error = send(&elsewhere, "http://127.0.0.2:1", &format!("http://{host}/"))
            .await
            .unwrap_err();
        assert!(matches!(error, SendError::Blocked(_)), "{host}: {error}");
    }
}

#[tokio::test]
async fn a_public_address_is_handed_on_in_its_usual_spelling() {
    let proxy = Scripted::start(&[OPENED.as_bytes(), ANSWER.as_bytes()]).await;
    let client = client(&Script::default(), &["127.0.0.1/32"]);
    assert_eq!(
        send(&client, &proxy.url("http"), "http://0x01010101:8080/")
            .await
            .unwrap(),
        "ok"
    );
    assert!(proxy.heard()[0].starts_with(b"CONNECT 1.1.1.1:8080 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_proxy_at_home_is_refused_by_number_by_name_and_after_a_rebinding() {
    let proxy = Scripted::start(&[OPENED.as_bytes(), ANSWER.as_bytes()]).await;
    let port = proxy.address.port();
    let script = Script::new(&[&["127.0.0.1"], &["10.0.0.1", "::1"]]);
    for scheme in ["http", "https", "socks5", "socks5h"] {
        for host in [
            "127.0.0.1",
            "0x7f.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "localhost",
            "localhost.",
        ] {
            let url = format!("{scheme}://{host}:{port}");
            let error = send(&client(&script, &[]), &url, "http://1.1.1.1/")
                .await
                .unwrap_err();
            assert_eq!(error.code(), "proxy_blocked", "{url}: {error}");
        }
    }
    assert_eq!(script.asked(), [""; 0]);

    let client = client(&script, &["127.0.0.1/32"]);
    let url = format!("http://proxy.invalid:{port}");
    assert_eq!(send(&client, &url, "http://one.invalid/").await.unwrap(), "ok");
    let error = send(&client, &url, "http://two.invalid/").await.unwrap_err();
    assert_eq!(error.code(), "proxy_blocked", "{error}");
    assert_eq!(script.asked(), ["proxy.invalid"; 2]);
    assert_eq!(proxy.heard().len(), 1);
}
