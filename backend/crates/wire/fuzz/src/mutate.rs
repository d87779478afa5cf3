//! Changes to inputs that keep them nearly right: most bytes that are changed at random are refused as no JSON before
//! anything of interest is reached. Never in here: checks.

use std::borrow::Cow;
use std::sync::OnceLock;
use tollgate_wire::format::ClientFormat;
use tollgate_wire::tree::Node;

use crate::formats::table;

/// A small generator of numbers (xorshift); the same seed, the same numbers.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Of these bytes (FNV-1a).
    pub fn of(bytes: &[u8]) -> Self {
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self::new(hash)
    }

    /// A number below `limit`; 0 if there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16)
            .unwrap_or(0)
            .checked_rem(limit)
            .unwrap_or(0)
    }
}

/// A change of a JSON text; `None` if it is none.
pub fn json(text: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let mut node = Node::parse(text).ok()?.into_owned();
    for _ in 0..=chance.below(3) {
        change(&mut node, chance);
    }
    let mut changed = Vec::with_capacity(text.len() + 64);
    node.write(&mut changed);
    Some(changed)
}

/// A JSON text with a piece of another in it; `None` if one of them is none.
pub fn cross(text: &[u8], other: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let (mut node, mut other) = (
        Node::parse(text).ok()?.into_owned(),
        Node::parse(other).ok()?.into_owned(),
    );
    let piece = pick(&mut other, chance).clone();
    let at = pick(&mut node, chance);
    match (at, chance.below(3)) {
        (Node::Array(items), 1) => items.insert(chance.below(items.len() + 1), piece),
        (Node::Object(fields), 1 | 2) => match piece {
            Node::Object(more) => {
                for (name, value) in more {
                    if fields.iter().all(|(known, _)| *known != name) {
                        fields.push((name, value));
                    }
                }
            }
            piece => fields.push((word(chance).into(), piece)),
        },
        (at, _) => *at = piece,
    }
    let mut crossed = Vec::new();
    node.write(&mut crossed);
    Some(crossed)
}

/// A change of a stream of events; `None` if it has none.
pub fn events(text: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(text);
    let mut events: Vec<Cow<'_, str>> = text.split_inclusive("\n\n").map(Cow::Borrowed).collect();
    let count = events.len();
    let at = chance.below(count);
    match chance.below(10) {
        0 => drop(events.remove(at)),
        1 => events.insert(chance.below(count), events[at].clone()),
        2 => events.swap(at, chance.below(count)),
        3 => events.truncate(at + 1),
        4 => {
            let all = events.concat();
            return Some(all.replace('\n', ["\r\n", "\r"][chance.below(2)]).into_bytes());
        }
        _ => {
            let event = events.get(at)?;
            let data = event.find("data:")? + "data:".len();
            let (head, data) = event.split_at(data);
            let changed = json(data.trim().as_bytes(), chance)?;
            events[at] = format!("{head} {}\n\n", String::from_utf8_lossy(&changed)).into();
        }
    }
    Some(events.concat().into_bytes())
}

/// Events of one stream among those of another; always something.
pub fn cross_events(text: &[u8], other: &[u8], chance: &mut Chance) -> Option<Vec<u8>> {
    let (text, other) = (String::from_utf8_lossy(text), String::from_utf8_lossy(other));
    let mut events: Vec<&str> = text.split_inclusive("\n\n").collect();
    let others: Vec<&str> = other.split_inclusive("\n\n").collect();
    let from = chance.below(others.len());
    let until = (from + 1 + chance.below(4)).min(others.len());
    let at = chance.below(events.len() + 1);
    events.splice(
        at..at,
        others.get(from..until).unwrap_or_default().iter().copied(),
    );
    Some(events.concat().into_bytes())
}

fn change(root: &mut Node<'static>, chance: &mut Chance) {
    let donor = pick(root, chance).clone();
    let name = word(chance);
    let node = pick(root, chance);
    match (node, chance.below(10)) {
        (node, 0) => *node = donor,
        (node, 1) => *node = scalar(chance),
        (node, 2) => *node = Node::Array(vec![node.clone()]),
        (Node::Array(items), 3 | 4) if !items.is_empty() => drop(items.remove(chance.below(items.len()))),
        (Node::Array(items), 5 | 6) if !items.is_empty() => {
            items.push(items[chance.below(items.len())].clone())
        }
        (Node::Array(items), _) => items.push(donor),
        (Node::Object(fields), 3 | 4) if !fields.is_empty() => {
            drop(fields.remove(chance.below(fields.len())))
        }
        (Node::Object(fields), 5) if !fields.is_empty() => {
            let at = chance.below(fields.len());
            fields[at].0 = name.into();
        }
        (Node::Object(fields), 6) if !fields.is_empty() => {
            // Twice: readers must not disagree about which of them counts.
            let at = chance.below(fields.len());
            let twice = fields[at].0.clone();
            fields.push((twice, donor));
        }
        (Node::Object(fields), 7) => fields.push((name.into(), scalar(chance))),
        (Node::Object(fields), _) => fields.push((name.into(), donor)),
        (Node::Text(text), 3 | 4 | 5) => *text = name.into(),
        (Node::Text(text), _) => {
            let text = text.to_mut();
            let at = text.floor_char_boundary(chance.below(text.len() + 1));
            let pieces = [
                "\u{0}", "\"", "\\", "\n\n", "é", "🦀", " ", "{", "}", "data:", "\u{7f}", "\u{2028}", "/",
            ];
            if chance.below(4) == 0 {
                text.truncate(at);
            } else {
                text.insert_str(at, pieces[chance.below(pieces.len())]);
            }
        }
        (node, _) => *node = scalar(chance),
    }
}

/// One of all values, the root included.
fn pick<'n>(node: &'n mut Node<'static>, chance: &mut Chance) -> &'n mut Node<'static> {
    let at = chance.below(size(node));
    nth(node, at)
}

fn size(node: &Node<'_>) -> usize {
    1 + match node {
        Node::Array(items) => items.iter().map(size).sum(),
        Node::Object(fields) => fields.iter().map(|(_, value)| size(value)).sum(),
        _ => 0,
    }
}

fn nth<'n>(node: &'n mut Node<'static>, at: usize) -> &'n mut Node<'static> {
    let Some(mut at) = at.checked_sub(1) else {
        return node;
    };
    let children: Vec<&mut Node<'static>> = match node {
        Node::Array(items) => items.iter_mut().collect(),
        Node::Object(fields) => fields.iter_mut().map(|(_, value)| value).collect(),
        _ => Vec::new(),
    };
    for child in children {
        let size = size(child);
        if at < size {
            return nth(child, at);
        }
        at -= size;
    }
    unreachable!("it is below the whole's size")
}

fn scalar(chance: &mut Chance) -> Node<'static> {
    const NUMBERS: [&str; 14] = [
        "0",
        "-0",
        "1",
        "2",
        "-1",
        "0.5",
        "1.0",
        "1e3",
        "1e400",
        "64",
        "1000",
        "9007199254740993",
        "18446744073709551615",
        "18446744073709551616",
    ];
    match chance.below(8) {
        0 => Node::Null,
        1 => Node::Bool(chance.below(2) == 1),
        2 => Node::Text("".into()),
        3 => Node::Array(Vec::new()),
        4 => Node::Object(Vec::new()),
        5 => Node::Text(word(chance).into()),
        _ => Node::Number(NUMBERS[chance.below(NUMBERS.len())].into()),
    }
}

/// A name or a short value that one of the formats knows.
fn word(chance: &mut Chance) -> &'static str {
    let words = words();
    words.get(chance.below(words.len())).map_or("", String::as_str)
}

/// All names and short values of the tables' samples; the fuzzer's dictionary as well.
pub fn words() -> &'static [String] {
    static WORDS: OnceLock<Vec<String>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut words = Vec::new();
        for format in ClientFormat::ALL {
            let (minimal, rows) = table(format);
            for sample in rows.iter().map(|row| row.sample).chain([minimal]) {
                if let Ok(node) = Node::parse(sample.as_bytes()) {
                    gather(&node, &mut words);
                }
            }
        }
        words.sort();
        words.dedup();
        words
    })
}

const WORD_MAX: usize = 40;

fn gather(node: &Node<'_>, words: &mut Vec<String>) {
    match node {
        Node::Text(text) if text.len() <= WORD_MAX => words.push(text.clone().into_owned()),
        Node::Array(items) => items.iter().for_each(|item| gather(item, words)),
        Node::Object(fields) => {
            for (name, value) in fields {
                words.push(name.clone().into_owned());
                gather(value, words);
            }
        }
        _ => {}
    }
}
