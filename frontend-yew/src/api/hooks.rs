//! The two hooks under all of `api/`: loading what a path answers, and doing something once when asked. Each is there once,
//! and around it as little as can be for each type: code for every type of answer and work would weigh down the first load.

use super::{ApiError, cache, client};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;
use yew::prelude::*;

/// What is known of a path's answer.
pub struct Query<T> {
    /// The answer; an older one while a newer one is loading.
    pub data: Option<Rc<T>>,
    /// Why there is no newer one.
    pub error: Option<Rc<ApiError>>,
    /// Whether one is being loaded.
    pub busy: bool,
    /// Loads it anew.
    pub reload: Callback<()>,
}

impl<T> Clone for Query<T> {
    fn clone(&self) -> Self {
        Self {
            data: self.data.clone(),
            error: self.error.clone(),
            busy: self.busy,
            reload: self.reload.clone(),
        }
    }
}

impl<T: PartialEq> PartialEq for Query<T> {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
            && self.error == other.error
            && self.busy == other.busy
            && self.reload == other.reload
    }
}

/// What a path's answer is read with.
type Reader = fn(client::Answer) -> Result<Rc<dyn Any>, ApiError>;

struct Loaded {
    data: Option<Rc<dyn Any>>,
    error: Option<Rc<ApiError>>,
    busy: bool,
}

#[derive(PartialEq)]
struct Rounds(u32);

impl Reducible for Rounds {
    type Action = ();

    fn reduce(self: Rc<Self>, (): ()) -> Rc<Self> {
        Rc::new(Self(self.0.wrapping_add(1)))
    }
}

/// Loads what a path answers; again when the path or, by a change, its answer is another. Leaving the page ends the call.
/// Of an empty path nothing is asked: hooks can't be left out where nobody wants to know.
#[hook]
pub fn use_get<T: DeserializeOwned + 'static>(path: String) -> Query<T> {
    let (loaded, reload) = use_loaded(path, read::<T>);
    Query {
        data: loaded.data.clone().and_then(|data| data.downcast().ok()),
        error: loaded.error.clone(),
        busy: loaded.busy,
        reload,
    }
}

fn read<T: DeserializeOwned + 'static>(answer: client::Answer) -> Result<Rc<dyn Any>, ApiError> {
    Ok(Rc::new(answer.read::<T>()?))
}

#[hook]
fn use_loaded(path: String, read: Reader) -> (UseStateHandle<Loaded>, Callback<()>) {
    let rounds = use_reducer(|| Rounds(0));
    let loaded = {
        let path = path.clone();
        use_state(move || Loaded {
            data: cache::find(&path),
            error: None,
            busy: true,
        })
    };
    {
        let loaded = loaded.clone();
        use_effect_with((path.clone(), rounds.0), move |(path, _)| {
            let asks = !path.is_empty();
            let shown = cache::find(path).or_else(|| loaded.data.clone()).filter(|_| asks);
            loaded.set(Loaded {
                data: shown.clone(),
                error: None,
                busy: asks,
            });
            let controller = AbortController::new().ok().filter(|_| asks);
            let signal = controller.as_ref().map(AbortController::signal);
            let path = path.clone();
            let call = async move {
                match client::get(&path, signal.as_ref()).await.and_then(read) {
                    Ok(value) => {
                        cache::keep(&path, value.clone());
                        loaded.set(Loaded {
                            data: Some(value),
                            error: None,
                            busy: false,
                        });
                    }
                    Err(ApiError::Aborted) => {}
                    Err(error) => loaded.set(Loaded {
                        data: shown,
                        error: Some(Rc::new(error)),
                        busy: false,
                    }),
                }
            };
            if asks {
                spawn_local(call);
            }
            move || {
                if let Some(controller) = controller {
                    controller.abort();
                }
            }
        });
    }
    let reload = {
        let dispatcher = rounds.dispatcher();
        use_callback((), move |(): (), ()| dispatcher.dispatch(()))
    };
    {
        let reload = reload.clone();
        use_effect_with(path, move |path| {
            let id = cache::watch(path, reload);
            move || cache::unwatch(id)
        });
    }
    (loaded, reload)
}

/// Something that can be asked for: one at a time, with its failure kept until the next try.
pub struct Action<A> {
    /// Whether it is under way.
    pub busy: bool,
    /// Why the last try failed.
    pub error: Option<Rc<ApiError>>,
    /// Starts it.
    pub run: Callback<A>,
}

/// What is to be done, and then what is to be done with its outcome.
type Work = LocalBoxFuture<'static, Result<Box<dyn FnOnce()>, ApiError>>;

/// Does `work` when asked and hands its outcome to `done`.
#[hook]
pub fn use_action<A, T, W, F>(work: W, done: Callback<T>) -> Action<A>
where
    A: 'static,
    T: 'static,
    W: Fn(A) -> F + 'static,
    F: Future<Output = Result<T, ApiError>> + 'static,
{
    let (busy, error, start) = use_work();
    let run = Callback::from(move |argument: A| {
        if busy {
            return;
        }
        let (done, work) = (done.clone(), work(argument));
        start.emit(Box::pin(async move {
            let value = work.await?;
            Ok(Box::new(move || done.emit(value)) as Box<dyn FnOnce()>)
        }));
    });
    Action { busy, error, run }
}

#[hook]
fn use_work() -> (bool, Option<Rc<ApiError>>, Callback<Work>) {
    let busy = use_state(|| false);
    let error = use_state(|| None::<Rc<ApiError>>);
    let start = {
        let (busy, error) = (busy.clone(), error.clone());
        Callback::from(move |work: Work| {
            busy.set(true);
            error.set(None);
            let (busy, error) = (busy.clone(), error.clone());
            spawn_local(async move {
                let outcome = work.await;
                busy.set(false);
                match outcome {
                    Ok(done) => done(),
                    Err(failure) if failure.is_silent() => {}
                    Err(failure) => error.set(Some(Rc::new(failure))),
                }
            });
        })
    };
    (*busy, (*error).clone(), start)
}
