//! Which model is asked.

use super::*;
use tollgate_contract::accounts::AccountForm;
use tollgate_contract::platform::CredentialKind;

fn settings(models: &[&str], mapping: &[(&str, &str)]) -> AccountSettings {
    let mut form = AccountForm::named("a");
    form.api_key = Some("k".to_owned());
    form.models = models.iter().map(|model| (*model).to_owned()).collect();
    form.model_mapping = mapping
        .iter()
        .map(|(asked, sent)| ((*asked).to_owned(), (*sent).to_owned()))
        .collect();
    let read = form.on(Platform::OpenAi, None);
    read.map(|input| input.settings).unwrap()
}

#[test]
fn the_model_is_the_one_asked_for_or_the_accounts_first_or_a_small_one() {
    let chosen = |settings: &AccountSettings, asked: Option<&str>| model(Platform::OpenAi, settings, asked);
    let small = request::model_default(Platform::OpenAi, CredentialKind::ApiKey, None);
    assert_eq!(chosen(&settings(&[], &[]), None), small);
    let listing = settings(&["gpt-5", "o3"], &[("gpt-*", "theirs")]);
    assert_eq!(chosen(&listing, None), "theirs");
    assert_eq!(chosen(&listing, Some("o3")), "o3");
    let mapping = settings(&[], &[("a*", "wild"), ("gpt-5", "deployment")]);
    assert_eq!(chosen(&mapping, None), "deployment");
    // Each has a reason of its own not to be tried with what it lists.
    let bedrock = model(
        Platform::Bedrock,
        &settings(&["claude-haiku-4-5", "id-1"], &[]),
        None,
    );
    assert_eq!(bedrock, "id-1");
    let official = model(
        Platform::ClaudeOfficial,
        &settings(&["claude-opus-4-6"], &[]),
        None,
    );
    assert_eq!(
        official,
        request::model_default(Platform::ClaudeOfficial, CredentialKind::Oauth, None)
    );
}
