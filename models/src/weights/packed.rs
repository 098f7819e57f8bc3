//! Quantized weights in files: each output's integers as a row of bits.
//!
//! The tensor `{node}.weight` of a quantized node is stored as bytes (outputs, row). A row holds the integers in the
//! order of the tensor (input channel, kernel row, kernel column), each as the number of its place on the grid, with as
//! many bits as its channel's segment has, the lowest bit first. A row ends with the byte that it fills up. Everything
//! else is stored in half precision where that loses nothing, else in single precision.

use half::f16;
use safetensors::Dtype;

use super::{Tensor, Weights, WeightsError, serialize};
use crate::net::{Network, Shape};
use crate::quantization::WeightSegment;

impl Weights {
    /// Reads the parameters of a network that may be quantized, and checks that they are its.
    ///
    /// # Errors
    /// The bytes are no whole safetensors file, or hold other tensors than the network has.
    pub fn read_for(bytes: &[u8], network: &Network) -> Result<Self, WeightsError> {
        let mut weights = Self::read_safetensors(bytes)?;
        for (name, shape, segments) in quantized(network) {
            let packed = weights.get(&name)?;
            let row_bytes = bits_of_row(&shape, segments).div_ceil(8);
            let expected = vec![shape[0], row_bytes];
            if packed.shape() != expected {
                return Err(WeightsError::Shape { name, expected, got: packed.shape().to_vec() });
            }
            let mut integers = Vec::with_capacity(shape.iter().product());
            for row in packed.data().chunks_exact(row_bytes.max(1)) {
                unpack_row(row, &shape, segments, &mut integers);
            }
            weights.insert(&name, shape, integers)?;
        }
        weights.check(network)?;
        Ok(weights)
    }

    /// Safetensors bytes of the parameters of a network that may be quantized.
    ///
    /// # Errors
    /// These are not its parameters.
    pub fn write_for(&self, network: &Network) -> Result<Vec<u8>, WeightsError> {
        self.check(network)?;
        let quantized: Vec<_> = quantized(network).collect();
        let mut encoded = Vec::with_capacity(self.tensors.len());
        for (name, tensor) in &self.tensors {
            encoded.push(match quantized.iter().find(|(quantized, ..)| quantized == name) {
                Some((_, shape, segments)) => {
                    let row_bytes = bits_of_row(shape, segments).div_ceil(8);
                    let depth = shape[1..].iter().product::<usize>().max(1);
                    let rows = tensor.data.chunks_exact(depth).flat_map(|row| pack_row(row, shape, segments));
                    (name.as_str(), Dtype::U8, vec![shape[0], row_bytes], rows.collect())
                }
                None => plain(name, tensor),
            });
        }
        serialize(&encoded)
    }
}

/// Names, shapes and segments of the quantized weights.
fn quantized(network: &Network) -> impl Iterator<Item = (String, Shape, &[WeightSegment])> {
    let nodes = network.quantization.iter().flat_map(|quantization| &quantization.weights);
    let parameters = network.parameters();
    nodes.filter_map(move |(node, segments)| {
        let name = format!("{node}.weight");
        let shape = parameters.iter().find(|(other, _)| *other == name)?.1.clone();
        let channels = segments.iter().try_fold(0_usize, |sum, segment| sum.checked_add(segment.channels));
        // Segments that do not fit are refused when the network is compiled.
        (channels == shape.get(1).copied()).then_some((name, shape, segments.as_slice()))
    })
}

fn bits_of_row(shape: &[usize], segments: &[WeightSegment]) -> usize {
    let taps: usize = shape[2..].iter().product();
    segments.iter().map(|segment| segment.channels * usize::from(segment.bits) * taps).sum()
}

/// The segment of each integer of a row.
fn segments_of_row<'s>(shape: &[usize], segments: &'s [WeightSegment]) -> impl Iterator<Item = &'s WeightSegment> {
    let taps: usize = shape[2..].iter().product();
    segments.iter().flat_map(move |segment| std::iter::repeat_n(segment, segment.channels * taps))
}

fn step(segment: &WeightSegment) -> i32 {
    if segment.odd || segment.bits == 1 { 2 } else { 1 }
}

fn pack_row(row: &[f32], shape: &[usize], segments: &[WeightSegment]) -> Vec<u8> {
    let mut bytes = vec![0_u8; bits_of_row(shape, segments).div_ceil(8)];
    let mut at = 0;
    for (n, segment) in row.iter().zip(segments_of_row(shape, segments)) {
        let place = (*n as i32 - segment.range().0) / step(segment);
        // Widths divide eight and do not grow within a byte in all but odd mixtures: bit by bit is right for all.
        for bit in 0..segment.bits {
            bytes[at / 8] |= ((place >> bit & 1) as u8) << (at % 8);
            at += 1;
        }
    }
    bytes
}

fn unpack_row(row: &[f32], shape: &[usize], segments: &[WeightSegment], integers: &mut Vec<f32>) {
    let mut at = 0;
    for segment in segments_of_row(shape, segments) {
        let mut place = 0_i32;
        for bit in 0..segment.bits {
            // Bytes are kept as numbers from 0 to 255.
            place |= i32::from(row[at / 8] as u8 >> (at % 8) & 1) << bit;
            at += 1;
        }
        integers.push((segment.range().0 + step(segment) * place) as f32);
    }
}

fn plain<'n>(name: &'n str, tensor: &Tensor) -> (&'n str, Dtype, Shape, Vec<u8>) {
    let exact = |v: &f32| f16::from_f32(*v).to_f32().to_bits() == v.to_bits();
    let (dtype, bytes) = if tensor.data.iter().all(exact) {
        (Dtype::F16, tensor.data.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect())
    } else {
        (Dtype::F32, tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect())
    };
    (name, dtype, tensor.shape.clone(), bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::fixture::{damage, network, random_weights};
    use crate::quantize::{Options, quantize};

    fn quantized_model(bits: u8) -> (Network, Weights) {
        let network = network();
        let weights = random_weights(&network, &mut ChaCha8Rng::seed_from_u64(3));
        let image = vec![0.5; network.input.elements()];
        quantize(&network, &weights, &[image], Options { bits }, || {}).unwrap()
    }

    #[test]
    fn quantized_weights_come_back_and_are_small() {
        let sizes = [8, 4].map(|bits| {
            let (network, weights) = quantized_model(bits);
            let bytes = weights.write_for(&network).unwrap();
            assert_eq!(Weights::read_for(&bytes, &network).unwrap(), weights);
            bytes.len()
        });
        assert!(sizes[1] < sizes[0], "{sizes:?}");
    }

    #[test]
    fn rows_of_mixed_widths_come_back() {
        let segments = [(16, 4, true), (16, 1, true), (3, 2, false)].map(|(channels, bits, odd)| WeightSegment {
            channels,
            bits,
            odd,
        });
        let shape = [1, 35, 3, 3];
        let row: Vec<f32> = segments_of_row(&shape, &segments)
            .enumerate()
            .map(|(i, segment)| {
                let (low, high) = segment.range();
                (low + step(segment) * (i as i32 * 7 % ((high - low) / step(segment) + 1))) as f32
            })
            .collect();
        let bytes = pack_row(&row, &shape, &segments);
        assert_eq!(bytes.len(), 9 * (64 + 16 + 6) / 8 + 1);
        let mut back = Vec::new();
        let numbers: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte)).collect();
        unpack_row(&numbers, &shape, &segments, &mut back);
        assert_eq!(back, row);
    }

    proptest! {
        #[test]
        fn damaged_quantized_files_never_panic(bit in any::<usize>(), cut in 0_usize..3) {
            let (network, weights) = quantized_model(4);
            let bytes = damage(&weights.write_for(&network).unwrap(), bit, cut);
            // A bit of a weight makes another weight; everything else is found out.
            if let Ok(read) = Weights::read_for(&bytes, &network) {
                prop_assert!(read.check(&network).is_ok());
                prop_assert!(crate::engine::Engine::new(&network, &read).is_ok() || cut == 0);
            }
        }
    }
}
