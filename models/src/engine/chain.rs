//! Convolutions one behind the other, run over bands of rows, so that what they hand on stays in cache.
//!
//! A band is some rows of the chain's output. Of every value before it only those rows are made that the band is made from
//! and that are not there already: what two bands read stays in the value's buffer. So every row is made once, by the
//! same operations as without bands.

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;

use super::aligned::Aligned;
use super::codes::Layout;
use super::conv::{Conv, Geometry};
use super::kernels::elementwise::Activation;
use super::output::{Finish, Operand, Output};
use super::scratch::Working;

/// Bytes of the values that a band hands on: half of the second cache.
const BYTES: usize = 1 << 20;

/// A convolution whose value only the next one reads.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) conv: Arc<Conv>,
    pub(super) activation: Activation,
    /// Of its value, if that is kept as codes.
    pub(super) layout: Option<Layout>,
}

/// Links and the convolution that makes the output.
#[derive(Clone, Debug)]
pub(super) struct Chain {
    links: Vec<Link>,
    last: Arc<Conv>,
    /// Rows that there is room for of each link's value.
    rows: Vec<usize>,
    /// What there is to do for an image, band by band from its top to its bottom.
    parts: Vec<Part>,
}

/// What a convolution does for a band.
#[derive(Clone, Debug)]
struct Part {
    /// Its place in the chain.
    place: usize,
    /// The convolution of just these rows.
    geometry: Geometry,
    /// The first row that it reads of those that are there.
    from: usize,
    /// The rows of its value that are there and stay: they move to the beginning, and it writes behind them.
    kept: Range<usize>,
}

/// Rows of a link's value, as numbers or as codes.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    floats: Aligned<f32>,
    codes: Aligned<u8>,
}

impl Chain {
    /// Every convolution [has bands](Conv::has_bands) and reads what the one before it makes, codes if that is kept as
    /// codes.
    pub(super) fn new(links: Vec<Link>, last: Arc<Conv>) -> Self {
        Self::within(BYTES, links, last)
    }

    /// As [`Chain::new`], with bands whose values take so many bytes at most, or of one row where that takes more.
    fn within(bytes: usize, links: Vec<Link>, last: Arc<Conv>) -> Self {
        let mut chain = Self { links, last, rows: Vec::new(), parts: Vec::new() };
        let (height, _) = chain.last.geometry().sides();
        let fits = |lines: &usize| {
            let sizes = chain.rows(*lines).into_iter().zip(&chain.links).map(|(rows, link)| rows * link.row_bytes());
            sizes.sum::<usize>() <= bytes
        };
        let lines = (1..=height).map(|bands| height.div_ceil(bands)).find(fits).unwrap_or(1);
        chain.rows = chain.rows(lines);
        chain.parts = chain.parts(lines);
        chain
    }

    /// Its convolutions in order.
    pub(super) fn convolutions(&self) -> impl DoubleEndedIterator<Item = &Arc<Conv>> {
        self.links.iter().map(|link| &link.conv).chain([&self.last])
    }

    /// Whether its operand may be codes.
    pub(super) fn reads_codes(&self) -> bool {
        self.convolutions().next().is_some_and(|conv| conv.reads_codes())
    }

    /// Whether it computes the same: packed weights are the same if they lie in the same place.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let is_same = |(a, b): (&Link, &Link)| {
            Arc::ptr_eq(&a.conv, &b.conv) && a.activation == b.activation && a.layout == b.layout
        };
        Arc::ptr_eq(&self.last, &other.last)
            && self.links.len() == other.links.len()
            && self.links.iter().zip(&other.links).all(is_same)
    }

    /// The most rows of each link's value that so many rows of the output are made from.
    fn rows(&self, mut lines: usize) -> Vec<usize> {
        let of_value = |reader: &Arc<Conv>| {
            lines = reader.geometry().most_rows(lines);
            lines
        };
        let mut rows: Vec<usize> = self.convolutions().rev().take(self.links.len()).map(of_value).collect();
        rows.reverse();
        rows
    }

    /// All parts, for bands of so many rows.
    fn parts(&self, lines: usize) -> Vec<Part> {
        let (height, _) = self.last.geometry().sides();
        let mut held = vec![0..0; self.links.len()];
        let bands = (0..height).step_by(lines).map(|first| first..height.min(first + lines));
        bands.flat_map(|lines| self.band(lines, &mut held)).collect()
    }

    /// The parts that make these rows of the output, where of each link's value the rows `held` are there.
    fn band(&self, lines: Range<usize>, held: &mut [Range<usize>]) -> Vec<Part> {
        let mut parts = Vec::with_capacity(held.len() + 1);
        // Of the output all rows stay.
        let (mut kept, mut lines) = (0..lines.start, lines);
        for (back, conv) in self.convolutions().rev().enumerate() {
            let place = held.len() - back;
            let window = conv.geometry().window(&lines);
            let geometry = conv.geometry().band(&lines);
            let Some(held) = place.checked_sub(1).map(|before| &mut held[before]) else {
                parts.push(Part { place, geometry, from: window.start, kept });
                break;
            };
            if window.end <= held.end {
                parts.push(Part { place, geometry, from: window.start - held.start, kept });
                break;
            }
            parts.push(Part { place, geometry, from: 0, kept });
            kept = window.start.min(held.end) - held.start..held.len();
            lines = held.end.max(window.start)..window.end;
            *held = window;
        }
        parts.reverse();
        parts
    }

    /// `output` (N, H', W', outputs of the last) from `input` (N, H, W, inputs of the first).
    pub(super) fn run(&self, n: usize, input: Operand, finish: &Finish, working: &mut Working, output: &mut Output) {
        let mut buffers = std::mem::take(&mut working.between);
        self.fit(&mut buffers);
        let first = self.convolutions().next().unwrap_or(&self.last).geometry();
        let last = self.last.geometry();
        let (height, width) = last.sides();
        for image in 0..n {
            let of_image = |pixels: usize| image * pixels..(image + 1) * pixels;
            let made = of_image(height * width);
            let mut pass = Pass {
                chain: self,
                input: input.pixels(of_image(first.rows * first.columns), first.c_in),
                finish: finish.pixels(made.clone(), last.c_out),
                buffers: &mut buffers,
                working,
                output: output.pixels(made, last.c_out),
            };
            self.parts.iter().for_each(|part| pass.run(part));
        }
        working.between = buffers;
    }

    /// Makes buffers large enough.
    fn fit(&self, buffers: &mut Vec<Buffer>) {
        buffers.resize_with(buffers.len().max(self.links.len()), Buffer::default);
        for ((buffer, link), rows) in buffers.iter_mut().zip(&self.links).zip(&self.rows) {
            buffer.reserve(*rows, link);
        }
    }
}

impl Link {
    /// Numbers or bytes of a pixel of its value.
    fn pixel(&self) -> usize {
        self.layout.as_ref().map_or(self.conv.geometry().c_out, Layout::record)
    }

    /// Numbers or bytes of a row of its value.
    fn row(&self) -> usize {
        self.conv.geometry().sides().1 * self.pixel()
    }

    fn row_bytes(&self) -> usize {
        self.row() * if self.layout.is_none() { size_of::<f32>() } else { 1 }
    }
}

impl Buffer {
    /// Makes room for so many rows of a link's value.
    fn reserve(&mut self, rows: usize, link: &Link) {
        match link.layout {
            None => self.floats.reserve(rows * link.row()),
            Some(_) => self.codes.reserve(rows * link.row()),
        }
    }

    /// The value of a link, from the first row that is there on.
    fn operand<'b>(&'b self, link: &'b Link) -> Operand<'b> {
        match &link.layout {
            None => Operand::Floats(&self.floats),
            Some(layout) => Operand::Codes(&self.codes, layout),
        }
    }

    /// The same, to write to.
    fn output<'b>(&'b mut self, link: &'b Link) -> Output<'b> {
        match &link.layout {
            None => Output::Floats(&mut self.floats),
            Some(layout) => Output::Codes(&mut self.codes, layout),
        }
    }

    /// Moves rows to the beginning.
    fn keep(&mut self, rows: &Range<usize>, link: &Link) {
        let kept = rows.start * link.row()..rows.end * link.row();
        match link.layout {
            None => self.floats.copy_within(kept, 0),
            Some(_) => self.codes.copy_within(kept, 0),
        }
    }
}

/// An image on its way through a chain.
struct Pass<'a> {
    chain: &'a Chain,
    input: Operand<'a>,
    finish: Finish<'a>,
    buffers: &'a mut [Buffer],
    working: &'a mut Working,
    output: Output<'a>,
}

impl Pass<'_> {
    fn run(&mut self, part: &Part) {
        let (g, links) = (&part.geometry, &self.chain.links);
        let (before, own) = self.buffers.split_at_mut(part.place);
        let input = before.last().map_or(self.input, |buffer| buffer.operand(&links[part.place - 1]));
        let input = input.pixels(part.from * g.columns..(part.from + g.rows) * g.columns, g.c_in);
        let (height, width) = g.sides();
        let made = part.kept.len() * width..(part.kept.len() + height) * width;
        if let Some((link, buffer)) = links.get(part.place).zip(own.first_mut()) {
            buffer.keep(&part.kept, link);
            let finish = Finish { residual: None, activation: link.activation };
            let mut output = buffer.output(link);
            link.conv.run_as(g, 1, input, &finish, self.working, &mut output.pixels(made, g.c_out));
        } else {
            let finish = self.finish.pixels(made.clone(), g.c_out);
            let output = &mut self.output.pixels(made, g.c_out);
            self.chain.last.run_as(g, 1, input, &finish, self.working, output);
        }
    }
}
