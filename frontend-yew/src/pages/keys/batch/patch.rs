//! A change of many keys as it is typed, and what it says. Pure but for the zone's calendar.

use super::ask::Ask;
use crate::pages::keys::expiry::Expiry;
use crate::pages::parts::{add_faults, typed_fault};
use crate::pages::rules::RulesDraft;
use crate::zone;
use chrono::{DateTime, Utc};
use tollgate_contract::keys::KeyPatch;
use tollgate_contract::problem::FieldError;

/// What is typed; which of it counts says what was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub tags: Vec<String>,
    /// A policy's id; empty: none.
    pub policy: String,
    /// A person's id.
    pub owner: String,
    pub cost_centre: String,
    pub expiry: Expiry,
    pub rules: RulesDraft,
}

impl Draft {
    /// The change, or the fields at fault.
    pub fn read(&self, ask: Ask, zone: &str, now: DateTime<Utc>) -> Result<KeyPatch, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut patch = KeyPatch::default();
        match ask {
            Ask::Tag if self.tags.is_empty() => wrong.push(typed_fault("add_tags", "required")),
            Ask::Tag => patch.add_tags.clone_from(&self.tags),
            Ask::Untag if self.tags.is_empty() => wrong.push(typed_fault("remove_tags", "required")),
            Ask::Untag => patch.remove_tags.clone_from(&self.tags),
            Ask::Policy => {
                patch.policy_id = self.policy.parse().ok();
                patch.without_policy = patch.policy_id.is_none();
            }
            Ask::Owner => {
                patch.owner_user_id = self.owner.parse().ok();
                if patch.owner_user_id.is_none() {
                    wrong.push(typed_fault("owner_user_id", "required"));
                }
            }
            Ask::CostCentre => patch.cost_centre = Some(self.cost_centre.trim().to_owned()),
            Ask::Expiry => {
                let day_end = |day: &str| zone::day_end(zone::parse_day(day)?, zone);
                patch.expires_at = self.expiry.read(now, &day_end, &mut wrong).at;
                patch.without_expiry = patch.expires_at.is_none();
            }
            Ask::Rules if self.rules.is_empty() => wrong.push(typed_fault("rules", "required")),
            Ask::Rules => {
                patch.rules = self.rules.read("rules", &mut wrong);
                patch.inherit.clone_from(&self.rules.inherit);
            }
            Ask::Delete | Ask::Purge => {}
        }
        add_faults(&mut wrong, &patch);
        if wrong.is_empty() { Ok(patch) } else { Err(wrong) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(draft: &Draft, ask: Ask) -> Result<KeyPatch, Vec<FieldError>> {
        draft.read(ask, "UTC", "2026-11-24T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn only_what_was_asked_for_is_changed() {
        let draft = Draft {
            tags: vec!["a".to_owned()],
            cost_centre: "lab".to_owned(),
            ..Draft::default()
        };
        let patch = read(&draft, Ask::Tag).unwrap();
        assert_eq!((patch.add_tags, patch.cost_centre), (vec!["a".to_owned()], None));
        let patch = read(&draft, Ask::CostCentre).unwrap();
        assert_eq!(
            (patch.add_tags.len(), patch.cost_centre.as_deref()),
            (0, Some("lab"))
        );
    }

    #[test]
    fn no_policy_and_no_expiry_are_said_and_nothing_else_is_taken_for_them() {
        let draft = Draft::default();
        assert!(read(&draft, Ask::Policy).unwrap().without_policy);
        assert!(read(&draft, Ask::Expiry).unwrap().without_expiry);
        for (ask, field) in [
            (Ask::Tag, "add_tags"),
            (Ask::Untag, "remove_tags"),
            (Ask::Owner, "owner_user_id"),
            (Ask::Rules, "rules"),
        ] {
            assert_eq!(read(&draft, ask).unwrap_err()[0].field, field);
        }
    }
}
