//! Strings that remember which of their pieces came from the API.

use std::rc::Rc;

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
    pieces: Pieces,
}

#[derive(Clone, Debug)]
enum Pieces {
    One(Origin),
    /// Byte lengths that add up to the string's.
    Many(Rc<[(usize, Origin)]>),
}

impl Text {
    pub(super) fn new(string: impl Into<Rc<str>>, origin: Origin) -> Self {
        Self { string: string.into(), pieces: Pieces::One(origin) }
    }

    pub(super) fn program(string: impl Into<Rc<str>>) -> Self {
        Self::new(string, Origin::Program)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.string
    }

    pub(super) fn shared(&self) -> Rc<str> {
        Rc::clone(&self.string)
    }

    pub(super) fn is_data(&self) -> bool {
        self.has(Origin::Api)
    }

    /// Whether some piece is unknown, so that nothing may be concluded from the text.
    pub(super) fn is_unknown(&self) -> bool {
        self.has(Origin::Unknown)
    }

    fn has(&self, origin: Origin) -> bool {
        match &self.pieces {
            Pieces::One(one) => *one == origin,
            Pieces::Many(many) => many.iter().any(|piece| piece.1 == origin),
        }
    }

    /// The pieces in order, none of them empty.
    pub(super) fn pieces(&self) -> Vec<(&str, Origin)> {
        match &self.pieces {
            Pieces::One(origin) => vec![(&*self.string, *origin)],
            Pieces::Many(many) => {
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
        match &self.pieces {
            Pieces::One(origin) => Self::new(change(&self.string), *origin),
            Pieces::Many(_) => {
                let mut builder = TextBuilder::default();
                for (piece, origin) in self.pieces() {
                    builder.push_str(&change(piece), origin);
                }
                builder.build()
            }
        }
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
        Self::new(string, origin)
    }
}

/// Puts pieces together, merging neighbours of one origin.
#[derive(Default)]
pub(super) struct TextBuilder {
    string: String,
    pieces: Vec<(usize, Origin)>,
}

impl TextBuilder {
    pub(super) fn push_str(&mut self, piece: &str, origin: Origin) {
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
        for (piece, origin) in text.pieces() {
            self.push_str(piece, origin);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.string.len()
    }

    pub(super) fn build(self) -> Text {
        let pieces = match self.pieces.as_slice() {
            [] => Pieces::One(Origin::Program),
            [(_, origin)] => Pieces::One(*origin),
            many => Pieces::Many(many.into()),
        };
        Text { string: self.string.into(), pieces }
    }
}
