//! The vendors' desks: where people consent, where codes, refresh tokens and client credentials are exchanged, and where a
//! subscription is asked about. As strict as the vendors are (PKCE is reckoned anew, codes are good once, rotated refresh
//! tokens are dead at once), and beside an upstream that takes only the tokens that were issued here. They fail as a test
//! asks for it and keep their own log. A file per vendor has what it asks for and answers; the upstream beside them speaks
//! the formats.

mod book;
mod claude;
pub mod desk;
mod google;
mod machines;
mod openai;
mod page;
mod said;
#[cfg(test)]
mod tests;

pub use book::{Book, Call, Consent, Person, Trouble};
pub use desk::Desk;
pub use google::{CLIENT_ID as GOOGLE_CLIENT, CLIENT_SECRET as GOOGLE_SECRET};
pub use machines::{
    AWS_KEY_ID, AWS_SECRET, ENTRA_CLIENT, ENTRA_SCOPE, ENTRA_SECRET, ENTRA_TENANT, EXTERNAL_ID, ROLE_ARN,
};

use super::upstream::Upstream;
use super::{SOON, wait_until};
use std::sync::Arc;
use std::time::Duration;

/// The desks and the upstream beside them.
#[derive(Debug)]
pub struct Vendors {
    /// What accounts' requests reach.
    pub upstream: Upstream,
    book: Arc<Book>,
}

impl Vendors {
    /// Starts all of them on one port.
    pub fn start() -> Self {
        let book = Arc::new(Book::default());
        Self {
            upstream: Upstream::beside(Some(book.clone())),
            book,
        }
    }

    /// The base URL of accounts whose requests come here.
    pub fn url(&self) -> String {
        self.upstream.url()
    }

    /// The settings of a gateway that asks here.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let below = |path: &str| format!("{}{path}", self.url());
        [
            ("TOLLGATE_OAUTH_CLAUDE_AUTHORIZE", below(claude::AUTHORIZE)),
            ("TOLLGATE_OAUTH_CLAUDE_TOKEN", below(claude::TOKEN)),
            ("TOLLGATE_OAUTH_CLAUDE_API", self.url()),
            ("TOLLGATE_OAUTH_GOOGLE_AUTHORIZE", below(google::AUTHORIZE)),
            ("TOLLGATE_OAUTH_GOOGLE_TOKEN", below(google::TOKEN)),
            ("TOLLGATE_OAUTH_GOOGLE_USERINFO", below(google::USERINFO)),
            ("TOLLGATE_OAUTH_GOOGLE_CLIENT_ID", google::CLIENT_ID.to_owned()),
            (
                "TOLLGATE_OAUTH_GOOGLE_CLIENT_SECRET",
                google::CLIENT_SECRET.to_owned(),
            ),
            ("TOLLGATE_OAUTH_GOOGLE_API", self.url()),
            ("TOLLGATE_OAUTH_OPENAI_AUTHORIZE", below(openai::AUTHORIZE)),
            ("TOLLGATE_OAUTH_OPENAI_TOKEN", below(openai::TOKEN)),
            ("TOLLGATE_OAUTH_OPENAI_API", below(openai::API)),
            ("TOLLGATE_OAUTH_ENTRA", below(machines::ENTRA)),
            ("TOLLGATE_OAUTH_AWS_STS", below(machines::STS)),
        ]
        .into()
    }

    /// A person opens the link, signs in and agrees. Panics where the vendor's page would refuse the link.
    #[track_caller]
    pub fn consent(&self, url: &str) -> Consent {
        self.book
            .consent(url)
            .unwrap_or_else(|why| panic!("the vendor's page refuses: {why}: {url}"))
    }

    /// Who signs in from now on.
    pub fn person(&self, change: impl FnOnce(&mut Person)) {
        change(&mut self.book.state().person);
    }

    /// How many seconds the tokens live that are issued from now on.
    pub fn lives(&self, seconds: i64) {
        self.book.state().life = seconds;
    }

    /// Whether each renewal gives a new refresh token and kills the one before. OpenAI and Claude do, Google does not.
    pub fn rotates(&self, rotates: bool) {
        self.book.state().rotates = rotates;
    }

    /// Every grant and every token that was given so far is worthless from now on.
    pub fn revoke(&self) {
        let mut state = self.book.state();
        state.grants.values_mut().for_each(|grant| grant.live = false);
        state.tokens.values_mut().for_each(|token| token.live = false);
    }

    /// Every access token that was given so far is worthless from now on; the grants stay.
    pub fn forget_tokens(&self) {
        self.book
            .state()
            .tokens
            .values_mut()
            .for_each(|token| token.live = false);
    }

    /// Every code that was given so far has expired.
    pub fn expire_codes(&self) {
        self.book
            .state()
            .codes
            .values_mut()
            .for_each(|code| code.expired = true);
    }

    /// What happens to the next call of this desk.
    pub fn next(&self, desk: Desk, trouble: Trouble) {
        self.book.state().troubles.push((desk, trouble));
    }

    /// What happens to every call of this desk; `None`: it works.
    pub fn always(&self, desk: Desk, trouble: Option<Trouble>) {
        let mut state = self.book.state();
        state.standing.retain(|(other, _)| *other != desk);
        state.standing.extend(trouble.map(|trouble| (desk, trouble)));
    }

    /// All calls of a desk.
    pub fn calls(&self, desk: Desk) -> Vec<Call> {
        let mut calls = self.book.state().calls.clone();
        calls.retain(|call| call.desk == desk);
        calls
    }

    /// How many calls of a desk there were.
    pub fn count(&self, desk: Desk) -> usize {
        self.calls(desk).len()
    }

    /// Waits until a desk was called so often.
    pub fn await_count(&self, desk: Desk, count: usize, limit: Duration) {
        let what = format!("{desk:?} is asked {count} times");
        wait_until(&what, limit, || self.count(desk) >= count);
    }

    /// Waits until a desk was called.
    pub fn await_call(&self, desk: Desk) {
        self.await_count(desk, 1, SOON);
    }

    /// How many calls there were of all desks.
    pub fn all_calls(&self) -> Vec<Call> {
        self.book.state().calls.clone()
    }

    /// Everything secret that was given away: codes and tokens.
    pub fn secrets(&self) -> Vec<String> {
        self.book.state().secrets.clone()
    }

    /// The access token that was issued last.
    pub fn last_token(&self) -> String {
        self.book.state().last_token.clone().expect("one was issued")
    }
}
