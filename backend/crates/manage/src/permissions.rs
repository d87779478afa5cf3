//! Who may do what: one table of roles and actions. A handler asks for an action; it never looks at a role itself.

use tollgate_contract::auth::Role;
use tollgate_contract::ids::{TenantId, UserId};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::PLATFORM_TENANT;

/// Something that a role may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    KeysReadOwn,
    KeysReadAll,
    KeysWriteOwn,
    KeysWriteAll,
    AccountsRead,
    AccountsWrite,
    UsageReadOwn,
    UsageReadAll,
    BillingRead,
    BillingWrite,
    BudgetsWrite,
    VouchersWrite,
    UsersRead,
    PoliciesRead,
    PoliciesWrite,
    MarginRead,
    /// What one's own organisation pays; the price book and plans in the platform's own one.
    PricesRead,
    /// Matters in the platform's own organisation alone, as the next does.
    PricesWrite,
    PlansWrite,
    CaptureRead,
    CaptureWrite,
}

/// Each action, its name, and the roles that have it: owner, admin, finance, member.
const TABLE: &[(Action, &str, [bool; 4])] = &[
    (Action::KeysReadOwn, "keys.read_own", [true, true, true, true]),
    (Action::KeysReadAll, "keys.read_all", [true, true, true, false]),
    (Action::KeysWriteOwn, "keys.write_own", [true, true, false, true]),
    (Action::KeysWriteAll, "keys.write_all", [true, true, false, false]),
    (Action::AccountsRead, "accounts.read", [true, true, true, false]),
    (
        Action::AccountsWrite,
        "accounts.write",
        [true, true, false, false],
    ),
    (Action::UsageReadOwn, "usage.read_own", [true, true, true, true]),
    (Action::UsageReadAll, "usage.read_all", [true, true, true, false]),
    (Action::BillingRead, "billing.read", [true, true, true, false]),
    (Action::BillingWrite, "billing.write", [true, true, true, false]),
    (Action::BudgetsWrite, "budgets.write", [true, true, false, false]),
    (
        Action::VouchersWrite,
        "vouchers.write",
        [true, true, false, false],
    ),
    (Action::UsersRead, "users.read", [true, true, true, false]),
    (Action::PoliciesRead, "policies.read", [true, true, true, true]),
    (
        Action::PoliciesWrite,
        "policies.write",
        [true, true, false, false],
    ),
    (Action::MarginRead, "margin.read", [true, true, true, false]),
    (Action::PricesRead, "prices.read", [true, true, true, true]),
    (Action::PricesWrite, "prices.write", [true, true, false, false]),
    (Action::PlansWrite, "plans.write", [true, true, false, false]),
    (Action::CaptureRead, "captures.read", [true, true, false, false]),
    (
        Action::CaptureWrite,
        "captures.write",
        [true, false, false, false],
    ),
];

/// What only the platform's own organisation may do, whatever the role.
const PLATFORM_ONLY: &[Action] = &[Action::MarginRead];

/// Whether a role may do something.
pub(crate) fn allows(role: Role, action: Action) -> bool {
    let column = match role {
        Role::Owner => 0,
        Role::Admin => 1,
        Role::Finance => 2,
        Role::Member => 3,
    };
    TABLE
        .iter()
        .any(|(listed, _, roles)| *listed == action && roles.get(column) == Some(&true))
}

/// All that a role of this tenant may do, by name.
pub(crate) fn names(role: Role, tenant: TenantId) -> Vec<String> {
    let allowed = TABLE.iter().filter(|(action, _, _)| {
        allows(role, *action) && (tenant == PLATFORM_TENANT || !PLATFORM_ONLY.contains(action))
    });
    allowed.map(|(_, name, _)| (*name).to_owned()).collect()
}

/// Refuses a caller whose role does not allow the action.
pub(crate) fn require(caller: &Caller, action: Action) -> Result<(), Fault> {
    if allows(caller.role, action) {
        return Ok(());
    }
    Err(Fault::new(Code::Forbidden).detail(format!("The role {} does not allow it.", caller.role)))
}

/// Whose rows a caller sees or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// Everyone's.
    All,
    /// Their own.
    Own(UserId),
}

impl Sight {
    /// Everyone's with `all`, one's own with `own`, else a refusal.
    pub(crate) fn of(caller: &Caller, all: Action, own: Action) -> Result<Self, Fault> {
        if allows(caller.role, all) {
            return Ok(Self::All);
        }
        require(caller, own)?;
        Ok(Self::Own(caller.user_id))
    }

    /// The person whose rows alone are seen, if so.
    pub(crate) fn only(self) -> Option<UserId> {
        match self {
            Self::All => None,
            Self::Own(user) => Some(user),
        }
    }

    /// Whether a row of this owner is seen.
    pub(crate) fn covers(self, owner: Option<UserId>) -> bool {
        self.only().is_none_or(|user| owner == Some(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_what_was_agreed() {
        let shown: Vec<String> = TABLE
            .iter()
            .map(|(action, name, _)| {
                let marks: String = Role::ALL
                    .iter()
                    .map(|role| if allows(*role, *action) { 'x' } else { '-' })
                    .collect();
                format!("{name} {marks}")
            })
            .collect();
        assert_eq!(
            shown,
            [
                "keys.read_own xxxx",
                "keys.read_all xxx-",
                "keys.write_own xx-x",
                "keys.write_all xx--",
                "accounts.read xxx-",
                "accounts.write xx--",
                "usage.read_own xxxx",
                "usage.read_all xxx-",
                "billing.read xxx-",
                "billing.write xxx-",
                "budgets.write xx--",
                "vouchers.write xx--",
                "users.read xxx-",
                "policies.read xxxx",
                "policies.write xx--",
                "margin.read xxx-",
                "prices.read xxxx",
                "prices.write xx--",
                "plans.write xx--",
                "captures.read xx--",
                "captures.write x---",
            ]
        );
    }

    #[test]
    fn whoever_may_write_may_read() {
        for role in Role::ALL {
            assert!(!allows(role, Action::KeysWriteAll) || allows(role, Action::KeysReadAll));
            assert!(!allows(role, Action::KeysWriteOwn) || allows(role, Action::KeysReadOwn));
            assert!(!allows(role, Action::PoliciesWrite) || allows(role, Action::PoliciesRead));
            assert!(!allows(role, Action::AccountsWrite) || allows(role, Action::AccountsRead));
        }
    }

    #[test]
    fn one_sees_ones_own_rows_and_nobodys_else() {
        let (me, other) = (UserId(uuid::Uuid::from_u128(1)), UserId(uuid::Uuid::from_u128(2)));
        assert!(Sight::Own(me).covers(Some(me)));
        assert!(!Sight::Own(me).covers(Some(other)));
        assert!(!Sight::Own(me).covers(None));
        assert!(Sight::All.covers(None));
    }
}
