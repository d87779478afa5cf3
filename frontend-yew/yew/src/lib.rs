//! Yew under its own name, but for one thing: what `html!` makes of a function component's tag. Yew compiles scope, life
//! cycle and reconciling anew for each component, which for our many made up a sixth of the first load; here all of them
//! are mounted as one component ([`Host`]) that calls the function it was given. Pages and parts are written as ever.
//! Never in here: anything of our own app.

use real::html::{ChildrenRenderer, IntoPropValue};
use real::virtual_dom::{Key, VList, VNode};
use std::any::{Any, TypeId};
use std::marker::PhantomData;
use std::rc::Rc;

pub use real::functional::FunctionComponent;
pub use real::*;

/// Yew's module of the same name, with the [`VChild`](super::VChild) of this crate.
pub mod virtual_dom {
    pub use super::VChild;
    pub use real::virtual_dom::*;
}

/// Gives `context` to everything in `children`. Yew's provider is no function component, so a tag can't name it.
pub fn provide<T: Clone + PartialEq + 'static>(context: T, children: Html) -> Html {
    let props = real::context::ContextProviderProps { context, children };
    real::virtual_dom::VChild::<ContextProvider<T>>::new(props, None).into()
}

/// What a function component's tag stands for until it is put into the page.
pub struct VChild<T> {
    call: Call,
    key: Option<Key>,
    component: PhantomData<fn() -> T>,
}

impl<T: FunctionProvider + 'static> VChild<T> {
    /// The component with these properties. The key tells it from its siblings.
    pub fn new(props: T::Properties, key: Option<Key>) -> Self {
        Self {
            call: Call {
                component: TypeId::of::<T>(),
                props: Rc::new(props),
                run: run::<T>,
                same: same::<T::Properties>,
            },
            key,
            component: PhantomData,
        }
    }
}

impl<T> Clone for VChild<T> {
    fn clone(&self) -> Self {
        Self {
            call: self.call.clone(),
            key: self.key.clone(),
            component: PhantomData,
        }
    }
}

impl<T> PartialEq for VChild<T> {
    fn eq(&self, other: &Self) -> bool {
        self.call == other.call
    }
}

impl<T> From<VChild<T>> for VNode {
    fn from(child: VChild<T>) -> Self {
        hosted(child.call, child.key)
    }
}

impl<T> IntoPropValue<VNode> for VChild<T> {
    fn into_prop_value(self) -> VNode {
        self.into()
    }
}

impl<T> IntoPropValue<ChildrenRenderer<VNode>> for VChild<T> {
    fn into_prop_value(self) -> ChildrenRenderer<VNode> {
        ChildrenRenderer::new(vec![self.into()])
    }
}

fn hosted(call: Call, key: Option<Key>) -> VNode {
    real::virtual_dom::VChild::<Host>::new(call, key).into()
}

/// A function component and its properties, their types forgotten.
#[derive(Clone)]
pub struct Call {
    component: TypeId,
    props: Rc<dyn Any>,
    run: fn(&mut HookContext, &dyn Any) -> HtmlResult,
    same: fn(&dyn Any, &dyn Any) -> bool,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        self.component == other.component
            && (Rc::ptr_eq(&self.props, &other.props) || (self.same)(&*self.props, &*other.props))
    }
}

impl Properties for Call {
    type Builder = ();

    /// Nobody writes a tag of [`Host`].
    fn builder() {}
}

fn run<T: FunctionProvider + 'static>(hooks: &mut HookContext, props: &dyn Any) -> HtmlResult {
    match props.downcast_ref::<T::Properties>() {
        Some(props) => T::run(hooks, props),
        // Never: `VChild::new` pairs them.
        None => Ok(VNode::default()),
    }
}

fn same<P: PartialEq + 'static>(one: &dyn Any, other: &dyn Any) -> bool {
    one.downcast_ref::<P>()
        .is_some_and(|one| other.downcast_ref::<P>() == Some(one))
}

/// The one component that Yew sees. Where another function component takes the place of one, which Yew can't tell, hooks and
/// elements are made anew, as Yew does for components of its own.
pub struct Host {
    /// Whose hooks these are.
    component: TypeId,
    /// How many components have had this place before.
    before: u32,
    hooks: FunctionComponent<Self>,
}

impl FunctionProvider for Host {
    type Properties = Call;

    fn run(hooks: &mut HookContext, call: &Call) -> HtmlResult {
        (call.run)(hooks, &*call.props)
    }
}

impl BaseComponent for Host {
    type Message = ();
    type Properties = Call;

    fn create(ctx: &Context<Self>) -> Self {
        Self {
            component: ctx.props().component,
            before: 0,
            hooks: FunctionComponent::new(ctx),
        }
    }

    fn update(&mut self, _: &Context<Self>, (): ()) -> bool {
        true
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &Call) -> bool {
        if self.component != ctx.props().component {
            self.hooks.destroy();
            self.hooks = FunctionComponent::new(ctx);
            self.component = ctx.props().component;
            self.before = self.before.wrapping_add(1);
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> HtmlResult {
        let shown = self.hooks.render(ctx.props())?;
        // The elements of one component are never changed into those of the next: the key tells them apart. Only among the
        // children of a list do keys count.
        let keyed = VList::with_children(vec![shown], Some(self.before.into()));
        Ok(VList::with_children(vec![keyed.into()], None).into())
    }

    fn rendered(&mut self, _: &Context<Self>, _: bool) {
        self.hooks.rendered();
    }

    fn destroy(&mut self, _: &Context<Self>) {
        self.hooks.destroy();
    }

    fn prepare_state(&self) -> Option<String> {
        None
    }
}
