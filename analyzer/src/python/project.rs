//! The functions, classes and modules of a run, and what a name refers to.

mod classes;
mod index;
mod names;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::lower::Callers;
use super::scope::Scope;
use super::syntax::Parsed;
use crate::apis::Catalog;
use crate::data::DataFiles;
pub(super) use index::parameter_name;

/// A module of the run.
pub(super) struct Module<'t> {
    /// Its file.
    pub(super) parsed: &'t Parsed,
    /// The function that stands for its code.
    pub(super) function: usize,
    /// Folder and name as dotted parts, e.g. `["lib", "vision"]`.
    pub(super) parts: Vec<String>,
    /// All dotted names it imports.
    pub(super) imported: Vec<String>,
    /// Names that its functions declare `global`.
    declared: HashSet<String>,
    /// Modules of which it imports everything.
    stars: Vec<String>,
    /// Whether it tells Python where else to look for modules.
    extends_path: bool,
}

/// A function, or a module's code.
#[derive(Clone)]
pub(super) struct Function<'t> {
    /// Index of its module.
    pub(super) module: usize,
    /// `outer.inner`, `Class.method`, or `<module>`.
    pub(super) name: String,
    /// Its definition; absent for module code.
    pub(super) node: Option<Node<'t>>,
    /// Its statements.
    pub(super) body: Node<'t>,
    /// The scope around it; absent for module code.
    pub(super) parent: Option<usize>,
    /// The class it is a method of.
    pub(super) class: Option<usize>,
    /// The name of its instance or class parameter.
    pub(super) receiver: Option<String>,
    /// Its receiver is the class.
    pub(super) is_class_method: bool,
    /// Reading it as an attribute calls it.
    pub(super) is_property: bool,
    /// Its names.
    pub(super) scope: Scope<'t>,
}

/// A class.
pub(super) struct Class<'t> {
    /// Index of its module.
    pub(super) module: usize,
    /// Its name.
    pub(super) name: String,
    /// Its statements.
    pub(super) body: Node<'t>,
    /// The scope it is defined in.
    pub(super) parent: usize,
    /// Its bases, as written.
    pub(super) bases: Vec<String>,
    /// It only holds values: a data class or named tuple without methods. Its objects are values of their own.
    pub(super) is_record: bool,
    /// Its initializer takes its fields, as that of a data class does.
    pub(super) has_fields: bool,
    /// It extends `enum.Enum`: its variables are its members.
    pub(super) is_enumeration: bool,
    /// Its methods.
    pub(super) methods: HashMap<String, usize>,
    /// Classes in its body.
    pub(super) inner: HashMap<String, usize>,
    /// Variables of its body.
    pub(super) variables: HashSet<String>,
    /// Attributes that methods fill with a call, and what is called in which function.
    pub(super) constructed: HashMap<String, (usize, Node<'t>)>,
    /// Attributes that methods fill with a variable, and which of which function.
    pub(super) passed: HashMap<String, (usize, Node<'t>)>,
}

/// What a dotted name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Referent {
    /// A module of the run.
    Module(usize),
    /// A function of the run.
    Function(usize),
    /// A class of the run.
    Class(usize),
    /// A variable of a module of the run.
    Global(usize, String),
    /// A variable of the function at hand.
    Local(String),
    /// A variable of an outer function: function, name.
    Cell(usize, String),
    /// Something outside, by dotted name.
    Library(String),
    /// A name nobody binds: a builtin, or unknown.
    Free(String),
}

/// All code of a run.
pub(super) struct Project<'t> {
    /// Modules.
    pub(super) modules: Vec<Module<'t>>,
    /// Functions, module code included.
    pub(super) functions: Vec<Function<'t>>,
    /// Classes.
    pub(super) classes: Vec<Class<'t>>,
    /// Modules by their dotted names, the first where several have one.
    by_name: HashMap<String, usize>,
    by_folded_name: HashMap<String, usize>,
    /// Modules and their dotted names by the last part of it.
    by_last_part: HashMap<String, Vec<(usize, String)>>,
    /// What imports call the folder that the run is.
    outer: HashSet<String>,
    /// Classes of the objects that parameters get, by function and place, as far as asked for.
    pub(super) parameter_classes: RefCell<HashMap<(usize, usize), Option<usize>>>,
    /// Classes of the objects that functions return, as far as asked for.
    pub(super) returned_classes: RefCell<HashMap<usize, Option<usize>>>,
    /// Where functions are called; set by [`Project::with_callers`].
    pub(super) callers: Callers<'t>,
    /// Classes whose objects hold attributes of their own; set by [`Project::with_objects`].
    of_objects: HashSet<usize>,
    /// Variables of a class that another class of its family has, too, each its own.
    pub(super) own_variables: HashMap<usize, HashSet<String>>,
    /// Methods that were copied down into classes that extend theirs.
    pub(super) originals: HashSet<usize>,
    /// The first function that is such a copy.
    pub(super) first_copy: usize,
    /// What is known about APIs.
    pub(super) catalog: &'t Catalog,
    /// The application's files of data.
    pub(super) data: &'t DataFiles,
}

impl<'t> Project<'t> {
    /// The same, where it is known who calls what.
    pub(super) fn with_callers(mut self) -> Self {
        self.callers = Callers::new(&self);
        let is_static = |function: &usize| self.is_called_as_static(*function);
        for function in (0..self.functions.len()).filter(is_static).collect::<Vec<_>>() {
            self.functions[function].receiver = None;
            // What was found out on the way took it for an object.
            self.parameter_classes.take();
            self.returned_classes.take();
        }
        self
    }

    /// Whether a function in a class is called on the class alone, and its first parameter is not called `self`: it is no
    /// method, but is handed all of its parameters, as one that is decorated with `@staticmethod`.
    fn is_called_as_static(&self, function: usize) -> bool {
        let code = &self.functions[function];
        let is_usual = |receiver: &String| matches!(receiver.as_str(), "self" | "cls");
        if code.is_class_method || code.is_property || code.receiver.as_ref().is_none_or(is_usual) {
            return false;
        }
        let name = code.name.rsplit('.').next().unwrap_or_default();
        self.callers.count(function) > 0
            && !name.starts_with("__")
            && !self.callers.calls_on_object(self, function, name)
    }

    /// Indexes parsed files.
    pub(super) fn new(files: &[&'t Parsed], data: &'t DataFiles, catalog: &'t Catalog) -> Self {
        let mut project = Self {
            modules: Vec::new(),
            functions: Vec::new(),
            classes: Vec::new(),
            by_name: HashMap::new(),
            by_folded_name: HashMap::new(),
            by_last_part: HashMap::new(),
            outer: HashSet::new(),
            parameter_classes: RefCell::default(),
            returned_classes: RefCell::default(),
            callers: Callers::default(),
            of_objects: HashSet::new(),
            own_variables: HashMap::new(),
            originals: HashSet::new(),
            first_copy: 0,
            catalog,
            data,
        };
        for parsed in files {
            project.add_module(parsed);
        }
        project.outer = project.outer_names();
        for function in 0..project.functions.len() {
            project.note_captures(function);
        }
        project
    }

    /// Names of no module or folder of the run under which its modules are imported all the same: an application that is
    /// started from the folder around its own. A library's name may hide one module of its own, but not all.
    fn outer_names(&self) -> HashSet<String> {
        let mut below: HashMap<&str, HashSet<&str>> = HashMap::new();
        for dotted in self.modules.iter().flat_map(|module| &module.imported) {
            if let Some((first, rest)) = dotted.split_once('.') {
                below.entry(first).or_default().insert(rest);
            }
        }
        let is_here = |first: &str| self.modules.iter().any(|module| module.parts.iter().any(|part| part == first));
        let is_module = |rest: &&str| {
            let around = rest.rsplit_once('.').map(|(around, _)| around);
            self.by_name.contains_key(*rest) || around.is_some_and(|around| self.by_name.contains_key(around))
        };
        let outer = below
            .into_iter()
            .filter(|(first, rests)| !is_here(first) && rests.len() > 1 && rests.iter().all(is_module));
        outer.map(|(first, _)| first.to_owned()).collect()
    }
}
