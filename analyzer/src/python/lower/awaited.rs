//! Work of the application's own that is begun here and whose outcome is asked for later: tasks of `asyncio`, which are
//! what they give as soon as they are awaited, and futures of an executor, which are asked for it.

use chameleon_decision::{Expr, ExprKind, FunctionId, Keyword};
use tree_sitter::Node;

use super::Lower;
use crate::python::project::Referent;
use crate::python::syntax::{field, named};

/// Functions and methods that are given one piece of work and give what it does.
const GIVING: [&str; 6] =
    ["asyncio.run", "asyncio.create_task", "asyncio.ensure_future", "asyncio.wait_for", "asyncio.shield", "trio.run"];

/// Their like as methods of a loop or a group of tasks.
const GIVING_METHODS: [&str; 2] = ["run_until_complete", "create_task"];

/// Functions that give several pieces of work as they are done.
const COMPLETED: [&str; 2] = ["concurrent.futures.as_completed", "asyncio.as_completed"];

/// The field in which a future holds what its work gives.
const RESULT: &str = "<result>";

impl<'t> Lower<'_, 't> {
    /// Lowers a call that begins work, or gathers what it gave.
    pub(super) fn awaited(&mut self, node: Node<'t>, callee: Node<'t>, arguments: Node<'t>) -> Option<ExprKind> {
        let given: Vec<Node<'t>> =
            named(arguments).into_iter().filter(|argument| argument.kind() != "keyword_argument").collect();
        match self.referent(callee) {
            Some(Referent::Library(name)) if name == "asyncio.gather" => return Some(self.gathered(&given)),
            Some(Referent::Library(name)) if GIVING.contains(&name.as_str()) => {
                return self.work(given.first().copied()?);
            }
            Some(Referent::Library(name)) if COMPLETED.contains(&name.as_str()) => {
                return Some(all_of(self.expr(*given.first()?)));
            }
            Some(_) => return None,
            None => {}
        }
        if self.own_method(callee).is_some() {
            return None;
        }
        let (object, name) = (field(callee, "object")?, field(callee, "attribute")?);
        match (self.parsed.text(name), &given[..]) {
            (name, [work, ..]) if GIVING_METHODS.contains(&name) => self.work(*work),
            ("submit", [work, args @ ..]) => {
                let function = self.own_function(*work)?;
                let args = args.iter().map(|arg| self.expr(*arg)).collect();
                let (_, keywords) = self.arguments(arguments);
                let kind = ExprKind::Call { function: FunctionId(function as u32), args, keywords };
                let held = Keyword { name: RESULT.to_owned(), value: self.at(node, kind) };
                let name = "<record>".to_owned();
                Some(ExprKind::Builtin { name, args: Vec::new(), keywords: vec![held] })
            }
            ("add_done_callback", [work]) => {
                let args = vec![self.expr(object)];
                if let Some(function) = self.own_function(*work) {
                    return Some(ExprKind::Call { function: FunctionId(function as u32), args, keywords: Vec::new() });
                }
                (work.kind() == "lambda").then(|| ExprKind::CallValue { callee: Box::new(self.expr(*work)), args })
            }
            _ => None,
        }
    }

    /// A call that is made in another's place, for what it gives.
    fn work(&mut self, work: Node<'t>) -> Option<ExprKind> {
        matches!(work.kind(), "call" | "await").then(|| self.expr(work).kind)
    }

    /// `asyncio.gather(one(), *others)`: the list of what they give.
    fn gathered(&mut self, given: &[Node<'t>]) -> ExprKind {
        if let [all] = given
            && all.kind() == "list_splat"
            && let Some(all) = named(*all).first()
        {
            return all_of(self.expr(*all));
        }
        let elements = given.iter().map(|work| self.expr(*work)).collect();
        ExprKind::List { elements }
    }
}

fn all_of(items: Expr) -> ExprKind {
    ExprKind::Builtin { name: "list".to_owned(), args: vec![items], keywords: Vec::new() }
}
