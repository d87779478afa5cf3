//! Which accounts take a model, by their lists and mappings.

use super::support::{choose, chosen, id, pool, why_not, wish, with};
use crate::pick::{Reason, Wish};
use tollgate_contract::platform::Platform;

#[test]
fn an_account_that_lists_models_takes_these_and_those_it_maps() {
    let listing = with(1, |one| {
        one.models = ["claude-opus-4-6".to_owned()].into();
        one.mapping = [("claude-sonnet-4-6".to_owned(), "their-sonnet".to_owned())].into();
    });
    assert_eq!(listing.sent_model("claude-sonnet-4-6"), "their-sonnet");
    assert_eq!(listing.sent_model("claude-opus-4-6"), "claude-opus-4-6");
    assert_eq!(
        listing.models().collect::<Vec<_>>(),
        ["claude-opus-4-6", "claude-sonnet-4-6"]
    );
    let pool = pool(vec![listing]);
    assert_eq!(chosen(&pool, &wish()).0, id(1));
    assert_eq!(
        chosen(
            &pool,
            &Wish {
                model: "claude-opus-4-6",
                ..wish()
            }
        )
        .0,
        id(1)
    );
    let refusal = choose(
        &pool,
        &Wish {
            model: "claude-haiku-4-5",
            ..wish()
        },
    )
    .expect_err("none");
    assert_eq!(refusal.code(), "none_offers_model");
    assert_eq!(why_not(&refusal), ["it does not offer the model"]);
}

#[test]
fn a_mapping_may_end_in_a_wildcard_of_which_the_longest_wins() {
    let account = with(1, |one| {
        let pairs = [("gpt-*", "any"), ("gpt-5*", "five"), ("gpt-5-mini", "mini")];
        one.mapping = pairs
            .map(|(asked, sent)| (asked.to_owned(), sent.to_owned()))
            .into();
        one.models = ["o3".to_owned()].into();
    });
    for (asked, sent) in [
        ("gpt-4o", "any"),
        ("gpt-5-nano", "five"),
        ("gpt-5-mini", "mini"),
        ("o3", "o3"),
    ] {
        assert_eq!(account.sent_model(asked), sent);
        assert!(account.names(asked) && account.offers(asked), "{asked}");
    }
    assert!(!account.names("claude-sonnet-4-6") && !account.offers("claude-sonnet-4-6"));
    // A wildcard is no model that a client could ask for.
    assert_eq!(account.models().collect::<Vec<_>>(), ["o3", "gpt-5-mini"]);
}

#[test]
fn on_some_platforms_an_account_must_name_the_model_itself() {
    let named = |number, mapping: &[(&str, &str)]| {
        with(number, |one| {
            one.platform = Platform::AzureOpenAi;
            one.mapping = mapping
                .iter()
                .map(|(asked, sent)| ((*asked).to_owned(), (*sent).to_owned()))
                .collect();
        })
    };
    let wish = Wish {
        named_on: &[Platform::AzureOpenAi],
        ..wish()
    };
    let nameless = pool(vec![named(1, &[])]);
    let refusal = choose(&nameless, &wish).expect_err("none");
    assert_eq!(refusal.code(), "none_offers_model");
    assert_eq!(why_not(&refusal), ["it does not offer the model"]);
    let pool = pool(vec![
        named(1, &[]),
        named(2, &[("claude-*", "deployment")]),
        with(3, |one| (one.platform, one.priority) = (Platform::Gemini, 1)),
        with(4, |one| one.priority = 99),
    ]);
    assert_eq!(chosen(&pool, &wish), (id(2), Reason::Priority));
    let tried = Wish {
        tried: &[id(2)],
        ..wish
    };
    // One of the format's own platforms need not name it.
    assert_eq!(chosen(&pool, &tried).0, id(4));
    let refusal = choose(
        &pool,
        &Wish {
            tried: &[id(2), id(4)],
            ..wish
        },
    )
    .expect_err("none");
    assert_eq!(
        why_not(&refusal),
        [
            "it does not offer the model",
            "it was tried already",
            "it is on a platform that this kind of request can't use",
            "it was tried already"
        ]
    );
}
