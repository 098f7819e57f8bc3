//! Kinds of characters, what texts are made of them, and how that is said.

/// Kinds of characters, as bits, and some of each.
const SAMPLES: [(u8, [char; 3]); 4] =
    [(1, ['4', '7', '2']), (2, ['Q', 'Z', 'J']), (4, ['q', 'z', 'j']), (8, ['%', '&', '#'])];

/// All kinds.
const ALL: u8 = 15;

/// Kinds together that have a name.
const NAMED: [(u8, &str); 9] = [
    (1, "digits"),
    (2, "upper-case letters"),
    (4, "lower-case letters"),
    (6, "letters"),
    (7, "letters and digits"),
    (3, "upper-case letters and digits"),
    (5, "lower-case letters and digits"),
    (8, "other characters"),
    (14, "letters and other characters"),
];

/// The kinds of which a text has some, as bits; one at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made(u8);

impl Made {
    /// Letters, of which those in upper case stand for all.
    pub(super) const LETTERS: Self = Self(2);

    /// All that a text can be made of, plain ones first.
    pub(super) fn all() -> Vec<Self> {
        let mut all: Vec<Self> = (1..=ALL).map(Self).collect();
        all.sort_by_key(|made| made.0.count_ones());
        all
    }

    /// What most of such questions are about: digits, letters and both.
    pub(super) fn plain() -> [Self; 3] {
        [1, 2, 3].map(Self)
    }

    /// Whether it is one of a few of which one leads elsewhere where any does.
    pub(super) fn is_telling(self) -> bool {
        [1, 2, 4, 3, 8, ALL].contains(&self.0)
    }

    /// What a text is made of; `None` of an empty one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let kinds = text.chars().fold(0, |kinds, c| {
            kinds
                | match c {
                    _ if c.is_numeric() => 1,
                    _ if c.is_uppercase() => 2,
                    _ if c.is_alphabetic() => 4,
                    _ => 8,
                }
        });
        (kinds > 0).then_some(Self(kinds))
    }

    /// How many characters it has at least.
    pub(super) fn least(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Texts of this length in which its kinds come in one order and in the other; none where it is too short for them.
    pub(super) fn texts(self, length: usize) -> Vec<String> {
        let one = self.text(length, 0);
        let turned: String = one.chars().rev().collect();
        let mut all = if turned == one { vec![one] } else { vec![one, turned] };
        // As a name is written.
        if self.0 == 6 && length > 1 {
            all.push(Self(2).text(1, 0) + &Self(4).text(length - 1, 0));
        }
        if length < self.least() { Vec::new() } else { all }
    }

    /// Three texts of this length that are told apart.
    pub(super) fn marked(self, length: usize) -> [String; 3] {
        [0, 1, 2].map(|mark| self.text(length, mark))
    }

    fn text(self, length: usize, mark: usize) -> String {
        let own: Vec<char> = SAMPLES.iter().filter(|kind| self.0 & kind.0 > 0).map(|kind| kind.1[mark]).collect();
        own.iter().cycle().take(length).collect()
    }
}

/// Some of what texts can be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u16);

impl Kinds {
    pub(super) fn of(makes: impl IntoIterator<Item = Made>) -> Self {
        Self(makes.into_iter().fold(0, |all, made| all | 1 << made.0))
    }

    fn such(is: impl Fn(u8) -> bool) -> Self {
        Self::of((1..=ALL).filter(|made| is(*made)).map(Made))
    }

    /// In words, if there are short ones.
    pub(super) fn describe(self) -> Option<String> {
        let mut simple = Vec::new();
        for (kinds, name) in NAMED {
            simple.push((Self::such(|made| made & !kinds == 0), format!("only {name}")));
            simple.push((Self::such(|made| made & kinds == 0), format!("no {}", name.replace(" and ", " or "))));
            simple.push((Self::such(|made| made & kinds > 0), format!("some {}", name.replace(" and ", " or "))));
            simple.push((Self::such(|made| made & !kinds > 0), format!("not only {name}")));
        }
        if let Some((_, words)) = simple.iter().find(|(such, _)| *such == self) {
            return Some(words.clone());
        }
        let pairs =
            simple.iter().enumerate().flat_map(|(at, one)| simple[at + 1..].iter().map(move |other| (one, other)));
        let mut both = pairs.filter(|(one, other)| one.0.0 & other.0.0 == self.0);
        // What all of it is comes before what is in it.
        let (one, other) = both.next()?;
        let (one, other) = if other.1.starts_with("only") { (other, one) } else { (one, other) };
        Some(format!("{}, {}", one.1, other.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_s_questions_have_words() {
        let described = |is: fn(u8) -> bool| Kinds::such(is).describe().expect("words");
        assert_eq!(described(|made| made == 1), "only digits"); // isdigit
        assert_eq!(described(|made| made & 8 == 0), "only letters and digits"); // isalnum
        assert_eq!(described(|made| made & 1 > 0), "some digits"); // any(c.isdigit() for c in text)
        assert_eq!(described(|made| made != 1), "not only digits");
        assert_eq!(described(|made| made & 2 > 0 && made & 4 == 0), "some upper-case letters, no lower-case letters"); // isupper
        assert_eq!(described(|made| made & 8 == 0 && made & 1 > 0), "only letters and digits, some digits");
    }

    #[test]
    fn texts_are_made_of_what_they_say() {
        for made in Made::all() {
            for length in made.least()..6 {
                for text in made.texts(length).iter().chain(&made.marked(length)) {
                    assert_eq!(Made::of(text), Some(made), "{text}");
                    assert_eq!(text.chars().count(), length);
                }
            }
            assert!(made.least() == 1 || made.texts(made.least() - 1).is_empty());
        }
    }
}
