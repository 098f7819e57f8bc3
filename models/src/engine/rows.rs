//! The left side of a product, read where it lies.

use super::kernels::MAX_ROWS;

/// Rows by the places where they begin: those of one image, repeated at a distance for the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    /// Starts of the first image's rows.
    pub(super) starts: &'a [usize],
    /// Images.
    pub(super) images: usize,
    /// Distance between images.
    pub(super) stride: usize,
}

impl Rows<'_> {
    /// Rows of all images.
    pub(super) fn count(&self) -> usize {
        self.starts.len() * self.images
    }

    /// The starts of `height` rows from `first`. Past the end the last row stands in, to be thrown away.
    pub(super) fn fill(&self, first: usize, height: usize, starts: &mut [usize; MAX_ROWS]) {
        let n = self.starts.len();
        let (mut image, mut row) = (first / n, first % n);
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
    fn starts_go_on_with_the_next_image_and_stay_at_the_end() {
        let rows = Rows { starts: &[0, 2, 4], images: 2, stride: 100 };
        let mut starts = [9; MAX_ROWS];
        rows.fill(1, 8, &mut starts);
        assert_eq!(starts[..9], [2, 4, 100, 102, 104, 104, 104, 104, 9]);
    }
}
