//! What a key may use of a service: one account, or the members of one group. Never in here: who may bind what.

use tollgate_contract::ids::{AccountId, GroupId};
use tollgate_contract::platform::Service;

/// A key's binding. Of services that no binding names, the key may use all accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Binding {
    /// The service.
    pub service: Service,
    /// What is left of it.
    pub to: BoundTo,
}

/// What a key is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BoundTo {
    /// This account alone.
    Account(AccountId),
    /// The members of this group, with their priorities in it: the tenant's own group, or one that it was granted.
    Group(GroupId),
}
