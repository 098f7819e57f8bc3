//! The engine takes no memory once it is warm: a file of its own, since a program has one allocator.

#![allow(unsafe_code, reason = "only so can an allocator be written")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use chameleon_models::engine::Engine;
use chameleon_models::net::{INPUT, ImageInput, Network, Node, Op};
use chameleon_models::quantize::{Options, quantize};
use chameleon_models::weights::Weights;
use chameleon_models::zoo;

/// The system's allocator, which counts what each thread asks for.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // While a thread ends its counter is gone; nobody asks for it then.
    let _ = COUNT.try_with(|count| count.set(count.get() + 1));
}

// SAFETY: every call is passed on unchanged to the system's allocator; counting takes no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's; all memory is the system's.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller's; all memory is the system's.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of the third run of `n` images, after two of as many.
fn allocations(network: &Network, weights: &Weights, n: usize) -> usize {
    let engine = Engine::new(network, weights).expect("a network");
    let last = &network.nodes[network.nodes.len() - 1].name;
    let images: Vec<f32> = (0..n * network.input.elements()).map(|i| (i * 31 % 97) as f32 / 97.0).collect();
    let mut output = vec![0.0; n * engine.shape(last).expect("a value").iter().product::<usize>()];
    engine.run_into(&images, n, last, &mut output);
    engine.run_into(&images, n, last, &mut output);
    let before = COUNT.get();
    engine.run_into(&images, n, last, &mut output);
    COUNT.get() - before
}

/// Every kind of kernel that images pass through, small.
fn small() -> (Network, Weights) {
    let conv = |c_in, c_out, kernel, groups| Op::Conv2d {
        c_in,
        c_out,
        kernel,
        stride: 1,
        padding: kernel / 2,
        groups,
        bias: true,
    };
    let nodes = [
        ("stem", conv(3, 32, 3, 1), vec![INPUT]),
        ("act", Op::Relu6, vec!["stem"]),
        ("deep", conv(32, 32, 3, 32), vec!["act"]),
        ("grouped", conv(32, 32, 3, 4), vec!["deep"]),
        ("wide", conv(32, 64, 1, 1), vec!["grouped"]),
        ("back", conv(64, 32, 3, 1), vec!["wide"]),
        ("sum", Op::Add, vec!["back", "act"]),
        ("pool", Op::MaxPool2d { kernel: 3, stride: 2, padding: 1 }, vec!["sum"]),
        ("mean", Op::GlobalAvgPool, vec!["pool"]),
        ("gate", Op::Linear { d_in: 32, d_out: 32 }, vec!["mean"]),
        ("sigmoid", Op::Sigmoid, vec!["gate"]),
        ("scaled", Op::Mul, vec!["pool", "sigmoid"]),
        ("both", Op::Concat, vec!["scaled", "pool", "scaled", "pool"]),
        ("all", Op::GlobalAvgPool, vec!["both"]),
        ("head", Op::Linear { d_in: 128, d_out: 10 }, vec!["all"]),
    ];
    let node = |(name, op, inputs): (&str, Op, Vec<&str>)| Node {
        name: name.to_owned(),
        op,
        inputs: inputs.into_iter().map(ToOwned::to_owned).collect(),
    };
    let input = ImageInput { channels: 3, height: 24, width: 24, mean: vec![0.0; 3], std: vec![1.0; 3] };
    let nodes = nodes.map(node).into();
    let network = Network { name: "small".to_owned(), input, nodes, quantization: None };
    let mut weights = Weights::default();
    for (name, shape) in network.parameters() {
        let numbers = (0..shape.iter().product()).map(|i: usize| (i * 17 % 23) as f32 / 230.0 - 0.05).collect();
        weights.insert(&name, shape, numbers).expect("as many numbers");
    }
    (network, weights)
}

#[test]
fn a_warm_engine_allocates_nothing() {
    let before = COUNT.get();
    drop(vec![0_u8; 100]);
    assert!(COUNT.get() > before, "the allocator counts");
    let model = zoo::image_labels().expect("the model that ships");
    for (network, weights) in [small(), (model.network.clone(), model.weights.clone())] {
        let image: Vec<f32> = (0..network.input.elements()).map(|i| (i % 13) as f32 / 13.0).collect();
        let (codes, integers) =
            quantize(&network, &weights, &[image], Options { bits: 8 }, || {}).expect("a network in f32");
        for n in [1, 3] {
            assert_eq!(allocations(&network, &weights, n), 0, "{}, {n} images", network.name);
            assert_eq!(allocations(&codes, &integers, n), 0, "{} with 8 bits, {n} images", network.name);
        }
    }
}
