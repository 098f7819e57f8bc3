//! Fields that only some items have: an item has the number of its line only where it is a word. A test whether the field
//! is there is told by the value that goes with it, and said to be that test.

use super::Draft;
use super::constants::Constants;
use super::probe::Probe;
use crate::api::Api;
use crate::interpreter::snake_case;
use crate::process::Warning;
use crate::program::Program;
use crate::shape::{Shape, show_path};

/// Says of a field whose values decide, though no value is compared with anything, that another field is asked for.
pub(super) fn tell(draft: &mut Draft, probe: &Probe<'_>, (program, api): (&Program, &Api), constants: &Constants) {
    let compared: Vec<String> = probe.compared().iter().map(|text| text.trim().to_lowercase()).collect();
    for (path, leaf) in api.answer.leaves() {
        let (Shape::OnlyWhere { field, is, .. }, Some((name, around))) = (leaf, path.split_last()) else { continue };
        let other = [around, std::slice::from_ref(field)].concat();
        let Some(Shape::Word(values)) = api.answer.at(&other) else { continue };
        let of_value = |text: &String| values.iter().any(|value| value.to_lowercase().contains(text.as_str()));
        let shown = show_path(&other);
        let decides = draft.summary.field.as_ref() == Some(&shown)
            || draft.summary.branches.iter().flat_map(|branch| &branch.conditions).any(|is| is.field == shown);
        if !decides || compared.iter().filter(|text| !text.is_empty()).any(of_value) {
            continue;
        }
        let Some((text, span)) = constants.texts.iter().find(|text| snake_case(&text.0) == *name) else { continue };
        let entry = program.functions.get(program.entry.0 as usize).map(|function| function.span).unwrap_or_default();
        let span = if span.line > 0 { *span } else { entry };
        let message = format!("`{text}` is asked for, which an item has only where its {field} is {is}");
        draft.warnings.push(Warning { span, message });
    }
}
