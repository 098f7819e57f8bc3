//! What the runs of one program share: the elements of displays that are written out, such as long lists of words, and
//! the program's own texts that were compared with data of the API.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::text::Text;
use super::value::Value;
use crate::program::{BinaryOp, Constant, Expr, ExprKind};

/// Shorter displays are as soon evaluated.
const LEAST: usize = 4;

/// Values of one program's displays, by the place of their elements in memory.
#[derive(Default)]
pub(crate) struct Memory<'p> {
    displays: RefCell<HashMap<*const Expr, Option<Rc<[Value<'p>]>>>>,
    compared: RefCell<HashSet<Rc<str>>>,
}

impl<'p> Memory<'p> {
    /// Notes a text of the program's that was compared.
    pub(super) fn note_compared(&self, text: &Text) {
        let mut compared = self.compared.borrow_mut();
        if !compared.contains(text.as_str()) {
            compared.insert(text.shared());
        }
    }

    /// The texts that were compared, in alphabetical order.
    pub(crate) fn compared(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.compared.borrow().iter().map(|text| (**text).to_owned()).collect();
        texts.sort_unstable();
        texts
    }

    /// The values of elements that are all written out; `make` evaluates one.
    pub(super) fn elements(
        &self,
        elements: &'p [Expr],
        make: impl Fn(&'p Expr) -> Option<Value<'p>>,
    ) -> Option<Rc<[Value<'p>]>> {
        if elements.len() < LEAST {
            return None;
        }
        let mut displays = self.displays.borrow_mut();
        let known = displays.entry(elements.as_ptr()).or_insert_with(|| {
            let written = elements.iter().all(is_written);
            if written { elements.iter().map(make).collect() } else { None }
        });
        known.clone()
    }
}

/// Whether an expression is a constant, or texts put together.
fn is_written(expr: &Expr) -> bool {
    let text = |expr: &Expr| matches!(&expr.kind, ExprKind::Constant { value: Constant::Str(_) });
    match &expr.kind {
        ExprKind::Constant { .. } => true,
        ExprKind::Binary { left, op: BinaryOp::Add, right } => text(left) && text(right),
        _ => false,
    }
}
