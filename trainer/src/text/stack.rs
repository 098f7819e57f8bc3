//! How much each member's outputs count, learned from texts that none of them has seen (Wolpert 1992).

use anyhow::Result;
use tch::nn::{self, Init, OptimizerConfig as _, VarStore};
use tch::{Device, Kind, Tensor};

use super::objective::Objective;
use super::samples::Sample;
use crate::customize::head::values;

/// Steps over all texts, and Adam's rate.
const STEPS: usize = 400;
const RATE: f64 = 0.02;

/// What is made of the members' outputs: their sum, each times its share, and a bias for each label.
#[derive(Clone, Debug, PartialEq)]
pub struct Stacked {
    /// One a member.
    pub shares: Vec<f32>,
    /// (L).
    pub bias: Vec<f32>,
}

/// The shares and biases of least loss on `samples`, for which each member has these outputs, (N x L), row-major.
///
/// # Errors
/// libtorch's message.
pub fn stacked(outputs: &[Vec<f32>], samples: &[Sample], objective: &Objective) -> Result<Stacked> {
    let (members, texts) = (outputs.len() as i64, samples.len() as i64);
    let outputs = Tensor::from_slice(&outputs.concat()).reshape([members, texts, -1]); // (M, N, L)
    let (classes, sets): (Vec<u16>, Vec<usize>) = samples.iter().map(|sample| (sample.classes[0], sample.set)).unzip();
    let variables = VarStore::new(Device::Cpu);
    let root = variables.root();
    let shares = root.f_var("shares", &[members, 1, 1], Init::Const(1.0 / members as f64))?;
    let bias = root.f_var("bias", &[outputs.size()[2]], Init::Const(0.0))?;
    let mut optimizer = nn::Adam::default().build(&variables, RATE)?;
    for step in 0..STEPS {
        optimizer.set_lr(RATE * (1.0 - step as f64 / STEPS as f64));
        let sum = (&outputs * &shares).sum_dim_intlist(0_i64, false, Kind::Float) + &bias;
        optimizer.backward_step(&objective.loss(&sum, &classes, &sets)?);
    }
    Ok(Stacked { shares: values(&shares)?, bias: values(&bias)? })
}

#[cfg(test)]
mod tests {
    use super::super::task::Task;
    use super::*;

    #[test]
    fn the_member_that_knows_counts_more() {
        let sample = |i: usize| {
            let classes = vec![(i % 3) as u16];
            Sample { bags: vec![vec![]], words: vec![], classes, set: 0, first: vec![] }
        };
        let samples: Vec<Sample> = (0..60).map(sample).collect();
        let row = |right: usize| (0..3).map(move |label| if label == right { 1.0 } else { -1.0 });
        let knows: Vec<f32> = (0..60).flat_map(|i| row(i % 3)).collect();
        let guesses: Vec<f32> = (0..60).flat_map(|i| row(i / 7 % 3)).collect();
        let stacked = stacked(&[guesses, knows], &samples, &Objective::new(Task::Sentiment)).expect("numbers");
        assert!(stacked.shares[1] > 1.0 && stacked.shares[0].abs() < 0.5 * stacked.shares[1], "{stacked:?}");
    }
}
