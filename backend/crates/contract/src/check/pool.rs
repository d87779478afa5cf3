//! Checks of proxies, groups, batches and of what is pasted, and the limits they enforce.

use super::{bounded, fault, one_line, within};
use crate::accounts::BATCH_MAX;
use crate::groups::{KeyBinding, MEMBERS_MAX, MemberForm};
use crate::ids::AccountId;
use crate::money::NanoUsd;
use std::collections::HashSet;
use validator::ValidationError;

/// Longest name of a host (RFC 1035); the schema's own limit.
const HOST_MAX: usize = 253;
/// Longest user name or password: SOCKS5 carries at most 255 bytes (RFC 1929).
const SIGN_IN_MAX: usize = 255;
/// Longest text that is pasted back: codes have some hundred characters, addresses around them some more.
const PASTED_MAX: usize = 8192;
/// Shortest passphrase for a file that leaves the house.
const PASSPHRASE_MIN: usize = 12;
/// Longest passphrase: hashing has to end.
const PASSPHRASE_MAX: usize = 200;
/// Shortest and longest time between self-tests, in seconds: a minute, a week.
const SELF_TEST_S: (u32, u32) = (60, 604_800);
/// Highest cap of tokens a minute: no vendor sells more.
const TOKENS_PER_MINUTE_MAX: u64 = 1_000_000_000_000;

/// A proxy's host: a name or an address, without scheme, port, path or brackets.
pub fn proxy_host(text: &str) -> Result<(), ValidationError> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if text.is_empty() {
        return Err(fault("required", "must not be empty"));
    }
    let is_address = text.parse::<std::net::Ipv6Addr>().is_ok();
    if !text.chars().all(fits) || text.contains(':') && !is_address {
        return Err(fault(
            "host",
            "takes a name or an address alone, such as proxy.example.com or 2001:db8::1",
        ));
    }
    bounded(text, HOST_MAX)
}

/// A port.
pub fn port(value: u16) -> Result<(), ValidationError> {
    within(value.into(), 1, 65_535)
}

/// Who signs in at a proxy. May be empty; a colon would end it in HTTP's Basic scheme (RFC 7617).
pub fn proxy_username(text: &str) -> Result<(), ValidationError> {
    if text.contains(':') {
        return Err(fault("username", "must not hold a colon"));
    }
    sign_in(text)
}

/// A proxy's password. May be empty.
pub fn proxy_password(text: &str) -> Result<(), ValidationError> {
    sign_in(text)
}

fn sign_in(text: &str) -> Result<(), ValidationError> {
    one_line(text, SIGN_IN_MAX)?;
    if text.len() > SIGN_IN_MAX {
        return Err(fault("too_long", format!("takes at most {SIGN_IN_MAX} bytes")));
    }
    Ok(())
}

/// What a person pastes back from a vendor's page of consent.
pub fn pasted_code(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() {
        return Err(fault("required", "must not be empty"));
    }
    bounded(text, PASTED_MAX)
}

/// A passphrase.
pub fn passphrase(text: &str) -> Result<(), ValidationError> {
    if text.chars().count() < PASSPHRASE_MIN {
        return Err(fault(
            "too_short",
            format!("must have at least {PASSPHRASE_MIN} characters"),
        ));
    }
    bounded(text, PASSPHRASE_MAX)
}

/// The members of a group, each named once.
pub fn group_members(members: &[MemberForm]) -> Result<(), ValidationError> {
    if members.len() > MEMBERS_MAX {
        return Err(fault("too_many", format!("takes at most {MEMBERS_MAX} members")));
    }
    each_once(members.iter().map(|member| member.account_id))
}

/// A key's bindings: a service each, to an account or a group.
pub fn key_bindings(bindings: &[KeyBinding]) -> Result<(), ValidationError> {
    for (at, binding) in bindings.iter().enumerate() {
        let name = binding.service.as_str();
        if binding.account_id.is_some() == binding.group_id.is_some() {
            let text = format!("names for {name} either account_id or group_id");
            return Err(fault("binding", text));
        }
        if bindings
            .iter()
            .take(at)
            .any(|earlier| earlier.service == binding.service)
        {
            return Err(fault("duplicate", format!("binds {name} twice")));
        }
    }
    Ok(())
}

/// The accounts of a batch, each named once.
pub fn batch_accounts(ids: &[AccountId]) -> Result<(), ValidationError> {
    if ids.is_empty() {
        return Err(fault("required", "must name an account"));
    }
    if ids.len() > BATCH_MAX {
        return Err(fault("too_many", format!("takes at most {BATCH_MAX} accounts")));
    }
    each_once(ids.iter().copied())
}

fn each_once(ids: impl Iterator<Item = AccountId>) -> Result<(), ValidationError> {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(fault("duplicate", format!("names the account {id} twice")));
        }
    }
    Ok(())
}

/// Seconds between self-tests.
pub fn self_test_every_s(value: u32) -> Result<(), ValidationError> {
    within(value, SELF_TEST_S.0, SELF_TEST_S.1)
}

/// Tokens a minute: at least 1; leave it out for no cap.
pub fn tokens_per_minute(value: u64) -> Result<(), ValidationError> {
    if (1..=TOKENS_PER_MINUTE_MAX).contains(&value) {
        return Ok(());
    }
    Err(fault(
        "out_of_range",
        format!("must be between 1 and {TOKENS_PER_MINUTE_MAX}"),
    ))
}

/// A cap of cost, in nano-USD: above zero; leave it out for no cap.
pub fn cost_cap(value: &NanoUsd) -> Result<(), ValidationError> {
    if value.0 > 0 {
        return Ok(());
    }
    Err(fault("out_of_range", "must be above zero"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_host_is_a_name_or_an_address_alone() {
        for good in [
            "proxy.example.com",
            "10.0.0.1",
            "2001:db8::1",
            "proxy_1",
            "bücher.example",
        ] {
            assert!(proxy_host(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "http://proxy",
            "proxy:1080",
            "[2001:db8::1]",
            "user@proxy",
            "a b",
            "proxy/path",
        ] {
            assert!(proxy_host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sign_ins_fit_into_socks() {
        assert!(proxy_username("me:you").is_err());
        assert!(proxy_password("a:b c").is_ok());
        assert!(proxy_password(&"ü".repeat(128)).is_err());
        assert!(proxy_password("line\nbreak").is_err());
    }

    #[test]
    fn a_batch_names_each_account_once() {
        let id = AccountId(uuid::Uuid::from_u128(7));
        assert!(batch_accounts(&[id]).is_ok());
        assert_eq!(batch_accounts(&[id, id]).unwrap_err().code, "duplicate");
        assert_eq!(batch_accounts(&[]).unwrap_err().code, "required");
    }
}
