//! The cut to k results.

/// The k-th largest (from 1) of the values at other places than `left_out` (ascending); minus infinity if there are
/// fewer than k: then nothing is cut. Infinity for k = 0: then everything is.
pub(super) fn kth_largest_without(values: &[f32], k: usize, left_out: &[usize]) -> f64 {
    if k == 0 {
        return f64::INFINITY;
    }
    // The k largest so far, descending: few of the others come among them.
    let mut largest: Vec<f32> = Vec::with_capacity(k + 1);
    let mut from = 0;
    for end in left_out.iter().copied().chain([values.len()]) {
        for &value in values.get(from..end).unwrap_or_default() {
            if largest.len() == k && !value.total_cmp(&largest[k - 1]).is_gt() {
                continue;
            }
            let place = largest.partition_point(|other| other.total_cmp(&value).is_gt());
            largest.insert(place, value);
            largest.truncate(k);
        }
        from = end + 1;
    }
    if largest.len() < k { f64::NEG_INFINITY } else { f64::from(largest[k - 1]) }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_cut_is_the_kth_largest_of_the_other_labels() {
        let values = [5.0, 4.0, 3.0, 2.0];
        assert!((kth_largest_without(&values, 2, &[]) - 4.0).abs() < 1e-9);
        assert!((kth_largest_without(&values, 2, &[0, 2]) - 2.0).abs() < 1e-9);
        assert!(kth_largest_without(&values, 3, &[0, 2]) < f64::MIN);
        assert!(kth_largest_without(&values, 0, &[0, 2]) > f64::MAX);
    }

    proptest! {
        #[test]
        fn it_is_what_sorting_finds(values in vec(-4_i8..4, 0..24), out in vec(any::<bool>(), 24), k in 1..12_usize) {
            let values: Vec<f32> = values.into_iter().map(f32::from).collect();
            let left_out: Vec<usize> = (0..values.len()).filter(|&i| out[i]).collect();
            let mut others: Vec<f32> = (0..values.len()).filter(|&i| !out[i]).map(|i| values[i]).collect();
            others.sort_by(|a, b| b.total_cmp(a));
            let expected = others.get(k - 1).map_or(f64::NEG_INFINITY, |&kth| f64::from(kth));
            let found = kth_largest_without(&values, k, &left_out);
            prop_assert!(found.total_cmp(&expected).is_eq(), "{found} {expected}");
        }
    }
}
