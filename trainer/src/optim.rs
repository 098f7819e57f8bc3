//! Optimizers with state that can be saved, and an exponential moving average of the weights.

use tch::{Tensor, no_grad};

/// Stochastic gradient descent with Nesterov momentum and decoupled choice of which tensors decay.
pub struct Sgd {
    parameters: Vec<(Tensor, bool)>,
    momenta: Vec<Tensor>,
    momentum: f64,
    weight_decay: f64,
}

impl Sgd {
    /// `parameters` with whether weight decay applies to each.
    pub fn new(parameters: Vec<(Tensor, bool)>, momentum: f64, weight_decay: f64) -> Self {
        let momenta = parameters.iter().map(|(p, _)| p.detach().zeros_like()).collect();
        Self { parameters, momenta, momentum, weight_decay }
    }

    /// One step along the gradients that `backward` left, which are cleared.
    pub fn step(&mut self, learning_rate: f64) {
        no_grad(|| {
            for ((parameter, decays), velocity) in self.parameters.iter_mut().zip(&mut self.momenta) {
                let mut gradient = parameter.grad();
                if !gradient.defined() {
                    continue;
                }
                let direction = if *decays { &gradient + &*parameter * self.weight_decay } else { gradient.copy() };
                let _ = velocity.g_mul_scalar_(self.momentum);
                let _ = velocity.g_add_(&direction);
                let _ = parameter.g_add_(&((direction + &*velocity * self.momentum) * -learning_rate));
                let _ = gradient.zero_();
            }
        });
    }

    /// The momentum buffers, one a parameter, to be saved.
    pub fn state(&self) -> &[Tensor] {
        &self.momenta
    }

    /// Restores what [`Sgd::state`] gave.
    pub fn restore(&mut self, state: &[Tensor]) {
        no_grad(|| {
            for (velocity, saved) in self.momenta.iter_mut().zip(state) {
                velocity.copy_(saved);
            }
        });
    }
}

/// Factor of the learning rate: it rises linearly over the first `warm` steps, then falls to zero along a half cosine.
pub fn warm_cosine(step: f64, steps: f64, warm: f64) -> f64 {
    let warm = ((step + 1.0) / warm.max(1.0)).min(1.0);
    warm * 0.5 * (1.0 + (std::f64::consts::PI * (step / steps).min(1.0)).cos())
}

/// Exponential moving average of tensors (Polyak averaging).
pub struct Ema {
    decay: f64,
    averages: Vec<Tensor>,
}

impl Ema {
    /// Starts from the tensors' present values.
    pub fn new(tensors: &[(String, Tensor)], decay: f64) -> Self {
        Self { decay, averages: tensors.iter().map(|(_, t)| t.detach().copy()).collect() }
    }

    /// Moves the averages towards the present values. The decay warms up, so early values are soon forgotten.
    pub fn update(&mut self, tensors: &[(String, Tensor)], step: u64) {
        let decay = self.decay.min((1.0 + step as f64) / (10.0 + step as f64));
        no_grad(|| {
            for (average, (_, tensor)) in self.averages.iter_mut().zip(tensors) {
                let _ = average.lerp_(&tensor.detach(), 1.0 - decay);
            }
        });
    }

    /// The averages, in the tensors' order.
    pub fn averages(&self) -> &[Tensor] {
        &self.averages
    }

    /// Restores what [`Ema::averages`] gave.
    pub fn restore(&mut self, saved: &[Tensor]) {
        no_grad(|| {
            for (average, tensor) in self.averages.iter_mut().zip(saved) {
                average.copy_(tensor);
            }
        });
    }
}
