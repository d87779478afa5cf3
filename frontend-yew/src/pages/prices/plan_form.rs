//! A plan as it is typed: numbers, and a rule a line. Never in here: showing plans.

use crate::pages::parts::{dollars, first_instant, typed_fault};
use std::collections::BTreeMap;
use tollgate_contract::plans::{PlanRuleForm, PlanTerms, PlanVersionView, RulePriceForm};
use tollgate_contract::platform::Platform;
use tollgate_contract::problem::FieldError;

/// The terms as they are typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TermsDraft {
    pub factor: String,
    pub own_factor: String,
    pub minimum: String,
    pub rules: String,
    pub day: String,
}

impl TermsDraft {
    /// Those of list prices.
    pub fn new() -> Self {
        Self {
            factor: "1".to_owned(),
            own_factor: "1".to_owned(),
            ..Self::default()
        }
    }

    /// Those of a version.
    pub fn of(version: &PlanVersionView) -> Self {
        let lines: Vec<String> = version.rules.iter().map(rule_line).collect();
        Self {
            factor: version.factor.clone(),
            own_factor: version.own_factor.clone(),
            minimum: if version.minimum_nano.0 == 0 {
                String::new()
            } else {
                version.minimum_nano.exact_usd()
            },
            rules: lines.join("\n"),
            day: String::new(),
        }
    }

    /// Reads them.
    pub fn read(&self, zone: &str, wrong: &mut Vec<FieldError>) -> PlanTerms {
        let lines = self.rules.lines().map(str::trim).filter(|line| !line.is_empty());
        let rules: Option<Vec<PlanRuleForm>> = lines.map(read_rule).collect();
        if rules.is_none() {
            wrong.push(typed_fault("rules", "invalid"));
        }
        PlanTerms {
            effective_from: first_instant("effective_from", &self.day, zone, wrong),
            factor: self.factor.trim().to_owned(),
            minimum_nano: dollars("minimum_nano", &self.minimum, wrong).unwrap_or_default(),
            own_factor: self.own_factor.trim().to_owned(),
            rules: rules.unwrap_or_default(),
        }
    }
}

/// A rule as a line: words that say what it fits, then a factor or prices.
pub fn rule_line(rule: &PlanRuleForm) -> String {
    let word = |name: &str, value: Option<&str>| value.map(|value| format!("{name}={value}"));
    let fits = [
        word("platform", rule.platform.map(Platform::as_str)),
        word("provider", rule.provider.as_deref()),
        word("model", rule.model.as_deref()),
        word("tag", rule.tag.as_deref()),
    ];
    let mut words: Vec<String> = fits.into_iter().flatten().collect();
    match &rule.price {
        RulePriceForm::Factor { factor } => words.push(factor.clone()),
        RulePriceForm::Own { prices } => {
            words.extend(prices.iter().map(|(name, price)| format!("{name}={price}")));
        }
    }
    words.join(" ")
}

fn read_rule(line: &str) -> Option<PlanRuleForm> {
    let mut rule = PlanRuleForm {
        platform: None,
        provider: None,
        model: None,
        tag: None,
        price: RulePriceForm::Factor {
            factor: String::new(),
        },
        minimum_nano: None,
    };
    let (mut factor, mut prices) = (None, BTreeMap::new());
    for word in line.split_whitespace() {
        match word.split_once('=') {
            None => factor = Some(word.to_owned()),
            Some(("platform", value)) => rule.platform = Some(Platform::parse(value)?),
            Some(("provider", value)) => rule.provider = Some(value.to_owned()),
            Some(("model", value)) => rule.model = Some(value.to_owned()),
            Some(("tag", value)) => rule.tag = Some(value.to_owned()),
            Some((name, price)) => {
                prices.insert(name.to_owned(), price.to_owned());
            }
        }
    }
    rule.price = match (factor, prices.is_empty()) {
        (Some(factor), true) => RulePriceForm::Factor { factor },
        (None, false) => RulePriceForm::Own { prices },
        _ => return None,
    };
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_and_written_as_a_line() {
        for line in [
            "model=claude-opus-* 1.3",
            "platform=bedrock tag=lab 0.9",
            "provider=openai input=4 output=20",
        ] {
            assert_eq!(rule_line(&read_rule(line).unwrap()), line);
        }
        for line in ["model=x", "1.2 input=4", "platform=nowhere 1"] {
            assert_eq!(read_rule(line), None, "{line}");
        }
    }
}
