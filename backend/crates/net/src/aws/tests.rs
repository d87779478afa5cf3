//! Signatures against AWS's own: the values of its "Signature Version 4 test suite" (aws-sig-v4-test-suite, as kept in
//! awslabs/aws-c-auth), whose keys are examples that open nothing.

use super::*;
use std::time::Duration;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
/// 2015-08-30T12:36:00Z.
const THEN: u64 = 1_440_938_160;

struct Case {
    method: Method,
    uri: &'static str,
    headers: &'static [(&'static str, &'static str)],
    body: &'static [u8],
    token: Option<&'static str>,
    signed_headers: &'static str,
    signature: &'static str,
}

fn signed_for(case: &Case, region: &str, service: &str, seconds: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in case.headers {
        headers.append(*name, HeaderValue::from_static(value));
    }
    let (secret, token) = (SecretString::from(SECRET), case.token.map(SecretString::from));
    let keys = Keys {
        access_key_id: KEY,
        secret_access_key: &secret,
        session_token: token.as_ref(),
    };
    let uri: Uri = case.uri.parse().unwrap();
    let request = Signable {
        method: &case.method,
        uri: &uri,
        headers: &headers,
        body: case.body,
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    sign(&request, &keys, region, service, now).unwrap()
}

fn get(uri: &'static str, signature: &'static str) -> Case {
    Case {
        method: Method::GET,
        uri,
        headers: &[],
        body: b"",
        token: None,
        signed_headers: "host;x-amz-date",
        signature,
    }
}

#[test]
fn signatures_are_those_of_the_test_suite() {
    let cases = [
        // get-vanilla
        get(
            "https://example.amazonaws.com/",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        // get-vanilla-query-order-encoded
        get(
            "https://example.amazonaws.com/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        ),
        // get-vanilla-with-session-token
        Case {
            token: Some("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267"),
            signed_headers: "host;x-amz-date;x-amz-security-token",
            ..get(
                "https://example.amazonaws.com/",
                "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
            )
        },
        // post-header-key-sort
        Case {
            method: Method::POST,
            headers: &[("my-header1", "value1")],
            signed_headers: "host;my-header1;x-amz-date",
            ..get(
                "https://example.amazonaws.com/",
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            )
        },
        // post-x-www-form-urlencoded
        Case {
            method: Method::POST,
            headers: &[
                ("content-type", "application/x-www-form-urlencoded"),
                ("content-length", "13"),
                (
                    "x-amz-content-sha256",
                    "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
                ),
            ],
            body: b"Param1=value1",
            signed_headers: "content-length;content-type;host;x-amz-content-sha256;x-amz-date",
            ..get(
                "https://example.amazonaws.com/",
                "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
            )
        },
    ];
    for case in &cases {
        let headers = signed_for(case, "us-east-1", "service", THEN);
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders={}, \
             Signature={}",
            case.signed_headers, case.signature
        );
        assert_eq!(headers["authorization"], authorization.as_str());
        assert_eq!(headers["x-amz-date"], "20150830T123600Z");
        assert_eq!(
            headers
                .get("x-amz-security-token")
                .map(|token| token.to_str().unwrap()),
            case.token
        );
        assert_eq!(headers.len(), 2 + usize::from(case.token.is_some()));
        assert!(headers["authorization"].is_sensitive());
    }
}

#[test]
fn an_encoded_path_is_encoded_once_more() {
    // double-url-encode: 2021-05-11T15:40:45Z, Lambda in Ohio.
    let function = encode_segment("arn:aws:lambda:us-west-2:892717189312:function:my-rusty-fun");
    let path = format!("/2015-03-31/functions/{function}/invocations");
    assert_eq!(
        path,
        "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-west-2%3A892717189312%3Afunction%3Amy-rusty-fun/invocations"
    );
    let case = Case {
        method: Method::POST,
        uri: "https://lambda.us-east-2.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-west-2%3A892717189312%3Afunction%3Amy-rusty-fun/invocations",
        ..get("https://lambda.us-east-2.amazonaws.com/", "")
    };
    let headers = signed_for(&case, "us-east-2", "lambda", 1_620_747_645);
    let authorization = headers["authorization"].to_str().unwrap();
    assert!(
        authorization.ends_with("Signature=4b93abbcc68be32bd64c18e2c71150660ab4c29bbd6c32a383a7517a88fc1804"),
        "{authorization}"
    );
}

/// As botocore 1.44, AWS's own library for Python, signs the same request.
#[test]
fn a_request_to_bedrock_is_signed_as_awss_own_library_signs_it() {
    let case = Case {
        method: Method::POST,
        headers: &[("content-type", "application/json")],
        body: b"{\"a\":1}",
        token: Some("tok/en=="),
        ..get(
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
            "",
        )
    };
    let headers = signed_for(&case, "us-east-1", BEDROCK, THEN);
    assert_eq!(
        headers["authorization"],
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/bedrock/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=a5a8022344d548f9a85e62c78d5daae88424ee50d984690771af29c51ef2724f"
    );
    assert!(headers["x-amz-security-token"].is_sensitive());
}

#[test]
fn segments_are_encoded_as_aws_reckons() {
    for (text, encoded) in [
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "us.anthropic.claude-sonnet-4-5-20250929-v1%3A0",
        ),
        (
            "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.x",
            "arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.x",
        ),
        ("a~b_c d%é", "a~b_c%20d%25%C3%A9"),
    ] {
        assert_eq!(encode_segment(text), encoded);
    }
}

#[test]
fn every_part_of_a_request_is_signed() {
    let plain = Case {
        method: Method::POST,
        headers: &[("content-type", "application/json")],
        body: b"{}",
        ..get(
            "https://bedrock-runtime.us-east-1.amazonaws.com/model/a%3A0/invoke",
            "",
        )
    };
    let signature = |case: &Case, region: &str| {
        let headers = signed_for(case, region, BEDROCK, THEN);
        headers["authorization"]
            .to_str()
            .unwrap()
            .rsplit('=')
            .next()
            .unwrap()
            .to_owned()
    };
    let first = signature(&plain, "us-east-1");
    for other in [
        Case {
            body: b"{ }",
            ..get_like(&plain)
        },
        Case {
            method: Method::PUT,
            ..get_like(&plain)
        },
        Case {
            headers: &[("content-type", "text/plain")],
            ..get_like(&plain)
        },
        Case {
            uri: "https://bedrock-runtime.us-east-1.amazonaws.com/model/b%3A0/invoke",
            ..get_like(&plain)
        },
        Case {
            uri: "https://bedrock-runtime.us-west-2.amazonaws.com/model/a%3A0/invoke",
            ..get_like(&plain)
        },
    ] {
        assert_ne!(signature(&other, "us-east-1"), first);
    }
    assert_ne!(signature(&plain, "us-west-2"), first);
    // Proxies may change it on the way.
    let agent = Case {
        headers: &[("content-type", "application/json"), ("user-agent", "x")],
        ..get_like(&plain)
    };
    assert_eq!(signature(&agent, "us-east-1"), first);
}

fn get_like(case: &Case) -> Case {
    Case {
        method: case.method.clone(),
        ..*case
    }
}

#[test]
fn nothing_secret_is_shown() {
    let secret = SecretString::from(SECRET);
    let keys = Keys {
        access_key_id: KEY,
        secret_access_key: &secret,
        session_token: Some(&secret),
    };
    assert!(!format!("{keys:?}").contains(SECRET));
    let mut headers = HeaderMap::new();
    headers.insert("x-odd", HeaderValue::from_bytes(b"\xff").unwrap());
    let (uri, method) = (Uri::from_static("https://example.amazonaws.com/"), Method::GET);
    let request = Signable {
        method: &method,
        uri: &uri,
        headers: &headers,
        body: b"",
    };
    let error = sign(&request, &keys, "us-east-1", BEDROCK, SystemTime::UNIX_EPOCH).unwrap_err();
    assert_eq!(error, SignError::Header(HeaderName::from_static("x-odd")));
}
