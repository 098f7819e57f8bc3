//! The left side of a product, read where it lies.

use super::kernels::MAX_ROWS;

/// Weights of so many bytes stay in the second cache while rows pass by.
const CACHED: usize = 512 << 10;

/// Rows that are multiplied by all panels before the next: few where the weights stay in cache, so that what is read
/// and written stays there, too; else all of them, so that weights come from memory once.
pub(super) fn rows_at_once(weights: usize, count: usize) -> usize {
    // A multiple of the height of all tiles.
    const FEW: usize = 240;
    if weights <= CACHED { FEW } else { count.max(1) }
}

/// Rows by the places where they begin: those of one image, repeated at a distance for the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    /// Starts of the first image's rows.
    pub(super) starts: &'a [usize],
    /// Images.
    pub(super) images: usize,
    /// Distance between images.
    pub(super) stride: usize,
    /// Distance between rows, if it is the same for all from the first, which begins at zero.
    pub(super) pitch: Option<usize>,
}

impl Rows<'static> {
    /// So many rows at a distance.
    pub(super) fn even(count: usize, pitch: usize) -> Self {
        Self { starts: &[0], images: count, stride: pitch, pitch: Some(pitch) }
    }
}

impl Rows<'_> {
    /// Rows of all images.
    pub(super) fn count(&self) -> usize {
        self.starts.len() * self.images
    }

    /// The starts of `height` rows from `first`. Past the end the last row stands in, to be thrown away.
    pub(super) fn fill(&self, first: usize, height: usize, starts: &mut [usize; MAX_ROWS]) {
        let n = self.starts.len();
        // Most often there is one image; dividing takes as long as a small tile's products.
        let (mut image, mut row) = if first < n { (0, first) } else { (first / n, first % n) };
        for start in &mut starts[..height] {
            *start = image * self.stride + self.starts[row];
            if row + 1 < n {
                row += 1;
            } else if image + 1 < self.images {
                (image, row) = (image + 1, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_rows_are_whole_tiles() {
        use super::super::kernels::heights;
        assert!((1..=3).all(|vectors| rows_at_once(0, 1000).is_multiple_of(heights(vectors)[0])));
        assert_eq!(rows_at_once(usize::MAX, 1000), 1000);
    }

    #[test]
    fn starts_go_on_with_the_next_image_and_stay_at_the_end() {
        let rows = Rows { starts: &[0, 2, 4], images: 2, stride: 100, pitch: None };
        let mut starts = [9; MAX_ROWS];
        rows.fill(1, 8, &mut starts);
        assert_eq!(starts[..9], [2, 4, 100, 102, 104, 104, 104, 104, 9]);
    }
}
