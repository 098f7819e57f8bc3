//! What a picture shows, and how often.

use serde::Serialize;

/// Objects that a box around a group stands for at least. Open Images draws them around more than five, COCO around
/// larger crowds.
pub(crate) const GROUP: usize = 6;

/// What is said of one picture.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// What it shows: indices in the vocabulary, ascending.
    pub labels: Vec<u16>,
    /// The labels of each of its objects that are given one by one, ascending: a label is there as often as it is shown.
    pub objects: Vec<u16>,
    /// Labels of groups of objects, ascending: each is [`GROUP`] of `objects`, and there may be more.
    pub groups: Vec<u16>,
    /// Labels that more is of than these objects, ascending: a cat is named and no object is one, so the animals are not
    /// counted either.
    pub uncounted: Vec<u16>,
    /// Which picture it is, for messages.
    #[serde(skip)]
    pub place: String,
}

impl Shown {
    /// A picture of which all objects are known, each label as often as it is shown, ascending.
    pub fn of_objects(objects: Vec<u16>) -> Self {
        let mut labels = objects.clone();
        labels.dedup();
        Self { labels, objects, ..Self::default() }
    }

    /// Whether it is known how often a label is shown: that is not so where it is only said that it, or what brings it, is.
    pub fn is_counted(&self, label: u16) -> bool {
        if self.uncounted.binary_search(&label).is_ok() {
            return false;
        }
        self.labels.binary_search(&label).is_err() || self.objects.binary_search(&label).is_ok()
    }

    /// Whether a label is shown at least so often, or it is known not to be: a group may be of more than [`GROUP`].
    pub fn is_told_up_to(&self, label: u16, times: usize) -> bool {
        let is_group = self.groups.binary_search(&label).is_ok();
        !is_group || times <= GROUP || self.at_least(times).any(|other| other == usize::from(label))
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
        let shown = Shown { labels: vec![2, 3], objects: vec![3, 3], ..Shown::default() };
        assert_eq!([1, 2, 3].map(|label| shown.is_counted(label)), [true, false, true]);
    }

    #[test]
    fn a_group_is_told_up_to_six_and_further_as_far_as_others_are_beside_it() {
        let shown = Shown { groups: vec![1], ..Shown::of_objects(vec![1; 8]) };
        assert_eq!([6, 7, 8, 9].map(|times| shown.is_told_up_to(1, times)), [true, true, true, false]);
        assert!(shown.is_told_up_to(2, 9), "there is none of another label");
    }

    #[test]
    fn where_a_picture_lies_is_not_what_it_shows() {
        let at = |place: &str| Shown { place: place.to_owned(), ..Shown::of_objects(vec![1]) };
        let written = |shown: &Shown| serde_json::to_string(shown).expect("writes");
        assert_eq!(written(&at("a/1.png")), written(&at("b/1.png")));
        assert_ne!(written(&at("a/1.png")), written(&Shown::of_objects(vec![1, 1])));
    }
}
