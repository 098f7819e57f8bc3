//! A small generic model, images in its feature space, and applications.

#![allow(dead_code, reason = "each test file uses a part")]

use std::collections::BTreeMap;

use chameleon_decision::{
    Api, Branch, CompareOp, Constant, Decision, DecisionProcess, DecisionType, Expr, ExprKind, FORMAT_VERSION,
    Function, FunctionId, Order, Program, ResponseForm, Span, Stmt, StmtKind, Summary, Target,
};
use chameleon_models::bank::{Bank, Split};
use chameleon_models::net::{ImageInput, Network};
use chameleon_models::resnet::{HEAD, ResNetConfig, resnet};
use chameleon_models::weights::Weights;
use chameleon_models::zoo::{ImageLabels, LabelInfo, Manifest, WEIGHTS};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

pub(crate) const FEATURES: usize = 16;
const CLASSES: usize = 8;

pub(crate) fn labels() -> Vec<LabelInfo> {
    let label = |name: &str, classes: &[u16]| LabelInfo { name: name.to_owned(), classes: classes.to_vec() };
    let table: [(&str, &[u16]); 11] = [
        ("Apple", &[0]),
        ("Bread", &[1]),
        ("Bottle", &[2]),
        ("Can", &[3]),
        ("Shirt", &[4]),
        ("Shoe", &[5]),
        ("Cloud", &[6]),
        ("Lake", &[7]),
        ("Food", &[0, 1]),
        ("Clothing", &[4, 5]),
        ("Landscape", &[6, 7]),
    ];
    table.map(|(name, classes)| label(name, classes)).to_vec()
}

/// Parameters that keep values near one, by name.
pub(crate) fn random_weights(network: &Network, rng: &mut ChaCha8Rng) -> Weights {
    let mut weights = Weights::default();
    for (name, shape) in network.parameters() {
        let fan_in: usize = shape[1..].iter().product();
        let scale = (3.0 / fan_in as f32).sqrt();
        let data = (0..shape.iter().product::<usize>()).map(|_| match name.rsplit('.').next() {
            Some("running_var") => rng.random_range(0.5..1.5),
            _ => rng.random_range(-scale..scale),
        });
        weights.insert(&name, shape.clone(), data.collect()).expect("shape and data agree");
    }
    weights
}

/// What an image of a class looks like, on average.
fn prototype(class: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(100 + class as u64);
    (0..FEATURES).map(|_| rng.random_range(0.0..2.0)).collect()
}

/// A model whose head knows the classes roughly and is too careful: it misses a lot.
pub(crate) fn model() -> ImageLabels {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let labels = labels();
    let network = resnet(&ResNetConfig {
        name: "small".to_owned(),
        input: ImageInput { channels: 3, height: 8, width: 8, mean: vec![0.5; 3], std: vec![0.25; 3] },
        stem: (4, 1),
        stages: vec![(FEATURES, 1, 2)],
        outputs: labels.len(),
    });
    let mut weights = random_weights(&network, &mut rng);
    let mut rows = Vec::new();
    let mut bias = Vec::new();
    for label in &labels {
        let share = 1.0 / label.classes.len() as f32;
        let mut mean = [0.0; FEATURES];
        for &class in &label.classes {
            mean.iter_mut().zip(prototype(usize::from(class))).for_each(|(m, p)| *m += share * (p - 1.0));
        }
        let noisy: Vec<f32> = mean.iter().map(|m| m + rng.random_range(-0.4..0.4)).collect();
        bias.push(-noisy.iter().sum::<f32>() - 2.5);
        rows.extend(noisy);
    }
    weights.insert(&format!("{HEAD}.weight"), vec![labels.len(), FEATURES], rows).expect("fits");
    weights.insert(&format!("{HEAD}.bias"), vec![labels.len()], bias).expect("fits");
    let files = BTreeMap::from([(WEIGHTS.to_owned(), "0".repeat(64))]);
    let manifest = Manifest {
        name: "small".to_owned(),
        version: "1".to_owned(),
        base: None,
        files,
        recipe: serde_json::Value::Null,
        data: serde_json::Value::Null,
        metrics: serde_json::Value::Null,
        converted_from: None,
    };
    ImageLabels { manifest, network, weights, labels }
}

/// Features of images scattered around their class's prototype.
pub(crate) fn bank() -> Bank {
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let (mut features, mut classes, mut split) = (Vec::new(), Vec::new(), Vec::new());
    for class in 0..CLASSES {
        let prototype = prototype(class);
        for i in 0..100 {
            features.extend(prototype.iter().map(|p| (p + rng.random_range(-1.2f32..1.2)).max(0.0)));
            classes.push(class as u16);
            split.push([Split::Train, Split::Train, Split::Tune, Split::Test][i % 4]);
        }
    }
    Bank::new(FEATURES, features, classes, split, &labels()).expect("a bank")
}

fn expr(kind: ExprKind) -> Expr {
    Expr { span: Span::default(), kind }
}

fn text(value: &str) -> Expr {
    expr(ExprKind::Constant { value: Constant::Str(value.to_owned()) })
}

fn attribute(object: &str, name: &str) -> Expr {
    let object = Box::new(expr(ExprKind::Name { name: object.to_owned() }));
    expr(ExprKind::Attribute { object, name: name.to_owned() })
}

/// Statements get lines of their own: effects are told apart by place.
fn stmt(line: u32, kind: StmtKind) -> Stmt {
    Stmt { span: Span { line, end_line: line, ..Span::default() }, kind }
}

/// `if label.description in [...]: return "branch"`.
fn test(line: u32, (branch, labels): &(&str, Vec<&str>), orelse: Vec<Stmt>) -> Stmt {
    let list = expr(ExprKind::List { elements: labels.iter().map(|label| text(label)).collect() });
    let test =
        ExprKind::Compare { left: Box::new(attribute("label", "description")), rest: vec![(CompareOp::In, list)] };
    let body = vec![stmt(line + 1, StmtKind::Return { value: Some(text(branch)) })];
    stmt(line, StmtKind::If { test: expr(test), body, orelse })
}

/// `for label in response.label_annotations: body`.
fn over_labels(line: u32, body: Stmt) -> Stmt {
    let target = Target::Name { name: "label".to_owned() };
    let iter = attribute("response", "label_annotations");
    stmt(line, StmtKind::For { target, iter, body: vec![body], orelse: Vec::new() })
}

/// An application that returns the name of a branch: of its first label in the API's order, or of the first branch.
pub(crate) fn process(order: Order, branches: &[(&str, Vec<&str>)]) -> DecisionProcess {
    let response = Target::Name { name: "response".to_owned() };
    let call = expr(ExprKind::ApiOutput { max_results: None, form: ResponseForm::Client, beside: Vec::new() });
    let mut body = vec![stmt(1, StmtKind::Assign { targets: vec![response], value: call })];
    let line = |k: usize| 10 * (k as u32 + 1);
    if order == Order::AppPriority {
        let tests = branches.iter().enumerate();
        body.extend(tests.map(|(k, branch)| over_labels(line(k), test(line(k) + 1, branch, Vec::new()))));
    } else {
        let tests = branches.iter().enumerate().rev();
        let chain = tests.fold(Vec::new(), |orelse, (k, branch)| vec![test(line(k), branch, orelse)]);
        body.extend(chain.into_iter().map(|chain| over_labels(2, chain)));
    }
    body.push(stmt(1000, StmtKind::Return { value: Some(text("nothing")) }));
    let entry = Function { name: "decide".to_owned(), parameters: Vec::new(), body, span: Span::default() };
    let program =
        Program { files: vec!["app.py".to_owned()], globals: Vec::new(), functions: vec![entry], entry: FunctionId(0) };
    let branch = |(name, labels): &(&str, Vec<&str>)| Branch {
        name: (*name).to_owned(),
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        ..Branch::default()
    };
    let single = branches.len() == 1;
    let summary = Summary {
        decision_type: if single { DecisionType::TrueFalse } else { DecisionType::MultiChoice },
        field: None,
        per_element: false,
        by_line: false,
        again: false,
        handed: None,
        several: None,
        within: None,
        ranked: None,
        order: (!single).then_some(order),
        branches: branches.iter().map(branch).collect(),
        idle: Vec::new(),
        top_k: None,
        left_out: 0,
        default: Decision::default(),
        vocabulary: "small".to_owned(),
        reason: None,
    };
    DecisionProcess {
        version: FORMAT_VERSION,
        given: Vec::new(),
        contexts: Vec::new(),
        asks_for: None,
        api: Api::google_label_detection(),
        call: Span::default(),
        program,
        summary,
        warnings: Vec::new(),
    }
}

/// The same process, which fails unless the answer has at least `count` labels.
pub(crate) fn needing_labels(mut process: DecisionProcess, count: i64) -> DecisionProcess {
    let index = expr(ExprKind::Constant { value: Constant::Int(count - 1) });
    let object = Box::new(attribute("response", "label_annotations"));
    let last = expr(ExprKind::Subscript { object, index: Box::new(index) });
    let targets = vec![Target::Name { name: "last".to_owned() }];
    process.program.functions[0].body.insert(1, stmt(2000, StmtKind::Assign { targets, value: last }));
    process
}

pub(crate) fn garbage(order: Order) -> DecisionProcess {
    let branches = [
        ("compost", vec!["Apple", "Bread", "Food"]),
        ("recycle", vec!["Bottle", "Can"]),
        ("donate", vec!["Shirt", "Shoe", "Clothing"]),
    ];
    process(order, &branches)
}
