//! What is remembered of runs is what runs come to.

use proptest::prelude::*;
use serde_json::Value as Json;

use crate::interpreter::{Memory, Trace};
use crate::program::{
    CompareOp, Constant, Expr, ExprKind, Function, FunctionId, ResponseForm, Span, Stmt, StmtKind, Target,
};
use crate::{Api, ApiOutput, DecideError, Decider, Decision, Program};

/// Programs of the tests against applications and against `CPython`.
fn programs() -> Vec<Program> {
    let lines = [
        include_str!("../../../tests/data/applications.jsonl"),
        include_str!("../../../tests/data/cpython.jsonl"),
        include_str!("../../../tests/data/observations.jsonl"),
    ];
    let program = |line: &str| {
        let case: Json = serde_json::from_str(line).expect("JSON");
        serde_json::from_value(case["program"].clone()).expect("a program")
    };
    lines.into_iter().flat_map(str::lines).map(program).collect()
}

/// The texts that a program is written with.
fn texts(part: &Json, found: &mut Vec<String>) {
    match part {
        Json::Object(fields) => {
            found.extend(fields.get("str").and_then(Json::as_str).map(str::to_owned));
            fields.values().for_each(|field| texts(field, found));
        }
        Json::Array(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// Names that a program may tell apart.
fn names(program: &Program) -> Vec<String> {
    let mut written = vec!["Dog".to_owned(), "x".to_owned()];
    texts(&serde_json::to_value(program).expect("JSON"), &mut written);
    written.retain(|text| !text.is_empty());
    let forms = |text: &String| {
        [text.clone(), text.to_lowercase(), text.to_uppercase(), format!("{text} house"), format!(" a {text}")]
    };
    let longer = [format!("Zebra {}", "z".repeat(40)), "Qzxjv".to_owned(), "Wqyvk".to_owned()];
    written.iter().flat_map(forms).chain(longer).collect()
}

type Traced = Result<(Decision, Trace), DecideError>;

/// What comes of answers, where runs are remembered and where they are not.
fn both(program: &Program, outputs: &[ApiOutput]) -> [Vec<Traced>; 2] {
    let api = Api::google_label_detection();
    let decider = Decider::new(program, &api);
    [Memory::of_many(), Memory::default()].map(|memory| {
        let traced = |output: &ApiOutput| [true, false].map(|tracing| decider.trace(output, tracing, &memory));
        outputs.iter().flat_map(traced).collect()
    })
}

/// Answers by the places of their labels among names, and of their scores.
fn answers(names: &[String], chosen: &[Vec<(usize, usize)>]) -> Vec<ApiOutput> {
    const SCORES: [f64; 4] = [1.0, 0.9, 0.5, 0.0];
    let label = |&(name, score): &(usize, usize)| (names[name % names.len()].as_str(), SCORES[score % SCORES.len()]);
    chosen.iter().map(|labels| ApiOutput::labels(labels.iter().map(label))).collect()
}

fn chosen(most: usize) -> impl Strategy<Value = Vec<Vec<(usize, usize)>>> {
    let label = (any::<usize>(), 0..4_usize);
    prop::collection::vec(prop::collection::vec(label, 0..4), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_remembered_is_what_a_run_comes_to(chosen in chosen(60)) {
        for program in programs() {
            let [remembered, run] = both(&program, &answers(&names(&program), &chosen));
            prop_assert_eq!(remembered, run);
        }
    }
}

fn expr(kind: ExprKind) -> Expr {
    Expr { span: Span::default(), kind }
}

fn text(text: &str) -> Expr {
    expr(ExprKind::Constant { value: Constant::Str(text.to_owned()) })
}

fn method(object: Expr, name: &str, args: Vec<Expr>) -> Expr {
    expr(ExprKind::Method { object: Box::new(object), name: name.to_owned(), args, keywords: Vec::new() })
}

fn compare(left: Expr, op: CompareOp, right: Expr) -> Expr {
    expr(ExprKind::Compare { left: Box::new(left), rest: vec![(op, right)] })
}

const WORDS: [&str; 5] = ["dog", "Dog", "og", "cat", ""];

/// The name of a label, or something made from it.
fn name() -> impl Strategy<Value = Expr> {
    let label = Box::new(expr(ExprKind::Name { name: "label".to_owned() }));
    let name = expr(ExprKind::Attribute { object: label, name: "description".to_owned() });
    let leaf = Just(name);
    leaf.prop_recursive(3, 6, 1, |inner| {
        let changes = ["lower", "upper", "title", "strip", "capitalize", "split", "encode"];
        let number = |at: i64| Some(Box::new(expr(ExprKind::Constant { value: Constant::Int(at) })));
        let slice = move |(object, start, stop)| {
            let (object, start, stop) = (Box::new(object), number(start), number(stop));
            expr(ExprKind::Slice { object, start, stop, step: None })
        };
        prop_oneof![
            (inner.clone(), prop::sample::select(changes.to_vec())).prop_map(|(of, by)| method(of, by, Vec::new())),
            (inner, -2..3_i64, -2..3_i64).prop_map(slice),
        ]
    })
}

/// A test of a label.
fn test() -> impl Strategy<Value = Expr> {
    let word = || prop::sample::select(WORDS.to_vec()).prop_map(text);
    let list = |of: fn(Vec<Expr>) -> ExprKind| {
        prop::collection::vec(prop::sample::select(WORDS.to_vec()).prop_map(text), 0..6)
            .prop_map(move |elements| expr(of(elements)))
    };
    let ops = [CompareOp::Eq, CompareOp::Ne, CompareOp::In, CompareOp::NotIn, CompareOp::Lt];
    prop_oneof![
        (name(), prop::sample::select(ops.to_vec()), word()).prop_map(|(left, op, right)| compare(left, op, right)),
        (word(), name()).prop_map(|(left, right)| compare(left, CompareOp::In, right)),
        (name(), list(|elements| ExprKind::List { elements })).prop_map(|(left, right)| compare(
            left,
            CompareOp::In,
            right
        )),
        (name(), list(|elements| ExprKind::Set { elements })).prop_map(|(left, right)| compare(
            left,
            CompareOp::In,
            right
        )),
        (name(), prop::sample::select(vec!["startswith", "endswith", "__contains__", "__eq__", "count"]), word())
            .prop_map(|(object, by, word)| method(object, by, vec![word])),
        (name(), word()).prop_map(|(key, value)| {
            let dict = expr(ExprKind::Dict { items: vec![(text("dog"), value), (text("Dog"), text("cat"))] });
            method(dict, "get", vec![key])
        }),
        (name(), name()).prop_map(|(left, right)| compare(left, CompareOp::Eq, right)),
        name(),
    ]
}

/// A program that tests each label in turn, and returns a number by the first test that holds.
fn program(tests: Vec<Expr>) -> Program {
    let stmt = |kind| Stmt { span: Span::default(), kind };
    let number = |at: usize| expr(ExprKind::Constant { value: Constant::Int(at as i64) });
    let holds = |(at, test): (usize, Expr)| {
        let body = vec![stmt(StmtKind::Return { value: Some(number(at)) })];
        stmt(StmtKind::If { test, body, orelse: Vec::new() })
    };
    let response = expr(ExprKind::ApiOutput { max_results: None, form: ResponseForm::Client, beside: Vec::new() });
    let labels = ExprKind::Attribute { object: Box::new(response), name: "label_annotations".to_owned() };
    let body = vec![stmt(StmtKind::For {
        target: Target::Name { name: "label".to_owned() },
        iter: expr(labels),
        body: tests.into_iter().enumerate().map(holds).collect(),
        orelse: Vec::new(),
    })];
    let function = Function { name: "decide".to_owned(), parameters: Vec::new(), body, span: Span::default() };
    Program { files: vec!["app.py".to_owned()], globals: Vec::new(), functions: vec![function], entry: FunctionId(0) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn so_it_is_of_random_programs(tests in prop::collection::vec(test(), 1..5), chosen in chosen(40)) {
        let names: Vec<String> =
            ["dog", "Dog", "DOG", "hot dog", " og ", "cat", "g", "x", "Doggy days"].map(str::to_owned).into();
        let [remembered, run] = both(&program(tests), &answers(&names, &chosen));
        prop_assert_eq!(remembered, run);
    }
}
