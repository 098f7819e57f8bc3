//! What a picture shows, and how often.

use serde::Serialize;

/// Objects that a box around a group stands for at least. Open Images draws them around more than five, COCO around
/// larger crowds.
pub(super) const GROUP: usize = 6;

/// What is said of one picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What it shows: indices in the vocabulary, ascending.
    pub labels: Vec<u16>,
    /// The labels of each of its objects that are given one by one, ascending: a label is there as often as it is shown.
    pub objects: Vec<u16>,
    /// Which picture it is, for messages.
    pub place: String,
}

impl Shown {
    /// A picture of which all objects are known, each label as often as it is shown, ascending.
    pub fn of_objects(objects: Vec<u16>) -> Self {
        let mut labels = objects.clone();
        labels.dedup();
        Self { labels, objects, place: String::new() }
    }

    /// Whether it is known how often a label is shown: that is not so where it is only said that it is.
    pub fn is_counted(&self, label: u16) -> bool {
        self.labels.binary_search(&label).is_err() || self.objects.binary_search(&label).is_ok()
    }

    /// The labels that are shown at least so often, ascending.
    pub fn at_least(&self, times: usize) -> impl Iterator<Item = usize> {
        let runs = self.objects.chunk_by(|a, b| a == b);
        runs.filter(move |run| run.len() >= times).filter_map(|run| run.first()).map(|&label| usize::from(label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_shown_as_often_as_it_is_an_object_of_the_picture() {
        let shown = Shown::of_objects(vec![1, 4, 4, 4, 7, 7]);
        assert_eq!(shown.labels, [1, 4, 7]);
        let at_least = |times| shown.at_least(times).collect::<Vec<_>>();
        assert_eq!([at_least(1), at_least(2), at_least(3), at_least(4)], [vec![1, 4, 7], vec![4, 7], vec![4], vec![]]);
    }

    #[test]
    fn how_often_a_label_that_is_only_named_is_shown_is_not_known() {
        let shown = Shown { labels: vec![2, 3], objects: vec![3, 3], place: String::new() };
        assert_eq!([1, 2, 3].map(|label| shown.is_counted(label)), [true, false, true]);
    }
}
