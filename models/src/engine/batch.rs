//! Batches whose images go through different networks that begin with the same layers, as those of applications that
//! change a shared network do.
//!
//! The layers in common are run once for all images. Where networks part, the values that are still needed are handed
//! over to the memory of each one's engine.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::compile::Step;
use super::ops::Kernel;
use super::plan::Slot;
use super::scratch::Scratch;
use super::{CHUNK, Engine};
use crate::net::INPUT;

/// An image of a batch, and the engine whose network it goes through.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// (C, H, W), normalized as the network's input says.
    pub image: &'a [f32],
}

impl Engine {
    /// The value `wanted` of every job, (C, H, W) or (D), each computed by its own engine and equal to what
    /// [`Engine::run`] gives for it alone.
    ///
    /// Layers that engines have in common ([`Engine::beside`]), as far as nothing before them differs, are run together.
    /// A few images run on the calling thread, more of them on rayon's.
    ///
    /// # Panics
    /// An image is not as large as its engine's input, or [`Engine::shape`] of one does not know `wanted`.
    pub fn run_batch(jobs: &[Job], wanted: &str) -> Vec<Vec<f32>> {
        let mut members: Vec<Member> = jobs.iter().enumerate().map(|(place, job)| Member::new(place, job)).collect();
        // Images of one engine beside each other: they stay together to the end.
        members.sort_by_key(|member| std::ptr::from_ref(member.job.engine).addr());
        let run = |members: &mut [Member]| run_chunk(members, wanted);
        match members.len() {
            0..=CHUNK => run(&mut members),
            _ => members.par_chunks_mut(CHUNK).for_each(run),
        }
        members.sort_by_key(|member| member.place);
        members.into_iter().map(|member| member.output).collect()
    }

    /// Steps that this engine can do for `other`: equal from the first on, up to where all values that `other` needs
    /// later are kept by this one, too.
    pub(super) fn shared_steps(&self, other: &Self) -> usize {
        if std::ptr::eq(self, other) {
            return self.steps.len();
        }
        if self.input != other.input || self.layouts.get(INPUT) != other.layouts.get(INPUT) {
            return 0;
        }
        let is_same = |(own, others): &(&Step, &Step)| {
            own.is_same(others) && self.layouts.get(&own.value) == other.layouts.get(&others.value)
        };
        let common = self.steps.iter().zip(&other.steps).take_while(is_same).count();
        let keeps_all = |&steps: &usize| {
            let is_read = |value: &str| self.steps[steps..].iter().any(|step| step.reads().any(|read| read == value));
            other.needs(steps).into_iter().all(is_read)
        };
        (0..=common).rev().find(keeps_all).unwrap_or(0)
    }

    /// Values made before step `first` that steps from there on read.
    fn needs(&self, first: usize) -> Vec<&str> {
        let reads = self.steps[first..].iter().flat_map(Step::reads);
        let mut needed: Vec<&str> = reads.filter(|value| self.values[*value].steps <= first).collect();
        needed.sort_unstable();
        needed.dedup();
        needed
    }
}

impl Step {
    /// Whether it computes the same from the same values.
    fn is_same(&self, other: &Self) -> bool {
        self.kernel.is_same(&other.kernel)
            && self.value == other.value
            && self.shape == other.shape
            && self.operands == other.operands
            && self.residual == other.residual
            && self.activation == other.activation
    }
}

impl Kernel {
    /// Packed weights are the same if they lie in the same place.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Conv(a), Self::Conv(b)) => std::sync::Arc::ptr_eq(a, b),
            (Self::Linear(a), Self::Linear(b)) => std::sync::Arc::ptr_eq(a, b),
            (Self::Chain(a), Self::Chain(b)) => a.is_same(b),
            (Self::Plain(a), Self::Plain(b)) => a == b,
            _ => false,
        }
    }
}

/// A job and its result.
#[derive(Debug)]
struct Member<'a> {
    /// In the batch.
    place: usize,
    job: Job<'a>,
    /// Steps that it has in common with the engine that it runs on now.
    shared: usize,
    /// Which image it is in the memory of that engine.
    row: usize,
    output: Vec<f32>,
}

impl<'a> Member<'a> {
    fn new(place: usize, job: &Job<'a>) -> Self {
        Self { place, job: *job, shared: 0, row: 0, output: Vec::new() }
    }
}

/// Runs a few images.
fn run_chunk(members: &mut [Member], wanted: &str) {
    let load = |engine: &Engine, members: &[Member]| {
        let mut input = Vec::with_capacity(members.len() * members[0].job.image.len());
        for Member { job: Job { image, .. }, .. } in members {
            engine.image(image, 1);
            input.extend_from_slice(image);
        }
        engine.begin(&input)
    };
    run_from(members, 0, wanted, &load);
}

/// Runs images from step `done` on, together with others as long as they can. `start` makes the memory of an engine with
/// the values that images have then.
fn run_from(mut members: &mut [Member], done: usize, wanted: &str, start: &dyn Fn(&Engine, &[Member]) -> Scratch) {
    while let Some(lead) = members.first().map(|member| member.job.engine) {
        for member in &mut *members {
            member.shared = lead.shared_steps(member.job.engine);
        }
        // Those with the fewest steps in common leave first: they are the last in memory. The sort is stable, so that
        // images of one engine stay together and the lead's come first.
        members.sort_by_key(|member| Reverse(member.shared));
        let together = members.iter().take_while(|member| member.shared > done).count().max(1);
        let (group, rest) = members.split_at_mut(together);
        let scratch = start(lead, group);
        group.iter_mut().enumerate().for_each(|(row, member)| member.row = row);
        run_group(lead, group, done, wanted, scratch);
        members = rest;
    }
}

/// Runs images whose values after step `done` are in `scratch`, the memory of `lead`.
fn run_group(lead: &Engine, mut members: &mut [Member], mut done: usize, wanted: &str, mut scratch: Scratch) {
    let value = lead.value(wanted);
    while let Some(parting) = members.last().map(|member| member.shared).filter(|&shared| shared < value.steps) {
        lead.advance(done..parting, members.len(), &mut scratch);
        done = parting;
        let stay = members.iter().take_while(|member| member.shared > parting).count();
        let (staying, leaving) = members.split_at_mut(stay);
        let hand_over = |engine: &Engine, members: &[Member]| hand_over(lead, &scratch, engine, members, done);
        run_from(leaving, done, wanted, &hand_over);
        members = staying;
    }
    lead.advance(done..value.steps, members.len(), &mut scratch);
    let mut all = vec![0.0; members.len() * value.size()];
    lead.extract(value, &mut scratch, &mut all);
    for (member, output) in members.iter_mut().zip(all.chunks_exact(value.size().max(1))) {
        member.output = output.to_vec();
    }
    lead.pool.give(scratch);
}

/// Memory of `engine` with the values that images, now in the memory of `lead`, need after step `done`.
fn hand_over(lead: &Engine, from: &Scratch, engine: &Engine, members: &[Member], done: usize) -> Scratch {
    let mut to = engine.pool.take();
    to.fit(&engine.plan, members.len());
    for name in engine.needs(done) {
        let value = &engine.values[name];
        match (lead.values[name].slot, value.slot) {
            (Slot::Floats(source), Slot::Floats(target)) => {
                move_rows(&from.floats[source], &mut to.floats[target], value.size(), members);
            }
            (Slot::Codes(source), Slot::Codes(target)) => {
                let layout = &engine.layouts[name];
                let size = value.size() / layout.channels * layout.record();
                move_rows(&from.codes[source], &mut to.codes[target], size, members);
            }
            _ => unreachable!("values of steps in common have the same layout"),
        }
    }
    to
}

fn move_rows<T: Copy>(from: &[T], to: &mut [T], size: usize, members: &[Member]) {
    for (member, to) in members.iter().zip(to.chunks_exact_mut(size.max(1))) {
        to.copy_from_slice(&from[member.row * size..][..size]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::seq::IndexedRandom;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::adapters::{DOWN, UP, adapted};
    use crate::fixture::random_weights;
    use crate::layers::join;
    use crate::net::{ImageInput, Network, Op, Shape};
    use crate::quantize::{Options, quantize};
    use crate::resnet::{FEATURES, ResNetConfig, resnet};
    use crate::weights::Weights;

    fn random_image(network: &Network, rng: &mut ChaCha8Rng) -> Vec<f32> {
        (0..network.input.elements()).map(|_| rng.random_range(-2.0..2.0)).collect()
    }

    /// A network in f32 or, with `bits`, in small integers.
    fn shared_network(bits: Option<u8>, rng: &mut ChaCha8Rng) -> (Network, Weights) {
        let network = resnet(&ResNetConfig {
            name: "small".to_owned(),
            input: ImageInput { channels: 3, height: 17, width: 13, mean: vec![0.0; 3], std: vec![1.0; 3] },
            stem: (16, 2),
            stages: vec![(16, 2, 1), (48, 1, 2)],
            outputs: 10,
        });
        let weights = random_weights(&network, rng);
        let Some(bits) = bits else { return (network, weights) };
        let image = random_image(&network, rng);
        quantize(&network, &weights, &[image], Options { bits }, || {}).unwrap()
    }

    /// An engine of `network` with adapters beside these convolutions, which shares the layers of `base`.
    fn adapted_engine(
        base: &Engine,
        (network, weights): &(Network, Weights),
        beside: &[&str],
        rng: &mut ChaCha8Rng,
    ) -> Engine {
        let of_adapter = |name: &str| name.contains(DOWN) || name.contains(UP);
        let parameters = adapted(network, beside, 2).unwrap().parameters().into_iter();
        let layers = random_layers(parameters.filter(|(name, _)| of_adapter(name)), rng);
        base.beside(&join(network, weights, &layers).unwrap(), &[FEATURES]).unwrap()
    }

    /// An engine of `network` with parameters of its own for these nodes, which shares the other layers of `base`.
    fn own_engine(
        base: &Engine,
        (network, weights): &(Network, Weights),
        own: &[&str],
        rng: &mut ChaCha8Rng,
    ) -> Engine {
        let is_own = |name: &str| own.iter().any(|node| name == format!("{node}.weight"));
        let layers = random_layers(network.parameters().into_iter().filter(|(name, _)| is_own(name)), rng);
        base.beside(&join(network, weights, &layers).unwrap(), &[FEATURES]).unwrap()
    }

    fn random_layers(parameters: impl Iterator<Item = (String, Shape)>, rng: &mut ChaCha8Rng) -> Weights {
        let mut layers = Weights::default();
        for (name, shape) in parameters {
            let values = (0..shape.iter().product::<usize>()).map(|_| rng.random_range(-0.5..0.5)).collect();
            layers.insert(&name, shape, values).unwrap();
        }
        layers
    }

    fn convolutions(network: &Network) -> Vec<&str> {
        let is_convolution = |node: &&crate::net::Node| matches!(node.op, Op::Conv2d { .. });
        network.nodes.iter().filter(is_convolution).map(|node| node.name.as_str()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn every_image_of_a_batch_gets_what_it_gets_alone(seed in any::<u64>(), n in 0..12_usize, bits in 0..3_usize) {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let model = shared_network([None, Some(8), Some(4)][bits], &mut rng);
            let base = Engine::keeping(&model.0, &model.1, &[FEATURES]).unwrap();
            let all = convolutions(&model.0);
            let apps: Vec<Engine> = (0..4)
                .map(|_| {
                    let count = rng.random_range(1..3);
                    let changed: Vec<&str> = all.choose_multiple(&mut rng, count).copied().collect();
                    if bits == 0 && rng.random() {
                        own_engine(&base, &model, &changed, &mut rng)
                    } else {
                        adapted_engine(&base, &model, &changed, &mut rng)
                    }
                })
                .collect();
            // Of another network altogether.
            let foreign = shared_network(None, &mut rng);
            let foreign = Engine::keeping(&foreign.0, &foreign.1, &[FEATURES]).unwrap();
            let engines: Vec<&Engine> = [&base, &foreign].into_iter().chain(&apps).collect();
            let images: Vec<Vec<f32>> = (0..n).map(|_| random_image(&model.0, &mut rng)).collect();
            let jobs: Vec<Job> =
                images.iter().map(|image| Job { engine: engines.choose(&mut rng).unwrap(), image }).collect();
            let together = Engine::run_batch(&jobs, FEATURES);
            let alone: Vec<Vec<f32>> = jobs.iter().map(|job| job.engine.run(job.image, 1, FEATURES)).collect();
            prop_assert_eq!(together, alone);
        }
    }

    #[test]
    fn layers_before_the_first_adapter_are_shared() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for bits in [None, Some(8)] {
            let model = shared_network(bits, &mut rng);
            let base = Engine::keeping(&model.0, &model.1, &[FEATURES]).unwrap();
            let all = convolutions(&model.0);
            let shared: Vec<usize> =
                all.iter().map(|name| base.shared_steps(&adapted_engine(&base, &model, &[name], &mut rng))).collect();
            assert!(shared.is_sorted(), "{shared:?}");
            assert_eq!(shared[0], 0);
            assert!(shared[all.len() - 1] + 4 >= base.steps.len(), "{shared:?} of {}", base.steps.len());
        }
    }

    #[test]
    fn a_layer_of_its_own_is_the_only_one_that_is_not_shared() {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let model = shared_network(None, &mut rng);
        let base = Engine::keeping(&model.0, &model.1, &[FEATURES]).unwrap();
        let image = random_image(&model.0, &mut rng);
        for name in convolutions(&model.0) {
            let own = own_engine(&base, &model, &[name], &mut rng);
            assert_eq!(own.layers_beyond(&base), 1, "{name}");
            assert_ne!(own.run(&image, 1, FEATURES), base.run(&image, 1, FEATURES), "{name}");
        }
    }

    #[test]
    fn engines_that_were_made_apart_share_nothing() {
        let (network, weights) = shared_network(None, &mut ChaCha8Rng::seed_from_u64(4));
        let [a, b] = [(), ()].map(|()| Engine::new(&network, &weights).unwrap());
        assert_eq!(a.shared_steps(&b), 0);
    }
}
