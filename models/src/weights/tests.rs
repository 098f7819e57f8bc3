use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::Dtype;

use super::*;
use crate::fixture::{damage, network, random_weights};

fn weights() -> Weights {
    random_weights(&network(), &mut ChaCha8Rng::seed_from_u64(3))
}

#[test]
fn single_precision_comes_back_as_it_was() {
    let bytes = weights().write_safetensors(Precision::F32).unwrap();
    let back = Weights::read_safetensors(&bytes).unwrap();
    assert_eq!(back, weights());
    back.check(&network()).unwrap();
}

#[test]
fn half_precision_comes_back_rounded_to_eleven_bits() {
    let bytes = weights().write_safetensors(Precision::F16).unwrap();
    let back = Weights::read_safetensors(&bytes).unwrap();
    for ((name, tensor), (_, rounded)) in weights().iter().zip(back.iter()) {
        for (value, rounded) in tensor.data().iter().zip(rounded.data()) {
            assert!((value - rounded).abs() <= value.abs() / 2048.0 + 3e-8, "{name}: {value} became {rounded}");
        }
    }
}

#[test]
fn bfloat16_is_read() {
    let bytes = half::bf16::from_f32(-1.5).to_le_bytes().to_vec();
    let file = serialize(&[("w", Dtype::BF16, vec![1], bytes)]).unwrap();
    assert_eq!(Weights::read_safetensors(&file).unwrap().get("w").unwrap().data(), [-1.5]);
}

#[test]
fn other_element_types_are_refused() {
    let file = serialize(&[("w", Dtype::I32, vec![1], vec![0; 4])]).unwrap();
    assert!(matches!(Weights::read_safetensors(&file), Err(WeightsError::Dtype { dtype, .. }) if dtype == "I32"));
}

#[test]
fn values_that_are_not_finite_are_refused() {
    let file = serialize(&[("w", Dtype::F32, vec![1], f32::NAN.to_le_bytes().to_vec())]).unwrap();
    assert!(matches!(Weights::read_safetensors(&file), Err(WeightsError::NotFinite(_))));
}

#[test]
fn values_beyond_half_precision_are_not_written_as_infinity() {
    let mut weights = Weights::default();
    weights.insert("w", vec![1], vec![70_000.0]).unwrap();
    assert!(matches!(weights.write_safetensors(Precision::F16), Err(WeightsError::Overflow(_))));
    weights.write_safetensors(Precision::F32).unwrap();
}

#[test]
fn weights_of_another_network_are_told_apart() {
    let mut missing = weights();
    missing.take("head.bias").unwrap();
    assert!(matches!(missing.check(&network()), Err(WeightsError::Missing(name)) if name == "head.bias"));
    let mut unknown = weights();
    unknown.insert("tail.bias", vec![1], vec![0.0]).unwrap();
    assert!(matches!(unknown.check(&network()), Err(WeightsError::Unknown(name)) if name == "tail.bias"));
    let mut transposed = weights();
    transposed.insert("head.weight", vec![12, 6], vec![0.0; 72]).unwrap();
    let error = transposed.check(&network()).unwrap_err();
    assert_eq!(error.to_string(), "tensor `head.weight`: expected shape [6, 12], got [12, 6]");
}

#[test]
fn a_shape_whose_product_overflows_is_refused() {
    let error = Weights::default().insert("w", vec![usize::MAX, 2], vec![0.0]).unwrap_err();
    assert!(matches!(error, WeightsError::Length { .. }));
}

#[test]
fn a_header_that_claims_more_than_there_is_is_refused() {
    let mut huge = u64::MAX.to_le_bytes().to_vec();
    huge.extend(b"{}");
    assert!(matches!(Weights::read_safetensors(&huge), Err(WeightsError::Format(_))));
}

#[test]
fn every_cut_file_is_refused() {
    let file = serialize(&[("w", Dtype::F32, vec![3], vec![0; 12])]).unwrap();
    for length in 0..file.len() {
        assert!(matches!(Weights::read_safetensors(&file[..length]), Err(WeightsError::Format(_))), "{length} bytes");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Weights::read_safetensors(&bytes).is_err());
    }

    #[test]
    fn damaged_files_never_panic(bit in any::<usize>(), cut in 0_usize..3) {
        let file = serialize(&[
            ("a", Dtype::F32, vec![2, 1], vec![0; 8]),
            ("b", Dtype::F16, vec![2], vec![0; 4]),
        ]).unwrap();
        if let Ok(weights) = Weights::read_safetensors(&damage(&file, bit, cut)) {
            for (_, tensor) in weights.iter() {
                prop_assert_eq!(tensor.data().len(), tensor.shape().iter().product::<usize>());
                prop_assert!(tensor.data().iter().all(|v| v.is_finite()));
            }
        }
    }
}
