//! The cut to k results.

/// What a label must exceed to be among the results that are looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cut {
    pub(super) value: f64,
    /// The label whose value it is, if it is one's.
    pub(super) label: Option<usize>,
}

impl Cut {
    /// Nothing is cut.
    pub(super) const NONE: Self = Self { value: f64::NEG_INFINITY, label: None };
    /// Everything is.
    pub(super) const ALL: Self = Self { value: f64::INFINITY, label: None };
}

/// The largest of a row's values, descending, with their places: from them the cut that the other labels make is read
/// off for each branch, and the row is gone through once.
pub(super) struct Highest<'a> {
    values: &'a [f32],
    highest: Vec<(f32, usize)>,
}

impl<'a> Highest<'a> {
    /// The `count` largest.
    pub(super) fn of(values: &'a [f32], count: usize) -> Self {
        let count = count.min(values.len());
        let mut highest: Vec<(f32, usize)> = Vec::with_capacity(count + 1);
        for (place, &value) in values.iter().enumerate() {
            // Few come among those that are the largest so far.
            if highest.len() < count || highest.last().is_some_and(|(least, _)| value.total_cmp(least).is_gt()) {
                let at = highest.partition_point(|(other, _)| other.total_cmp(&value).is_gt());
                highest.insert(at, (value, place));
                highest.truncate(count);
            }
        }
        Self { values, highest }
    }

    /// The k-th largest (from 1) of the values at other places than `left_out` (ascending): none if there are fewer than
    /// k, all for k = 0.
    pub(super) fn kth_without(&self, k: usize, left_out: &[usize]) -> Cut {
        if k == 0 {
            return Cut::ALL;
        }
        let is_other = |place: usize| left_out.binary_search(&place).is_err();
        let cut = |&(value, place): &(f32, usize)| Cut { value: f64::from(value), label: Some(place) };
        if let Some(kth) = self.highest.iter().filter(|(_, place)| is_other(*place)).nth(k - 1) {
            return cut(kth);
        }
        // So many are left out that they are more than what was kept for it.
        let others = self.values.iter().enumerate().filter(|(place, _)| is_other(*place));
        let mut others: Vec<(f32, usize)> = others.map(|(place, &value)| (value, place)).collect();
        if others.len() < k {
            return Cut::NONE;
        }
        cut(others.select_nth_unstable_by(k - 1, |a, b| b.0.total_cmp(&a.0)).1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_cut_is_the_kth_largest_of_the_other_labels() {
        let values = [5.0, 4.0, 3.0, 2.0];
        let highest = Highest::of(&values, 3);
        let kth = |k, left_out: &[usize]| highest.kth_without(k, left_out);
        assert_eq!(kth(2, &[]), Cut { value: 4.0, label: Some(1) });
        assert_eq!(kth(2, &[0, 2]), Cut { value: 2.0, label: Some(3) });
        assert_eq!(kth(3, &[0, 2]), Cut::NONE);
        assert_eq!(kth(0, &[0, 2]), Cut::ALL);
    }

    proptest! {
        #[test]
        fn it_is_what_sorting_finds(values in vec(-4_i8..4, 0..24), out in vec(any::<bool>(), 24), k in 1..12_usize, kept in 0..24_usize) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let left_out: Vec<usize> = (0..values.len()).filter(|&i| out[i]).collect();
            let mut others: Vec<f32> = (0..values.len()).filter(|&i| !out[i]).map(|i| values[i]).collect();
            others.sort_by(|a, b| b.total_cmp(a));
            let expected = others.get(k - 1).map_or(f64::NEG_INFINITY, |&kth| f64::from(kth));
            let found = Highest::of(&values, kept).kth_without(k, &left_out);
            prop_assert!(found.value.total_cmp(&expected).is_eq(), "{found:?} {expected}");
            let is_its = |label: usize| f64::from(values[label]).total_cmp(&expected).is_eq() && !out[label];
            prop_assert_eq!(found.label.is_some_and(is_its), expected.is_finite());
        }
    }
}
