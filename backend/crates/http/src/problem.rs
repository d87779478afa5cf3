//! The one table from a problem's code to its status and title, and the error type that handlers answer with.
//! Never in here: the shape of the body (that is the contract's) and the relay's errors (they are the formats').

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use std::fmt;
use tollgate_contract::problem::{FieldError, PROBLEM_JSON, Problem};
use tollgate_store::StoreError;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident, $title:literal;)+) => {
        /// A problem's stable code. Each has one status and one title.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// As it stands in the answer.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// The answer's status.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The kind of problem in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }
        }
    };
}

codes! {
    /// The request as such can't be read.
    BadRequest = "bad_request", BAD_REQUEST, "The request can't be read";
    /// The body is no JSON.
    InvalidJson = "invalid_json", BAD_REQUEST, "The body is not valid JSON";
    /// A query parameter is unknown or wrong.
    InvalidQuery = "invalid_query", BAD_REQUEST, "A query parameter is not valid";
    /// The cursor is not one of ours, or of another list.
    InvalidCursor = "invalid_cursor", BAD_REQUEST, "The cursor is not valid for this list";
    /// No access token, or none that can be read.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Sign in first";
    /// The access token's minutes are over: refresh it.
    TokenExpired = "token_expired", UNAUTHORIZED, "The access token has expired";
    /// The session was ended.
    SessionEnded = "session_ended", UNAUTHORIZED, "The session has ended";
    /// E-mail address or password are wrong; which, is not told.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "E-mail address or password are wrong";
    /// A call from outside is not signed as it has to be.
    SignatureRefused = "signature_refused", UNAUTHORIZED, "The signature is missing or does not fit";
    /// The refresh token is unknown or expired.
    InvalidRefreshToken = "invalid_refresh_token", UNAUTHORIZED, "The refresh token is not valid";
    /// The refresh token was used before: the session is over, since one of the two users is a thief.
    RefreshTokenReused = "refresh_token_reused", UNAUTHORIZED, "The refresh token was used before";
    /// The role does not allow it.
    Forbidden = "forbidden", FORBIDDEN, "Your role does not allow this";
    /// The person may not sign in (to this tenant).
    AccountDisabled = "account_disabled", FORBIDDEN, "This sign-in is switched off";
    /// The tenant is suspended.
    TenantSuspended = "tenant_suspended", FORBIDDEN, "This organisation is suspended";
    /// The operator does not let organisations sign up by themselves.
    SignUpClosed = "sign_up_closed", FORBIDDEN, "Sign-up is closed here";
    /// No such thing, or none that the caller may see.
    NotFound = "not_found", NOT_FOUND, "There is no such thing";
    /// No such path.
    UnknownPath = "unknown_path", NOT_FOUND, "There is no such path";
    /// The path takes other methods.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The path takes other methods";
    /// The body took too long to arrive.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long to arrive";
    /// The name is taken.
    NameTaken = "name_taken", CONFLICT, "The name is taken";
    /// The slug is taken.
    SlugTaken = "slug_taken", CONFLICT, "The short name is taken";
    /// The e-mail address is registered.
    EmailTaken = "email_taken", CONFLICT, "The e-mail address is registered already";
    /// Someone else was quicker.
    VersionConflict = "version_conflict", CONFLICT, "Someone else changed it meanwhile";
    /// Something else goes by it, so that it can't be deleted.
    InUse = "in_use", CONFLICT, "It is in use";
    /// A payment says something else than what was said or agreed before.
    PaymentConflict = "payment_conflict", CONFLICT, "The payment contradicts what is known of it";
    /// The month can't be closed now, or is not closed yet.
    PeriodRefused = "period_refused", CONFLICT, "The month is not in a state for this";
    /// The document can't be made now.
    DocumentRefused = "document_refused", CONFLICT, "The document can't be made now";
    /// The body is too large.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not JSON by its own account.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// Fields are missing, unknown or wrong.
    ValidationFailed = "validation_failed", UNPROCESSABLE_ENTITY, "Some fields are not valid";
    /// The URL points where it may not.
    UrlRefused = "url_refused", UNPROCESSABLE_ENTITY, "The URL may not be used";
    /// Some request would fall under more budgets than can be reserved from at once.
    TooManyBudgets = "too_many_budgets", UNPROCESSABLE_ENTITY, "A request would fall under too many budgets";
    /// No voucher that the caller can redeem; why, is not told.
    VoucherRefused = "voucher_refused", UNPROCESSABLE_ENTITY, "The voucher can't be redeemed";
    /// The operation means nothing on this platform, or for this kind of credential.
    NotApplicable = "not_applicable", UNPROCESSABLE_ENTITY, "It does not apply here";
    /// A setting of the operator's is missing.
    NotConfigured = "not_configured", CONFLICT, "The operator has not set this up";
    /// The way to a vendor's consent was used, or its time is over: begin a new one.
    FlowOver = "flow_over", CONFLICT, "This link was used already, or its time is over";
    /// What was pasted holds no code.
    CodeUnreadable = "code_unreadable", UNPROCESSABLE_ENTITY, "There is no code in what was pasted";
    /// The code belongs to another link.
    StateMismatch = "state_mismatch", UNPROCESSABLE_ENTITY, "The code belongs to another link";
    /// The vendor refused the code: expired, used, or of another request.
    CodeRefused = "code_refused", UNPROCESSABLE_ENTITY, "The vendor refused the code";
    /// The vendor granted less than the account needs to live.
    GrantIncomplete = "grant_incomplete", UNPROCESSABLE_ENTITY, "The vendor granted too little";
    /// Another person's account at the vendor than the one that is connected.
    OtherAccount = "other_account", CONFLICT, "It is another account at the vendor";
    /// Google needs a project of one's own.
    ProjectNeeded = "project_needed", UNPROCESSABLE_ENTITY, "A Google Cloud project is needed";
    /// The grant is gone: a person must connect the account anew.
    GrantRevoked = "grant_revoked", CONFLICT, "The account must be connected anew";
    /// The vendor refused how it was asked.
    VendorRefused = "vendor_refused", UNPROCESSABLE_ENTITY, "The vendor refused the request";
    /// The vendor could not be reached, perhaps because the proxy could not.
    VendorUnreachable = "vendor_unreachable", FAILED_DEPENDENCY, "The vendor can't be reached";
    /// The vendor is busy or down.
    VendorBusy = "vendor_busy", FAILED_DEPENDENCY, "The vendor can't answer at the moment";
    /// What came back is not the vendor's answer, or makes no sense.
    VendorAnswer = "vendor_answer", FAILED_DEPENDENCY, "The vendor's answer can't be used";
    /// Too many attempts.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "Too many attempts";
    /// Our fault.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong on our side";
    /// The database can't be reached, or the server is stopping.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service is not available at the moment";
}

/// Why a request is refused: what the caller is told, and what only the log is.
#[derive(Debug)]
pub struct Fault {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    headers: Vec<(HeaderName, HeaderValue)>,
    inner: Option<String>,
}

impl Fault {
    /// A refusal with the code's own words.
    pub fn new(code: Code) -> Self {
        Self {
            code,
            detail: String::new(),
            errors: Vec::new(),
            headers: Vec::new(),
            inner: None,
        }
    }

    /// What was wrong this time and what would be right.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Names a field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        self.errors.push(FieldError {
            field: field.into(),
            code: code.to_owned(),
            message: message.into(),
        });
        self
    }

    /// Names all fields at fault.
    #[must_use]
    pub fn fields(mut self, errors: Vec<FieldError>) -> Self {
        self.errors.extend(errors);
        self
    }

    /// The same of fields that stand below another: `name` becomes `key.name`.
    #[must_use]
    pub fn below(mut self, parent: &str) -> Self {
        for error in &mut self.errors {
            error.field = format!("{parent}.{}", error.field);
        }
        if let Some(first) = self.errors.first() {
            self.detail = format!("`{}` {}", first.field, first.message);
        }
        self
    }

    /// Adds a header to the answer; one that can't be written is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// A refusal of an attempt that may be repeated later.
    pub fn too_many(retry_after_secs: u64) -> Self {
        Self::new(Code::TooManyRequests)
            .detail(format!("Try again in {retry_after_secs} s."))
            .header(header::RETRY_AFTER, &retry_after_secs.to_string())
    }

    /// Our fault; `inner` goes to the log alone.
    pub fn internal(inner: impl fmt::Display) -> Self {
        let mut fault =
            Self::new(Code::Internal).detail("It has been logged; quote the request id when you ask.");
        fault.inner = Some(inner.to_string());
        fault
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What was wrong, in English.
    pub fn text(&self) -> String {
        if self.detail.is_empty() {
            format!("{}.", self.code.title())
        } else {
            self.detail.clone()
        }
    }

    /// What only the log is told.
    pub fn inner(&self) -> Option<&str> {
        self.inner.as_deref()
    }

    /// The answer.
    pub fn render(&self, request_id: &str) -> HttpResponse {
        let problem = Problem {
            kind: format!("/api/v2/problems#{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.text(),
            code: self.code.as_str().to_owned(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
        };
        let mut answer = HttpResponse::build(self.code.status());
        for (name, value) in &self.headers {
            answer.append_header((name.clone(), value.clone()));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        answer
            .insert_header((header::CONTENT_TYPE, PROBLEM_JSON))
            .body(body)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.code.title())
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// The envelope renders it again with the request's id.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.render("")
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Stopped => {
                let mut fault = Self::new(Code::Unavailable)
                    .detail("Try again in a moment.")
                    .header(header::RETRY_AFTER, "2");
                fault.inner = Some(error.to_string());
                fault
            }
            StoreError::TooLong(_) => {
                let mut fault = Self::new(Code::Unavailable)
                    .detail("The database took too long over it; ask for less, such as a shorter range.");
                fault.inner = Some(error.to_string());
                fault
            }
            StoreError::Duplicate(_) | StoreError::Refused(_) | StoreError::Settings(_) => {
                Self::internal(error)
            }
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// The problem that stands for a bare status, as actix's own refusals have it.
pub fn code_for_status(status: StatusCode) -> Code {
    match status {
        StatusCode::UNAUTHORIZED => Code::Unauthenticated,
        StatusCode::FORBIDDEN => Code::Forbidden,
        StatusCode::NOT_FOUND => Code::UnknownPath,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::REQUEST_TIMEOUT => Code::RequestTimeout,
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::TOO_MANY_REQUESTS => Code::TooManyRequests,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        other if other.is_server_error() => Code::Internal,
        _ => Code::BadRequest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::body::MessageBody;
    use std::collections::HashSet;

    #[test]
    fn every_code_has_a_name_of_its_own_and_an_error_status() {
        let mut seen = HashSet::new();
        for code in Code::ALL {
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
            assert!(code.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '_'));
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.title().is_empty());
        }
    }

    #[test]
    fn every_code_renders_as_a_problem_that_says_the_same_as_its_status_line() {
        for code in Code::ALL {
            let answer = Fault::new(*code)
                .field("name", "required", "must not be empty")
                .render("req-1");
            assert_eq!(answer.status(), code.status());
            assert_eq!(answer.headers().get(header::CONTENT_TYPE).unwrap(), PROBLEM_JSON);
            let body = answer.into_body().try_into_bytes().unwrap();
            let problem: Problem = serde_json::from_slice(&body).unwrap();
            assert_eq!(problem.status, code.status().as_u16());
            assert_eq!(problem.code, code.as_str());
            assert_eq!(problem.request_id, "req-1");
            assert_eq!(problem.errors.len(), 1);
            assert!(!problem.detail.is_empty());
        }
    }

    #[test]
    fn what_went_wrong_inside_is_not_told_outside() {
        let fault = Fault::internal("relation \"secret_table\" does not exist");
        let body = fault.render("").into_body().try_into_bytes().unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("secret_table"));
        assert!(fault.inner().unwrap().contains("secret_table"));
    }

    #[test]
    fn a_bare_status_becomes_a_problem_of_that_status() {
        for status in [400, 401, 403, 404, 405, 408, 413, 415, 429, 500, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(code_for_status(status).status(), status);
        }
    }
}
