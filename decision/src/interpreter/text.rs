//! Strings that remember which of their pieces came from the API.

use std::rc::Rc;

use super::watch::{Change, Question, Watched};
use crate::decision::Rendered;

/// Where a piece of text came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The program's own text.
    Program,
    /// The API's output.
    Api,
    /// Neither: user input, an unknown call. The text itself is a placeholder.
    Unknown,
}

/// A string in pieces; most have one.
#[derive(Clone, Debug)]
pub(super) struct Text {
    string: Rc<str>,
    /// Of all of it, or of its first piece.
    origin: Origin,
    /// The program determines what it says, but not word for word: items of a set, which come in any order.
    loose: bool,
    /// What few texts have: every value is as large as a text.
    more: Option<Rc<More>>,
}

#[derive(Debug, Default)]
struct More {
    /// Byte lengths that add up to the string's; none where there is one piece.
    pieces: Vec<(usize, Origin)>,
    /// How it shows in a decision, where that is not its pieces: a value was written into it, whose order and
    /// repetitions were not decided.
    shown: Option<Vec<ShownPart>>,
    /// Whether it is a name whose characters are looked at only by questions, if they can be. Such a text is of one piece.
    watched: Option<Watched>,
}

/// A part of a text as it shows in a decision.
#[derive(Clone, Debug)]
pub(super) enum ShownPart {
    Words(String, Origin),
    /// A value that was written into the text.
    Value(Rendered),
}

impl Text {
    pub(super) fn new(string: impl Into<Rc<str>>, origin: Origin) -> Self {
        Self { string: string.into(), origin, loose: false, more: None }
    }

    pub(super) fn program(string: impl Into<Rc<str>>) -> Self {
        Self::new(string, Origin::Program)
    }

    /// A name of the API's that is watched.
    pub(super) fn name(string: impl Into<Rc<str>>, watched: Watched) -> Self {
        let more = More { watched: Some(watched), ..More::default() };
        Self { more: Some(Rc::new(more)), ..Self::new(string, Origin::Api) }
    }

    pub(super) fn as_str(&self) -> &str {
        self.read();
        &self.string
    }

    pub(super) fn shared(&self) -> Rc<str> {
        self.read();
        Rc::clone(&self.string)
    }

    /// What watches the text, if it is a name of an answer.
    fn watched(&self) -> Option<&Watched> {
        self.more.as_ref()?.watched.as_ref()
    }

    /// Whether its characters should be looked at by questions, where they can be.
    pub(super) fn is_watched(&self) -> bool {
        self.watched().is_some()
    }

    /// Notes that its characters are looked at in another way.
    fn read(&self) {
        if let Some(watched) = self.watched() {
            watched.log.read();
        }
    }

    /// The answer to a question about this text and another one, and the steps that it takes.
    fn ask(&self, other: &Self, question: impl FnOnce(Rc<str>) -> Question) -> u64 {
        match self.watched() {
            Some(watched) if !other.is_watched() => watched.ask(&self.string, question(other.shared())).0,
            _ => question(other.shared()).ask(self.as_str(), 0.0).0,
        }
    }

    /// Whether two texts are the same.
    pub(super) fn is(&self, other: &Self) -> bool {
        match (self.is_watched(), other.is_watched()) {
            (true, false) => self.ask(other, Question::Is) == 1,
            (false, true) => other.ask(self, Question::Is) == 1,
            _ => self.as_str() == other.as_str(),
        }
    }

    /// Whether another text is in this one.
    pub(super) fn holds(&self, part: &Self) -> bool {
        match (self.is_watched(), part.is_watched()) {
            (true, false) => self.ask(part, Question::Holds) == 1,
            (false, true) => part.ask(self, Question::Within) == 1,
            _ => self.as_str().contains(part.as_str()),
        }
    }

    /// Whether it begins with another text.
    pub(super) fn begins(&self, start: &Self) -> bool {
        if self.is_watched() {
            self.ask(start, Question::Begins) == 1
        } else {
            self.as_str().starts_with(start.as_str())
        }
    }

    /// Whether it ends with another text.
    pub(super) fn ends(&self, end: &Self) -> bool {
        if self.is_watched() { self.ask(end, Question::Ends) == 1 } else { self.as_str().ends_with(end.as_str()) }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self.watched() {
            Some(watched) => watched.ask(&self.string, Question::Is("".into())).0 == 1,
            None => self.string.is_empty(),
        }
    }

    /// Whether a text that is watched is one of these, and the steps of looking through them; `None` for any other text.
    pub(super) fn among(&self, texts: impl FnOnce() -> Option<Rc<[Rc<str>]>>, each: u64) -> Option<(bool, u64)> {
        let (answer, cost) = self.watched()?.ask(&self.string, Question::Among(texts()?, each));
        Some((answer == 1, cost))
    }

    /// Which of these a text is that is watched; `None` for any other text.
    #[expect(clippy::option_option, reason = "none of them and no question are different answers")]
    pub(super) fn which(&self, texts: impl FnOnce() -> Option<Rc<[Rc<str>]>>) -> Option<Option<usize>> {
        let (answer, _) = self.watched()?.ask(&self.string, Question::Which(texts()?));
        Some(answer.checked_sub(1).map(|at| at as usize))
    }

    /// The steps that going through its bytes takes.
    pub(super) fn cost(&self) -> usize {
        self.paid(Question::Bytes)
    }

    /// The steps that going through its characters takes.
    pub(super) fn cost_of_characters(&self) -> usize {
        self.paid(Question::Characters)
    }

    fn paid(&self, length: Question) -> usize {
        let (_, cost) = match self.watched() {
            Some(watched) => watched.ask(&self.string, length),
            None => length.ask(&self.string, 0.0),
        };
        cost as usize
    }

    /// A text that is watched after a change; `None` for any other text.
    pub(super) fn changed(&self, change: Change) -> Option<Self> {
        let watched = self.watched()?;
        let changed = Self::name(change.apply(&self.string), watched.changed(change));
        Some(Self { loose: self.loose, ..changed })
    }

    pub(super) fn is_data(&self) -> bool {
        self.has(Origin::Api)
    }

    /// Whether some piece is unknown, so that nothing may be concluded from the text.
    pub(super) fn is_unknown(&self) -> bool {
        self.has(Origin::Unknown)
    }

    /// This text, shown in a decision as these parts.
    pub(super) fn showing(self, parts: Vec<ShownPart>) -> Self {
        self.read();
        let pieces = self.many().to_vec();
        Self { more: Some(Rc::new(More { pieces, shown: Some(parts), watched: None })), ..self }
    }

    /// This text, all of it the API's.
    pub(super) fn into_data(self) -> Self {
        self.read();
        Self { origin: Origin::Api, more: None, ..self }
    }

    /// This text, written in a way that is not determined.
    pub(super) fn loosely(self) -> Self {
        Self { loose: true, ..self }
    }

    /// Whether the text is the program's own, word for word.
    pub(super) fn is_plain(&self) -> bool {
        !self.loose && self.more.is_none() && self.origin == Origin::Program
    }

    /// Whether the program determines the text word for word.
    pub(super) fn is_exact(&self) -> bool {
        !self.loose && !self.is_unknown()
    }

    /// What a decision shows of the text, in order.
    pub(super) fn shown_parts(&self) -> Vec<ShownPart> {
        match self.shown() {
            Some(shown) => shown.to_vec(),
            None => self.pieces().into_iter().map(|(piece, origin)| ShownPart::Words(piece.into(), origin)).collect(),
        }
    }

    fn has(&self, origin: Origin) -> bool {
        match self.many() {
            [] => self.origin == origin,
            many => many.iter().any(|piece| piece.1 == origin),
        }
    }

    /// The lengths of several pieces; empty where there is one.
    fn many(&self) -> &[(usize, Origin)] {
        self.more.as_ref().map_or(&[], |more| &more.pieces)
    }

    fn shown(&self) -> Option<&[ShownPart]> {
        self.more.as_ref()?.shown.as_deref()
    }

    /// Stretches of the text that are known word for word, none of them empty.
    pub(super) fn known_pieces(&self) -> impl Iterator<Item = String> {
        let mut stretches = vec![String::new()];
        for (piece, origin) in self.pieces() {
            match stretches.last_mut() {
                Some(last) if origin != Origin::Unknown => last.push_str(piece),
                _ => stretches.push(String::new()),
            }
        }
        stretches.into_iter().filter(|stretch| !stretch.is_empty())
    }

    /// The pieces in order, none of them empty.
    pub(super) fn pieces(&self) -> Vec<(&str, Origin)> {
        self.read();
        match self.many() {
            [] => vec![(&*self.string, self.origin)],
            many => {
                let mut start = 0;
                let cut = many.iter().map(|&(length, origin)| {
                    start += length;
                    (&self.string[start - length..start], origin)
                });
                cut.collect()
            }
        }
    }

    pub(super) fn join<'a>(texts: impl IntoIterator<Item = &'a Text>) -> Self {
        let mut builder = TextBuilder::default();
        for text in texts {
            builder.push(text);
        }
        builder.build()
    }

    /// Applies a change that works on each piece by itself, e.g. of letter case.
    pub(super) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        let mut builder = TextBuilder::default();
        for (piece, origin) in self.pieces() {
            builder.push_piece(&change(piece), origin);
        }
        builder.shown = self.shown().map(|shown| {
            let changed = |part: &ShownPart| match part {
                ShownPart::Words(words, origin) => ShownPart::Words(change(words), *origin),
                ShownPart::Value(value) => ShownPart::Value(value.clone()),
            };
            shown.iter().map(changed).collect()
        });
        builder.loose = self.loose;
        builder.build()
    }

    /// A text made from this one: the API's as soon as some piece is.
    pub(super) fn derive(&self, string: impl Into<Rc<str>>) -> Self {
        let origin = if self.is_unknown() {
            Origin::Unknown
        } else if self.is_data() {
            Origin::Api
        } else {
            Origin::Program
        };
        Self { loose: self.loose, ..Self::new(string, origin) }
    }
}

/// Puts pieces together, merging neighbours of one origin.
#[derive(Default)]
pub(super) struct TextBuilder {
    string: String,
    pieces: Vec<(usize, Origin)>,
    shown: Option<Vec<ShownPart>>,
    loose: bool,
}

impl TextBuilder {
    pub(super) fn push_str(&mut self, piece: &str, origin: Origin) {
        self.push_piece(piece, origin);
        if let Some(shown) = self.shown.as_mut().filter(|_| !piece.is_empty()) {
            push_words(shown, piece, origin);
        }
    }

    fn push_piece(&mut self, piece: &str, origin: Origin) {
        // An empty piece of the API's is still its data: `"" + description` for an empty description.
        if piece.is_empty() && origin == Origin::Program {
            return;
        }
        self.string.push_str(piece);
        match self.pieces.last_mut() {
            Some(last) if last.1 == origin => last.0 += piece.len(),
            _ => self.pieces.push((piece.len(), origin)),
        }
    }

    pub(super) fn push(&mut self, text: &Text) {
        self.loose |= text.loose;
        if let (None, Some(_)) = (&self.shown, text.shown()) {
            self.shown = Some(self.parts());
        }
        if let Some(shown) = &mut self.shown {
            for part in text.shown_parts() {
                match part {
                    ShownPart::Words(words, origin) => push_words(shown, &words, origin),
                    ShownPart::Value(value) => shown.push(ShownPart::Value(value)),
                }
            }
        }
        for (piece, origin) in text.pieces() {
            self.push_piece(piece, origin);
        }
    }

    /// The pieces so far, as a decision shows them.
    fn parts(&self) -> Vec<ShownPart> {
        let mut start = 0;
        let cut = self.pieces.iter().map(|&(length, origin)| {
            start += length;
            ShownPart::Words(self.string[start - length..start].to_owned(), origin)
        });
        cut.collect()
    }

    pub(super) fn len(&self) -> usize {
        self.string.len()
    }

    /// Says that the order of what was pushed is not determined.
    pub(super) fn loosen(&mut self) {
        self.loose = true;
    }

    pub(super) fn build(self) -> Text {
        let origin = self.pieces.first().map_or(Origin::Program, |piece| piece.1);
        let pieces = if self.pieces.len() > 1 { self.pieces } else { Vec::new() };
        let is_usual = pieces.is_empty() && self.shown.is_none();
        let more = if is_usual { None } else { Some(Rc::new(More { pieces, shown: self.shown, watched: None })) };
        Text { string: self.string.into(), origin, loose: self.loose, more }
    }
}

fn push_words(shown: &mut Vec<ShownPart>, words: &str, origin: Origin) {
    match shown.last_mut() {
        Some(ShownPart::Words(last, of)) if *of == origin => last.push_str(words),
        _ => shown.push(ShownPart::Words(words.to_owned(), origin)),
    }
}
