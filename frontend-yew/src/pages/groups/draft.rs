//! A group's form as it is typed, and what it says once it is read. Pure.

use crate::pages::parts::number;
use std::rc::Rc;
use tollgate_contract::accounts::Account;
use tollgate_contract::groups::{AccountGroup, GroupForm, MemberForm};
use tollgate_contract::ids::AccountId;
use tollgate_contract::platform::Service;
use tollgate_contract::problem::{FieldError, faults};

/// The form.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub service: Service,
    pub name: String,
    pub description: String,
    pub members: Vec<Member>,
    /// The group that is changed.
    pub stored: Option<Rc<AccountGroup>>,
}

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub id: AccountId,
    pub name: String,
    /// Empty: its own.
    pub priority: String,
}

impl Draft {
    /// A group's form; a new one's, if absent.
    pub fn of(stored: Option<Rc<AccountGroup>>) -> Self {
        let Some(group) = &stored else {
            return Self {
                service: Service::Claude,
                name: String::new(),
                description: String::new(),
                members: Vec::new(),
                stored: None,
            };
        };
        let members = group.members.iter().map(|member| Member {
            id: member.account_id,
            name: member.name.clone(),
            priority: member
                .priority
                .map(|priority| priority.to_string())
                .unwrap_or_default(),
        });
        Self {
            service: group.service,
            name: group.name.clone(),
            description: group.description.clone(),
            members: members.collect(),
            stored: stored.clone(),
        }
    }

    /// Another service, to which none of the members belongs.
    pub fn choose(&mut self, service: Service) {
        if service != self.service {
            self.service = service;
            self.members.clear();
        }
    }

    /// The accounts that can be added.
    pub fn candidates<'a>(&self, accounts: &'a [Account]) -> Vec<&'a Account> {
        let fits = |account: &&Account| {
            account.platform.service() == self.service
                && !self.members.iter().any(|member| member.id == account.id)
        };
        accounts.iter().filter(fits).collect()
    }

    /// Takes an account in.
    pub fn add(&mut self, id: AccountId, name: String) {
        if !self.members.iter().any(|member| member.id == id) {
            self.members.push(Member {
                id,
                name,
                priority: String::new(),
            });
        }
    }

    /// Takes an account out.
    pub fn remove(&mut self, id: AccountId) {
        self.members.retain(|member| member.id != id);
    }

    /// Gives a member a priority of its own in this group.
    pub fn prefer(&mut self, id: AccountId, priority: String) {
        if let Some(member) = self.members.iter_mut().find(|member| member.id == id) {
            member.priority = priority;
        }
    }

    /// What to send, or the fields at fault.
    pub fn read(&self) -> Result<GroupForm, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let members = self.members.iter().enumerate().map(|(at, member)| MemberForm {
            account_id: member.id,
            priority: number(&format!("members[{at}].priority"), &member.priority, &mut wrong),
        });
        let form = GroupForm {
            service: self.service,
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            members: members.collect(),
            version: self.stored.as_ref().map(|stored| stored.version),
        };
        wrong.extend(faults(&form));
        if wrong.is_empty() { Ok(form) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> AccountId {
        format!("019a0000-0000-7000-8000-{number:012}").parse().unwrap()
    }

    #[test]
    fn members_keep_their_order_and_priorities() {
        let mut draft = Draft::of(None);
        draft.name = "heavy".to_owned();
        draft.add(id(1), "one".to_owned());
        draft.add(id(2), "two".to_owned());
        draft.add(id(1), "one".to_owned());
        draft.prefer(id(2), "5".to_owned());
        let form = draft.read().unwrap();
        let members: Vec<_> = form
            .members
            .iter()
            .map(|member| (member.account_id, member.priority))
            .collect();
        assert_eq!(members, [(id(1), None), (id(2), Some(5))]);
        draft.prefer(id(2), "0".to_owned());
        assert_eq!(draft.read().unwrap_err()[0].field, "members[1].priority");
        draft.prefer(id(2), "first".to_owned());
        assert_eq!(draft.read().unwrap_err()[0].code, "number");
    }

    #[test]
    fn another_service_has_other_members() {
        let mut draft = Draft::of(None);
        draft.add(id(1), "one".to_owned());
        draft.choose(Service::Claude);
        assert_eq!(draft.members.len(), 1);
        draft.choose(Service::Gemini);
        assert!(draft.members.is_empty());
    }
}
