//! The cut to k results.

/// The k-th largest (from 1) of the values at other places than `left_out` (ascending); minus infinity if there are
/// fewer than k: then nothing is cut. Infinity for k = 0: then everything is.
pub(super) fn kth_largest_without(values: &[f32], k: usize, left_out: &[usize]) -> f64 {
    if k == 0 {
        return f64::INFINITY;
    }
    let mut skip = left_out.iter().copied().peekable();
    let mut others = Vec::with_capacity(values.len());
    for (i, &value) in values.iter().enumerate() {
        if skip.next_if_eq(&i).is_none() {
            others.push(value);
        }
    }
    if others.len() < k {
        return f64::NEG_INFINITY;
    }
    let (_, kth, _) = others.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
    f64::from(*kth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_is_the_kth_largest_of_the_other_labels() {
        let values = [5.0, 4.0, 3.0, 2.0];
        assert!((kth_largest_without(&values, 2, &[]) - 4.0).abs() < 1e-9);
        assert!((kth_largest_without(&values, 2, &[0, 2]) - 2.0).abs() < 1e-9);
        assert!(kth_largest_without(&values, 3, &[0, 2]) < f64::MIN);
        assert!(kth_largest_without(&values, 0, &[0, 2]) > f64::MAX);
    }
}
