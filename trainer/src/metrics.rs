//! Quality of predictions.

/// Fraction of rows whose largest value among `columns` is at the row's class (`columns[class]`).
pub fn top1(scores: &[f32], width: usize, columns: &[usize], classes: &[u16]) -> f64 {
    let right = scores.chunks_exact(width).zip(classes).filter(|(row, class)| {
        let best = (0..columns.len()).max_by(|&a, &b| row[columns[a]].total_cmp(&row[columns[b]]));
        best == Some(usize::from(**class))
    });
    right.count() as f64 / classes.len().max(1) as f64
}

/// Average precision of a ranking: the mean, over positives, of the precision at their rank. None without positives.
/// Ties are broken by position, so a constant score gets the precision of the given order.
pub fn average_precision(scores: &[f32], positive: &[bool]) -> Option<f64> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (mut hits, mut sum) = (0u32, 0.0);
    for (rank, &i) in order.iter().enumerate() {
        if positive[i] {
            hits += 1;
            sum += f64::from(hits) / (rank + 1) as f64;
        }
    }
    (hits > 0).then(|| sum / f64::from(hits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn average_precision_of_a_perfect_and_of_a_reversed_ranking() {
        let positive = [true, true, false, false];
        assert_eq!(average_precision(&[4.0, 3.0, 2.0, 1.0], &positive), Some(1.0));
        let reversed = average_precision(&[1.0, 2.0, 3.0, 4.0], &positive).expect("has positives");
        assert!((reversed - f64::midpoint(1.0 / 3.0, 2.0 / 4.0)).abs() < 1e-12);
        assert_eq!(average_precision(&[1.0], &[false]), None);
    }

    #[test]
    fn top1_looks_only_at_the_class_columns() {
        let scores = [9.0, 0.1, 0.3, 9.0, 0.5, 0.2];
        assert!((top1(&scores, 3, &[1, 2], &[1, 0]) - 1.0).abs() < 1e-12);
        assert!((top1(&scores, 3, &[1, 2], &[0, 0]) - 0.5).abs() < 1e-12);
    }
}
