//! Evaluation of applications of the corpus: what it writes, and that it can be stopped anywhere.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use chameleon_tests::{Chameleon, Finished};
use serde_json::Value;

/// Times that a run is killed.
const KILLS: u32 = 20;

/// Three decisions with little training: one of each type.
fn arguments(out: &Path) -> Vec<String> {
    let mut words: Vec<String> =
        ["evaluate", "apps-corpus", "--seeds", "1", "--steps", "6"].map(str::to_owned).to_vec();
    words.extend(["garbso", "doge", "aws"].into_iter().flat_map(|name| ["--only".to_owned(), name.to_owned()]));
    words.extend(["--out".to_owned(), out.to_string_lossy().into_owned()]);
    words
}

fn evaluate(chameleon: &Chameleon, out: &Path) -> Result<Finished> {
    let words = arguments(out);
    chameleon.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn results(out: &Path) -> Result<Value> {
    Ok(serde_json::from_str(&fs::read_to_string(out.join("results.json"))?)?)
}

#[test]
fn results_are_written_as_json_csv_and_html() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let out = chameleon.home().join("evaluation");
    let finished = evaluate(&chameleon, &out)?;
    assert_eq!(finished.status, Some(0), "{finished:?}");
    let results = results(&out)?;
    let decisions = results["decisions"].as_array().context("decisions")?;
    assert_eq!(decisions.len(), 3, "{results}");
    let rates = decisions.iter().map(|decision| decision["evaluation"]["arms"]["G"]["balanced"]["mean"].as_f64());
    let mean = rates.map(Option::unwrap_or_default).sum::<f64>() / 3.0;
    let average = results["groups"][0]["arms"]["G"]["rate"].as_f64().context("an average")?;
    assert!((average - mean).abs() < 1e-6, "{average} and {mean}");
    // Seven lines a decision: six arms and what is served.
    assert_eq!(fs::read_to_string(out.join("results.csv"))?.lines().count(), 1 + 3 * 7);
    let page = fs::read_to_string(out.join("report.html"))?;
    assert!(page.contains("garbso") && page.contains("<svg") && !page.contains("http://"), "{page}");
    assert!(finished.stdout.contains("3 decisions evaluated, 0 not"), "{}", finished.stdout);
    Ok(())
}

#[test]
fn a_run_killed_at_any_moment_goes_on_to_the_same_results() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let whole = chameleon.home().join("whole");
    let started = Instant::now();
    assert_eq!(evaluate(&chameleon, &whole)?.status, Some(0));
    let length = started.elapsed();
    let killed = chameleon.home().join("killed");
    let words = arguments(&killed);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut random = 1u32;
    for _ in 0..KILLS {
        let mut child = chameleon.command(&words)?.stdout(std::process::Stdio::null()).spawn()?;
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        sleep(length.mul_f64(f64::from(random >> 8) / f64::from(1u32 << 24)));
        child.kill()?;
        child.wait()?;
        // What is there is whole.
        for entry in fs::read_dir(killed.join("decisions")).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !name.starts_with('.') {
                let row: Value = serde_json::from_str(&fs::read_to_string(entry.path())?)?;
                assert!(row["outcome"]["measured"].is_object(), "{name}: {row}");
            }
        }
    }
    // The trainer of the last killed run ends by itself.
    sleep(Duration::from_millis(200));
    assert_eq!(evaluate(&chameleon, &killed)?.status, Some(0));
    assert_eq!(results(&killed)?, results(&whole)?);
    Ok(())
}

#[test]
fn what_cannot_be_evaluated_is_said_in_one_line() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let empty = chameleon.home().join("empty");
    fs::create_dir(&empty)?;
    let finished = chameleon.run(&["evaluate", &empty.to_string_lossy()])?;
    assert_eq!(finished.status, Some(2), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    let finished = chameleon.run(&["evaluate", "apps-corpus", "--only", "nobody"])?;
    assert_eq!(finished.status, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("apps-corpus: no decision `nobody`"), "{finished:?}");
    let missing = chameleon.run(&["evaluate", "apps-corpus", "--data", "missing"])?;
    assert_eq!(missing.status, Some(2), "{missing:?}");
    assert_eq!(missing.stderr.lines().count(), 1, "{missing:?}");
    assert!(missing.stderr.contains("missing: No such file"), "{missing:?}");
    let ignored = chameleon.run(&["evaluate", "--app", "bins", "--data", "d", "--seeds", "2"])?;
    assert_eq!(ignored.status, Some(2), "{ignored:?}");
    assert!(ignored.stderr.contains("--seeds"), "{ignored:?}");
    // A broken description is not taken for an application without one.
    fs::create_dir(empty.join("app"))?;
    fs::write(empty.join("app/app.json"), "{")?;
    let broken = chameleon.run(&["evaluate", &empty.to_string_lossy()])?;
    assert_eq!(broken.status, Some(2), "{broken:?}");
    assert!(broken.stderr.contains("app.json") && broken.stderr.lines().count() == 1, "{broken:?}");
    Ok(())
}

#[test]
fn a_published_model_is_measured_on_the_users_own_images() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let customize = ["customize", "apps-corpus/garbage-sorter", "--app", "bins", "--seeds", "1"];
    let customized = chameleon.run(&[customize.as_slice(), &["--force"]].concat())?;
    assert_eq!(customized.status, Some(0), "{customized:?}");
    let data = chameleon.home().join("data");
    for (label, shade) in [("Pizza", 200), ("Beer bottle", 90), ("_none", 20)] {
        fs::create_dir_all(data.join(label))?;
        for i in 0..4u8 {
            let image = image::RgbImage::from_fn(64, 64, |x, y| image::Rgb([shade, (x as u8) << 1, (y as u8) << i]));
            image.save(data.join(label).join(format!("{i}.png")))?;
        }
    }
    let data = data.to_string_lossy();
    let measured = chameleon.run(&["evaluate", "--app", "bins", "--data", &data, "--json"])?;
    let result: Value = serde_json::from_str(&measured.stdout).with_context(|| format!("{measured:?}"))?;
    assert_eq!(result["images"], 12, "{result}");
    assert_eq!(measured.status, Some(i32::from(result["better"] != true)), "{measured:?}");
    let unknown = chameleon.run(&["evaluate", "--app", "nobody", "--data", &data])?;
    assert_eq!(unknown.status, Some(2), "{unknown:?}");
    assert_eq!(unknown.stderr.lines().count(), 1, "{unknown:?}");
    Ok(())
}
