//! The request for a role's keys, and answers as the STS API Reference shows them.

use super::*;
use crate::{IssuerKind, read_issued};
use chrono::TimeDelta;
use http::HeaderMap;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

fn now() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-30T12:00:00Z")
        .unwrap()
        .to_utc()
}

fn role() -> AwsRole {
    AwsRole {
        arn: "arn:aws:iam::123456789012:role/bedrock".to_owned(),
        external_id: None,
    }
}

fn answer(expiration: &str) -> String {
    format!(
        r#"<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleResult>
    <SourceIdentity>Ann</SourceIdentity>
    <AssumedRoleUser>
      <AssumedRoleId>AROA123EXAMPLE123:tollgate</AssumedRoleId>
      <Arn>arn:aws:sts::123456789012:assumed-role/bedrock/tollgate</Arn>
    </AssumedRoleUser>
    <Credentials>
      <SessionToken>
       AQoDYXdzEPT//////////wEXAMPLEtc764
       bNrC9SAPBSM22wDOk4x4&amp;==
      </SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>{expiration}</Expiration>
      <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
  </AssumeRoleResult>
  <ResponseMetadata><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ResponseMetadata>
</AssumeRoleResponse>"#
    )
}

fn read_at(status: u16, body: &str) -> Result<Issued, IssueFault> {
    read_issued(
        IssuerKind::AwsSts,
        status,
        &HeaderMap::new(),
        body.as_bytes(),
        now(),
    )
}

fn error(status: u16, code: &str, message: &str) -> IssueFault {
    let body = format!(
        r#"<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>{code}</Code>
           <Message>{message}</Message></Error><RequestId>a</RequestId></ErrorResponse>"#
    );
    read_at(status, &body).unwrap_err()
}

#[test]
fn the_request_is_a_form_for_the_regions_own_endpoint() {
    let (url, form) = assume_role(&Endpoints::default(), "eu-west-1", &role(), "tollgate acme/1");
    assert_eq!(url.as_str(), "https://sts.eu-west-1.amazonaws.com/");
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect();
    let wanted = [
        ("Action", "AssumeRole"),
        ("Version", "2011-06-15"),
        ("RoleArn", "arn:aws:iam::123456789012:role/bedrock"),
        ("RoleSessionName", "tollgate-acme-1"),
        ("DurationSeconds", "3600"),
    ];
    assert_eq!(
        form,
        wanted
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    );
    let role = AwsRole {
        external_id: Some("ours&1".to_owned()),
        ..role()
    };
    let (_, form) = assume_role(&Endpoints::default(), "eu-west-1", &role, "x");
    assert!(
        form.ends_with("&ExternalId=ours%261") && form.contains("RoleSessionName=x-&"),
        "{form}"
    );
    let (_, form) = assume_role(&Endpoints::default(), "eu-west-1", &role, &"é".repeat(80));
    assert!(
        form.contains(&format!("RoleSessionName={}&", "-".repeat(64))),
        "{form}"
    );
}

#[test]
fn the_endpoint_is_the_regions_or_the_operators_and_never_a_strangers() {
    let at = |region: &str| {
        assume_role(&Endpoints::default(), region, &role(), "x")
            .0
            .to_string()
    };
    assert_eq!(at("cn-north-1"), "https://sts.cn-north-1.amazonaws.com.cn/");
    assert_eq!(at("us-gov-west-1"), "https://sts.us-gov-west-1.amazonaws.com/");
    for region in ["", "evil.example/", "a@b", "x#", "EU-WEST-1", "xn--zzzzzz99999"] {
        let url = assume_role(&Endpoints::default(), region, &role(), "x").0;
        assert!(
            url.host_str().unwrap().ends_with(".amazonaws.com"),
            "{region}: {url}"
        );
    }
    let own = Endpoints {
        aws_sts: Some(Url::parse("http://127.0.0.1:9/sts").unwrap()),
        ..Endpoints::default()
    };
    assert_eq!(
        assume_role(&own, "eu-west-1", &role(), "x").0.as_str(),
        "http://127.0.0.1:9/sts"
    );
}

#[test]
fn the_keys_are_read_with_their_absolute_end() {
    let issued = read_at(200, &answer("2026-11-30T13:00:00Z")).unwrap();
    let IssuedToken::Aws {
        access_key_id,
        secret_access_key,
        session_token,
    } = &issued.token
    else {
        panic!("no AWS keys");
    };
    assert_eq!(access_key_id, "ASIAIOSFODNN7EXAMPLE");
    assert_eq!(
        secret_access_key.expose_secret(),
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"
    );
    let token = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4&==";
    assert_eq!(session_token.expose_secret(), token);
    assert_eq!(issued.expires_at, Some(now() + TimeDelta::hours(1)));
    assert_eq!(issued.account.as_deref(), Some("123456789012"));
    assert!(issued.refresh_token.is_none());
    let shown = format!("{issued:?}");
    assert!(!shown.contains("wJalr") && !shown.contains("AQoD"), "{shown}");
}

#[test]
fn keys_that_have_ended_say_that_clocks_differ() {
    for expiration in ["2026-11-30T11:00:00Z", "2026-11-30T12:00:00Z"] {
        let fault = read_at(200, &answer(expiration)).unwrap_err();
        let IssueFault::Misconfigured { detail } = &fault else {
            panic!("{fault:?}")
        };
        assert!(
            detail.starts_with("clocks differ") && detail.contains("12:00:00 UTC here"),
            "{detail}"
        );
    }
}

#[test]
fn a_missing_part_is_named() {
    for name in ["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"] {
        let body = answer("2026-11-30T13:00:00Z").replace(&format!("<{name}>"), "<Other>");
        assert_eq!(
            read_at(200, &body).unwrap_err(),
            IssueFault::Incomplete { missing: name }
        );
    }
    let fault = read_at(200, &answer("in an hour")).unwrap_err();
    assert_eq!(
        fault,
        IssueFault::Incomplete {
            missing: "Expiration"
        }
    );
    for body in ["", "<html></html>", "{\"AssumeRoleResponse\":{}}"] {
        assert_eq!(read_at(200, body).unwrap_err(), IssueFault::NotJson, "{body}");
    }
}

#[test]
fn refusals_are_told_apart() {
    let denied = "User: arn:aws:iam::1:user/ann is not authorized to perform: sts:AssumeRole";
    for (status, code) in [
        (403, "AccessDenied"),
        (403, "InvalidClientTokenId"),
        (400, "ExpiredTokenException"),
    ] {
        let fault = error(status, code, denied);
        assert_eq!(
            fault,
            IssueFault::Revoked {
                detail: format!("{code}: {denied}")
            }
        );
    }
    for (status, code) in [
        (400, "ValidationError"),
        (403, "RegionDisabledException"),
        (400, "NewWord"),
    ] {
        let fault = error(status, code, "no");
        assert_eq!(
            fault,
            IssueFault::Misconfigured {
                detail: format!("{code}: no")
            }
        );
    }
    for (status, code) in [
        (400, "Throttling"),
        (503, "ServiceUnavailable"),
        (500, "InternalFailure"),
    ] {
        let fault = error(status, code, "busy");
        let detail = format!("{code}: busy");
        assert_eq!(
            fault,
            IssueFault::TryLater {
                retry_after: None,
                detail
            }
        );
    }
    let expired = "Signature expired: 20261130T110000Z is now earlier than 20261130T114500Z";
    for (code, message) in [
        ("SignatureDoesNotMatch", expired),
        ("RequestExpired", "Request has expired."),
    ] {
        let fault = error(403, code, message);
        let IssueFault::Misconfigured { detail } = &fault else {
            panic!("{fault:?}")
        };
        assert!(detail.starts_with("clocks differ"), "{detail}");
    }
    let fault = error(403, "SignatureDoesNotMatch", "check your AWS Secret Access Key");
    let IssueFault::Misconfigured { detail } = &fault else {
        panic!("{fault:?}")
    };
    assert!(!detail.contains("clocks"), "{detail}");
    let fault = error(
        403,
        "AKIAIOSFODNN7EXAMPLE/wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLEKEY",
        "",
    );
    assert!(!format!("{fault:?}").contains("wJalr"), "{fault:?}");
    assert_eq!(read_at(403, "<html>no</html>").unwrap_err(), IssueFault::NotJson);
    let busy = IssueFault::TryLater {
        retry_after: None,
        detail: "status 502".to_owned(),
    };
    assert_eq!(read_at(502, "<html>no</html>").unwrap_err(), busy);
}
