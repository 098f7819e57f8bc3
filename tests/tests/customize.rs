//! The main job: from source to a served model that decides better, and what happens when things go wrong midway.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chameleon_tests::Chameleon;
use image::RgbImage;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const APP: &str = "apps-corpus/garbage-sorter";

/// Times that a customization is killed.
const KILLS: u32 = 20;

#[test]
fn the_garbage_sorter_gets_a_model_that_decides_wrong_a_third_less_often() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let customized = chameleon.run(&["customize", APP, "--json"])?;
    assert_eq!(customized.status, Some(0), "{customized:?}");
    let evaluation: Value = serde_json::from_str(&customized.stdout)?;
    let rate = |arm: &str| evaluation["arms"][arm]["balanced"]["mean"].as_f64().context("a rate");
    let served = evaluation["served"]["test"].as_f64().context("the served model's rate")?;
    assert!(served <= 0.65 * rate("G")?, "served {served}, generic {}", rate("G")?);
    for arm in ["G", "T", "B", "B+", "C"] {
        assert!((0.0..=1.0).contains(&rate(arm)?), "{arm}");
        assert!(
            evaluation["arms"][arm]["balanced"]["by_seed"].as_array().is_some_and(|seeds| seeds.len() >= 3)
                || arm == "G"
                || arm == "T"
        );
    }

    let list: Value = serde_json::from_str(&chameleon.run(&["registry", "list", "--json"])?.stdout)?;
    assert_eq!(list["apps"]["garbage-sorter"]["version"], 1, "{list}");
    let report = chameleon.home().join("report.html");
    let written = chameleon.run(&["report", "garbage-sorter", "--out", &report.to_string_lossy()])?;
    assert_eq!(written.status, Some(0), "{written:?}");
    let page = fs::read_to_string(report)?;
    assert!(page.contains("Compost it") && page.contains("<svg") && !page.contains("http://"), "{page}");
    // What it decides is told as `analyze` tells it.
    assert!(page.contains("the highest-scored label that matches any of them wins"), "{page}");
    Ok(())
}

/// One adds scores up, the other looks at several labels together; neither is of a known kind.
const OWN_KINDS: [&str; 2] = ["bench/own-kinds/dessert", "bench/own-kinds/leash"];

#[test]
fn an_application_of_no_known_kind_gets_a_model_by_running_its_program() -> Result<()> {
    let chameleon = Chameleon::new()?;
    for name in OWN_KINDS {
        let analyzed: Value = serde_json::from_str(&chameleon.run(&["analyze", name, "--json"])?.stdout)?;
        assert!(analyzed.to_string().contains(r#""decision_type":"other""#), "{name}: {analyzed}");
        let customized = chameleon.run(&["customize", name, "--seeds", "1", "--json"])?;
        assert_eq!(customized.status, Some(0), "{name}: {customized:?}");
        let evaluation: Value = serde_json::from_str(&customized.stdout)?;
        let generic = evaluation["arms"]["G"]["balanced"]["mean"].as_f64().context("a rate")?;
        let served = evaluation["served"]["test"].as_f64().context("the served model's rate")?;
        assert!(served < 0.65 * generic, "{name}: served {served}, generic {generic}");
    }
    Ok(())
}

#[test]
fn an_application_that_reads_moods_gets_a_model() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let customized = chameleon.run(&["customize", "apps-corpus/ec601_twitter_keyword", "--app", "moods", "--json"])?;
    assert_eq!(customized.status, Some(0), "{customized:?}");
    let evaluation: Value = serde_json::from_str(&customized.stdout)?;
    let generic = evaluation["arms"]["G"]["balanced"]["mean"].as_f64().context("a rate")?;
    let served = evaluation["served"]["test"].as_f64().context("the served model's rate")?;
    assert!(served < generic, "served {served}, generic {generic}");
    let list: Value = serde_json::from_str(&chameleon.run(&["registry", "list", "--json"])?.stdout)?;
    assert_eq!(list["apps"]["moods"]["version"], 1, "{list}");

    let texts = chameleon.home().join("texts.csv");
    fs::write(&texts, "text,label\nI love it,positive\nIt is awful,negative\nThe train leaves at nine,neutral\n")?;
    let measured = chameleon.run(&["evaluate", "--app", "moods", "--data", &texts.to_string_lossy(), "--json"])?;
    let result: Value = serde_json::from_str(&measured.stdout).with_context(|| format!("{measured:?}"))?;
    assert_eq!(result["images"], 3, "{result}");
    let page = chameleon.home().join("report.html");
    let written = chameleon.run(&["report", "moods", "--out", &page.to_string_lossy()])?;
    assert_eq!(written.status, Some(0), "{written:?}");
    let shown = chameleon.run(&["report", "moods", "photo.png", "--out", &page.to_string_lossy()])?;
    assert_eq!(shown.status, Some(2), "{shown:?}");
    assert!(shown.stderr.contains("does not label photographs"), "{shown:?}");
    let labelled = chameleon.run(&["label", "photo.png", "--app", "moods"])?;
    assert!(labelled.stderr.contains("made for the network `text-sentiment`"), "{labelled:?}");
    Ok(())
}

#[test]
fn an_application_that_asks_two_apis_gets_a_model_for_each() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let app = chameleon.home().join("both");
    fs::create_dir(&app)?;
    let source = r#"
import boto3
from google.cloud import language_v1, vision

def look(photo):
    labels = vision.ImageAnnotatorClient().label_detection(image=vision.Image(content=photo)).label_annotations
    return "dog" if any(label.description == "Dog" for label in labels) else "none"

def read(text):
    document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    mood = language_v1.LanguageServiceClient().analyze_sentiment(document=document).document_sentiment
    return "glad" if mood.score > 0.25 else "not"

def listen(text):
    mood = boto3.client("comprehend").detect_sentiment(Text=text, LanguageCode="en")["Sentiment"]
    return "glad" if mood == "POSITIVE" else "not"
"#;
    fs::write(app.join("app.py"), source)?;
    let app = app.to_string_lossy();
    let customize = |call: &str, seed: &str| {
        chameleon.run(&["customize", &app, "--call", call, "--seeds", "1", "--seed", seed, "--force"])
    };
    for (call, seed, published) in [
        ("app.py:6", "1", "published both, version 1"),
        ("app.py:11", "1", "published both.sentiment, version 1"),
        ("app.py:11", "2", "published both.sentiment, version 2"),
    ] {
        let made = customize(call, seed)?;
        assert_eq!(made.status, Some(0), "{made:?}");
        assert!(made.stderr.contains(published), "{made:?}");
    }
    // The same model would answer both clouds.
    let refused = customize("app.py:15", "1")?;
    assert_eq!(refused.status, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("both.sentiment has a model for google/language/analyze_sentiment"), "{refused:?}");

    let page = chameleon.home().join("report.html");
    let heads = |app: &str| -> Result<[bool; 2]> {
        let written = chameleon.run(&["report", app, "--out", &page.to_string_lossy()])?;
        ensure!(written.status == Some(0), "{written:?}");
        let page = fs::read_to_string(&page)?;
        Ok(["both", "both.sentiment"].map(|name| page.contains(&format!("<h1>{name}</h1>"))))
    };
    assert_eq!([heads("both")?, heads("both.sentiment")?], [[true, true], [false, true]]);
    let texts = chameleon.home().join("texts.csv");
    fs::write(&texts, "text,label\nI love it,positive\nIt is awful,negative\n")?;
    let measure = |app: &str| chameleon.run(&["evaluate", "--app", app, "--data", &texts.to_string_lossy(), "--json"]);
    let further = "both has further models, to be measured by their own names: both.sentiment";
    assert!(measure("both")?.stderr.contains(further));
    let part = measure("both.sentiment")?;
    assert!(!part.stderr.contains("further models") && part.stdout.contains(r#""images": 2"#), "{part:?}");

    let server = chameleon.serve(&["--no-upstream"])?;
    let body = r#"{"document":{"type":"PLAIN_TEXT","content":"The food was cold.","language":"en"}}"#;
    let score = |prefix: &str| -> Result<Value> {
        let (status, answer) = server.post(&format!("{prefix}/v1/documents:analyzeSentiment"), body)?;
        ensure!(status == 200, "{answer}");
        Ok(answer["documentSentiment"]["score"].clone())
    };
    assert_eq!(score("/apps/both")?, score("/apps/both.sentiment")?);
    assert_ne!(score("/apps/both")?, score("")?);
    Ok(())
}

/// Asks Comprehend with the real client, and prints the share of each text that is negative.
const LETTERS: &str = r#"
import boto3, json
client = boto3.client("comprehend")
letters = [
    "The parcel came late and the box was torn.", "I waited for an hour and nobody helped me.",
    "The food was cold again.", "I want my money back.", "Not what I had ordered.", "The app crashes all the time.",
    "I love it, thank you so much!", "What a lovely evening we had.", "The shop opens at nine.",
]
scores = [client.detect_sentiment(Text=letter, LanguageCode="en")["SentimentScore"] for letter in letters]
batch = client.batch_detect_sentiment(TextList=letters, LanguageCode="en")["ResultList"]
assert [result["SentimentScore"] for result in batch] == scores
print(json.dumps([score["Negative"] for score in scores]))
"#;

/// The generic model is hardly ever so sure that a text is negative.
#[test]
fn comprehend_answers_an_application_with_its_model() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let customized = chameleon.run(&["customize", "bench/sentiment/share", "--app", "letters", "--json"])?;
    assert_eq!(customized.status, Some(0), "{customized:?}");
    let evaluation: Value = serde_json::from_str(&customized.stdout)?;
    let shown = chameleon.run(&["loss", "bench/sentiment/share"])?.stdout;
    assert_eq!(Some(shown.trim_end()), evaluation["formula"].as_str().map(str::trim_end), "what is trained with");
    let generic = evaluation["arms"]["G"]["balanced"]["mean"].as_f64().context("a rate")?;
    let served = evaluation["served"]["test"].as_f64().context("the served model's rate")?;
    assert!(served < 0.8 * generic, "served {served}, generic {generic}");

    let script = chameleon.home().join("letters.py");
    fs::write(&script, LETTERS)?;
    let client = [chameleon_tests::python()?, script].map(|path| path.to_string_lossy().into_owned());
    let surely_negative = |model: &[&str]| -> Result<usize> {
        let words: Vec<&str> = ["run"].iter().chain(model).copied().chain(["--", &client[0], &client[1]]).collect();
        let asked = chameleon.run(&words)?;
        ensure!(asked.status == Some(0), "{asked:?}");
        let shares: Vec<f64> = serde_json::from_str(&asked.stdout)?;
        Ok(shares.into_iter().filter(|share| *share > 0.8).count())
    };
    let (generic, own) = (surely_negative(&["--generic"])?, surely_negative(&["--app", "letters"])?);
    assert!(own > generic, "{own} letters are surely negative, {generic} to the generic model");
    Ok(())
}

/// Pictures of a green bar (a bottle) and of a red disc (none), `n` of each, as folders of files.
fn drawings(folder: &Path, n: u32) -> Result<()> {
    for (name, colour) in [("Bottle", [30, 160, 60]), ("_none", [220, 40, 30])] {
        fs::create_dir_all(folder.join(name))?;
        for i in 0..n {
            let (x, y) = (8 + i * 7 % 24, 8 + i * 11 % 24);
            let gray = 90 + (i * 13 % 60) as u8;
            let is_inside = |dx: u32, dy: u32| match name {
                "Bottle" => dx < 16 && dy < 28,
                _ => dx.abs_diff(13).pow(2) + dy.abs_diff(13).pow(2) < 169,
            };
            let drawn = RgbImage::from_fn(64, 64, |column, row| {
                let inside = column >= x && row >= y && is_inside(column - x, row - y);
                image::Rgb(if inside { colour } else { [gray, 120, 200 - gray] })
            });
            drawn.save(folder.join(name).join(format!("{i}.png")))?;
        }
    }
    Ok(())
}

#[test]
fn an_application_that_asks_for_objects_learns_from_ones_own_pictures() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let pictures = chameleon.home().join("pictures");
    drawings(&pictures, 60)?;
    let data = pictures.to_string_lossy();
    let app = "apps-corpus/plasticbottle";
    let customized = chameleon.run(&["customize", app, "--data", &data, "--seeds", "1", "--json"])?;
    assert_eq!(customized.status, Some(0), "{customized:?}");
    let evaluation: Value = serde_json::from_str(&customized.stdout)?;
    let generic = evaluation["arms"]["G"]["balanced"]["mean"].as_f64().context("a rate")?;
    let served = evaluation["served"]["test"].as_f64().context("the served model's rate")?;
    assert!(served < 0.5 * generic, "served {served}, generic {generic}");

    let measured = chameleon.run(&["evaluate", "--app", "plasticbottle", "--data", &data, "--json"])?;
    let result: Value = serde_json::from_str(&measured.stdout).with_context(|| format!("{measured:?}"))?;
    assert_eq!(result["better"], true, "{result}");

    fs::rename(pictures.join("Bottle"), pictures.join("Plastic flask"))?;
    let refused = chameleon.run(&["customize", app, "--data", &data])?;
    assert_eq!(refused.status, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("`Plastic flask`"), "{refused:?}");
    Ok(())
}

#[test]
fn a_decision_on_two_apis_gets_each_model_beside_the_other() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let (app, pictures) = (chameleon.home().join("shelf"), chameleon.home().join("pictures"));
    drawings(&pictures, 60)?;
    fs::create_dir(&app)?;
    let source = r#"
from google.cloud import vision

def shelf(photo):
    client, image = vision.ImageAnnotatorClient(), vision.Image(content=photo)
    labels = [label.description for label in client.label_detection(image=image).label_annotations]
    objects = [thing.name for thing in client.object_localization(image=image).localized_object_annotations]
    if "Bottle" in labels and "Bottle" in objects:
        return "drinks"
    return "look again" if "Bottle" in labels else "else"
"#;
    fs::write(app.join("app.py"), source)?;
    let (app, data) = (app.to_string_lossy(), pictures.to_string_lossy());
    let customize = |call: &str| -> Result<Value> {
        let words = ["customize", &app, "--call", call, "--data", &data, "--seeds", "1", "--force", "--json"];
        let made = chameleon.run(&words)?;
        ensure!(made.status == Some(0), "{made:?}");
        Ok(serde_json::from_str(&made.stdout)?)
    };
    let beside = |evaluation: &Value, model: &str| {
        evaluation["remarks"].to_string().contains(&format!("beside this one {model} answers"))
    };
    assert!(beside(&customize("label_detection")?, "the generic model of object localization"));
    assert!(beside(&customize("object_localization")?, "the application's model of label detection"));
    assert!(beside(&customize("label_detection")?, "the application's model of object localization"));
    // Each is measured beside the other, and the whole decides alike, however it is called.
    let measured = |name: &str| -> Result<Value> {
        let measured = chameleon.run(&["evaluate", "--app", name, "--data", &data, "--json"])?;
        serde_json::from_str(&measured.stdout).with_context(|| format!("{measured:?}"))
    };
    let [labels, objects] = ["shelf", "shelf.objects"].map(measured);
    let (labels, objects) = (labels?, objects?);
    assert_eq!(labels["images"], objects["images"], "the detector finds something in all of them");
    assert_eq!(labels["published"]["natural"], objects["published"]["natural"], "{labels} {objects}");
    assert_ne!(labels["generic"]["natural"], labels["published"]["natural"], "{labels}");
    Ok(())
}

#[test]
fn the_same_seed_makes_the_same_model() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let mut models = Vec::new();
    for name in ["first", "second"] {
        let out = chameleon.home().join(name);
        let finished = chameleon.run(&["customize", APP, "--seeds", "1", "--out", &out.to_string_lossy()])?;
        assert_eq!(finished.status, Some(0), "{finished:?}");
        models.push(fs::read(out.join("head.safetensors"))?);
    }
    assert!(models[0] == models[1]);
    Ok(())
}

#[test]
fn a_customization_killed_at_any_moment_leaves_the_registry_intact_and_runs_again() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let customize = |seed: u32| chameleon.command(&["customize", APP, "--seeds", "1", "--seed", &seed.to_string()]);
    let started = Instant::now();
    ensure!(customize(0)?.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success());
    let length = started.elapsed();
    let mut version = published(&chameleon)?;
    assert_eq!(version, 1);
    let mut random = 1u32;
    for kill in 1..=KILLS {
        // The trainer is found among the processes by its temporary folder.
        let temporary = chameleon.home().join(format!("temporary-{kill}"));
        fs::create_dir(&temporary)?;
        let mut command = customize(kill)?;
        let mut child = command.env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        sleep(length.mul_f64(f64::from(random >> 8) / f64::from(1u32 << 24)));
        child.kill()?;
        child.wait()?;
        ensure!(ended(&temporary)?, "the trainer goes on after the program that started it was killed");
        let verified = chameleon.run(&["registry", "verify"])?;
        assert_eq!(verified.status, Some(0), "kill {kill}: {verified:?}");
        // Either the model of before is served or the new one, whole.
        let now = published(&chameleon)?;
        assert!(now == version || now == version + 1, "kill {kill}: version {version} became {now}");
        version = now;
    }
    ensure!(customize(KILLS + 1)?.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success());
    assert_eq!(published(&chameleon)?, version + 1);
    Ok(())
}

/// The version of the application's model that is served.
fn published(chameleon: &Chameleon) -> Result<u64> {
    let list: Value = serde_json::from_str(&chameleon.run(&["registry", "list", "--json"])?.stdout)?;
    list["apps"]["garbage-sorter"]["version"].as_u64().with_context(|| format!("{list}"))
}

#[test]
fn a_customization_that_is_asked_to_end_clears_its_temporary_files_away() -> Result<()> {
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let chameleon = Chameleon::new()?;
        let temporary = chameleon.home().join("temporary");
        fs::create_dir(&temporary)?;
        let mut command = chameleon.command(&["customize", APP, "--seeds", "100"])?;
        let mut child = command.env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        while fs::read_dir(&temporary)?.next().is_none() {
            sleep(Duration::from_millis(20));
        }
        // The trainer is started after its input was written.
        sleep(Duration::from_millis(700));
        let id = Pid::from_raw(i32::try_from(child.id())?).context("it has an id")?;
        kill_process(id, signal)?;
        assert_eq!(child.wait()?.code(), Some(status));
        assert_eq!(fs::read_dir(&temporary)?.count(), 0, "{signal:?}");
        ensure!(ended(&temporary)?, "the trainer goes on after the program that started it");
    }
    Ok(())
}

#[test]
fn images_that_cannot_be_used_are_one_clear_error() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let empty = chameleon.home().join("empty");
    fs::create_dir(&empty)?;
    for folder in [empty, chameleon.home().join("missing")] {
        let finished = chameleon.run(&["customize", APP, "--data", &folder.to_string_lossy()])?;
        assert_eq!(finished.status, Some(2), "{finished:?}");
        assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
        assert!(finished.stderr.contains(&*folder.to_string_lossy()), "{finished:?}");
    }
    Ok(())
}

#[test]
fn versions_are_rolled_back_and_a_damaged_registry_is_rebuilt() -> Result<()> {
    let chameleon = Chameleon::new()?;
    for seed in ["1", "2"] {
        let finished = chameleon.run(&["customize", APP, "--seeds", "1", "--seed", seed])?;
        assert_eq!(finished.status, Some(0), "{finished:?}");
    }
    let rolled = chameleon.run(&["registry", "rollback", "garbage-sorter"])?;
    assert_eq!(rolled.status, Some(0), "{rolled:?}");
    cut_in_half(&chameleon.home().join("registry/index"))?;
    let broken = chameleon.run(&["registry", "list"])?;
    assert_eq!(broken.status, Some(2), "{broken:?}");
    assert!(broken.stderr.contains("chameleon registry rebuild"), "{}", broken.stderr);
    let rebuilt = chameleon.run(&["registry", "rebuild", "--json"])?;
    assert_eq!(rebuilt.status, Some(0), "{rebuilt:?}");
    let rebuilt: Value = serde_json::from_str(&rebuilt.stdout)?;
    assert_eq!((&rebuilt["apps"], &rebuilt["versions"]), (&1.into(), &2.into()), "{rebuilt}");
    let verified: Value = serde_json::from_str(&chameleon.run(&["registry", "verify", "--json"])?.stdout)?;
    assert_eq!(verified["problems"], Value::Array(Vec::new()));
    let list: Value = serde_json::from_str(&chameleon.run(&["registry", "list", "--json"])?.stdout)?;
    assert_eq!(list["apps"]["garbage-sorter"]["version"], 1, "{list}");
    Ok(())
}

/// Whether, within ten seconds, no process is left that has `mark` among its arguments.
fn ended(mark: &std::path::Path) -> Result<bool> {
    let mark = mark.to_string_lossy().into_owned();
    for _ in 0..100 {
        let running = fs::read_dir("/proc")?.filter_map(|entry| fs::read(entry.ok()?.path().join("cmdline")).ok());
        let mut running = running.filter(|words| String::from_utf8_lossy(words).contains(&mark));
        if running.next().is_none() {
            return Ok(true);
        }
        sleep(Duration::from_millis(100));
    }
    Ok(false)
}

/// Cuts every file of a folder in half.
fn cut_in_half(folder: &std::path::Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = fs::read(&path)?;
            fs::write(&path, &bytes[..bytes.len() / 2])?;
        }
    }
    Ok(())
}
