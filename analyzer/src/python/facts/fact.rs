//! What one value depends on.

use std::ops::{BitOr, BitOrAssign};

/// What a value may depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of six bits, joined bit by bit")]
pub(in crate::python) struct Fact {
    /// The API's answer has a part in it, as data or by having chosen it.
    pub(in crate::python) api: bool,
    /// Data of the answer flows into it.
    pub(in crate::python) data: bool,
    /// Something outside the program has a part in it.
    pub(in crate::python) unknown: bool,
    /// It may have a value that the program determines (an unknown condition on the way to it does not count).
    pub(in crate::python) known: bool,
    /// Another call of an API has a part in it.
    pub(in crate::python) other: bool,
    /// It may be an object that the program made, or hold one: its attributes are its own, not parts of an answer.
    pub(in crate::python) object: bool,
}

impl Fact {
    pub(super) const API: Self =
        Self { api: true, data: true, unknown: false, known: true, other: false, object: false };
    pub(super) const UNKNOWN: Self =
        Self { api: false, data: false, unknown: true, known: false, other: false, object: false };
    pub(super) const OTHER: Self = Self { other: true, ..Self::UNKNOWN };
    pub(super) const INPUT: Self =
        Self { api: false, data: false, unknown: false, known: true, other: true, object: false };

    /// Whether only things outside have a part in it.
    pub(in crate::python) fn is_foreign(self) -> bool {
        self.unknown && !self.api
    }

    /// Whether it is a value of the program's own that the answer chose.
    pub(in crate::python) fn is_chosen(self) -> bool {
        self.api && !self.data && self.known && !self.unknown
    }

    /// Whether it may be a part of the answer itself.
    pub(super) fn is_answer(self) -> bool {
        self.data && !self.object
    }

    /// What values set under a condition that depends on this take from it.
    pub(super) fn control(self) -> Self {
        Self { data: false, known: false, object: false, ..self }
    }
}

impl BitOr for Fact {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            api: self.api || other.api,
            data: self.data || other.data,
            unknown: self.unknown || other.unknown,
            known: self.known || other.known,
            other: self.other || other.other,
            object: self.object || other.object,
        }
    }
}

impl BitOrAssign for Fact {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}
