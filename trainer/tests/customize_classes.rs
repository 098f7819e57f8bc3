//! Customization for decisions on Comprehend's classes of sentiment and its types of entities.

#[path = "support/texts.rs"]
mod texts;

use std::fs;

use chameleon_decision::DecisionProcess;
use chameleon_models::app::AppModel;
use chameleon_models::text::{CLASSES, TextModels};
use chameleon_trainer::customize::pool::Pool;
use chameleon_trainer::customize::report::Evaluation;
use chameleon_trainer::customize::task::Task;
use chameleon_trainer::customize::{self, Material};
use chameleon_trainer::evaluation::judge::Judge;
use chameleon_trainer::progress::ProgressMode;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use texts::{PEOPLE_AND_PLACES, material, process};

/// Where a function `decide` with this body begins.
const HEAD: &str = "import boto3\n\ncomprehend = boto3.client('comprehend')\n\ndef decide(text):\n    ";

const REPLY: &str = "\
    mood = comprehend.detect_sentiment(Text=text, LanguageCode='en')['Sentiment']
    if mood == 'POSITIVE':
        return 'thanks'
    elif mood == 'NEGATIVE':
        return 'sorry'
    elif mood == 'MIXED':
        return 'hm'
    return 'noted'
";

const NEGATIVE: &str = "\
    mood = comprehend.detect_sentiment(Text=text, LanguageCode='en')['Sentiment']
    return 'call' if mood == 'NEGATIVE' else 'file'
";

const ANGRY: &str = "\
    scores = comprehend.detect_sentiment(Text=text, LanguageCode='en')['SentimentScore']
    return 'call' if scores['Negative'] > 0.8 else 'file'
";

const SURELY: &str = "\
    answer = comprehend.detect_sentiment(Text=text, LanguageCode='en')
    if answer['Sentiment'] in ('NEGATIVE', 'MIXED') and answer['SentimentScore']['Negative'] > 0.75:
        return 'call'
    return 'file'
";

const TREND: &str = "\
    scores = comprehend.detect_sentiment(Text=text, LanguageCode='en')['SentimentScore']
    if scores['Positive'] > scores['Negative']:
        return 'up'
    elif scores['Negative'] > scores['Positive']:
        return 'down'
    return 'flat'
";

const BATCH: &str = "\
    answer = comprehend.batch_detect_sentiment(TextList=[text], LanguageCode='en')
    for result in answer['ResultList']:
        if result['Sentiment'] == 'NEGATIVE':
            return 'call'
    return 'file'
";

const MIXED_ONLY: &str = "\
    mood = comprehend.detect_sentiment(Text=text, LanguageCode='en')['Sentiment']
    return 'ask' if mood == 'MIXED' else 'file'
";

const TORN: &str = "\
    scores = comprehend.detect_sentiment(Text=text, LanguageCode='en')['SentimentScore']
    return 'torn' if scores['Positive'] * scores['Negative'] > 0.1 else 'file'
";

const WHO: &str = "\
    for entity in comprehend.detect_entities(Text=text, LanguageCode='en')['Entities']:
        if entity['Type'] == 'PERSON':
            return 'who'
        elif entity['Type'] == 'LOCATION':
            return 'where'
        elif entity['Type'] == 'EVENT':
            return 'when'
    return 'neither'
";

fn asks_comprehend(body: &str) -> DecisionProcess {
    process(&format!("{HEAD}{body}"))
}

fn customized(process: &DecisionProcess) -> anyhow::Result<(AppModel, Evaluation)> {
    texts::customized(process, None)
}

#[test]
fn a_decision_on_the_class_of_sentiment_is_customized_and_served() {
    let (app, evaluation) = customized(&asks_comprehend(REPLY)).expect("customizes");
    assert_eq!(app.manifest.labels, CLASSES);
    let told = "branch `hm` can be neither learnt nor measured: no label of the model reaches it";
    assert!(evaluation.remarks.iter().any(|remark| remark == told), "{:?}", evaluation.remarks);
    let wrong = |arm: &str| evaluation.arms[arm].balanced.mean;
    assert!(wrong("G") > 0.0 && wrong("G") < 0.6, "better than chance, which is two thirds: {evaluation}");
    assert!(["T", "B", "B+", "C"].iter().all(|arm| wrong(arm) < 0.6), "{evaluation}");

    let texts = TextModels::shipped().expect("they ship");
    let mood = |app: &AppModel| texts.sentiment("A fine day and a good meal.", Some(app)).classes.greatest();
    for (class, name) in CLASSES.iter().enumerate() {
        let bias = (0..CLASSES.len()).map(|of| if of == class { 1e6 } else { 0.0 }).collect();
        assert_eq!(mood(&AppModel { bias, ..app.clone() }), name.to_uppercase());
    }
}

#[test]
fn a_decision_on_shares_is_right_as_that_on_the_class_is() {
    let by_class = customized(&asks_comprehend(NEGATIVE)).expect("customizes").1;
    for body in [ANGRY, SURELY, BATCH] {
        let (_, evaluation) = customized(&asks_comprehend(body)).expect("customizes");
        assert_eq!(evaluation.images.test_by_decision, by_class.images.test_by_decision, "{body}");
        let (wrong, tuned) = (evaluation.arms["G"].balanced.mean, evaluation.arms["T"].balanced.mean);
        assert!(wrong < 0.5 && tuned < 0.4, "{body}: {evaluation}");
    }
}

/// A neutral text is exactly as positive as negative, and the output of a network never is.
#[test]
fn texts_that_no_output_is_right_for_are_left_out() {
    let (_, evaluation) = customized(&asks_comprehend(TREND)).expect("customizes");
    let all = customized(&asks_comprehend(ANGRY)).expect("customizes").1;
    assert_eq!(evaluation.images.test_by_decision.len(), 2, "{evaluation}");
    assert!(evaluation.images.test < all.images.test && evaluation.images.test > 100, "{evaluation}");
    assert!(evaluation.remarks.iter().any(|remark| remark.contains("left out")), "{:?}", evaluation.remarks);
}

#[test]
fn what_nothing_is_trained_for_is_refused() {
    let refused = |body: &str| {
        let refused = customized(&asks_comprehend(body)).map(|_| ()).expect_err("no form");
        format!("{refused:#}")
    };
    assert!(refused(MIXED_ONLY).contains("no label"), "{}", refused(MIXED_ONLY));
    assert!(refused(TORN).contains("no loss can be made"), "{}", refused(TORN));
}

fn asks_for_shares(decision: &str) -> DecisionProcess {
    asks_comprehend(&format!(
        "\
    s = comprehend.detect_sentiment(Text=text, LanguageCode='en')['SentimentScore']
    {decision}
"
    ))
}

#[test]
fn sums_of_shares_and_the_greatest_of_them_are_customized() {
    for decision in [
        "return 'fine' if s['Positive'] + s['Neutral'] > 0.6 else 'call'",
        "return 'fine' if max(s, key=s.get) in ('Positive', 'Neutral') else 'call'",
    ] {
        let (_, evaluation) = customized(&asks_for_shares(decision)).expect(decision);
        assert_eq!(evaluation.images.test_by_decision.len(), 2, "{decision}: {evaluation}");
        assert!(evaluation.arms["G"].balanced.mean < 0.4, "{decision}: {evaluation}");
    }
}

#[test]
fn shares_at_the_ends_of_their_range_are_refused() {
    let refused = |decision: &str| {
        let refused = customized(&asks_for_shares(decision)).map(|_| ()).expect_err(decision);
        format!("{refused:#}")
    };
    for decision in [
        "return 'call' if s['Negative'] >= 1 else 'file'",
        "return 'call' if s['Positive'] > 0 else 'file'",
        "return 'call' if s['Negative'] <= 0 else 'file'",
        "return 'call' if int(s['Negative']) == 1 else 'file'",
    ] {
        let refused = refused(decision);
        assert!(refused.contains("whatever is answered, the same is decided"), "{decision}: {refused}");
    }
    for decision in [
        "return 'call' if s['Negative'] >= 1 else 'thanks' if s['Positive'] > 0.5 else 'file'",
        "return 'thanks' if s['Negative'] > 0 and s['Positive'] > 0.5 else 'file'",
    ] {
        let refused = refused(decision);
        assert!(refused.contains("is 1 the decision is another than where it comes as near"), "{decision}: {refused}");
    }
}

#[test]
fn both_apis_types_of_entities_are_the_same_decision() {
    let (_, google) = customized(&process(PEOPLE_AND_PLACES)).expect("customizes");
    let (_, comprehend) = customized(&asks_comprehend(WHO)).expect("customizes");
    for (arm, report) in &google.arms {
        assert_eq!(report.balanced.by_seed, comprehend.arms[arm].balanced.by_seed, "{arm}");
    }
    assert_eq!(google.remarks, [""; 0]);
    assert!(comprehend.remarks[0].contains("`when` can be neither learnt nor measured"), "{:?}", comprehend.remarks);
}

#[test]
fn texts_of_ones_own_have_classes_or_scores() {
    let folder = tempfile::tempdir().expect("a folder");
    let moods =
        [("a dreadful failure", "-0.9", "negative"), ("on the table", "0.0", ""), ("I love it", "", "positive")];
    let row = |i: usize| format!("{} {i},{},{}\n", moods[i % 3].0, moods[i % 3].1, moods[i % 3].2);
    let file = folder.path().join("moods.csv");
    fs::write(&file, format!("text,score,label\n{}", (0..900).map(row).collect::<String>())).expect("writes");
    let process = asks_comprehend(REPLY);
    let material = material(&process, Some(&file)).expect("reads");
    assert_eq!(material.examples.targets[..3], [vec![0], vec![1], vec![2]]);
    let (_, evaluation) =
        customize::customize("app", &process, material, None, ProgressMode::None).expect("customizes");
    assert_eq!(evaluation.images.test_by_decision.len(), 3);
}

/// The quick judge decides as the program, and the loss has a margin above zero exactly where that is right.
#[test]
fn judge_and_loss_agree_with_the_program() {
    for body in [REPLY, ANGRY, SURELY, TREND, BATCH] {
        let process = asks_comprehend(body);
        let Material { service, model, examples, recipe, .. } = material(&process, None).expect("ships");
        let pool = Pool::new(service, &model, examples, None).expect("fits");
        let mut judge = Judge::new(&process, pool.form(), &pool.vocabulary.labels).expect("decides");
        let task = Task::new(&process, &pool, &recipe, &mut judge).expect("has a loss");
        let rows = (prop::collection::vec(-4.0f32..4.0, CLASSES.len()), 0..CLASSES.len() as u16);
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) };
        let mut runner = TestRunner::new(config);
        let judge = std::cell::RefCell::new(judge);
        let holds = runner.run(&rows, |(raw, class)| {
            let row: Vec<(u16, f32)> = (0..).zip(raw.iter().copied()).collect();
            let mut judge = judge.borrow_mut();
            let decision = judge.decide(&row, None).expect("decides");
            prop_assert_eq!(judge.decide_fast(&row, None).expect("decides"), decision);
            let truth = chameleon_loss::Truth::Labels(std::slice::from_ref(&class));
            let margin = task.loss.margin_of(&raw, truth);
            prop_assume!(margin.abs() > 1e-6);
            let right = judge.right(truth).expect("decides").acceptable.contains(&decision);
            prop_assert_eq!(margin > 0.0, right, "margin {}", margin);
            Ok(())
        });
        holds.unwrap_or_else(|error| panic!("{body}: {error}"));
    }
}
