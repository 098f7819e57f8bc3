//! What a model for one application changes.

use std::borrow::Cow;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chameleon_models::weights::Weights;

use super::head::Head;
use super::pool::Pool;
use crate::evaluation::panel::Panel;

/// Rows of the head, and what is changed before it.
#[derive(Clone)]
pub struct Delta {
    /// The application's rows.
    pub head: Head,
    /// Parameters of changed layers, if there are any.
    pub layers: Option<Arc<Weights>>,
}

impl From<Head> for Delta {
    fn from(head: Head) -> Self {
        Self { head, layers: None }
    }
}

impl Delta {
    /// The mean of changes of the same parameters.
    ///
    /// # Errors
    /// They are not of the same parameters.
    pub fn mean(all: &[&Self]) -> Result<Self> {
        let head = Head::mean(&all.iter().map(|delta| &delta.head).collect::<Vec<_>>())?;
        let layers: Vec<&Weights> = all.iter().filter_map(|delta| delta.layers.as_deref()).collect();
        ensure!(layers.is_empty() || layers.len() == all.len(), "some change layers and some do not");
        let layers = layers.split_first().map(|(first, rest)| mean(first, rest)).transpose()?;
        Ok(Self { head, layers: layers.map(Arc::new) })
    }

    /// What the application sees of the panel's images: its labels' logits (N, n), row-major, and the panel with the other
    /// labels that come with them.
    ///
    /// # Errors
    /// The layers are not for the network of these images, or libtorch cannot hand out the logits.
    pub fn seen<'p>(&self, pool: &Pool, panel: &'p Panel) -> Result<(Vec<f32>, Cow<'p, Panel>)> {
        let Some(layers) = &self.layers else {
            return Ok((self.head.logits(&pool.examples.select(&panel.images))?, Cow::Borrowed(panel)));
        };
        let body = pool.body.as_ref().context("changed layers need the images, not only their features")?;
        let features = body.features(layers, &panel.images)?.into();
        let panel = panel.with_others(&pool.head.logits(&features)?);
        Ok((self.head.logits(&features)?, Cow::Owned(panel)))
    }
}

fn mean(first: &Weights, rest: &[&Weights]) -> Result<Weights> {
    let share = 1.0 / (1 + rest.len()) as f32;
    let mut mean = Weights::default();
    ensure!(rest.iter().all(|other| other.iter().count() == first.iter().count()), "not the same layers are changed");
    for (name, tensor) in first.iter() {
        let mut values = tensor.data().to_vec();
        for other in rest {
            let other = other.get(name)?;
            ensure!(other.shape() == tensor.shape(), "`{name}` has several shapes");
            values.iter_mut().zip(other.data()).for_each(|(sum, value)| *sum += value);
        }
        for sum in &mut values {
            *sum *= share;
        }
        mean.insert(name, tensor.shape().to_vec(), values)?;
    }
    Ok(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(values: &[f32]) -> Delta {
        let mut layers = Weights::default();
        layers.insert("stage4.weight", vec![values.len()], values.to_vec()).expect("finite");
        let head = Head { weight: values.to_vec(), bias: vec![values[0]] };
        Delta { head, layers: Some(Arc::new(layers)) }
    }

    #[test]
    fn a_mean_is_of_every_parameter() {
        let (a, b) = (delta(&[1.0, 4.0]), delta(&[3.0, -4.0]));
        let mean = Delta::mean(&[&a, &b]).expect("the same parameters");
        assert_eq!((mean.head.weight, mean.head.bias), (vec![2.0, 0.0], vec![2.0]));
        assert_eq!(mean.layers.expect("layers").get("stage4.weight").expect("it").data(), [2.0, 0.0]);
    }

    #[test]
    fn different_parameters_have_no_mean() {
        let (a, head) = (delta(&[1.0]), Delta::from(Head { weight: vec![1.0], bias: vec![1.0] }));
        assert!(Delta::mean(&[&a, &head]).is_err());
        assert!(Delta::mean(&[&delta(&[1.0, 2.0]), &a]).is_err());
    }
}
