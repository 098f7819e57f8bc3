//! Training state on disk: one safetensors file, replaced atomically.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use chameleon_models::files::{beside, settle};
use tch::{Device, Kind, Tensor};

use crate::module::Module;
use crate::optim::{Ema, Sgd};

/// The checkpoint's name in a run's folder.
pub(super) const FILE: &str = "checkpoint.safetensors";

const STEP: &str = "step";

/// Writes tensors so that the file is either the old one or the whole new one.
///
/// # Errors
/// The folder cannot be written.
pub fn write_tensors(path: &Path, tensors: &[(String, Tensor)]) -> Result<()> {
    let on_cpu =
        |(name, tensor): &(String, Tensor)| (name.clone(), tensor.detach().to_device(Device::Cpu).contiguous());
    let tensors: Vec<(String, Tensor)> = tensors.iter().map(on_cpu).collect();
    let file = beside(path).with_context(|| format!("{}", path.display()))?;
    Tensor::write_safetensors(&tensors, file.path()).with_context(|| format!("{}", file.path().display()))?;
    settle(file, path).with_context(|| format!("{}", path.display()))
}

/// Reads what [`write_tensors`] wrote.
///
/// # Errors
/// The file cannot be read or is damaged.
pub fn read_tensors(path: &Path) -> Result<HashMap<String, Tensor>> {
    let tensors = Tensor::read_safetensors(path).with_context(|| format!("{}", path.display()))?;
    Ok(tensors.into_iter().collect())
}

/// Saves everything a resumed run needs.
///
/// # Errors
/// As [`write_tensors`].
pub(super) fn save(path: &Path, step: u64, module: &Module, optimizer: &Sgd, ema: &Ema) -> Result<()> {
    let mut tensors = vec![(STEP.to_owned(), Tensor::from_slice(&[step as i64]))];
    for ((name, tensor), average) in module.tensors().iter().zip(ema.averages()) {
        tensors.push((format!("model.{name}"), tensor.shallow_clone()));
        tensors.push((format!("ema.{name}"), average.shallow_clone()));
    }
    for (i, velocity) in optimizer.state().iter().enumerate() {
        tensors.push((format!("momentum.{i}"), velocity.shallow_clone()));
    }
    write_tensors(path, &tensors)
}

/// Restores a saved state into place and gives the step to go on from.
///
/// # Errors
/// The file is damaged or belongs to another network.
pub(super) fn load(path: &Path, module: &Module, optimizer: &mut Sgd, ema: &mut Ema) -> Result<u64> {
    let tensors = read_tensors(path)?;
    let get = |name: String| -> Result<Tensor> {
        Ok(tensors.get(&name).with_context(|| format!("{}: no tensor `{name}`", path.display()))?.shallow_clone())
    };
    let averages: Vec<Tensor> =
        module.tensors().iter().map(|(name, _)| get(format!("ema.{name}"))).collect::<Result<_>>()?;
    for (name, tensor) in module.tensors() {
        let saved = get(format!("model.{name}"))?;
        tch::no_grad(|| tensor.shallow_clone().f_copy_(&saved).map(drop)).with_context(|| name.clone())?;
    }
    let momenta: Vec<Tensor> =
        (0..optimizer.state().len()).map(|i| get(format!("momentum.{i}"))).collect::<Result<_>>()?;
    optimizer.restore(&momenta);
    ema.restore(&averages);
    Ok(get(STEP.to_owned())?.to_kind(Kind::Int64).int64_value(&[0]) as u64)
}
