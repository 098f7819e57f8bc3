//! Lists whose items are in an order that nobody knows: which they are is known all the same.

use std::rc::Rc;

use super::value::{Growth, Value};

/// Where an item of a shuffled list keeps the items that were shuffled. No attribute is called so.
const SHUFFLED: &str = "<shuffled>";

/// What is at which place in a list is no longer known.
pub(super) fn forget_places(list: &Value<'_>) {
    let Value::List(list) = list else { return };
    let mut list = list.borrow_mut();
    list.items = anywhere(std::mem::take(&mut list.items));
}

/// The same items at places that nobody knows.
pub(super) fn anywhere(items: Vec<Value<'_>>) -> Vec<Value<'_>> {
    if items.len() < 2 {
        return items;
    }
    let places = items.len();
    let all = Value::list(whole(&items).unwrap_or(items), Growth::Fixed);
    let item = || {
        let item = Value::unknown("an item of a shuffled list");
        if let Value::Unknown(unknown) = &item {
            unknown.stored.borrow_mut().insert(SHUFFLED.to_owned(), all.clone());
        }
        item
    };
    (0..places).map(|_| item()).collect()
}

/// The items that were shuffled, in the order before, where these are all of them.
pub(super) fn whole<'p>(items: &[Value<'p>]) -> Option<Vec<Value<'p>>> {
    let of = |item: &Value<'p>| match item {
        Value::Unknown(unknown) => match unknown.stored.borrow().get(SHUFFLED) {
            Some(Value::List(all)) => Some(Rc::clone(all)),
            _ => None,
        },
        _ => None,
    };
    let all = of(items.first()?)?;
    let is_whole = all.borrow().items.len() == items.len()
        && items.iter().all(|item| of(item).is_some_and(|other| Rc::ptr_eq(&other, &all)));
    is_whole.then(|| all.borrow().items.clone())
}
