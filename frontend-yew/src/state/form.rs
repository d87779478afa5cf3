//! What is being filled in. Changes go through a reducer, so that two of them in one turn (a browser that fills in e-mail and
//! password at once) both count.

use std::rc::Rc;
use yew::prelude::*;

/// A form as it is filled in.
pub struct Form<F: Clone + PartialEq> {
    /// As it is now.
    pub value: Rc<F>,
    /// As it was at first.
    pub first: Rc<F>,
    dispatcher: UseReducerDispatcher<Held<F>>,
}

impl<F: Clone + PartialEq> Clone for Form<F> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            first: self.first.clone(),
            dispatcher: self.dispatcher.clone(),
        }
    }
}

impl<F: Clone + PartialEq> PartialEq for Form<F> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value && self.first == other.first
    }
}

type Change<F> = Box<dyn FnOnce(&mut F)>;

/// The reducer's state.
pub struct Held<F>(Rc<F>);

impl<F: Clone> Reducible for Held<F> {
    type Action = Change<F>;

    fn reduce(self: Rc<Self>, change: Change<F>) -> Rc<Self> {
        let mut next = (*self.0).clone();
        change(&mut next);
        Rc::new(Self(Rc::new(next)))
    }
}

impl<F: Clone + PartialEq + 'static> Form<F> {
    /// Takes what a field says into the form.
    pub fn on<T: 'static>(&self, change: fn(&mut F, T)) -> Callback<T> {
        let dispatcher = self.dispatcher.clone();
        Callback::from(move |value| dispatcher.dispatch(Box::new(move |form: &mut F| change(form, value))))
    }

    /// Whether anything was changed.
    pub fn dirty(&self) -> bool {
        self.value != self.first
    }
}

/// A form that begins as `first` says.
#[hook]
pub fn use_form<F: Clone + PartialEq + 'static>(first: impl FnOnce() -> F) -> Form<F> {
    let held = use_reducer(|| Held(Rc::new(first())));
    let first = use_memo((), {
        let held = held.0.clone();
        move |()| held
    });
    Form {
        value: held.0.clone(),
        first: (*first).clone(),
        dispatcher: held.dispatcher(),
    }
}
