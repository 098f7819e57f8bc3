//! Cores, and the processor time of a process.

use std::fs;

use anyhow::{Context, Result, ensure};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The first two cores that this process may use: one for what measures, one for what is measured.
pub(crate) fn two_cores() -> Result<(usize, usize)> {
    let allowed = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    match (cores.next(), cores.next()) {
        (Some(first), Some(second)) => Ok((first, second)),
        _ => anyhow::bail!("this needs two cores"),
    }
}

/// Keeps this thread, and what it starts from now on, on some cores.
pub(crate) fn stay_on(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core);
    }
    Ok(sched_setaffinity(None, &set)?)
}

/// Parts of a second in which Linux tells programs about processor time, on every machine that this runs on.
const TICKS: f64 = 100.0;

/// Processor time that a process and its children have taken so far, in seconds.
pub(crate) fn processor_seconds(pid: u32) -> Result<f64> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    let mut ticks = ticks(pid)?;
    for child in children.split_whitespace() {
        ticks += self::ticks(child.parse()?)?;
    }
    Ok(ticks as f64 / TICKS)
}

fn ticks(pid: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may have spaces. After it, user and system time are the 12th and 13th field.
    let (_, fields) = stat.rsplit_once(')').context("no process name in /proc")?;
    let times: Vec<u64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    ensure!(times.len() == 2, "no times in /proc");
    Ok(times.iter().sum())
}
