use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::quantization::{CodeSegment, WeightSegment};

fn random_numbers(n: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..n).map(|_| rng.random_range(-1.0..1.0)).collect()
}

fn random_layout(channels: usize, rng: &mut ChaCha8Rng) -> Option<Layout> {
    rng.random_bool(0.4).then(|| Layout::new(&[CodeSegment::for_range(channels, 8, -1.0, 2.0)]))
}

/// A convolution with bands of a map (channels, rows, columns) with a layout: of 1 x 1, depthwise or any other.
fn random_conv((c_in, rows, columns): (usize, usize, usize), layout: Option<&Layout>, rng: &mut ChaCha8Rng) -> Conv {
    let kernel = if rng.random_bool(0.4) { 1 } else { rng.random_range(1..6) };
    let padding = rng.random_range(0..kernel);
    let groups = if rng.random() { c_in } else { 1 };
    let c_out = if groups > 1 { c_in } else { rng.random_range(1..50) };
    let (stride, above, below) = (rng.random_range(1..4), padding, padding);
    let geometry = Geometry { c_in, c_out, kernel, stride, padding, above, below, groups, rows, columns };
    if kernel > rows.min(columns) + 2 * padding {
        return random_conv((c_in, rows, columns), layout, rng);
    }
    let count = c_out * c_in / groups * kernel * kernel;
    let (weight, bias) = (random_numbers(count, rng), random_numbers(c_out, rng));
    let conv = match layout {
        Some(layout) if groups == 1 => {
            let integers: Vec<f32> = weight.iter().map(|w| (100.0 * w).round()).collect();
            let segments = [WeightSegment { channels: c_in, bits: 8, odd: false }];
            Conv::quantized(geometry, &integers, (&vec![0.002; c_out], &bias), &segments, layout).unwrap()
        }
        _ => Conv::new(geometry, &weight, &bias, layout),
    };
    if conv.has_bands() { conv } else { random_conv((c_in, rows, columns), layout, rng) }
}

/// Some convolutions one behind the other, the last as a link, too.
fn random_links(rng: &mut ChaCha8Rng) -> Vec<Link> {
    let mut map = (rng.random_range(1..50), rng.random_range(1..20), rng.random_range(1..20));
    let (count, mut layout) = (rng.random_range(2..5), None);
    let mut link = |_| {
        let conv = Arc::new(random_conv(map, layout.as_ref(), rng));
        let (height, width) = conv.geometry().sides();
        map = (conv.geometry().c_out, height, width);
        layout = random_layout(map.0, rng);
        let activation = if rng.random() { Activation::RELU } else { Activation::Identity };
        Link { conv, activation, layout: layout.clone() }
    };
    (0..count).map(&mut link).collect()
}

/// The value of a link for `n` images, not in bands.
fn whole(link: &Link, n: usize, input: Operand, residual: Option<Operand>) -> Buffer {
    let (height, width) = link.conv.geometry().sides();
    let mut value = Buffer::default();
    value.reserve(n * height, link);
    let finish = Finish { residual, activation: link.activation };
    let output = &mut value.output(link);
    let pixels = n * height * width;
    let output = &mut output.pixels(0..pixels, link.conv.geometry().c_out);
    link.conv.run(n, input, &finish, &mut Working::default(), output);
    value
}

fn bits(value: &Buffer) -> (Vec<u32>, &[u8]) {
    (value.floats.iter().map(|x| x.to_bits()).collect(), &value.codes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn bands_compute_bit_for_bit_what_whole_values_do(
        seed in any::<u64>(),
        n in 1_usize..4,
        bytes in prop::sample::select(vec![1_usize, 3000, 10_000, 1 << 20]),
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let links = random_links(&mut rng);
        let first = links[0].conv.geometry();
        let images = random_numbers(n * first.rows * first.columns * first.c_in, &mut rng);
        let (last, before) = links.split_last().unwrap();
        let values = before.iter().fold(Vec::<Buffer>::new(), |mut values, link| {
            let input = values.last().map(|value| value.operand(&links[values.len() - 1]));
            let value = whole(link, n, input.unwrap_or(Operand::Floats(&images)), None);
            values.push(value);
            values
        });
        let (height, width) = last.conv.geometry().sides();
        let summand = random_numbers(n * height * width * last.conv.geometry().c_out, &mut rng);
        let has_residual = last.conv.geometry().groups == 1 && rng.random();
        let residual = has_residual.then_some(Operand::Floats(&summand));
        let input = values[values.len() - 1].operand(&before[before.len() - 1]);
        let expected = whole(last, n, input, residual);

        let chain = Chain::within(bytes, before.to_vec(), last.conv.clone());
        let mut got = Buffer::default();
        got.reserve(n * height, last);
        let finish = Finish { residual, activation: last.activation };
        let mut working = Working::default();
        for _ in 0..2 {
            let output = &mut got.output(last);
            let output = &mut output.pixels(0..n * height * width, last.conv.geometry().c_out);
            chain.run(n, Operand::Floats(&images), &finish, &mut working, output);
            prop_assert_eq!(bits(&got), bits(&expected));
        }
    }
}

/// Every row of every value is made once, whatever the bands.
#[test]
fn bands_make_no_row_twice() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for bytes in [1, 24_000] {
        let expand = pointwise((8, 32), (30, 30), &mut rng);
        let depthwise =
            Geometry { kernel: 3, padding: 1, above: 1, below: 1, groups: 32, c_in: 32, ..*expand.geometry() };
        let depthwise = Conv::new(depthwise, &random_numbers(32 * 9, &mut rng), &[0.0; 32], None);
        let project = pointwise((32, 8), (30, 30), &mut rng);
        let link = |conv| Link { conv: Arc::new(conv), activation: Activation::RELU, layout: None };
        let chain = Chain::within(bytes, vec![link(expand), link(depthwise)], Arc::new(project));
        for place in 0..3 {
            let made = chain.parts.iter().filter(|part| part.place == place).map(|part| part.geometry.sides().0);
            assert_eq!(made.sum::<usize>(), 30, "{bytes} bytes, convolution {place}");
        }
        let rows = if bytes == 1 { vec![3, 1] } else { vec![4, 2] };
        assert!(chain.rows == rows, "{:?}", chain.rows);
    }
}

fn pointwise((c_in, c_out): (usize, usize), (rows, columns): (usize, usize), rng: &mut ChaCha8Rng) -> Conv {
    let geometry =
        Geometry { c_in, c_out, kernel: 1, stride: 1, padding: 0, above: 0, below: 0, groups: 1, rows, columns };
    Conv::new(geometry, &random_numbers(c_in * c_out, rng), &vec![0.0; c_out], None)
}
