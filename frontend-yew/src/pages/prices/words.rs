//! Prices in words. Never in here: where they come from.

use std::collections::BTreeMap;
use yew::prelude::*;

/// Those that have columns of their own.
pub const COLUMNS: [&str; 3] = ["input", "output", "cache_read"];

/// A price for its column.
pub fn cell(prices: &BTreeMap<String, String>, name: &str) -> Html {
    match prices.get(name) {
        Some(price) => html! { <span class="figures whitespace-nowrap">{ format!("${price}") }</span> },
        None => html! { <span class="text-muted">{ "–" }</span> },
    }
}

/// All others, by name.
pub fn others(prices: &BTreeMap<String, String>) -> Html {
    let others = prices
        .iter()
        .filter(|(name, _)| !COLUMNS.contains(&name.as_str()));
    let shown = others.map(|(name, price)| {
        html! { <span key={name.clone()} class="whitespace-nowrap"><code class="font-mono text-xs text-muted">{ name.clone() }</code>{ " " }<span class="figures">{ format!("${price}") }</span></span> }
    });
    html! { <span class="flex flex-wrap gap-x-3 gap-y-0.5 min-w-0">{ for shown }</span> }
}

/// Names and prices in a line.
pub fn line(prices: &BTreeMap<String, String>) -> String {
    let words: Vec<String> = prices
        .iter()
        .map(|(name, price)| format!("{name} ${price}"))
        .collect();
    words.join(", ")
}

/// Lines of a name and a price each, as they are typed; `Err`: the first line that is none.
pub fn read_lines(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut prices = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(name), Some(price), None) => {
                prices.insert(name.to_owned(), price.trim_start_matches('$').to_owned());
            }
            _ => return Err(line.to_owned()),
        }
    }
    Ok(prices)
}

/// The same the other way.
pub fn written(prices: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = prices
        .iter()
        .map(|(name, price)| format!("{name} {price}"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_written() {
        let prices = read_lines(" input 3\n\nweb_search $0.01 \n").unwrap();
        assert_eq!(written(&prices), "input 3\nweb_search 0.01");
        assert_eq!(line(&prices), "input $3, web_search $0.01");
        assert_eq!(read_lines("input 3\nnonsense").unwrap_err(), "nonsense");
    }
}
