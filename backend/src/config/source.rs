//! Puts the settings together from their sources, and names whatever can't be used in any of them.

use super::table::{Setting, env_name, find, settings};
use super::{ConfigError, Problem, Settings};
use figment::providers::{Format, Serialized, Toml};
use figment::value::{Dict, Value};
use figment::{Figment, Profile};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The prefix of every variable that is ours.
const PREFIX: &str = "TOLLGATE_";
/// The variable that names the file; the one that is no setting.
pub const FILE_VARIABLE: &str = "TOLLGATE_CONFIG";

/// Values that stand above the table's defaults and below file and environment: what a command brings along.
pub type Layer = Vec<(&'static str, String)>;

/// Where settings come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// The file, if any.
    pub file: Option<PathBuf>,
    /// All environment variables.
    pub env: BTreeMap<String, String>,
    /// What the command brings along.
    pub layer: Layer,
}

impl Sources {
    /// File and environment of this process.
    pub fn of_process(file: Option<PathBuf>) -> Self {
        let env = std::env::vars_os()
            .filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
            })
            .collect();
        Self {
            file,
            env,
            layer: Layer::new(),
        }
    }

    /// Whether the person set this one, in the file or the environment.
    pub fn sets(&self, key: &str) -> bool {
        self.env.contains_key(&env_name(key))
            || self
                .file_values()
                .is_ok_and(|values| values.iter().any(|(name, _)| name == key))
    }

    fn file_values(&self) -> Result<Vec<(String, Value)>, ConfigError> {
        let Some(file) = &self.file else {
            return Ok(Vec::new());
        };
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::one(&name, format!("the settings file can't be read: {error}")))?;
        let data = Figment::from(Toml::string(&text))
            .extract::<Dict>()
            .map_err(|error| ConfigError::one(&name, format!("is not TOML: {error}")))?;
        let mut values = Vec::new();
        flatten("", &data, &mut values);
        Ok(values)
    }
}

/// Reads all sources.
///
/// # Errors
/// Every setting that is unknown or wrong, by name, with what would be right.
pub fn load(sources: &Sources) -> Result<Settings, ConfigError> {
    let mut problems = Vec::new();
    let mut values: BTreeMap<&'static str, Value> = BTreeMap::new();
    for setting in settings() {
        if let Some(default) = setting.default {
            values.insert(setting.key, setting.kind.read(default));
        }
    }
    for (key, text) in &sources.layer {
        if let Some(setting) = find(key) {
            values.insert(setting.key, setting.kind.read(text));
        }
    }
    for (key, value) in sources.file_values()? {
        match find(&key) {
            Some(setting) => take(setting, &key, value, &mut values, &mut problems),
            None => problems.push(unknown(&key, settings().map(|s| s.key.to_owned()))),
        }
    }
    for (name, text) in sources
        .env
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX) && *name != FILE_VARIABLE)
    {
        match settings().find(|setting| env_name(setting.key) == *name) {
            Some(setting) => take(setting, name, setting.kind.read(text), &mut values, &mut problems),
            None => problems.push(unknown(name, settings().map(|s| env_name(s.key)))),
        }
    }
    if !problems.is_empty() {
        return Err(ConfigError(problems));
    }
    extract(values)
}

fn take(
    setting: &'static Setting,
    name: &str,
    value: Value,
    values: &mut BTreeMap<&'static str, Value>,
    problems: &mut Vec<Problem>,
) {
    if setting.kind.accepts(&value) {
        values.insert(setting.key, value);
        return;
    }
    let shown = match &value {
        _ if setting.kind.is_secret() => "the value".to_owned(),
        Value::String(_, text) => format!("`{text}`"),
        other => format!("`{}`", plain(other)),
    };
    let text = format!(
        "{shown} can't be used; what would be right: {}",
        setting.kind.right()
    );
    problems.push(Problem {
        name: name.to_owned(),
        text,
    });
}

/// A value as the person wrote it, near enough to recognise.
fn plain(value: &Value) -> String {
    match value {
        Value::String(_, text) => text.clone(),
        Value::Bool(_, on) => on.to_string(),
        Value::Num(_, number) => match (number.to_i128(), number.to_f64()) {
            (Some(whole), _) => whole.to_string(),
            (None, Some(part)) => part.to_string(),
            (None, None) => "a number".to_owned(),
        },
        Value::Array(_, items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        _ => "that".to_owned(),
    }
}

fn unknown(name: &str, known: impl Iterator<Item = String>) -> Problem {
    let nearest = known.min_by_key(|candidate| distance(name, candidate));
    let text = nearest.map_or_else(
        || "is no setting".to_owned(),
        |nearest| {
            format!("is no setting; the nearest one is {nearest} (all of them: `tollgate config --example`)")
        },
    );
    Problem {
        name: name.to_owned(),
        text,
    }
}

/// Nested tables into dotted names.
fn flatten(prefix: &str, dict: &Dict, into: &mut Vec<(String, Value)>) {
    for (key, value) in dict {
        let name = if prefix.is_empty() {
            key.clone()
        } else {
            format!("{prefix}.{key}")
        };
        match value {
            Value::Dict(_, inner) => flatten(&name, inner, into),
            other => into.push((name, other.clone())),
        }
    }
}

fn extract(values: BTreeMap<&'static str, Value>) -> Result<Settings, ConfigError> {
    // Sections without a value must be there all the same.
    let mut figment = Figment::new();
    for setting in settings() {
        if let Some((section, _)) = setting.key.split_once('.') {
            figment = figment.merge(Serialized::from(Dict::new(), Profile::Default).key(section));
        }
    }
    for (key, value) in values {
        figment = figment.merge(Serialized::from(value, Profile::Default).key(key));
    }
    figment.extract().map_err(|error| {
        let path = error.path.join(".");
        let right = find(&path)
            .map(|setting| setting.kind.right())
            .unwrap_or_default();
        ConfigError::one(
            env_name(&path),
            format!("can't be used; what would be right: {right}"),
        )
    })
}

/// Levenshtein's distance: how many letters differ.
fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&two) {
            let best = (diagonal + usize::from(a != *b)).min(*cell + 1).min(left + 1);
            diagonal = std::mem::replace(cell, best);
            left = best;
        }
    }
    row.last().copied().unwrap_or_default()
}
