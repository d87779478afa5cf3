//! The session's tokens. The access token lives in this module's memory and nowhere else; the refresh token is a cookie that
//! scripts cannot read. Renewing is done once for all that wait, and by one tab at a time, since a refresh token is good for
//! one use.

use super::{ApiError, client};
use crate::browser;
use futures_util::FutureExt;
use futures_util::future::{LocalBoxFuture, Shared};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tollgate_contract::auth::{Me, Refresh, SignedIn};
use yew::Callback;

/// Renewed this long before its end, so that a call under way does not meet it.
const MARGIN_MS: f64 = 20_000.0;
/// The name under which tabs take turns.
const TURN: &str = "tollgate.session";
/// Says that there may be a cookie; not whether it is still good.
const HINT: &str = "tollgate.signed-in";

type Renewal = Shared<LocalBoxFuture<'static, Result<String, ApiError>>>;

thread_local! {
    static TOKEN: RefCell<Option<(String, f64)>> = const { RefCell::new(None) };
    static RENEWAL: RefCell<Option<Renewal>> = const { RefCell::new(None) };
    static LISTENER: RefCell<Option<Callback<Option<Rc<Me>>>>> = const { RefCell::new(None) };
    /// Grows with every sign-in and sign-out: a renewal that began before does not count any more.
    static EPOCH: Cell<u32> = const { Cell::new(0) };
}

/// Hears of every change of who is signed in; `None`: nobody.
pub fn listen(listener: Callback<Option<Rc<Me>>>) {
    LISTENER.set(Some(listener));
}

/// Whether it is worth asking for a session.
pub fn hinted() -> bool {
    browser::recall(HINT).is_some()
}

/// Takes over a session that the server has just begun or renewed.
pub fn accept(signed_in: SignedIn) {
    EPOCH.set(EPOCH.get().wrapping_add(1));
    keep(&signed_in);
    browser::remember(HINT, "1");
    tell(Some(Rc::new(signed_in.me)));
}

/// Forgets the session: it is over.
pub fn lose() {
    EPOCH.set(EPOCH.get().wrapping_add(1));
    TOKEN.set(None);
    browser::forget(HINT);
    super::cache::clear();
    tell(None);
}

/// A token that is good for some seconds at least.
pub(super) async fn fresh() -> Result<String, ApiError> {
    let kept = TOKEN.with_borrow(|token| {
        let (token, until) = token.as_ref()?;
        (*until - MARGIN_MS > browser::now_ms()).then(|| token.clone())
    });
    match kept {
        Some(token) => Ok(token),
        None => renew().await,
    }
}

/// Renews the session; everyone who asks meanwhile gets the same answer.
pub async fn renew() -> Result<String, ApiError> {
    let under_way = RENEWAL.with_borrow(Clone::clone);
    let renewal = under_way.unwrap_or_else(|| {
        let renewal = in_turn().boxed_local().shared();
        RENEWAL.set(Some(renewal.clone()));
        renewal
    });
    let outcome = renewal.await;
    RENEWAL.set(None);
    outcome
}

async fn in_turn() -> Result<String, ApiError> {
    let epoch = EPOCH.get();
    let outcome = Rc::new(RefCell::new(None));
    let answer = outcome.clone();
    browser::exclusively(TURN, async move {
        let renewed = client::send_openly::<SignedIn>("/auth/refresh", &Refresh::default()).await;
        answer.replace(Some(renewed));
    })
    .await;
    let renewed = outcome.take().unwrap_or(Err(ApiError::Offline));
    match renewed {
        Ok(signed_in) if EPOCH.get() == epoch => {
            keep(&signed_in);
            let token = signed_in.access_token.clone();
            tell(Some(Rc::new(signed_in.me)));
            Ok(token)
        }
        Ok(_) => Err(ApiError::Aborted),
        Err(ApiError::Problem(problem)) if problem.status == 401 || problem.status == 403 => {
            if EPOCH.get() == epoch {
                lose();
            }
            Err(ApiError::SignedOut)
        }
        Err(other) => Err(other),
    }
}

fn keep(signed_in: &SignedIn) {
    // By our own clock: the viewer's may be wrong by hours.
    let until = browser::now_ms() + f64::from(signed_in.expires_in) * 1000.0;
    TOKEN.set(Some((signed_in.access_token.clone(), until)));
}

fn tell(me: Option<Rc<Me>>) {
    if let Some(listener) = LISTENER.with_borrow(Clone::clone) {
        listener.emit(me);
    }
}
