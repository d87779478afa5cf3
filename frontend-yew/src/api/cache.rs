//! Answers kept while the tab lives, so that a page seen before shows at once and is renewed behind; and who shows which
//! answer now, so that a change is followed by loading it anew.

use crate::browser;
use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use yew::Callback;

/// Answers kept at most: a few megabytes.
const KEPT_MAX: usize = 60;
/// An answer older than this is asked for again when the tab comes to the front.
const STALE_MS: f64 = 20_000.0;

struct Kept {
    value: Rc<dyn Any>,
    at: f64,
}

struct Watcher {
    id: u32,
    path: String,
    reload: Callback<()>,
}

#[derive(Default)]
struct Cache {
    kept: HashMap<String, Kept>,
    watchers: Vec<Watcher>,
    next_id: u32,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::new(Cache::default());
}

/// The answer last seen for a path.
pub(super) fn find(path: &str) -> Option<Rc<dyn Any>> {
    CACHE.with_borrow(|cache| cache.kept.get(path).map(|kept| kept.value.clone()))
}

/// Keeps an answer; the oldest goes when there are too many.
pub(super) fn keep(path: &str, value: Rc<dyn Any>) {
    CACHE.with_borrow_mut(|cache| {
        if cache.kept.len() >= KEPT_MAX && !cache.kept.contains_key(path) {
            let oldest = cache
                .kept
                .iter()
                .min_by(|a, b| a.1.at.total_cmp(&b.1.at))
                .map(|(path, _)| path.clone());
            if let Some(oldest) = oldest {
                cache.kept.remove(&oldest);
            }
        }
        cache.kept.insert(
            path.to_owned(),
            Kept {
                value,
                at: browser::now_ms(),
            },
        );
    });
}

/// Hears when a path's answer should be loaded anew.
pub(super) fn watch(path: &str, reload: Callback<()>) -> u32 {
    CACHE.with_borrow_mut(|cache| {
        cache.next_id = cache.next_id.wrapping_add(1);
        cache.watchers.push(Watcher {
            id: cache.next_id,
            path: path.to_owned(),
            reload,
        });
        cache.next_id
    })
}

/// Hears no more.
pub(super) fn unwatch(id: u32) {
    CACHE.with_borrow_mut(|cache| cache.watchers.retain(|watcher| watcher.id != id));
}

/// Something below these paths has changed: forget what is kept, load what is shown.
pub(super) fn changed(prefixes: &[&str]) {
    let fits = |path: &str| prefixes.iter().any(|prefix| path.starts_with(prefix));
    let reloads = CACHE.with_borrow_mut(|cache| {
        cache.kept.retain(|path, _| !fits(path));
        cache
            .watchers
            .iter()
            .filter(|watcher| fits(&watcher.path))
            .map(|watcher| watcher.reload.clone())
            .collect::<Vec<_>>()
    });
    for reload in reloads {
        reload.emit(());
    }
}

/// Loads anew what is shown and old.
pub fn refresh_stale() {
    let now = browser::now_ms();
    let reloads = CACHE.with_borrow(|cache| {
        let old = |path: &str| cache.kept.get(path).is_none_or(|kept| now - kept.at > STALE_MS);
        cache
            .watchers
            .iter()
            .filter(|watcher| old(&watcher.path))
            .map(|watcher| watcher.reload.clone())
            .collect::<Vec<_>>()
    });
    for reload in reloads {
        reload.emit(());
    }
}

/// Forgets everything: someone else may sign in.
pub fn clear() {
    CACHE.with_borrow_mut(|cache| cache.kept.clear());
}
