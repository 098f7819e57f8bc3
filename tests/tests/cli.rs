//! The command line as a person meets it.

use std::fs;

use anyhow::Result;
use chameleon_tests::Chameleon;
use serde_json::Value;

const COMMANDS: [&str; 12] = [
    "analyze",
    "loss",
    "customize",
    "serve",
    "run",
    "label",
    "report",
    "corpus",
    "registry",
    "ca",
    "config",
    "completions",
];

#[test]
fn help_lists_every_command_and_the_exit_statuses() -> Result<()> {
    let help = Chameleon::new()?.run(&["--help"])?;
    assert_eq!(help.status, Some(0));
    for command in COMMANDS {
        assert!(help.stdout.contains(&format!("\n  {command}")), "{command} in {}", help.stdout);
    }
    assert!(help.stdout.contains("Exit status:"));
    Ok(())
}

#[test]
fn every_command_explains_itself() -> Result<()> {
    let chameleon = Chameleon::new()?;
    for command in COMMANDS {
        let help = chameleon.run(&[command, "--help"])?;
        assert_eq!(help.status, Some(0), "{command}");
        assert!(help.stdout.contains("Usage: chameleon"), "{command}: {}", help.stdout);
        let options = help.stdout.lines().filter(|line| line.trim_start().starts_with('-'));
        for line in options {
            assert!(line.trim().len() > 2, "{command}: {line}");
        }
    }
    Ok(())
}

#[test]
fn version_names_the_program() -> Result<()> {
    let version = Chameleon::new()?.run(&["--version"])?;
    assert_eq!(version.stdout.trim(), format!("chameleon {}", env!("CARGO_PKG_VERSION")));
    Ok(())
}

#[test]
fn completions_exist_for_the_common_shells() -> Result<()> {
    let chameleon = Chameleon::new()?;
    for shell in ["bash", "zsh", "fish"] {
        let script = chameleon.run(&["completions", shell])?;
        assert_eq!(script.status, Some(0));
        assert!(script.stdout.contains("customize"), "{shell}");
    }
    Ok(())
}

#[test]
fn analyze_shows_branches_words_and_source_lines() -> Result<()> {
    let account = Chameleon::new()?.run(&["analyze", "apps-corpus/garbage-sorter"])?;
    assert_eq!(account.status, Some(0), "{}", account.stderr);
    for expected in ["app.py", "Compost it", "recycle", "donate", "food", "cardboard", "footwear", "trash"] {
        assert!(account.stdout.contains(expected), "{expected} in {}", account.stdout);
    }
    Ok(())
}

#[test]
fn analyze_as_json_gives_the_versioned_process() -> Result<()> {
    let account = Chameleon::new()?.run(&["analyze", "--json", "apps-corpus/garbage-sorter"])?;
    let json: Value = serde_json::from_str(&account.stdout)?;
    let summary = &json["processes"][0]["summary"];
    assert_eq!(summary["decision_type"], "multi_choice");
    assert_eq!(summary["order"], "api_output");
    let branches = summary["branches"].as_array().map_or(0, Vec::len);
    assert_eq!(branches, 3, "{summary}");
    let labels = |branch: usize| summary["branches"][branch]["labels"].to_string();
    assert_eq!(labels(0), r#"["Food","Produce","Snack"]"#);
    assert!(json["version"].is_u64());
    Ok(())
}

#[test]
fn loss_prints_the_formula_with_the_applications_groups() -> Result<()> {
    let loss = Chameleon::new()?.run(&["loss", "apps-corpus/garbage-sorter"])?;
    assert_eq!(loss.status, Some(0), "{}", loss.stderr);
    for expected in ["Compost it", "Recycle it", "Donate it", "miss", "overtake", "false alarm"] {
        assert!(loss.stdout.contains(expected), "{expected} in {}", loss.stdout);
    }
    Ok(())
}

#[test]
fn one_of_several_decisions_is_chosen_by_its_place() -> Result<()> {
    // Two functions of one application decide from what one call gives them.
    let app = "apps-corpus/trashb";
    let several = Chameleon::new()?.run(&["loss", app])?;
    assert_eq!(several.status, Some(2), "{several:?}");
    let places: Vec<&str> = several.stderr.trim().rsplit("--call: ").next().unwrap_or_default().split(", ").collect();
    assert!(places.len() == 2 && places[0] != places[1], "{several:?}");
    let mut losses = 0;
    for place in places {
        let one = Chameleon::new()?.run(&["loss", app, "--call", place])?;
        // From one of them nothing can be trained: that is what is said then.
        assert!(!one.stderr.contains("several decisions"), "{place}: {one:?}");
        losses += usize::from(one.status == Some(0));
    }
    assert_eq!(losses, 1);
    Ok(())
}

/// Models of texts have three classes of sentiment and four kinds of entities, whatever an API calls them.
#[test]
fn loss_is_about_the_outputs_of_the_model_that_is_customized() -> Result<()> {
    for (app, width) in [
        ("bench/sentiment/class", 3),
        ("bench/sentiment/share", 3),
        ("bench/sentiment/both", 3),
        ("bench/sentiment/score", 3),
        ("loss-synth/tests/programs/entity_types.py", 4),
        // No model is customized for these.
        ("loss-synth/tests/programs/magnitude.py", 1),
        ("loss-synth/tests/programs/safe_search.py", 12),
    ] {
        let module = Chameleon::new()?.run(&["loss", app, "--emit", "pytorch"])?;
        assert!(module.stdout.contains(&format!("\nWIDTH = {width} ")), "{app}: {module:?}");
    }
    Ok(())
}

#[test]
fn loss_is_written_for_programs_too() -> Result<()> {
    let app = "apps-corpus/garbage-sorter";
    let json = Chameleon::new()?.run(&["loss", app, "--emit", "json"])?;
    assert_eq!(Chameleon::new()?.run(&["loss", app, "--json"])?.stdout, json.stdout);
    let formula: Value = serde_json::from_str(&json.stdout)?;
    assert_eq!(formula["rule"], "highest_score", "{}", json.stderr);
    let module = Chameleon::new()?.run(&["loss", app, "--emit", "pytorch"])?;
    assert_eq!(module.status, Some(0), "{}", module.stderr);
    for expected in ["class DecisionLoss(", "def forward(self, logits, truth)", "Compost it", "\"Produce\": "] {
        assert!(module.stdout.contains(expected), "{expected} in {}", module.stdout);
    }
    Ok(())
}

#[test]
fn a_path_that_does_not_exist_is_one_clear_error() -> Result<()> {
    for command in ["analyze", "loss", "customize"] {
        let finished = Chameleon::new()?.run(&[command, "no/such/app.py"])?;
        assert_eq!(finished.status, Some(2), "{command}");
        assert_eq!(finished.stderr.lines().count(), 1, "{}", finished.stderr);
        assert!(finished.stderr.contains("no/such/app.py"), "{}", finished.stderr);
    }
    Ok(())
}

#[test]
fn a_file_that_is_not_python_is_one_clear_error() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("photo.jpg");
    fs::write(&file, [0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3])?;
    let finished = Chameleon::new()?.run(&["analyze", &file.to_string_lossy()])?;
    assert_eq!(finished.status, Some(2), "{}", finished.stdout);
    assert!(finished.stderr.contains("photo.jpg") && finished.stderr.contains("Python"), "{}", finished.stderr);
    Ok(())
}

#[test]
fn a_program_without_a_call_says_so_and_exits_with_1() -> Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("plain.py"), "print('hello')\n")?;
    for command in ["analyze", "loss", "customize", "evaluate"] {
        let finished = Chameleon::new()?.run(&[command, &folder.path().to_string_lossy()])?;
        assert_eq!(finished.status, Some(1), "{command}: {finished:?}");
    }
    Ok(())
}

#[test]
fn a_table_of_the_user_adds_an_api() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (table, app) = (folder.path().join("eyes.toml"), folder.path().join("app.py"));
    fs::write(
        &table,
        r#"
        [[service]]
        provider = "acme"
        name = "eyes"
        modules = ["acme.eyes"]
        [[service.operation]]
        name = "look"
        methods = ["look"]
        answer.record.things.list.record = { word = "name", sure = "percent" }
        "#,
    )?;
    fs::write(
        &app,
        "import acme.eyes\n\n\ndef is_owl(photo):\n    for thing in acme.eyes.Client().look(photo).things:\n        \
         if thing.word == 'Owl' and thing.sure > 80:\n            return True\n    return False\n",
    )?;
    let (table, app) = (table.to_string_lossy(), app.to_string_lossy());
    let chameleon = Chameleon::new()?;
    assert_eq!(chameleon.run(&["analyze", &app])?.status, Some(1), "nobody knows this API yet");
    let known = chameleon.run(&["analyze", "--json", "--apis", &table, &app])?;
    let json: Value = serde_json::from_str(&known.stdout)?;
    let branch = &json["processes"][0]["summary"]["branches"][0];
    assert_eq!(branch["words"][0]["text"], "Owl", "{json}");
    assert_eq!(branch["min_score"]["value"], 0.8, "{json}");
    Ok(())
}

#[test]
fn a_bad_table_or_vocabulary_is_a_clear_error() -> Result<()> {
    let chameleon = Chameleon::new()?;
    for (option, value, named) in [
        ("--apis", "README.md", "README.md"),
        ("--apis", "no/such.toml", "no/such.toml"),
        ("--vocabulary", "nosuch=README.md", "nosuch"),
        ("--vocabulary", "objects=no/such.txt", "no/such.txt"),
    ] {
        let finished = chameleon.run(&["analyze", "apps-corpus/garbage-sorter", option, value])?;
        assert_eq!(finished.status, Some(2), "{value}");
        assert!(finished.stderr.contains(named), "{value}: {}", finished.stderr);
    }
    Ok(())
}

#[test]
fn the_corpus_is_listed_and_a_folder_without_checkouts_is_refused() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let list = chameleon.run(&["corpus", "list", "--json"])?;
    let apps: Vec<Value> = serde_json::from_str(&list.stdout)?;
    assert_eq!(apps.len(), 77);
    assert!(apps.iter().all(|app| app["apis"][0].as_str().is_some_and(|api| api.split('/').count() == 3)));
    let folder = tempfile::tempdir()?;
    let refused = chameleon.run(&["corpus", "check", "--checkouts", &folder.path().to_string_lossy()])?;
    assert_eq!(refused.status, Some(2), "{}", refused.stdout);
    assert!(refused.stderr.contains("no checkout"), "{}", refused.stderr);
    Ok(())
}

#[test]
fn only_bits_that_there_are_kernels_for_are_taken() -> Result<()> {
    let finished = Chameleon::new()?.run(&["quantize", "--bits", "5", "--out", "no/such", "photo.jpg"])?;
    assert_eq!(finished.status, Some(2), "{finished:?}");
    assert!(finished.stderr.contains("expected 8 or 4"), "{finished:?}");
    Ok(())
}

#[test]
fn nonsense_arguments_exit_with_2() -> Result<()> {
    let chameleon = Chameleon::new()?;
    assert_eq!(chameleon.run(&["frobnicate"])?.status, Some(2));
    assert_eq!(chameleon.run(&["serve", "--listen", "nowhere"])?.status, Some(2));
    assert_eq!(chameleon.run(&["run"])?.status, Some(2));
    Ok(())
}

#[test]
fn a_configuration_is_shown_and_checked() -> Result<()> {
    let (chameleon, folder) = (Chameleon::new()?, tempfile::tempdir()?);
    let shown = chameleon.run(&["config", "show"])?;
    assert!(shown.status == Some(0) && shown.stdout.contains("[limits]"), "{shown:?}");
    let file = folder.path().join("server.toml");
    let path = file.to_string_lossy().into_owned();
    // What is shown is a configuration; and a home's own one is in force.
    for (content, status, expected) in [
        (shown.stdout.as_str(), 0, "good"),
        ("[limits]\nbody = \"no size\"", 1, "line 2"),
        ("[limits]\nbodys = \"1 MiB\"", 1, "bodys"),
    ] {
        std::fs::write(&file, content)?;
        let checked = chameleon.run(&["config", "check", &path])?;
        assert_eq!(checked.status, Some(status), "{checked:?}");
        assert!(format!("{}{}", checked.stdout, checked.stderr).contains(expected), "{checked:?}");
    }
    std::fs::write(
        chameleon.home().join("config.toml"),
        "[limits]\nbody = \"2 MiB\"\n[api_keys]\nsecret = \"bins\"\n",
    )?;
    let shown = chameleon.run(&["config", "show", "--json"])?;
    let value: serde_json::Value = serde_json::from_str(&shown.stdout)?;
    assert_eq!((&value["limits"]["body"], &value["api_keys"]), (&"2.0 MiB".into(), &1.into()), "{shown:?}");
    let refused = chameleon.run(&["serve", "--config", &path])?;
    assert_eq!(refused.status, Some(2), "{refused:?}");
    std::fs::remove_file(&file)?;
    let unread = chameleon.run(&["config", "check", &path])?;
    assert_eq!(unread.status, Some(2), "{unread:?}");
    Ok(())
}
