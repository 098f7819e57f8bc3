//! Where tensors are computed, and how many at a time.

use tch::{Cuda, Device};

/// Reads `cpu`, `cuda` or `cuda:N`, for clap.
///
/// # Errors
/// Another word, or a device that this libtorch or this machine does not have.
pub fn parse(text: &str) -> Result<Device, String> {
    let index = match text {
        "cpu" => return Ok(Device::Cpu),
        "cuda" => 0,
        _ => {
            let number = text.strip_prefix("cuda:").and_then(|number| number.parse().ok());
            number.ok_or_else(|| format!("`{text}` is not one of `cpu`, `cuda`, `cuda:0`, `cuda:1`, …"))?
        }
    };
    let found = Cuda::device_count();
    if usize::try_from(found).is_ok_and(|found| index < found) {
        Ok(Device::Cuda(index))
    } else {
        Err(format!("libtorch finds {found} CUDA devices; it needs its CUDA build, a driver and a device"))
    }
}

/// Reads a whole number of at least 1, for clap.
///
/// # Errors
/// Anything else.
pub fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&number| number > 0).ok_or_else(|| "a whole number of at least 1".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_devices_that_are_there_are_taken() {
        assert_eq!(parse("cpu"), Ok(Device::Cpu));
        assert!(parse("gpu").is_err_and(|error| error.contains("`gpu`")));
        assert!(parse("cuda:-1").is_err());
        let beyond = Cuda::device_count().max(0);
        assert!(parse(&format!("cuda:{beyond}")).is_err_and(|error| error.contains("CUDA devices")));
    }
}
