//! All text, in English and Simplified Chinese, side by side. A text that lacks a language, or whose name is misspelt where it
//! is used, does not compile, and one that nothing uses is a warning; no table is looked up at run time. That is why it is a
//! table of our own and not a crate that finds texts by string.

mod accounts;
mod billing;
mod books;
mod budgets;
mod connect;
mod explain;
mod exports;
mod figures;
mod frame;
mod keys;
mod overview;
mod platforms;
mod pool;
mod prices;
mod problems;
mod proof;
mod requests;
mod rules;
mod session;
mod shared;
mod usage;

use yew::prelude::*;

pub use problems::{field_message, problem_message};

/// Makes a struct of texts and its two values.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($key:ident: $en:literal, $zh:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Debug, PartialEq)]
        pub struct $name {
            $(pub $key: &'static str,)+
        }

        impl $name {
            pub const EN: Self = Self { $($key: $en,)+ };
            pub const ZH: Self = Self { $($key: $zh,)+ };

            #[cfg(test)]
            pub fn pairs() -> Vec<(&'static str, &'static str, &'static str)> {
                vec![$((stringify!($key), $en, $zh),)+]
            }
        }
    };
}
pub(crate) use texts;

/// A language of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Locale {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::Zh];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// What its readers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::Zh => "简体中文",
        }
    }

    /// The one that a tag asks for.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let language = tag.split(['-', '_']).next().unwrap_or(tag);
        match language.to_ascii_lowercase().as_str() {
            "en" => Some(Self::En),
            "zh" => Some(Self::Zh),
            _ => None,
        }
    }

    /// Its texts.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::En => &EN,
            Self::Zh => &ZH,
        }
    }
}

/// All texts of a language.
#[derive(Debug, PartialEq)]
pub struct Texts {
    pub accounts: accounts::AccountTexts,
    pub billing: billing::BillingTexts,
    pub books: books::BooksTexts,
    pub budgets: budgets::BudgetTexts,
    pub bulk: connect::BulkTexts,
    pub captures: proof::CaptureTexts,
    pub carry: connect::CarryTexts,
    pub connect: connect::ConnectTexts,
    pub explain: explain::ExplainTexts,
    pub exports: exports::ExportTexts,
    pub figures: figures::FigureTexts,
    pub frame: frame::FrameTexts,
    pub groups: pool::GroupTexts,
    pub keys: keys::KeyTexts,
    pub letters: books::LetterTexts,
    pub many_keys: keys::KeysTexts,
    pub snippets: keys::SnippetTexts,
    pub margin: proof::MarginTexts,
    pub overview: overview::OverviewTexts,
    pub plans: prices::PlanTexts,
    pub platforms: platforms::PlatformTexts,
    pub policies: budgets::PolicyTexts,
    pub prices: prices::PriceTexts,
    pub problems: problems::ProblemTexts,
    pub proxies: pool::ProxyTexts,
    pub receipts: proof::ReceiptTexts,
    pub reconcile: proof::ReconcileTexts,
    pub repricing: books::RepricingTexts,
    pub requests: requests::RequestTexts,
    pub rules: rules::RuleTexts,
    pub session: session::SessionTexts,
    pub shared: shared::SharedTexts,
    pub usage: usage::UsageTexts,
    pub vouchers: budgets::VoucherTexts,
}

static EN: Texts = Texts {
    accounts: accounts::AccountTexts::EN,
    billing: billing::BillingTexts::EN,
    books: books::BooksTexts::EN,
    budgets: budgets::BudgetTexts::EN,
    bulk: connect::BulkTexts::EN,
    captures: proof::CaptureTexts::EN,
    carry: connect::CarryTexts::EN,
    connect: connect::ConnectTexts::EN,
    explain: explain::ExplainTexts::EN,
    exports: exports::ExportTexts::EN,
    figures: figures::FigureTexts::EN,
    frame: frame::FrameTexts::EN,
    groups: pool::GroupTexts::EN,
    keys: keys::KeyTexts::EN,
    letters: books::LetterTexts::EN,
    many_keys: keys::KeysTexts::EN,
    snippets: keys::SnippetTexts::EN,
    margin: proof::MarginTexts::EN,
    overview: overview::OverviewTexts::EN,
    plans: prices::PlanTexts::EN,
    platforms: platforms::PlatformTexts::EN,
    policies: budgets::PolicyTexts::EN,
    prices: prices::PriceTexts::EN,
    problems: problems::ProblemTexts::EN,
    proxies: pool::ProxyTexts::EN,
    receipts: proof::ReceiptTexts::EN,
    reconcile: proof::ReconcileTexts::EN,
    repricing: books::RepricingTexts::EN,
    requests: requests::RequestTexts::EN,
    rules: rules::RuleTexts::EN,
    session: session::SessionTexts::EN,
    shared: shared::SharedTexts::EN,
    usage: usage::UsageTexts::EN,
    vouchers: budgets::VoucherTexts::EN,
};

static ZH: Texts = Texts {
    accounts: accounts::AccountTexts::ZH,
    billing: billing::BillingTexts::ZH,
    books: books::BooksTexts::ZH,
    budgets: budgets::BudgetTexts::ZH,
    bulk: connect::BulkTexts::ZH,
    captures: proof::CaptureTexts::ZH,
    carry: connect::CarryTexts::ZH,
    connect: connect::ConnectTexts::ZH,
    explain: explain::ExplainTexts::ZH,
    exports: exports::ExportTexts::ZH,
    figures: figures::FigureTexts::ZH,
    frame: frame::FrameTexts::ZH,
    groups: pool::GroupTexts::ZH,
    keys: keys::KeyTexts::ZH,
    letters: books::LetterTexts::ZH,
    many_keys: keys::KeysTexts::ZH,
    snippets: keys::SnippetTexts::ZH,
    margin: proof::MarginTexts::ZH,
    overview: overview::OverviewTexts::ZH,
    plans: prices::PlanTexts::ZH,
    platforms: platforms::PlatformTexts::ZH,
    policies: budgets::PolicyTexts::ZH,
    prices: prices::PriceTexts::ZH,
    problems: problems::ProblemTexts::ZH,
    proxies: pool::ProxyTexts::ZH,
    receipts: proof::ReceiptTexts::ZH,
    reconcile: proof::ReconcileTexts::ZH,
    repricing: books::RepricingTexts::ZH,
    requests: requests::RequestTexts::ZH,
    rules: rules::RuleTexts::ZH,
    session: session::SessionTexts::ZH,
    shared: shared::SharedTexts::ZH,
    usage: usage::UsageTexts::ZH,
    vouchers: budgets::VoucherTexts::ZH,
};

/// The viewer's language.
#[hook]
pub fn use_locale() -> Locale {
    use_context::<Locale>().unwrap_or_default()
}

/// The texts of the viewer's language.
#[hook]
pub fn use_texts() -> &'static Texts {
    use_locale().texts()
}

/// Fills a text's `{name}` places.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<(&'static str, &'static str, &'static str)> {
        [
            accounts::AccountTexts::pairs(),
            billing::BillingTexts::pairs(),
            books::BooksTexts::pairs(),
            books::LetterTexts::pairs(),
            books::RepricingTexts::pairs(),
            connect::BulkTexts::pairs(),
            proof::CaptureTexts::pairs(),
            proof::MarginTexts::pairs(),
            proof::ReceiptTexts::pairs(),
            proof::ReconcileTexts::pairs(),
            connect::CarryTexts::pairs(),
            connect::ConnectTexts::pairs(),
            explain::ExplainTexts::pairs(),
            exports::ExportTexts::pairs(),
            pool::GroupTexts::pairs(),
            pool::ProxyTexts::pairs(),
            figures::FigureTexts::pairs(),
            frame::FrameTexts::pairs(),
            budgets::BudgetTexts::pairs(),
            budgets::PolicyTexts::pairs(),
            budgets::VoucherTexts::pairs(),
            prices::PriceTexts::pairs(),
            prices::PlanTexts::pairs(),
            rules::RuleTexts::pairs(),
            keys::KeyTexts::pairs(),
            keys::KeysTexts::pairs(),
            keys::SnippetTexts::pairs(),
            overview::OverviewTexts::pairs(),
            platforms::PlatformTexts::pairs(),
            problems::ProblemTexts::pairs(),
            requests::RequestTexts::pairs(),
            session::SessionTexts::pairs(),
            shared::SharedTexts::pairs(),
            usage::UsageTexts::pairs(),
        ]
        .concat()
    }

    fn places(text: &str) -> Vec<&str> {
        let mut found: Vec<_> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn both_languages_say_something_and_have_the_same_places() {
        for (key, en, zh) in all() {
            assert!(!en.trim().is_empty() && !zh.trim().is_empty(), "{key} is empty");
            assert_eq!(places(en), places(zh), "{key}");
        }
    }

    #[test]
    fn a_tag_chooses_a_language_whatever_its_region() {
        assert_eq!(Locale::from_tag("zh-Hans-SG"), Some(Locale::Zh));
        assert_eq!(Locale::from_tag("en_US"), Some(Locale::En));
        assert_eq!(Locale::from_tag("de"), None);
    }

    #[test]
    fn places_are_filled() {
        assert_eq!(fill("{a} of {b}", &[("a", "1"), ("b", "2")]), "1 of 2");
    }
}
