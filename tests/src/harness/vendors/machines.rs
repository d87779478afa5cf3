//! The desks for applications: Microsoft Entra ID (Microsoft identity platform, "OAuth 2.0 client credentials flow" and its
//! error codes) and AWS's security token service (AWS STS API Reference, `AssumeRole`, "Common Errors"), whose signatures
//! are reckoned anew.

use super::super::upstream::Seen;
use super::super::upstream::sigv4::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, Signed};
use super::book::State;
use super::said::{Said, form, of, secret};
use serde_json::json;

pub const ENTRA: &str = "/entra";
pub const STS: &str = "/sts";
/// The directory.
pub const ENTRA_TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
/// The application.
pub const ENTRA_CLIENT: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";
/// Its secret.
pub const ENTRA_SECRET: &str = "entra-client-secret-that-nobody-sees";
/// What tokens are for.
pub const ENTRA_SCOPE: &str = "https://cognitiveservices.azure.com/.default";
/// The keys that may assume the role; they are of no use at Bedrock.
pub const AWS_KEY_ID: &str = "AKIAASSUMESTHEROLE00";
/// Their secret.
pub const AWS_SECRET: &str = "assume-role-secret-that-nobody-sees-0123";
/// The role.
pub const ROLE_ARN: &str = "arn:aws:iam::123456789012:role/tollgate";
/// What its owner agreed on with us.
pub const EXTERNAL_ID: &str = "agreed-42";

pub fn entra(state: &mut State, seen: &Seen) -> Said {
    let refused = |status: u16, word: &str, words: &str| {
        Said::json(status, &json!({"error": word, "error_description": words}))
    };
    let Some(fields) = form(seen) else {
        return refused(
            400,
            "invalid_request",
            "AADSTS900144: The request body must contain 'grant_type'.",
        );
    };
    if seen.target != format!("{ENTRA}/{ENTRA_TENANT}/oauth2/v2.0/token") {
        return refused(
            400,
            "invalid_request",
            "AADSTS90002: Tenant not found. Check the tenant ID.",
        );
    }
    if of(&fields, "grant_type") != "client_credentials" {
        return refused(
            400,
            "unsupported_grant_type",
            "AADSTS70003: The app requested an unsupported grant type.",
        );
    }
    if of(&fields, "client_id") != ENTRA_CLIENT {
        return refused(
            400,
            "unauthorized_client",
            "AADSTS700016: Application was not found in the directory.",
        );
    }
    if of(&fields, "client_secret") != ENTRA_SECRET {
        return refused(
            401,
            "invalid_client",
            "AADSTS7000215: Invalid client secret provided.",
        );
    }
    if of(&fields, "scope") != ENTRA_SCOPE {
        return refused(
            400,
            "invalid_scope",
            "AADSTS70011: The provided value for 'scope' is not valid.",
        );
    }
    let person = state.person.clone();
    let token = state.issue(ENTRA_SCOPE, &person);
    Said::json(
        200,
        &json!({"token_type": "Bearer", "expires_in": state.life, "ext_expires_in": state.life, "access_token": token}),
    )
}

/// The keys that it gives are those that the upstream's Bedrock knows.
pub fn assume_role(state: &mut State, seen: &Seen) -> Said {
    let signed = Signed {
        method: &seen.method,
        target: &seen.target,
        headers: &seen.headers,
        body: &seen.body,
    };
    if let Err(fault) = signed.proves("sts", AWS_KEY_ID, AWS_SECRET) {
        let code = if fault.kind == "signature_error" {
            "SignatureDoesNotMatch"
        } else {
            "InvalidClientTokenId"
        };
        return refusal(403, code, &fault.message);
    }
    let Some(fields) = form(seen) else {
        return refusal(400, "MissingAction", "A form was expected");
    };
    if of(&fields, "Action") != "AssumeRole" || of(&fields, "Version") != "2011-06-15" {
        return refusal(400, "InvalidAction", "Could not find operation for this version");
    }
    let name = of(&fields, "RoleSessionName");
    if !(2..=64).contains(&name.len()) {
        return refusal(
            400,
            "ValidationError",
            "1 validation error detected: roleSessionName",
        );
    }
    if of(&fields, "RoleArn") != ROLE_ARN || of(&fields, "ExternalId") != EXTERNAL_ID {
        let words = "User is not authorized to perform: sts:AssumeRole on the resource";
        return refusal(403, "AccessDenied", words);
    }
    let token = secret("session");
    state.secrets.push(token.clone());
    state.session_token = Some(token.clone());
    let until = chrono::Utc::now() + chrono::TimeDelta::seconds(state.life);
    let until = until.format("%Y-%m-%dT%H:%M:%SZ");
    Said::xml(
        200,
        format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n <AssumeRoleResult>\n  \
             <AssumedRoleUser><AssumedRoleId>AROA:{name}</AssumedRoleId>\
             <Arn>arn:aws:sts::123456789012:assumed-role/tollgate/{name}</Arn></AssumedRoleUser>\n  \
             <Credentials>\n   <AccessKeyId>{ACCESS_KEY_ID}</AccessKeyId>\n   \
             <SecretAccessKey>{SECRET_ACCESS_KEY}</SecretAccessKey>\n   <SessionToken>{token}</SessionToken>\n   \
             <Expiration>{until}</Expiration>\n  </Credentials>\n </AssumeRoleResult>\n \
             <ResponseMetadata><RequestId>c6104cbe</RequestId></ResponseMetadata>\n</AssumeRoleResponse>"
        ),
    )
}

fn refusal(status: u16, code: &str, message: &str) -> Said {
    Said::xml(
        status,
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
             <Code>{code}</Code><Message>{message}</Message></Error><RequestId>d25382bc</RequestId></ErrorResponse>"
        ),
    )
}
