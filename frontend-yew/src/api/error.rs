//! Why a call gave no answer that can be used.

use tollgate_contract::problem::{FieldError, Problem};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq)]
pub enum ApiError {
    /// The page was left, or the question changed; nobody waits for it any more.
    Aborted,
    /// No answer came.
    Offline,
    /// The session is over: the app leads to sign-in by itself.
    SignedOut,
    /// The server says what is wrong.
    Problem(Box<Problem>),
    /// An answer that is not of the API's kind.
    Odd {
        /// Its HTTP status.
        status: u16,
        /// Its `x-request-id`, if any.
        request_id: String,
    },
}

impl ApiError {
    /// What to quote in a question; empty where no answer came.
    pub fn request_id(&self) -> &str {
        match self {
            Self::Problem(problem) => &problem.request_id,
            Self::Odd { request_id, .. } => request_id,
            _ => "",
        }
    }

    /// The fields at fault.
    pub fn fields(&self) -> &[FieldError] {
        match self {
            Self::Problem(problem) => &problem.errors,
            _ => &[],
        }
    }

    /// Whether nobody needs to be told.
    pub fn is_silent(&self) -> bool {
        matches!(self, Self::Aborted | Self::SignedOut)
    }
}
