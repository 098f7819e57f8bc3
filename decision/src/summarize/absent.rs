//! Programs that take for granted that a list of the answer holds something: `for sentence in answer["sentences"]` fails on
//! a JSON answer without sentences, which leaves the list out.

use super::Draft;
use super::constants::Constants;
use crate::api::Api;
use crate::decider::Decider;
use crate::decision::Rendered;
use crate::shape::Shape;
use crate::summary::{DecisionType, Vocabulary};

/// The draft, or, where it is of no known kind and an answer of nothing has the program fail for want of a list, what it is
/// where the lists that the program names hold something.
pub(super) fn filled(draft: Draft, decider: &Decider<'_>, vocabulary: &Vocabulary) -> Draft {
    let (program, api) = decider.subject();
    if draft.summary.decision_type != DecisionType::Other || !wants_a_key(&draft) || !api.is_protobuf() {
        return draft;
    }
    let constants = Constants::of(program);
    let mut held: Api = api.clone();
    let Shape::Record(fields) = &mut held.answer else { return draft };
    let mut any = false;
    for (_, field) in fields.iter_mut().filter(|(name, _)| constants.names(name)) {
        if let Shape::List(item) = field {
            any = true;
            *field = Shape::NonEmpty(item.clone());
        }
    }
    if !any {
        return draft;
    }
    let told = Draft::about(&decider.of(&held), vocabulary);
    if told.summary.decision_type == DecisionType::Other { draft } else { told }
}

/// Whether the program fails on an answer of nothing since something is not there.
fn wants_a_key(draft: &Draft) -> bool {
    let missing = Rendered::Chosen("KeyError".to_owned());
    let effects = &draft.summary.default.effects;
    effects.iter().any(|effect| effect.action == "raise" && effect.values.contains(&missing))
}
