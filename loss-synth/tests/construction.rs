//! What gives no loss, and what the formula says.

mod support;

use chameleon_decision::{Bounds, Branch, DecisionType, Limit, MatchMode, MinScore, Order, Span, Summary, Word};
use chameleon_loss::{
    Answer, DecisionLoss, Formula, Link, LossConfig, LossError, Number, Pooling, Step, TermKind, TermWeights,
};
use support::{branch, summary, vocabulary};

fn error(summary: &Summary, config: LossConfig) -> LossError {
    DecisionLoss::new(summary, &vocabulary(), config).expect_err("no loss can be made")
}

fn garbage(order: Order) -> Summary {
    let recycle = Branch { min_score: Some(MinScore { value: 0.8, inclusive: true }), ..branch("recycle", &[2, 3]) };
    summary(DecisionType::MultiChoice, Some(order), vec![branch("compost", &[0, 1]), recycle])
}

#[test]
fn a_configuration_that_is_not_a_number_or_out_of_range_is_named() {
    let base = LossConfig::default();
    let weights = |miss| TermWeights { miss, ..TermWeights::default() };
    let hostile = [
        ("step.beta", LossConfig { step: Step::Softplus { beta: f64::NAN, margin: 0.0 }, ..base }),
        ("step.beta", LossConfig { step: Step::Softplus { beta: 0.0, margin: 0.0 }, ..base }),
        ("step.margin", LossConfig { step: Step::Softplus { beta: 1.0, margin: f64::INFINITY }, ..base }),
        ("wrong_weight", LossConfig { wrong_weight: 0.9, ..base }),
        ("wrong_weight", LossConfig { wrong_weight: f64::NAN, ..base }),
        ("pooling.temperature", LossConfig { pooling: Pooling::LogSumExp { temperature: f64::NAN }, ..base }),
        ("pooling.temperature", LossConfig { pooling: Pooling::LogSumExp { temperature: 0.0 }, ..base }),
        ("weights.miss", LossConfig { weights: weights(f64::NAN), ..base }),
        ("weights.miss", LossConfig { weights: weights(-0.1), ..base }),
        ("min_score", LossConfig { min_score: 1.0, ..base }),
        ("min_score", LossConfig { min_score: f64::NAN, ..base }),
    ];
    for (field, config) in hostile {
        let error = error(&garbage(Order::ApiOutput), config);
        assert!(matches!(error, LossError::Config { field: f, .. } if f == field), "{field}: {error}");
    }
}

#[test]
fn a_decision_outside_the_taxonomy_is_refused_with_its_reason() {
    let reason = Some("depends on user input".to_owned());
    let other = Summary { reason, ..summary(DecisionType::Other, None, vec![branch("a", &[0])]) };
    let error = error(&other, LossConfig::default());
    assert_eq!(error, LossError::NotInTaxonomy { reason: "depends on user input".to_owned() });
    assert!(error.to_string().contains("depends on user input"));
}

#[test]
fn a_decision_about_numbers_needs_an_answer_of_numbers() {
    let bounds = Bounds {
        field: "score".to_owned(),
        low: None,
        high: Some(Limit { value: 0.0, inclusive: true }),
        percent: false,
    };
    let range = Branch { regions: vec![vec![bounds]], ..branch("a", &[]) };
    let summary = Summary { field: Some("score".to_owned()), ..summary(DecisionType::TrueFalse, None, vec![range]) };
    let error = error(&summary, LossConfig::default()).to_string();
    assert!(error.contains("where score lies"), "{error}");
    let other = Number { field: "magnitude".to_owned(), at: 0, link: Link::Positive };
    let error = DecisionLoss::with_answer(&summary, &Answer::Numbers { numbers: vec![other] }, LossConfig::default());
    assert!(matches!(error, Err(LossError::UnknownField { field, .. }) if field == "score"));
}

#[test]
fn ranges_beyond_what_the_number_can_be_drop_out() {
    let limit = |value| Some(Limit { value, inclusive: false });
    let range = |name, low, high| {
        let bounds = Bounds { field: "score".to_owned(), low, high, percent: false };
        Branch { regions: vec![vec![bounds]], ..branch(name, &[]) }
    };
    let branches = vec![range("high", limit(0.5), None), range("too high", limit(1.5), None)];
    let summary = Summary { field: Some("score".to_owned()), ..summary(DecisionType::Range, None, branches) };
    let link = Link::Bounded { low: -1.0, high: 1.0 };
    let answer = Answer::Numbers { numbers: vec![Number { field: "score".to_owned(), at: 0, link }] };
    let loss = DecisionLoss::with_answer(&summary, &answer, LossConfig::default()).expect("one branch is reachable");
    assert_eq!(loss.branches().iter().map(|branch| branch.name.as_str()).collect::<Vec<_>>(), ["high"]);
    let told = "branch `too high` can be neither learnt nor measured: no number takes it";
    assert_eq!(loss.unreached().remarks(), [told]);
}

#[test]
fn labels_that_are_needed_together_and_last_matches_under_a_threshold_are_refused() {
    let pair = Branch { with: Some("a".to_owned()), ..branch("b", &[1]) };
    let together = summary(DecisionType::MultiSelect, None, vec![branch("a", &[0]), pair]);
    assert!(error(&together, LossConfig::default()).to_string().contains("labels of two branches"));
    let last = summary(DecisionType::TrueFalse, Some(Order::LastMatch), vec![branch("a", &[0])]);
    assert!(error(&last, LossConfig::default()).to_string().contains("last label"));
}

#[test]
fn names_that_are_left_out_and_another_order_of_the_results_are_refused() {
    let text = "Texas".to_owned();
    let word = Word { text, mode: MatchMode::Exact, span: Span::default() };
    let but = Branch { unless: vec![word], ..branch("a", &[0]) };
    let named = summary(DecisionType::TrueFalse, None, vec![but]);
    assert!(error(&named, LossConfig::default()).to_string().contains("what the item is called"));
    let by = |field: &str| Summary {
        top_k: Some(1),
        ranked: Some(field.to_owned()),
        ..summary(DecisionType::TrueFalse, None, vec![branch("a", &[0])])
    };
    assert!(error(&by("label_annotations[].topicality"), LossConfig::default()).to_string().contains("in order"));
    assert!(DecisionLoss::new(&by("label_annotations[].score"), &vocabulary(), LossConfig::default()).is_ok());
    let rest = Summary { left_out: 1, ..summary(DecisionType::TrueFalse, None, vec![branch("a", &[0])]) };
    assert!(error(&rest, LossConfig::default()).to_string().contains("first results are not looked at"));
}

#[test]
fn a_decision_that_no_label_changes_is_refused() {
    let config = LossConfig::default();
    let empty = summary(DecisionType::TrueFalse, None, vec![branch("a", &[])]);
    assert!(matches!(error(&empty, config), LossError::Unreachable { .. }));
    let blind = Summary { top_k: Some(0), ..garbage(Order::ApiOutput) };
    assert_eq!(error(&blind, config), LossError::NothingSeen);
}

#[test]
fn what_a_summary_cannot_mean_is_refused() {
    let config = LossConfig::default();
    assert_eq!(error(&summary(DecisionType::MultiChoice, None, vec![branch("a", &[0])]), config), LossError::NoOrder);
    let stranger = Branch { labels: vec!["Zebra".to_owned()], ..branch("a", &[]) };
    let error_of =
        |branch: Branch, order| error(&summary(DecisionType::MultiChoice, Some(order), vec![branch]), config);
    assert!(matches!(error_of(stranger, Order::ApiOutput), LossError::UnknownLabel { label, .. } if label == "Zebra"));
    let black = Branch { negated: true, ..branch("a", &[0]) };
    assert!(matches!(error_of(black, Order::LastMatch), LossError::NegatedInOrder { .. }));
    for value in [1.0, 1.5, f64::NAN] {
        let high = Branch { min_score: Some(MinScore { value, inclusive: true }), ..branch("a", &[0]) };
        assert!(matches!(error_of(high, Order::AppPriority), LossError::MinScore { .. }), "{value}");
    }
}

#[test]
fn branches_without_labels_drop_out() {
    let summary = summary(DecisionType::MultiSelect, None, vec![branch("empty", &[]), branch("full", &[4])]);
    let loss = DecisionLoss::new(&summary, &vocabulary(), LossConfig::default()).expect("one branch is reachable");
    assert_eq!(loss.branches().len(), 1);
    assert_eq!((loss.branches()[0].name.as_str(), loss.labels()), ("full", vec![4]));
}

#[test]
fn what_no_answer_reaches_is_told() {
    let word = |text: &str| Word { text: text.to_owned(), mode: MatchMode::Exact, span: Span::default() };
    let limit = |value| Some(Limit { value, inclusive: true });
    let count = |low, high| Bounds { field: Bounds::COUNT.to_owned(), low, high, percent: false };
    let counted = |name, bounds| Branch {
        regions: vec![vec![bounds]],
        words: vec![word("A"), word("Horse")],
        ..branch(name, &[0])
    };
    let some = counted("some", count(limit(1.0), limit(2.0)));
    let full = counted("full", count(limit(3.0), None));
    let cars = summary(DecisionType::Count, None, vec![some, full]);
    let loss = DecisionLoss::new(&cars, &vocabulary(), LossConfig::default()).expect("one branch is reachable");
    let told = [
        "branch `full` can be neither learnt nor measured: it needs 3 items, and the model tells no more than 1 apart",
        "no label of the model is meant by Horse",
    ];
    assert_eq!(loss.unreached().remarks(), told);
    let formula = loss.formula();
    assert!(told.iter().all(|remark| formula.contains(remark)), "{formula}");
    let all = DecisionLoss::new(&garbage(Order::ApiOutput), &vocabulary(), LossConfig::default()).expect("a loss");
    assert!(all.unreached().is_empty() && !all.formula().contains("not in it"));
}

#[test]
fn formula_shows_branches_thresholds_and_terms_of_this_application() {
    let loss = DecisionLoss::new(&garbage(Order::ApiOutput), &vocabulary(), LossConfig::default()).expect("a loss");
    assert_eq!(
        loss.formula(),
        "\
loss of one example (multi-choice: the first label the API returns decides), averaged over the batch

  if the example has labels of a branch; r is its right branch with the most room:
      step( m(r) - t(r) )  # miss
    + step( min over other branches w of max(m(r), t(w)) - m(w) )  # overtake
  if the example should take no branch:
      step( min(t(compost) - m(compost), t(recycle) - m(recycle)) )  # false alarm

where
  step(x)    log(1 + exp(2 (1 - x))) / 2
  z(label)   the logit of a label
  m(branch)  the largest z of its labels, softly: 0.25 log sum exp(z / 0.25)
  t(branch)  what z must exceed to be seen: the threshold below, or the 10th largest z outside the branch if higher;
             of branches that must not be taken, outside all their labels above their thresholds

branches
  compost: 2 labels, threshold 0.000 (score 0.5)
    A, B
  recycle: 2 labels, threshold 1.386 (score 0.8)
    C, D
"
    );
}

#[test]
fn formula_by_priority_names_the_earlier_branches() {
    let loss = DecisionLoss::new(&garbage(Order::AppPriority), &vocabulary(), LossConfig::default()).expect("a loss");
    let formula = loss.terms();
    let second = &formula.cases[1];
    assert_eq!(second.when, "the first branch the example should take is recycle");
    let terms: Vec<(TermKind, &str)> = second.terms.iter().map(|term| (term.kind, term.margin.as_str())).collect();
    assert_eq!(terms, [(TermKind::Miss, "m(recycle) - t(recycle)"), (TermKind::Overtake, "t(compost) - m(compost)")]);
}

#[test]
fn formula_round_trips_through_json() {
    for order in [Order::ApiOutput, Order::AppPriority, Order::LastMatch] {
        let loss = DecisionLoss::new(&garbage(order), &vocabulary(), LossConfig::reference()).expect("a loss");
        let json = serde_json::to_string(&loss.terms()).expect("serializes");
        assert_eq!(serde_json::from_str::<Formula>(&json).expect("parses"), loss.terms());
    }
}

#[test]
fn logits_that_are_not_numbers_do_not_panic() {
    for order in [Order::ApiOutput, Order::AppPriority, Order::LastMatch] {
        let loss = DecisionLoss::new(&garbage(order), &vocabulary(), LossConfig::default()).expect("a loss");
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let logits = [bad; support::WIDTH];
            let mut gradient = [0.0; support::WIDTH];
            loss.value_and_gradient(&logits, &[vec![0, 500]], &mut gradient);
        }
    }
}
