//! The executable slice: a small language with Python's semantics.
//!
//! It holds what decision code is made of (loops over the output, comparisons, string operations, flags, counters,
//! containers, early exits, calls between the application's own functions) and nothing that touches the world. What the
//! analyzer cannot follow becomes [`ExprKind::Opaque`]: calling it is an effect, its value is unknown, and branching on
//! that value makes `decide` fail with the place, rather than guess.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::visit;

/// The builtin that runs its argument for the variables that it sets: what it shows is no part of the decision.
pub const PREPARING: &str = "<preparing>";

/// The builtin that gives the exception that is being handled.
pub const HANDLED: &str = "<exception>";

/// The builtin that gives a setting of the application's surroundings: its argument, which the program falls back to.
pub const SETTING: &str = "<setting>";

/// The builtin that stands for a test in which something outside says something of the answer, as it is assumed to.
pub const SAID: &str = "<said>";

/// The builtin that stands for a test of what is known in some runs of it, and where it is not, goes as its second argument
/// says.
pub const ASSUMED: &str = "<assumed>";

/// A range of source text. Lines and columns count from 1; the end is exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// Index into [`Program::files`].
    pub file: u32,
    /// First line.
    pub line: u32,
    /// First column, in characters.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
}

/// Index into [`Program::functions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FunctionId(pub u32);

/// An executable slice of an application around one API call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Paths of the source files, relative to the analyzed root.
    pub files: Vec<String>,
    /// Module-level statements the slice needs (constants, word lists), run before the entry.
    pub globals: Vec<Stmt>,
    /// All functions of the slice; module code that itself decides is a function named `<module>`.
    pub functions: Vec<Function>,
    /// The function to run: the outermost one whose effects depend on the API's output.
    pub entry: FunctionId,
}

impl Program {
    /// The other APIs that it asks, by path, and where.
    pub fn other_apis(&self) -> BTreeMap<String, (Api, Span)> {
        let mut apis = BTreeMap::new();
        visit::program(self, &mut |expr| {
            let (first, beside) = match &expr.kind {
                ExprKind::OtherOutput { api, beside, .. } => (Some(&**api), beside),
                ExprKind::ApiOutput { beside, .. } => (None, beside),
                _ => return,
            };
            for api in first.into_iter().chain(beside) {
                apis.entry(api.path()).or_insert_with(|| (api.clone(), expr.span));
            }
        });
        apis
    }
}

/// A function of the slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// Name as written; methods as `Class.method`.
    pub name: String,
    /// Parameters; those of the entry without default are unknown.
    pub parameters: Vec<Parameter>,
    /// Body.
    pub body: Vec<Stmt>,
    /// Where it is defined.
    pub span: Span,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its default, evaluated in the defining scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Expr>,
}

/// A statement with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stmt {
    /// Where.
    pub span: Span,
    /// What.
    #[serde(flatten)]
    pub kind: StmtKind,
}

impl Stmt {
    /// The blocks in it.
    pub fn blocks(&self) -> Vec<&Vec<Self>> {
        match &self.kind {
            StmtKind::If { body, orelse, .. }
            | StmtKind::For { body, orelse, .. }
            | StmtKind::While { body, orelse, .. } => {
                vec![body, orelse]
            }
            StmtKind::Try { body, handlers, orelse, finally } => {
                let handlers = handlers.iter().map(|(_, handler)| handler);
                [body].into_iter().chain(handlers).chain([orelse, finally]).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// Statements.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "stmt", rename_all = "snake_case")]
pub enum StmtKind {
    /// `a = b = value`.
    Assign {
        /// Left to right.
        targets: Vec<Target>,
        /// The value.
        value: Expr,
    },
    /// `target op= value`.
    AugAssign {
        /// The place.
        target: Target,
        /// The operator.
        op: BinaryOp,
        /// The right side.
        value: Expr,
    },
    /// `if` with its `else` part (an `elif` is an `If` alone in it).
    If {
        /// The condition.
        test: Expr,
        /// When truthy.
        body: Vec<Stmt>,
        /// Otherwise.
        orelse: Vec<Stmt>,
    },
    /// `for target in iter`, with Python's `else`.
    For {
        /// What each item is bound to.
        target: Target,
        /// What is iterated.
        iter: Expr,
        /// The body.
        body: Vec<Stmt>,
        /// Run when no `break` ended the loop.
        orelse: Vec<Stmt>,
    },
    /// `while test`, with Python's `else`.
    While {
        /// The condition.
        test: Expr,
        /// The body.
        body: Vec<Stmt>,
        /// Run when no `break` ended the loop.
        orelse: Vec<Stmt>,
    },
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// `return value`; `None` when bare.
    Return {
        /// The value.
        value: Option<Expr>,
    },
    /// `raise`; caught by an enclosing [`StmtKind::Try`], else the decision is an effect `raise`.
    Raise {
        /// The exception's class name as written; empty where the one at hand is raised again.
        exception: String,
        /// What it is given: part of the outcome.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        args: Vec<Expr>,
        /// What it is given by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        keywords: Vec<Keyword>,
    },
    /// `try` whose handlers are tried in order; `None` catches everything.
    Try {
        /// The guarded body.
        body: Vec<Stmt>,
        /// Exception class names (empty = all) and handler bodies.
        handlers: Vec<(Vec<String>, Vec<Stmt>)>,
        /// Run when nothing was raised.
        orelse: Vec<Stmt>,
        /// Run always.
        finally: Vec<Stmt>,
    },
    /// An expression for its effect.
    Expr {
        /// The expression.
        value: Expr,
    },
    /// `global` or `nonlocal`: these names belong to the module.
    Global {
        /// The names.
        names: Vec<String>,
    },
}

/// A place to assign to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "target", rename_all = "snake_case")]
pub enum Target {
    /// A variable.
    Name {
        /// Its name.
        name: String,
    },
    /// `object.name`.
    Attribute {
        /// The object.
        object: Box<Expr>,
        /// The attribute.
        name: String,
    },
    /// `object[index]`.
    Subscript {
        /// The container.
        object: Box<Expr>,
        /// The key or index.
        index: Box<Expr>,
    },
    /// `a, b = ...`; at most one element is starred.
    Tuple {
        /// The places.
        elements: Vec<Target>,
    },
    /// `*rest`, only inside a tuple.
    Starred {
        /// Where the rest goes.
        inner: Box<Target>,
    },
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Expr {
    /// Where.
    pub span: Span,
    /// What.
    #[serde(flatten)]
    pub kind: ExprKind,
}

/// A literal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constant {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer that fits 64 bits.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Str(String),
}

/// Expressions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "expr", rename_all = "snake_case")]
pub enum ExprKind {
    /// A literal.
    Constant {
        /// Its value.
        value: Constant,
    },
    /// A variable.
    Name {
        /// Its name.
        name: String,
    },
    /// The response of the API call this slice is about, seen as the client's object: `response.label_annotations`
    /// and `response["labelAnnotations"]` both work, and so do items' attributes and keys.
    ApiOutput {
        /// Largest number of results the call asks for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_results: Option<Box<Expr>>,
        /// What the call gives.
        #[serde(default)]
        form: ResponseForm,
        /// What else the same request asks for: the same response holds it, unknown unless an answer is given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        beside: Vec<Api>,
    },
    /// The response of a call of another API: unknown, unless the run is given an answer of that API.
    OtherOutput {
        /// Which API.
        api: Box<Api>,
        /// Largest number of results the call asks for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_results: Option<Box<Expr>>,
        /// What the call gives.
        #[serde(default)]
        form: ResponseForm,
        /// What else the same request asks for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        beside: Vec<Api>,
    },
    /// `[...]`.
    List {
        /// Elements; [`ExprKind::Starred`] unpacks.
        elements: Vec<Expr>,
    },
    /// `(...)`.
    Tuple {
        /// Elements.
        elements: Vec<Expr>,
    },
    /// `{...}`.
    Set {
        /// Elements.
        elements: Vec<Expr>,
    },
    /// `{key: value}`.
    Dict {
        /// Pairs.
        items: Vec<(Expr, Expr)>,
    },
    /// `*value` in a display or a call.
    Starred {
        /// What is unpacked.
        value: Box<Expr>,
    },
    /// `op value`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        value: Box<Expr>,
    },
    /// `left op right`.
    Binary {
        /// Left operand.
        left: Box<Expr>,
        /// The operator.
        op: BinaryOp,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `a and b and c`, `a or b or c`, with short circuit.
    Bool {
        /// The operator.
        op: BoolOp,
        /// At least two operands.
        values: Vec<Expr>,
    },
    /// `a < b <= c`, chained as in Python.
    Compare {
        /// The first operand.
        left: Box<Expr>,
        /// Operators with their right operands.
        rest: Vec<(CompareOp, Expr)>,
    },
    /// `body if test else orelse`.
    IfElse {
        /// The condition.
        test: Box<Expr>,
        /// When truthy.
        body: Box<Expr>,
        /// Otherwise.
        orelse: Box<Expr>,
    },
    /// `object.name`.
    Attribute {
        /// The object.
        object: Box<Expr>,
        /// The attribute.
        name: String,
    },
    /// `object[index]`.
    Subscript {
        /// The container.
        object: Box<Expr>,
        /// The key or index.
        index: Box<Expr>,
    },
    /// `object[start:stop:step]`.
    Slice {
        /// The sequence.
        object: Box<Expr>,
        /// First index.
        start: Option<Box<Expr>>,
        /// Index to stop before.
        stop: Option<Box<Expr>>,
        /// Step.
        step: Option<Box<Expr>>,
    },
    /// A call of one of the slice's own functions.
    Call {
        /// Which.
        function: FunctionId,
        /// Positional arguments.
        args: Vec<Expr>,
        /// Keyword arguments.
        keywords: Vec<Keyword>,
    },
    /// A call of a Python builtin or of a known pure library function, by its dotted name: `len`, `any`, `re.search`.
    Builtin {
        /// The dotted name.
        name: String,
        /// Positional arguments.
        args: Vec<Expr>,
        /// Keyword arguments.
        keywords: Vec<Keyword>,
    },
    /// A method call on a value: `text.lower()`, `found.append(x)`. On an unknown object it is an effect.
    Method {
        /// The receiver.
        object: Box<Expr>,
        /// The method.
        name: String,
        /// Positional arguments.
        args: Vec<Expr>,
        /// Keyword arguments.
        keywords: Vec<Keyword>,
    },
    /// A call of a value that is a lambda or a function of the slice.
    CallValue {
        /// What is called.
        callee: Box<Expr>,
        /// Positional arguments.
        args: Vec<Expr>,
    },
    /// A function of the slice used as a value.
    FunctionValue {
        /// Which.
        function: FunctionId,
    },
    /// `lambda parameters: body`.
    Lambda {
        /// Parameters.
        parameters: Vec<Parameter>,
        /// The body.
        body: Box<Expr>,
    },
    /// A list, set, dict comprehension or generator expression.
    Comprehension {
        /// The parts.
        inner: Box<Comprehension>,
    },
    /// An f-string; literal parts are constants. Format specifications on numbers are kept as text.
    Format {
        /// Parts in order, each with its format specification.
        parts: Vec<(Expr, Option<String>)>,
    },
    /// `(name := value)`.
    Walrus {
        /// The variable.
        name: String,
        /// The value.
        value: Box<Expr>,
    },
    /// Something outside the slice: evaluating it is an effect named `text` with these arguments when `call` is set;
    /// its value is unknown.
    Opaque {
        /// The callee or expression as written.
        text: String,
        /// Whether it is a call, and so observable.
        call: bool,
        /// Arguments.
        args: Vec<Expr>,
        /// The names by which the last of them are given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        names: Vec<String>,
        /// Why it cannot be followed, for people.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
}

/// Whether a call of something outside makes an object that holds what it is given by name: that of a class, whose name
/// begins as names of classes do, all of whose arguments are named.
pub fn makes_object(callee: &str, names: &[String]) -> bool {
    let last = callee.rsplit('.').next().unwrap_or_default();
    let is_class = last.starts_with(char::is_uppercase) && last.contains(char::is_lowercase);
    is_class && last.chars().all(char::is_alphanumeric) && !names.is_empty() && names.iter().all(|name| name != "**")
}

/// What a call of an API gives the application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseForm {
    /// The client library's object: members of enumerations are numbers with names.
    #[default]
    Client,
    /// The JSON answer: members of enumerations are their names.
    Json,
}

/// A keyword argument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keyword {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Expr,
}

/// A comprehension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comprehension {
    /// What it builds.
    pub kind: ComprehensionKind,
    /// The element, or the key of a dict.
    pub element: Expr,
    /// The value of a dict.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Expr>,
    /// `for target in iter if test...`, outermost first.
    pub clauses: Vec<(Target, Expr, Vec<Expr>)>,
}

/// What a comprehension builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComprehensionKind {
    /// `[...]`.
    List,
    /// `{...}`.
    Set,
    /// `{k: v ...}`.
    Dict,
    /// `(...)`; evaluated lazily by `any`, `all` and `next`, whose short circuit hides later effects.
    Generator,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnaryOp {
    /// `not`.
    Not,
    /// `-`.
    Neg,
    /// `+`.
    Pos,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BinaryOp {
    /// `+`: numbers, strings, lists, tuples.
    Add,
    /// `-`: numbers, sets.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `//`.
    FloorDiv,
    /// `%`: numbers, and string formatting.
    Mod,
    /// `**`.
    Pow,
    /// `&`: integers, sets.
    BitAnd,
    /// `|`: integers, sets, dicts.
    BitOr,
    /// `^`: integers, sets.
    BitXor,
}

/// Boolean operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BoolOp {
    /// `and`.
    And,
    /// `or`.
    Or,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareOp {
    /// `==`.
    Eq,
    /// `!=`.
    Ne,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `in`.
    In,
    /// `not in`.
    NotIn,
    /// `is`.
    Is,
    /// `is not`.
    IsNot,
}

impl CompareOp {
    /// The methods of a class that say how its objects are compared so: that of the object on the left, and that of the one
    /// on the right, which is asked in its place.
    pub fn methods(self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Self::Lt => ("__lt__", "__gt__"),
            Self::Le => ("__le__", "__ge__"),
            Self::Gt => ("__gt__", "__lt__"),
            Self::Ge => ("__ge__", "__le__"),
            Self::Eq => ("__eq__", "__eq__"),
            Self::Ne => ("__ne__", "__ne__"),
            Self::In | Self::NotIn | Self::Is | Self::IsNot => return None,
        })
    }
}
