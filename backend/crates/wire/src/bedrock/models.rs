//! What Bedrock calls Claude's models, and how old they are. Never in here: which of them an account has.

/// Begins what stands for Claude in every id.
const CLAUDE: &str = "anthropic.claude";

/// Whether an id is a Claude model's: `anthropic.claude-…`, an inference profile of it (`us.anthropic.claude-…`), or an ARN
/// that ends in one of these. An application's own inference profile does not tell its model, so it is none.
pub fn is_claude(model_id: &str) -> bool {
    let tail = model_id.rsplit_once('/').map_or(model_id, |(_, tail)| tail);
    tail.split_once(CLAUDE)
        .is_some_and(|(place, _)| match place.strip_suffix('.') {
            Some(place) => {
                !place.is_empty()
                    && place
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            }
            None => place.is_empty(),
        })
}

/// The ages of Claude that take different requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Age {
    /// Claude 3 and before.
    Three,
    /// Claude 4 and 4.1.
    Four,
    /// Claude 4.5.
    FourFive,
    /// Claude 4.6: knows adaptive thinking, and still a budget.
    FourSix,
    /// Claude 4.7 and later: adaptive thinking alone; on Bedrock served as Anthropic's own API is.
    Later,
}

/// The age of a Claude model, by its name anywhere.
pub(crate) fn age(model: &str) -> Age {
    let any = |marks: &[&str]| marks.iter().any(|mark| model.contains(mark));
    if any(&["claude-3", "claude-2", "claude-v", "claude-instant"]) {
        Age::Three
    } else if any(&["-4-5"]) {
        Age::FourFive
    } else if any(&["-4-6"]) {
        Age::FourSix
    } else if any(&["-4-0", "-4-1", "claude-opus-4-2", "claude-sonnet-4-2"])
        || ["claude-opus-4", "claude-sonnet-4"]
            .iter()
            .any(|name| model.ends_with(name))
    {
        Age::Four
    } else {
        Age::Later
    }
}

/// The date of each model that Bedrock names with one, and its version there (Amazon Bedrock's user guide, "Supported
/// foundation models"; Anthropic, "Models overview": names without a date, and with `-0` or `-latest`, mean these).
const DATED: [(&[&str], &str); 12] = [
    (&["claude-haiku-4-5"], "claude-haiku-4-5-20251001-v1:0"),
    (&["claude-sonnet-4-5"], "claude-sonnet-4-5-20250929-v1:0"),
    (&["claude-opus-4-5"], "claude-opus-4-5-20251101-v1:0"),
    (&["claude-opus-4-1"], "claude-opus-4-1-20250805-v1:0"),
    (
        &["claude-opus-4", "claude-opus-4-0"],
        "claude-opus-4-20250514-v1:0",
    ),
    (
        &["claude-sonnet-4", "claude-sonnet-4-0"],
        "claude-sonnet-4-20250514-v1:0",
    ),
    (
        &["claude-3-7-sonnet", "claude-3-7-sonnet-latest"],
        "claude-3-7-sonnet-20250219-v1:0",
    ),
    (
        &["claude-3-5-haiku", "claude-3-5-haiku-latest"],
        "claude-3-5-haiku-20241022-v1:0",
    ),
    (
        &[
            "claude-3-5-sonnet",
            "claude-3-5-sonnet-latest",
            "claude-3-5-sonnet-20241022",
        ],
        "claude-3-5-sonnet-20241022-v2:0",
    ),
    (&["claude-3-haiku"], "claude-3-haiku-20240307-v1:0"),
    (&["claude-3-sonnet"], "claude-3-sonnet-20240229-v1:0"),
    (
        &["claude-3-opus", "claude-3-opus-latest"],
        "claude-3-opus-20240229-v1:0",
    ),
];

/// The ids that a model may have in a region, the best first: the inference profile of the region's own part of the world,
/// the world-wide one, the bare id (newer models can't be asked by that: Amazon Bedrock's user guide, "Inference
/// profiles"). Which of them there are, the price list tells.
///
/// A name with a dot in it, and an ARN, is taken for one of Bedrock's own, of any vendor: it is the only candidate for
/// itself. None for a name that is neither that nor Claude's.
pub fn candidates(asked: &str, region: &str) -> Vec<String> {
    if asked.contains('.') || asked.starts_with("arn:") {
        return vec![asked.to_owned()];
    }
    if !asked.starts_with("claude-") {
        return Vec::new();
    }
    // Google's way of writing a date.
    let name = asked.replace('@', "-");
    let dated = DATED.iter().find(|(names, _)| names.contains(&name.as_str()));
    let mut forms: Vec<String> = dated.iter().map(|(_, form)| (*form).to_owned()).collect();
    let undated = undated(&name).map(|name| [format!("{name}-v1"), name.to_owned()]);
    forms.extend([format!("{name}-v1:0"), format!("{name}-v1"), name.clone()]);
    // Later models have no date there.
    forms.extend(undated.into_iter().flatten());
    let places = places(region).iter();
    let bare = [""].iter();
    places
        .chain(bare)
        .flat_map(|place| forms.iter().map(move |form| format!("{place}anthropic.{form}")))
        .collect()
}

/// A name without the date at its end.
fn undated(name: &str) -> Option<&str> {
    let (name, date) = name.rsplit_once('-')?;
    (date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// The prefixes of the inference profiles that a region may call, the nearest first (Amazon Bedrock's user guide,
/// "Supported Regions and models for inference profiles").
fn places(region: &str) -> &'static [&'static str] {
    const GLOBAL: &str = "global.";
    match region {
        "ap-northeast-1" | "ap-northeast-3" => &["jp.", "apac.", GLOBAL],
        "ap-southeast-2" | "ap-southeast-4" => &["au.", "apac.", GLOBAL],
        _ if region.starts_with("us-gov-") => &["us-gov."],
        _ if region.starts_with("us-") || region.starts_with("ca-") => &["us.", GLOBAL],
        _ if region.starts_with("eu-") => &["eu.", GLOBAL],
        _ if region.starts_with("ap-") => &["apac.", GLOBAL],
        _ => &[GLOBAL],
    }
}
