//! Lists as they show in a decision: `['paper', 'rest']`.

use std::collections::BTreeSet;

/// What shows in the place of data of the API.
const DATA: &str = "<data>";

/// Deeper lists are not looked into.
const MAX_DEPTH: usize = 8;

/// Whether a value is the two others put together: a list of all that is in them, each once, or a list or a dictionary
/// that holds such a list in the place of theirs.
pub(super) fn joins(both: &str, parts: [&str; 2]) -> bool {
    joins_within(both, parts, MAX_DEPTH)
}

fn joins_within(both: &str, [one, other]: [&str; 2], depth: usize) -> bool {
    if both == one && both == other {
        return true;
    }
    // What stands before the brackets is the same: `'bins': ['paper']`.
    let [(start, whole), (first, one), (second, other)] = [both, one, other].map(opened);
    let (Some(depth), true) = (depth.checked_sub(1), start == first && start == second) else { return false };
    let (Some(whole), Some(one), Some(other)) = (elements(whole), elements(one), elements(other)) else { return false };
    let set = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect::<BTreeSet<String>>();
    if set(&whole) == set(&[one.as_slice(), &other].concat()) {
        return true;
    }
    let alike = whole.len() == one.len() && whole.len() == other.len();
    let mut places = whole.iter().zip(&one).zip(&other);
    alike && places.all(|((whole, one), other)| joins_within(whole, [one, other], depth))
}

/// What is at a place within a value that can hold data of the API: `'bins': [`.
pub(super) enum Held {
    /// Nothing of the API's: an empty list, a text of the program's own or `None`.
    Nothing(String),
    /// Data of the API.
    Data(String),
}

/// The places within a value that hold nothing or data of the API.
pub(super) fn held(value: &str) -> Vec<Held> {
    let mut found = Vec::new();
    collect_held(value, String::new(), MAX_DEPTH, &mut found);
    found
}

fn collect_held(value: &str, place: String, depth: usize, found: &mut Vec<Held>) {
    let (start, whole) = opened(value);
    let (Some(depth), Some(within)) = (depth.checked_sub(1), elements(whole)) else {
        let is_place = |start: &&str| start.is_empty() || start.ends_with(": ") || start.ends_with('=');
        let before = |end: &str| Some(place.clone() + value.strip_suffix(end).filter(is_place)?);
        // A text of the program's own is none of the API's.
        let own = || before(&value[value.find('\'').filter(|_| value.ends_with('\''))?..]);
        found.extend(before("None").or_else(own).map(Held::Nothing));
        found.extend(before(DATA).map(Held::Data));
        return;
    };
    let place = place + start;
    if !whole.starts_with('[') {
        // What a tuple or a dictionary has is known by its place, or by what stands before it.
        let numbered = whole.starts_with('(');
        for (at, element) in within.into_iter().enumerate() {
            let place = if numbered { format!("{place}({at}") } else { format!("{place}{{") };
            collect_held(element, place, depth, found);
        }
    } else if within.is_empty() {
        found.push(Held::Nothing(place + "["));
    } else if within.contains(&DATA) {
        found.push(Held::Data(place + "["));
    } else {
        for element in within {
            collect_held(element, format!("{place}["), depth, found);
        }
    }
}

/// What stands before the first bracket outside quotes, and the rest.
fn opened(text: &str) -> (&str, &str) {
    let mut marks = Marks::default();
    let at =
        text.char_indices().find(|(_, c)| marks.step(*c) && matches!(c, '[' | '(' | '{')).map_or(text.len(), |c| c.0);
    text.split_at(at)
}

/// What is in a list, a tuple or a dictionary, as it is written.
fn elements(text: &str) -> Option<Vec<&str>> {
    let ends = [('[', ']'), ('(', ')'), ('{', '}')];
    let inside = ends.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))?;
    let (mut marks, mut level, mut from, mut found) = (Marks::default(), 0_u32, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            _ if !marks.step(c) => {}
            '[' | '(' | '{' => level += 1,
            ']' | ')' | '}' => level = level.checked_sub(1)?,
            ',' if level == 0 => {
                found.push(inside[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    let last = inside[from..].trim();
    found.extend((!last.is_empty()).then_some(last));
    Some(found)
}

/// Where in a text with quotes one is.
#[derive(Default)]
struct Marks {
    quote: Option<char>,
    escaped: bool,
}

impl Marks {
    /// Goes on by a character; whether it stands outside quotes.
    fn step(&mut self, c: char) -> bool {
        match self.quote {
            Some(_) if self.escaped => self.escaped = false,
            Some(_) if c == '\\' => self.escaped = true,
            Some(quote) if c == quote => self.quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"') => self.quote = Some(c),
            None => return true,
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_both_is_both() {
        assert!(joins("['paper', 'rest']", ["['paper']", "['rest']"]));
        assert!(joins(
            "{'bins': [('a', <data>), ('b, c', <data>)]}",
            ["{'bins': [('a', <data>)]}", "{'bins': [('b, c', <data>)]}"]
        ));
        assert!(joins("{<data>: 'other', <data>: 'pet'}", ["{<data>: 'pet'}", "{<data>: 'other'}"]));
    }

    #[test]
    fn what_holds_nothing_and_what_holds_data_are_known_by_their_places() {
        let shown = |value: &str| -> Vec<String> {
            let show = |held: Held| match held {
                Held::Nothing(place) => format!("{place} -"),
                Held::Data(place) => format!("{place} +"),
            };
            held(value).into_iter().map(show).collect()
        };
        assert_eq!(shown("{'bins': [], 'all': [<data>, <data>]}"), ["{'bins': [ -", "{'all': [ +"]);
        assert_eq!(shown("([<data>], [[], []], '[]')"), ["(0[ +", "(1[[ -", "(1[[ -", "(2 -"]);
        assert_eq!(shown("{'total': None, 'of': <data>}"), ["{'total':  -", "{'of':  +"]);
        assert_eq!([shown("None"), shown("<data>")].concat(), [" -", " +"]);
        assert_eq!(shown("['pet', 1, 'None', 'a'<data>]"), ["[ -", "[ -"]);
        assert!(shown("[1, 'a'<data>]").is_empty());
    }

    #[test]
    fn another_list_is_not() {
        assert!(!joins("['pet']", ["['pet']", "['other']"]));
        assert!(!joins("{'pet': 1, 'other': 1}", ["{'pet': 1, 'other': 0}", "{'pet': 0, 'other': 1}"]));
        assert!(!joins("'both'", ["'pet'", "'other'"]));
        assert!(!joins("]", ["[", "("]));
    }
}
