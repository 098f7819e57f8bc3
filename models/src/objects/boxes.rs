//! The geometry of boxes, and how a detector's grid writes them.

use chameleon_decision::BoundingBox;

/// Numbers that write a box.
pub const CODE: usize = 4;
/// The largest logarithm of a side in cells that is believed; the exponential of more would not be finite.
const MAX_LOG_SIDE: f64 = 8.0;

/// One cell of the grid that a detector lays over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// From the top.
    pub row: usize,
    /// From the left.
    pub column: usize,
    /// Rows of the grid.
    pub rows: usize,
    /// Columns of the grid.
    pub columns: usize,
}

impl Cell {
    /// The cell's centre, x and y, as shares of the image's sides.
    pub fn centre(self) -> (f64, f64) {
        ((self.column as f64 + 0.5) / self.columns as f64, (self.row as f64 + 0.5) / self.rows as f64)
    }

    /// A box as the cell writes it: the offset of its centre from the cell's in cells, and the logarithms of its sides in
    /// cells. Any box with an area can be written by any cell (YOLOX, Ge et al. 2021, section 2.1).
    pub fn encode(self, bounds: &BoundingBox) -> [f64; CODE] {
        let (x, y) = self.centre();
        let (columns, rows) = (self.columns as f64, self.rows as f64);
        [
            (f64::midpoint(bounds.left, bounds.right) - x) * columns,
            (f64::midpoint(bounds.top, bounds.bottom) - y) * rows,
            ((bounds.right - bounds.left) * columns).ln(),
            ((bounds.bottom - bounds.top) * rows).ln(),
        ]
    }

    /// The box that the cell wrote, cut to the image.
    pub fn decode(self, code: [f64; CODE]) -> BoundingBox {
        let (x, y) = self.centre();
        let (columns, rows) = (self.columns as f64, self.rows as f64);
        let half = |log: f64, cells: f64| log.min(MAX_LOG_SIDE).exp() / cells / 2.0;
        let (x, y) = (x + code[0] / columns, y + code[1] / rows);
        let (width, height) = (half(code[2], columns), half(code[3], rows));
        let inside = |value: f64| value.clamp(0.0, 1.0);
        BoundingBox {
            left: inside(x - width),
            top: inside(y - height),
            right: inside(x + width),
            bottom: inside(y + height),
        }
    }
}

/// The share of the image that a box covers.
pub fn area(bounds: &BoundingBox) -> f64 {
    (bounds.right - bounds.left).max(0.0) * (bounds.bottom - bounds.top).max(0.0)
}

/// The share of two boxes' union that both cover (intersection over union), in 0..=1.
pub fn overlap(a: &BoundingBox, b: &BoundingBox) -> f64 {
    let both = BoundingBox {
        left: a.left.max(b.left),
        top: a.top.max(b.top),
        right: a.right.min(b.right),
        bottom: a.bottom.min(b.bottom),
    };
    let (intersection, sum) = (area(&both), area(a) + area(b));
    if intersection > 0.0 { intersection / (sum - intersection) } else { 0.0 }
}
