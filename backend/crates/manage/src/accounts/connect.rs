//! Connecting an account by the vendor's own page of consent: a link is made, the code that comes back is exchanged, and
//! what the vendor tells of the subscription is learnt. Nothing is stored before all of it is there, and no transaction is
//! open while a vendor is asked. Never in here: renewing, and the vendors' protocols (crate `oauth`).

mod begin;
mod finish;
mod flow;
mod google;
mod keep;
mod learn;
pub(crate) mod routes;

use tollgate_contract::platform::Platform;
use tollgate_http::{Code, Fault};
use tollgate_oauth::Way;

/// The platform's way to a grant.
fn way(platform: Platform, setup_token: bool) -> Result<Way, Fault> {
    match (platform, setup_token) {
        (Platform::ClaudeOfficial, false) => Ok(Way::Claude),
        (Platform::ClaudeOfficial, true) => Ok(Way::ClaudeSetupToken),
        (Platform::Gemini, false) => Ok(Way::Google),
        (Platform::OpenAi, false) => Ok(Way::OpenAi),
        (Platform::Gemini | Platform::OpenAi, true) => {
            let text = "belongs to claude_official alone";
            Err(Fault::new(Code::NotApplicable)
                .detail(format!("`setup_token` {text}."))
                .field("setup_token", "not_applicable", text))
        }
        _ => Err(Fault::new(Code::NotApplicable).detail(format!(
            "Accounts on {} are added with a credential; claude_official, gemini and openai can be connected.",
            platform.as_str()
        ))),
    }
}

/// As it is stored with flows and grants.
fn way_name(way: Way) -> &'static str {
    match way {
        Way::Claude => "claude",
        Way::ClaudeSetupToken => "claude_setup_token",
        Way::Google => "google",
        Way::OpenAi => "openai",
    }
}

fn way_of_name(name: &str) -> Option<Way> {
    [Way::Claude, Way::ClaudeSetupToken, Way::Google, Way::OpenAi]
        .into_iter()
        .find(|way| way_name(*way) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_platforms_can_be_connected_and_set_up_tokens_are_claudes() {
        for platform in Platform::ALL {
            let connects = [Platform::ClaudeOfficial, Platform::Gemini, Platform::OpenAi].contains(&platform);
            assert_eq!(way(platform, false).is_ok(), connects, "{platform:?}");
            assert_eq!(way(platform, true).is_ok(), platform == Platform::ClaudeOfficial);
        }
    }

    #[test]
    fn what_is_stored_of_a_way_is_read_as_the_same_way() {
        for way in [Way::Claude, Way::ClaudeSetupToken, Way::Google, Way::OpenAi] {
            assert_eq!(way_of_name(way_name(way)), Some(way));
        }
        assert_eq!(way_of_name("fax"), None);
    }
}
