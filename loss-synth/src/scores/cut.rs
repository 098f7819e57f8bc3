//! The cut to k results.

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

    /// The k-th largest (from 1) of the values at other places than `left_out` (ascending); minus infinity if there are
    /// fewer than k: then nothing is cut. Infinity for k = 0: then everything is.
    pub(super) fn kth_without(&self, k: usize, left_out: &[usize]) -> f64 {
        if k == 0 {
            return f64::INFINITY;
        }
        let is_other = |place: usize| left_out.binary_search(&place).is_err();
        let mut kept = self.highest.iter().filter(|(_, place)| is_other(*place)).map(|(value, _)| *value);
        if let Some(kth) = kept.nth(k - 1) {
            return f64::from(kth);
        }
        // So many are left out that they are more than what was kept for it.
        let mut others: Vec<f32> =
            self.values.iter().enumerate().filter(|(place, _)| is_other(*place)).map(|(_, value)| *value).collect();
        if others.len() < k {
            return f64::NEG_INFINITY;
        }
        f64::from(*others.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a)).1)
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
        assert!((kth(2, &[]) - 4.0).abs() < 1e-9);
        assert!((kth(2, &[0, 2]) - 2.0).abs() < 1e-9);
        assert!(kth(3, &[0, 2]) < f64::MIN);
        assert!(kth(0, &[0, 2]) > f64::MAX);
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
            prop_assert!(found.total_cmp(&expected).is_eq(), "{found} {expected}");
        }
    }
}
