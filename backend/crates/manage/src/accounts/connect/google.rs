//! Google Code Assist: whose account it is, and the project that its requests are counted to. A person who never used Code
//! Assist is put on a tier first (gemini-cli, `code_assist/setup.ts`).

use super::learn::{Asking, Learnt, Untold};
use crate::accounts::vendor::not_told;
use std::time::Duration;
use tollgate_http::{Code, Fault};
use tollgate_oauth::google::{
    CodeAssist, TIER_LEGACY, load_code_assist, onboard_user, read_code_assist, read_onboarding,
    read_userinfo, userinfo_request,
};

/// Between two looks at an onboarding under way; gemini-cli waits five seconds, and a person waits for us.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long it is waited for altogether, however slowly Google answers.
const ONBOARDING_MAX: Duration = Duration::from_secs(30);

/// # Errors
/// If there is no project: Code Assist takes no request without one.
pub(super) async fn learn(asking: Asking<'_>, named: Option<&str>, learnt: &mut Learnt) -> Result<(), Fault> {
    if learnt.told.identity.is_empty() {
        let request = userinfo_request(asking.state.endpoints(), asking.token);
        match asking.ask(request, read_userinfo).await {
            Ok(email) => learnt.told.identity = email,
            Err(untold) => {
                let text = format!("The e-mail address is not known: {}.", untold.text());
                learnt.warnings.push(text);
            }
        }
    }
    let request = load_code_assist(asking.base_url, asking.token, named);
    let standing = match (asking.ask(request, read_code_assist).await, named) {
        (Ok(standing), _) => standing,
        // With a project named, the account works whatever Google would have told.
        (Err(untold), Some(named)) => {
            learnt.project = Some(named.to_owned());
            let text = format!("Plan and project could not be checked: {}.", untold.text());
            learnt.warnings.push(text);
            return Ok(());
        }
        (Err(untold), None) => return Err(fault(untold)),
    };
    learnt.told.plan = standing.plan();
    learnt.project = if standing.tier.is_some() {
        standing.project.clone().or_else(|| named.map(str::to_owned))
    } else {
        let onboarding = onboarded(asking, &standing, named, learnt);
        match tokio::time::timeout(ONBOARDING_MAX, onboarding).await {
            Ok(outcome) => outcome?,
            Err(_) => return Err(still_under_way()),
        }
    };
    if learnt.project.is_none() {
        return Err(needed(standing.refusal.as_deref()));
    }
    Ok(())
}

/// Puts the account on the tier that it is offered, and looks until that is done.
async fn onboarded(
    asking: Asking<'_>,
    standing: &CodeAssist,
    named: Option<&str>,
    learnt: &mut Learnt,
) -> Result<Option<String>, Fault> {
    let offered = standing.offered.as_ref();
    let tier = offered.map_or(TIER_LEGACY, |tier| tier.id.as_str());
    if named.is_none() && offered.is_none_or(|tier| tier.own_project) {
        return Err(needed(standing.refusal.as_deref()));
    }
    loop {
        let request = onboard_user(asking.base_url, asking.token, tier, named);
        let looked = asking.ask(request, read_onboarding).await.map_err(fault)?;
        if looked.done {
            learnt.told.plan = offered.map(tollgate_oauth::google::Tier::plan);
            return Ok(looked.project.or_else(|| named.map(str::to_owned)));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn still_under_way() -> Fault {
    Fault::new(Code::VendorBusy).detail(
        "Nothing was stored: Google is still setting the account up for Code Assist. Begin anew in some minutes.",
    )
}

fn needed(refusal: Option<&str>) -> Fault {
    let text = "is needed: a Google Cloud project with the Gemini for Google Cloud API switched on";
    let detail = match refusal {
        None => format!("Nothing was stored. `project` {text}."),
        Some(words) => format!("Nothing was stored. `project` {text}. Google says: {words}."),
    };
    Fault::new(Code::ProjectNeeded)
        .detail(detail)
        .field("project", "required", text)
}

fn fault(untold: Untold) -> Fault {
    match untold {
        Untold::Unreached(unreached) => unreached.into(),
        Untold::Refused(fault) => not_told(&fault),
    }
}
