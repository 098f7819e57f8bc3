//! Sorting by a comparison that may fail, and need not be an order: values of several types, NaN, something unknown. The
//! standard library's sort may panic on those.

use super::machine::Run;

/// Shorter lists are one run, as in `CPython`, so that they come out the same even where NaN makes every order wrong.
const SHORT: usize = 64;

/// The least length of a run of a longer list.
const RUN: usize = 32;

/// The items in order, equal ones as they were; the first comparison that fails ends it.
pub(super) fn sorted<T>(mut items: Vec<T>, less: &mut dyn FnMut(&T, &T) -> Run<bool>) -> Run<Vec<T>> {
    let mut lengths = Vec::new();
    let mut from = 0;
    while from < items.len() {
        let rest = &mut items[from..];
        let least = if rest.len() < SHORT { rest.len() } else { RUN };
        let found = run(rest, less)?;
        let end = found.max(least.min(rest.len()));
        insert(&mut rest[..end], found, less)?;
        lengths.push(end);
        from += end;
    }
    let mut left = items.into_iter();
    let mut runs: Vec<Vec<T>> = lengths.into_iter().map(|length| left.by_ref().take(length).collect()).collect();
    while runs.len() > 1 {
        let mut pairs = runs.into_iter();
        let mut longer = Vec::new();
        while let Some(left) = pairs.next() {
            longer.push(match pairs.next() {
                Some(right) => merged(left, right, less)?,
                None => left,
            });
        }
        runs = longer;
    }
    Ok(runs.pop().unwrap_or_default())
}

/// How many items are in order from the first one on; those in the opposite order are turned.
fn run<T>(items: &mut [T], less: &mut dyn FnMut(&T, &T) -> Run<bool>) -> Run<usize> {
    if items.len() < 2 {
        return Ok(items.len());
    }
    let falls = less(&items[1], &items[0])?;
    let mut end = 2;
    while end < items.len() && less(&items[end], &items[end - 1])? == falls {
        end += 1;
    }
    if falls {
        items[..end].reverse();
    }
    Ok(end)
}

/// Puts the items from `from` on in their places among those before, which are in order.
fn insert<T>(items: &mut [T], from: usize, less: &mut dyn FnMut(&T, &T) -> Run<bool>) -> Run<()> {
    for at in from..items.len() {
        let (mut low, mut high) = (0, at);
        while low < high {
            let middle = usize::midpoint(low, high);
            if less(&items[at], &items[middle])? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items[low..=at].rotate_right(1);
    }
    Ok(())
}

fn merged<T>(left: Vec<T>, right: Vec<T>, less: &mut dyn FnMut(&T, &T) -> Run<bool>) -> Run<Vec<T>> {
    let mut both = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(b, a)? { right.next() } else { left.next() };
        both.extend(next);
    }
    both.extend(left);
    both.extend(right);
    Ok(both)
}

#[cfg(test)]
mod tests {
    use super::super::machine::raise;
    use super::sorted;

    fn of<T: PartialOrd>(items: Vec<T>) -> Vec<T> {
        sorted(items, &mut |a, b| Ok(a < b)).unwrap_or_default()
    }

    #[test]
    fn it_sorts_as_the_standard_library_does_and_keeps_equal_items_in_order() {
        for length in [0, 1, 2, 31, 32, 33, 63, 64, 65, 127, 1000] {
            let items: Vec<(u64, usize)> = (0..length).map(|at| ((at as u64 * 7919 + 13) % 11, at)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            let by_first = sorted(items, &mut |a, b| Ok(a.0 < b.0)).unwrap_or_default();
            assert_eq!(by_first, expected);
            assert_eq!(of((0..length).rev().collect()), (0..length).collect::<Vec<_>>());
        }
    }

    /// Values of `CPython` 3.11.
    #[test]
    fn numbers_and_what_is_none_come_out_as_in_cpython() {
        let nan = f64::NAN;
        let shown = |items: Vec<f64>| of(items).iter().map(f64::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(shown(vec![3.0, nan, 1.0]), "3 NaN 1");
        assert_eq!(shown(vec![nan, 2.0, 1.0, 3.0]), "NaN 1 2 3");
        assert_eq!(shown(vec![2.0, 1.0, nan, 0.0, 5.0, -1.0]), "-1 0 1 2 NaN 5");
    }

    #[test]
    fn the_first_failure_ends_it() {
        let mut asked = 0;
        let mut fails = |_: &u8, _: &u8| {
            asked += 1;
            raise("TypeError")
        };
        assert!(sorted(vec![0; 100], &mut fails).is_err());
        assert_eq!(asked, 1);
    }
}
