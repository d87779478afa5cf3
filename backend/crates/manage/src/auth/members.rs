//! The tenants that a person may enter, and which of them a sign-in enters.

use super::store;
use tollgate_contract::auth::{CurrentTenant, Membership, Person, Role};
use tollgate_contract::ids::{TenantId, UserId};
use tollgate_http::{Caller, Code, Fault};
use tollgate_store::{Db, StoreError};

/// Most tenants read for one person: each is a transaction of its own, since none may see another's rows.
const MEMBERSHIPS_MAX: usize = 50;

/// A person in a tenant.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) tenant_id: TenantId,
    pub(crate) user_id: UserId,
    pub(crate) role: Role,
    pub(crate) active: bool,
    pub(crate) tenant_active: bool,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) slug: String,
    pub(crate) tenant_name: String,
    pub(crate) time_zone: String,
}

impl Member {
    pub(crate) fn person(&self) -> Person {
        Person {
            id: self.user_id,
            name: self.name.clone(),
            email: self.email.clone(),
        }
    }

    pub(crate) fn tenant(&self) -> CurrentTenant {
        CurrentTenant {
            id: self.tenant_id,
            slug: self.slug.clone(),
            name: self.tenant_name.clone(),
            time_zone: self.time_zone.clone(),
        }
    }

    fn membership(&self) -> Membership {
        Membership {
            tenant_id: self.tenant_id,
            slug: self.slug.clone(),
            name: self.tenant_name.clone(),
            role: self.role,
        }
    }
}

impl From<&Caller> for Member {
    fn from(caller: &Caller) -> Self {
        Self {
            tenant_id: caller.tenant_id,
            user_id: caller.user_id,
            role: caller.role,
            active: true,
            tenant_active: true,
            email: caller.email.clone(),
            name: caller.name.clone(),
            slug: caller.tenant_slug.clone(),
            tenant_name: caller.tenant_name.clone(),
            time_zone: caller.time_zone.clone(),
        }
    }
}

/// Reads a person's memberships of these tenants, in their order.
pub(super) async fn read(db: &Db, user: UserId, tenants: &[TenantId]) -> Result<Vec<Member>, StoreError> {
    let mut members = Vec::new();
    for tenant in tenants.iter().take(MEMBERSHIPS_MAX) {
        let mut tx = db.tenant(*tenant).await?;
        members.extend(store::member(&mut tx, user).await?);
    }
    Ok(members)
}

/// What a person may enter, as shown to them.
pub(super) fn enterable(members: &[Member]) -> Vec<Membership> {
    members
        .iter()
        .filter(|member| member.active && member.tenant_active)
        .map(Member::membership)
        .collect()
}

/// Which sign-in page was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// For those who run the tenant: owner, admin, finance.
    Admin,
    /// For any member.
    User,
}

impl Door {
    fn admits(self, role: Role) -> bool {
        match self {
            Self::Admin => matches!(role, Role::Owner | Role::Admin | Role::Finance),
            Self::User => true,
        }
    }
}

/// The tenant to enter: the one asked for, else the oldest that lets the person in by this door.
pub(super) fn choose(members: &[Member], slug: Option<&str>, door: Door) -> Result<Member, Fault> {
    let asked: Vec<&Member> = members
        .iter()
        .filter(|member| slug.is_none_or(|slug| member.slug == slug))
        .collect();
    if let Some(chosen) = asked
        .iter()
        .find(|member| member.active && member.tenant_active && door.admits(member.role))
    {
        return Ok((*chosen).clone());
    }
    if asked.is_empty() && slug.is_some() {
        let text = "You are not a member of an organisation of that short name.";
        return Err(Fault::new(Code::NotFound)
            .detail(text)
            .field("tenant", "not_found", text));
    }
    if asked.iter().any(|member| member.active && member.tenant_active) {
        return Err(Fault::new(Code::Forbidden)
            .detail("This door is for owners, admins and finance; use auth/user/login."));
    }
    if asked.iter().any(|member| member.active) {
        return Err(Fault::new(Code::TenantSuspended));
    }
    Err(Fault::new(Code::AccountDisabled))
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn member(slug: &str, role: Role) -> Member {
        Member {
            tenant_id: TenantId(Uuid::nil()),
            user_id: UserId(Uuid::nil()),
            role,
            active: true,
            tenant_active: true,
            email: String::new(),
            name: String::new(),
            slug: slug.to_owned(),
            tenant_name: String::new(),
            time_zone: String::new(),
        }
    }

    fn refusal(members: &[Member], slug: Option<&str>, door: Door) -> Code {
        choose(members, slug, door).unwrap_err().code()
    }

    #[test]
    fn the_oldest_tenant_that_lets_the_person_in_is_entered() {
        let members = [member("one", Role::Member), member("two", Role::Finance)];
        assert_eq!(choose(&members, None, Door::User).unwrap().slug, "one");
        assert_eq!(choose(&members, None, Door::Admin).unwrap().slug, "two");
        assert_eq!(choose(&members, Some("two"), Door::User).unwrap().slug, "two");
    }

    #[test]
    fn a_refusal_says_what_stands_in_the_way() {
        let one = member("one", Role::Member);
        assert_eq!(
            refusal(std::slice::from_ref(&one), None, Door::Admin),
            Code::Forbidden
        );
        assert_eq!(
            refusal(std::slice::from_ref(&one), Some("two"), Door::User),
            Code::NotFound
        );
        let suspended = Member {
            tenant_active: false,
            ..one.clone()
        };
        assert_eq!(refusal(&[suspended], None, Door::User), Code::TenantSuspended);
        let disabled = Member { active: false, ..one };
        assert_eq!(refusal(&[disabled], None, Door::User), Code::AccountDisabled);
        assert_eq!(refusal(&[], None, Door::User), Code::AccountDisabled);
    }
}
