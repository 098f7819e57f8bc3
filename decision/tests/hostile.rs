//! Programs that mean harm, and random ones: a decision or a typed error, never a panic or an overflow of the stack.

#![allow(clippy::unwrap_used, clippy::format_push_string, reason = "a test fails by panicking")]

use chameleon_decision::{
    Api, ApiOutput, BinaryOp, CompareOp, Constant, DecideError, Decider, Expr, ExprKind, Function, FunctionId, Program,
    ResponseForm, Span, Stmt, StmtKind, Target,
};
use proptest::prelude::*;
use serde::Deserialize;

fn expr(kind: ExprKind) -> Expr {
    Expr { span: Span::default(), kind }
}

fn stmt(kind: StmtKind) -> Stmt {
    Stmt { span: Span::default(), kind }
}

fn name(name: &str) -> Expr {
    expr(ExprKind::Name { name: name.to_owned() })
}

fn constant(value: Constant) -> Expr {
    expr(ExprKind::Constant { value })
}

fn assign(target: &str, value: Expr) -> Stmt {
    stmt(StmtKind::Assign { targets: vec![Target::Name { name: target.to_owned() }], value })
}

fn forever(body: Vec<Stmt>) -> Stmt {
    stmt(StmtKind::While { test: constant(Constant::Bool(true)), body, orelse: Vec::new() })
}

fn binary(left: Expr, op: BinaryOp, right: Expr) -> Expr {
    expr(ExprKind::Binary { left: Box::new(left), op, right: Box::new(right) })
}

fn program(body: Vec<Stmt>) -> Program {
    let main = Function { name: "main".to_owned(), parameters: Vec::new(), body, span: Span::default() };
    Program { files: Vec::new(), globals: Vec::new(), functions: vec![main], entry: FunctionId(0) }
}

fn decide(body: Vec<Stmt>) -> Result<String, DecideError> {
    decide_program(&program(body))
}

fn decide_program(program: &Program) -> Result<String, DecideError> {
    Decider::new(program, &Api::google_label_detection())
        .decide(&ApiOutput::labels([("Dog", 0.9)]))
        .map(|decision| decision.to_string())
}

#[test]
fn endless_loops_end() {
    assert!(matches!(decide(vec![forever(Vec::new())]), Err(DecideError::TooLong { .. })));
}

#[test]
fn items_of_something_unknown_do_not_fill_the_memory_with_their_names() {
    let opaque = ExprKind::Opaque {
        text: "queue".to_owned(),
        call: false,
        args: Vec::new(),
        names: Vec::new(),
        reason: "a test".to_owned(),
    };
    let index = Box::new(constant(Constant::Int(0)));
    let next = assign("x", expr(ExprKind::Subscript { object: Box::new(name("x")), index }));
    assert!(matches!(decide(vec![assign("x", expr(opaque)), forever(vec![next])]), Err(DecideError::TooLong { .. })));
}

#[test]
fn strings_that_double_for_ever_do_not_fill_the_memory() {
    let double = assign("s", binary(name("s"), BinaryOp::Add, name("s")));
    let body = vec![assign("s", constant(Constant::Str("x".to_owned()))), forever(vec![double])];
    assert!(matches!(decide(body), Err(DecideError::TooLong { .. })));
}

#[test]
fn a_huge_repetition_is_refused_before_it_is_made() {
    let list = expr(ExprKind::List { elements: vec![constant(Constant::None)] });
    let huge = binary(list, BinaryOp::Mul, constant(Constant::Int(1 << 50)));
    assert!(matches!(decide(vec![assign("x", huge)]), Err(DecideError::TooLong { .. })));
}

#[test]
fn endless_recursion_ends() {
    let again = expr(ExprKind::Call { function: FunctionId(0), args: Vec::new(), keywords: Vec::new() });
    assert!(matches!(decide(vec![stmt(StmtKind::Expr { value: again })]), Err(DecideError::TooDeep { .. })));
}

#[test]
fn expressions_nested_beyond_the_limit_are_refused() {
    let mut value = constant(Constant::Int(1));
    for _ in 0..2_000 {
        value = binary(value, BinaryOp::Add, constant(Constant::Int(1)));
    }
    assert!(matches!(decide(vec![assign("x", value)]), Err(DecideError::TooDeep { .. })));
}

#[test]
fn lists_nested_deeper_than_the_stack_are_freed() {
    let wrap = assign("x", expr(ExprKind::List { elements: vec![name("x")] }));
    let body = vec![assign("x", constant(Constant::None)), forever(vec![wrap])];
    assert!(matches!(decide(body), Err(DecideError::TooLong { .. })));
}

#[test]
fn a_list_that_holds_itself_is_shown_and_compared() {
    let list = assign("x", expr(ExprKind::List { elements: Vec::new() }));
    let append = expr(ExprKind::Method {
        object: Box::new(name("x")),
        name: "append".to_owned(),
        args: vec![name("x")],
        keywords: Vec::new(),
    });
    let give = stmt(StmtKind::Return { value: Some(name("x")) });
    assert!(decide(vec![list, stmt(StmtKind::Expr { value: append }), give]).unwrap().starts_with("return [[[["));
}

#[test]
fn calls_of_functions_that_do_not_exist_are_malformed() {
    let call = expr(ExprKind::Call { function: FunctionId(9), args: Vec::new(), keywords: Vec::new() });
    assert!(matches!(decide(vec![stmt(StmtKind::Expr { value: call })]), Err(DecideError::Malformed { .. })));
}

/// A line of `data/hostile.jsonl`: a function's source, its program, and how a run of it must end.
#[derive(Deserialize)]
struct Hostile {
    source: String,
    program: Program,
    /// A decision, or the kind of error; `any` where only that it ends is tested.
    ends: String,
}

/// What is shared is gone through as often as it is there, long texts and tables are copied: each of these programs would
/// take hours or more memory than there is, if that were not paid for step by step.
#[test]
fn all_work_is_paid_for() {
    let cases = include_str!("data/hostile.jsonl").lines().map(|line| serde_json::from_str::<Hostile>(line).unwrap());
    let mut differences = String::new();
    for Hostile { source, program, ends } in cases {
        let decided = decide_program(&program);
        let ended = match &decided {
            Ok(decision) => decision.as_str(),
            Err(DecideError::TooLong { .. }) => "long",
            Err(DecideError::TooDeep { .. }) => "deep",
            Err(DecideError::Undetermined { .. }) => "undetermined",
            Err(_) => "malformed",
        };
        if ended != ends && ends != "any" {
            let ended: String = ended.chars().take(200).collect();
            differences.push_str(&format!("{source}  ends {ended}, not {ends}\n"));
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

/// Methods of random programs.
const METHODS: &[&str] = &[
    "lower",
    "split",
    "append",
    "get",
    "format",
    "pop",
    "join",
    "insert",
    "zfill",
    "replace",
    "items",
    "update",
    "index",
    "count",
    "sort",
    "startswith",
    "setdefault",
    "clear",
    "center",
];

/// Functions of random programs.
const FUNCTIONS: &[&str] = &[
    "len",
    "sorted",
    "max",
    "sum",
    "range",
    "dict",
    "int",
    "round",
    "zip",
    "next",
    "iter",
    "map",
    "re.search",
    "re.sub",
    "re.findall",
    "json.dumps",
    "copy.deepcopy",
    "pandas.DataFrame",
    "collections.Counter",
    "itertools.islice",
    "enumerate",
    "print",
];

fn any_expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        Just(constant(Constant::None)),
        any::<bool>().prop_map(|value| constant(Constant::Bool(value))),
        prop_oneof![-3..4_i64, Just(i64::MAX), Just(i64::MIN)].prop_map(|value| constant(Constant::Int(value))),
        prop_oneof![Just(0.5), Just(-0.0), Just(f64::MAX), Just(f64::NAN)]
            .prop_map(|value| constant(Constant::Float(value))),
        prop_oneof![Just("Dog"), Just(""), Just("é%{}{0}"), Just("%5d")]
            .prop_map(|text| constant(Constant::Str(text.to_owned()))),
        prop_oneof![Just("a"), Just("b"), Just("len"), Just("str")].prop_map(name),
        Just(expr(ExprKind::ApiOutput { max_results: None, form: ResponseForm::Client, beside: Vec::new() })),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        let some = prop::collection::vec(inner.clone(), 0..4);
        let binary_ops = prop_oneof![
            Just(BinaryOp::Add),
            Just(BinaryOp::Sub),
            Just(BinaryOp::Mul),
            Just(BinaryOp::Div),
            Just(BinaryOp::FloorDiv),
            Just(BinaryOp::Mod),
            Just(BinaryOp::Pow),
            Just(BinaryOp::BitXor)
        ];
        let compare_ops =
            prop_oneof![Just(CompareOp::Eq), Just(CompareOp::Lt), Just(CompareOp::In), Just(CompareOp::Is)];
        prop_oneof![
            some.clone().prop_map(|elements| expr(ExprKind::List { elements })),
            some.clone().prop_map(|elements| expr(ExprKind::Tuple { elements })),
            some.clone().prop_map(|elements| expr(ExprKind::Set { elements })),
            (inner.clone(), inner.clone()).prop_map(|pair| expr(ExprKind::Dict { items: vec![pair] })),
            (inner.clone(), binary_ops, inner.clone()).prop_map(|(left, op, right)| binary(left, op, right)),
            (inner.clone(), compare_ops, inner.clone()).prop_map(|(left, op, right)| expr(ExprKind::Compare {
                left: Box::new(left),
                rest: vec![(op, right)]
            })),
            (inner.clone(), inner.clone()).prop_map(|(object, index)| expr(ExprKind::Subscript {
                object: Box::new(object),
                index: Box::new(index)
            })),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(object, start, step)| expr(ExprKind::Slice {
                object: Box::new(object),
                start: Some(Box::new(start)),
                stop: None,
                step: Some(Box::new(step)),
            })),
            (inner.clone(), prop::sample::select(METHODS), some.clone()).prop_map(|(object, name, args)| expr(
                ExprKind::Method { object: Box::new(object), name: name.to_owned(), args, keywords: Vec::new() }
            )),
            (prop::sample::select(FUNCTIONS), some).prop_map(|(name, args)| expr(ExprKind::Builtin {
                name: name.to_owned(),
                args,
                keywords: Vec::new(),
            })),
            inner.prop_map(|object| expr(ExprKind::Attribute {
                object: Box::new(object),
                name: "label_annotations".to_owned(),
            })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn random_programs_never_panic(first in any_expr(), second in any_expr(), third in any_expr()) {
        let looped = stmt(StmtKind::For {
            target: Target::Name { name: "b".to_owned() },
            iter: second,
            body: vec![stmt(StmtKind::If {
                test: third,
                body: vec![stmt(StmtKind::Return { value: Some(name("a")) })],
                orelse: Vec::new(),
            })],
            orelse: Vec::new(),
        });
        // Any answer will do; what is tested is that there is one.
        let _ = decide(vec![assign("a", first), looped]);
    }
}
