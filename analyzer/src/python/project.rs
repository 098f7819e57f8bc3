//! The functions, classes and modules of a run, and what a name refers to.

use crate::apis::Catalog;
use crate::data::DataFiles;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::lower::Callers;
use super::scope::{Binding, ImportName, Scope, imports};
use super::syntax::{Parsed, field, named, visit_scope};

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
        self
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

    fn add_module(&mut self, parsed: &'t Parsed) {
        let parts = module_parts(&parsed.path);
        let package = package_of(&parsed.path, &parts);
        let (module, function) = (self.modules.len(), self.functions.len());
        let found = imports(parsed, package);
        let imported = found.iter().map(|import| import.target.clone()).collect();
        let name = parts.join(".");
        self.by_folded_name.entry(name.to_lowercase()).or_insert(module);
        let last = parts.last().cloned().unwrap_or_default();
        self.by_last_part.entry(last).or_default().push((module, name.clone()));
        self.by_name.entry(name).or_insert(module);
        let (declared, stars, extends_path) = (HashSet::new(), Vec::new(), parsed.text.contains("sys.path."));
        self.modules.push(Module { parsed, function, parts, imported, declared, stars, extends_path });
        self.add_function(module, "<module>".to_owned(), None, parsed.tree.root_node(), None, None);
        for import in found {
            match import.name {
                ImportName::Alias(alias) => {
                    self.functions[function].scope.bindings.insert(alias, Binding::Import(import.target));
                }
                ImportName::Star => self.modules[module].stars.push(import.target),
                ImportName::None => {}
            }
        }
        self.add_definitions(module, function);
    }

    /// Indexes the functions and classes below a scope, with a list of work instead of recursion: source may nest them
    /// as deep as it likes.
    fn add_definitions(&mut self, module: usize, root: usize) {
        let mut work = vec![(root, None)];
        while let Some((parent, class)) = work.pop() {
            let body = class.map_or(self.functions[parent].body, |class: usize| self.classes[class].body);
            let mut found = Vec::new();
            visit_scope(body, |node| {
                if super::syntax::is_scope(node) {
                    found.push(node);
                }
            });
            for node in found {
                if node.kind() == "function_definition" {
                    if let Some(function) = self.define_function(module, node, parent, class) {
                        work.push((function, None));
                    }
                } else if let Some(class) = self.define_class(module, node, parent, class) {
                    work.push((parent, Some(class)));
                }
            }
        }
    }

    fn define_function(&mut self, module: usize, node: Node<'t>, parent: usize, class: Option<usize>) -> Option<usize> {
        let parsed = self.modules[module].parsed;
        let name = parsed.text(field(node, "name")?).to_owned();
        let body = field(node, "body")?;
        let owner = class.map_or(&self.functions[parent].name, |class| &self.classes[class].name);
        let qualified = if owner == "<module>" { name.clone() } else { format!("{owner}.{name}") };
        let function = self.add_function(module, qualified, Some(node), body, Some(parent), class);
        if let Some(class) = class {
            self.classes[class].methods.insert(name, function);
            let constructed = self.functions[function].scope.constructed_attributes.clone();
            for (attribute, callee) in constructed {
                self.classes[class].constructed.insert(attribute, (function, callee));
            }
            let passed = self.functions[function].scope.passed_attributes.clone();
            for (attribute, variable) in passed {
                self.classes[class].passed.insert(attribute, (function, variable));
            }
        } else {
            self.functions[parent].scope.bindings.insert(name, Binding::Function(function));
        }
        Some(function)
    }

    fn define_class(&mut self, module: usize, node: Node<'t>, parent: usize, outer: Option<usize>) -> Option<usize> {
        let parsed = self.modules[module].parsed;
        let name = parsed.text(field(node, "name")?).to_owned();
        let body = field(node, "body")?;
        let bases = field(node, "superclasses").map(named).unwrap_or_default();
        let class = self.classes.len();
        let bases: Vec<String> = bases.into_iter().map(|base| parsed.text(base).to_owned()).collect();
        let mut is_record = decorators(parsed, node).iter().any(|name| matches!(*name, "dataclass" | "define" | "s"))
            || bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("NamedTuple" | "BaseModel")));
        let has_fields = is_record;
        visit_scope(body, |inner| is_record &= inner.kind() != "function_definition");
        // One of numbers stands for its numbers.
        let is_enumeration = bases
            .iter()
            .any(|base| matches!(base.rsplit('.').next(), Some("Enum" | "StrEnum" | "Flag" | "TextChoices")));
        self.classes.push(Class {
            module,
            name: name.clone(),
            body,
            parent,
            bases,
            is_record,
            has_fields,
            is_enumeration,
            methods: HashMap::new(),
            inner: HashMap::new(),
            variables: Scope::collect(parsed, body).bindings.into_keys().collect(),
            constructed: HashMap::new(),
            passed: HashMap::new(),
        });
        match outer {
            // Its name is one of the class around it, but seen from there without that.
            Some(outer) => {
                self.classes[outer].inner.insert(name.clone(), class);
                self.functions[parent].scope.bindings.entry(name).or_insert(Binding::Class(class));
            }
            None => drop(self.functions[parent].scope.bindings.insert(name, Binding::Class(class))),
        }
        Some(class)
    }

    fn add_function(
        &mut self,
        module: usize,
        name: String,
        node: Option<Node<'t>>,
        body: Node<'t>,
        parent: Option<usize>,
        class: Option<usize>,
    ) -> usize {
        let parsed = self.modules[module].parsed;
        let mut scope = Scope::collect(parsed, body);
        let mut receiver = None;
        let mut is_property = false;
        let is_class_method = node.is_some_and(|node| decorators(parsed, node).contains(&"classmethod"));
        if let Some(node) = node {
            is_property = decorators(parsed, node).iter().any(|name| matches!(*name, "property" | "cached_property"));
            let parameters = field(node, "parameters").map(named).unwrap_or_default();
            let names: Vec<String> = parameters.iter().filter_map(|p| parameter_name(parsed, *p)).collect();
            if class.is_some() && !is_static(parsed, node) {
                receiver = names.first().cloned();
            }
            for name in names {
                scope.bindings.insert(name, Binding::Variable);
            }
        }
        self.modules[module].declared.extend(scope.globals.iter().cloned());
        self.functions.push(Function {
            module,
            name,
            node,
            body,
            parent,
            class,
            receiver,
            is_class_method,
            is_property,
            scope,
        });
        self.functions.len() - 1
    }

    /// Finds the variables of outer functions that `function` reads.
    fn note_captures(&mut self, function: usize) {
        if self.functions[function].node.is_none() {
            return;
        }
        let parsed = self.modules[self.functions[function].module].parsed;
        let mut used = HashSet::new();
        visit_scope(self.functions[function].body, |node| {
            if node.kind() == "identifier" {
                used.insert(parsed.text(node));
            }
        });
        for name in used {
            if let Referent::Cell(owner, name) = self.lookup(function, name) {
                self.functions[owner].scope.captured.insert(name);
            }
        }
    }

    /// What `name` means inside `function`.
    pub(super) fn lookup(&self, function: usize, name: &str) -> Referent {
        let mut at = function;
        loop {
            let scope = &self.functions[at].scope;
            let skip = scope.globals.contains(name);
            let Some(parent) = self.functions[at].parent else { break };
            match scope.bindings.get(name) {
                Some(Binding::Variable) if at == function && !scope.captured.contains(name) => {
                    return Referent::Local(name.to_owned());
                }
                Some(Binding::Variable) => return Referent::Cell(at, name.to_owned()),
                Some(other) => return self.referent(self.functions[at].module, other),
                None => {}
            }
            at = if skip { self.modules[self.functions[at].module].function } else { parent };
        }
        let module = self.functions[function].module;
        self.member(module, name).unwrap_or_else(|| Referent::Free(name.to_owned()))
    }

    /// A name of a module.
    pub(super) fn member(&self, module: usize, name: &str) -> Option<Referent> {
        let scope = &self.functions[self.modules[module].function].scope;
        match scope.bindings.get(name) {
            Some(Binding::Variable) => Some(Referent::Global(module, name.to_owned())),
            Some(other) => Some(self.referent(module, other)),
            None if self.modules[module].declared.contains(name) => Some(Referent::Global(module, name.to_owned())),
            None => self.modules[module].stars.iter().find_map(|star| {
                let other = self.find_module(module, star).filter(|other| *other != module)?;
                let scope = &self.functions[self.modules[other].function].scope;
                match scope.bindings.get(name)? {
                    Binding::Variable => Some(Referent::Global(other, name.to_owned())),
                    binding => Some(self.referent(other, binding)),
                }
            }),
        }
    }

    /// Whether names of a module may come from where they are not seen: everything of a library, code in strings, the
    /// module's table of names.
    pub(super) fn may_define_unseen(&self, module: usize) -> bool {
        let module = &self.modules[module];
        let hidden = ["globals(", "exec(", "execfile(", "exec ", "__builtin", "builtins"];
        !module.stars.is_empty() || hidden.iter().any(|word| module.parsed.text.contains(word))
    }

    fn referent(&self, module: usize, binding: &Binding) -> Referent {
        match binding {
            Binding::Variable => Referent::Free(String::new()),
            Binding::Function(function) => Referent::Function(*function),
            Binding::Class(class) => Referent::Class(*class),
            Binding::Import(dotted) => self.resolve(module, dotted, 0),
        }
    }

    /// What a dotted import means; `hops` guards against circles of re-exports.
    pub(super) fn resolve(&self, module: usize, dotted: &str, hops: u32) -> Referent {
        if let Some(found) = self.find_module(module, dotted) {
            return Referent::Module(found);
        }
        if let Some((prefix, name)) = dotted.rsplit_once('.')
            && let Some(found) = self.find_module(module, prefix)
            && let Some(binding) = self.functions[self.modules[found].function].scope.bindings.get(name)
        {
            return match binding {
                Binding::Variable => Referent::Global(found, name.to_owned()),
                Binding::Import(next) if hops < 8 => self.resolve(found, next, hops + 1),
                // A module that imports a name from itself has none.
                Binding::Import(_) => Referent::Library(dotted.to_owned()),
                other => self.referent(found, other),
            };
        }
        Referent::Library(dotted.to_owned())
    }

    /// The module of the run that `dotted` names when imported from `importer`: beside it, from the root, or the only
    /// one whose path ends so (the root of the run need not be the root of the packages).
    pub(super) fn find_module(&self, importer: usize, dotted: &str) -> Option<usize> {
        let importing = &self.modules[importer];
        let folder = package_of(&importing.parsed.path, &importing.parts).join(".");
        let beside = if folder.is_empty() { dotted.to_owned() } else { format!("{folder}.{dotted}") };
        let exact = |name: &str| self.by_name.get(name).copied();
        // Imports that only work where file names ignore case.
        let alike = |name: &str| self.by_folded_name.get(&name.to_lowercase()).copied();
        exact(&beside).or_else(|| exact(dotted)).or_else(|| alike(&beside)).or_else(|| alike(dotted)).or_else(|| {
            if let Some((first, rest)) = dotted.split_once('.')
                && self.outer.contains(first)
            {
                return exact(rest);
            }
            let last = dotted.rsplit_once('.').map(|(_, last)| last);
            // One part alone would take a file `lib/json.py` for the standard library's `json`, but where that file is
            // what Python is told to look for: by the importer, as `src` beside its tests, or by a host in a folder that
            // it puts on the path.
            let endings = match last {
                None if !self.modules[importer].extends_path => {
                    ON_PATH.iter().map(|folder| format!(".{folder}.{dotted}")).collect()
                }
                _ => vec![format!(".{dotted}")],
            };
            let ends =
                |name: &str| endings.iter().any(|ending| name.ends_with(ending.as_str()) || name == &ending[1..]);
            let mut found = self.by_last_part.get(last.unwrap_or(dotted))?.iter().filter(|(_, name)| ends(name));
            let first = found.next()?;
            found.next().is_none().then_some(first.0)
        })
    }

    /// A method of a class or of its bases in the run.
    pub(super) fn method(&self, class: usize, name: &str) -> Option<usize> {
        self.lineage(class).into_iter().find_map(|class| self.classes[class].methods.get(name).copied())
    }

    /// A class in the body of a class or of its bases.
    pub(super) fn inner_class(&self, class: usize, name: &str) -> Option<usize> {
        self.lineage(class).into_iter().find_map(|class| self.classes[class].inner.get(name).copied())
    }

    /// The one method of this name in the classes that extend a class.
    pub(super) fn method_below(&self, class: usize, name: &str) -> Option<usize> {
        let below = (0..self.classes.len()).filter(|other| *other != class && self.lineage(*other).contains(&class));
        let mut methods = below.filter_map(|other| self.classes[other].methods.get(name).copied());
        let method = methods.next()?;
        methods.next().is_none().then_some(method)
    }

    /// Whether a method is only there for classes that extend its class to have it.
    pub(super) fn is_abstract(&self, method: usize) -> bool {
        let does_nothing = |statement: &Node<'_>| match statement.kind() {
            "pass_statement" | "raise_statement" | "comment" => true,
            "expression_statement" => {
                named(*statement).iter().all(|inner| matches!(inner.kind(), "string" | "ellipsis"))
            }
            _ => false,
        };
        named(self.functions[method].body).iter().all(does_nothing)
    }

    /// Whether nothing outside the run says how the objects of a class behave.
    pub(super) fn is_whole(&self, class: usize) -> bool {
        let is_plain =
            |base: &String| matches!(base.rsplit('.').next(), Some("object" | "ABC" | "Protocol" | "BaseModel"));
        let is_known = |class: usize, base: &String| {
            is_plain(base) || matches!(self.lookup(self.classes[class].parent, base), Referent::Class(_))
        };
        self.lineage(class).into_iter().all(|class| self.classes[class].bases.iter().all(|base| is_known(class, base)))
    }

    /// The class under whose name an attribute is kept: the furthest base in the run, so that all classes of a family
    /// share it. Where objects hold their own, only what the class says of all of them is kept so.
    pub(super) fn attribute_owner(&self, class: usize, name: &str) -> usize {
        let lineage = self.lineage(class);
        if self.is_of_objects(class) || self.own_variables.get(&class).is_some_and(|own| own.contains(name)) {
            return lineage.into_iter().find(|base| self.classes[*base].variables.contains(name)).unwrap_or(class);
        }
        lineage.last().copied().unwrap_or(class)
    }

    /// Whether each object of a class holds attributes of its own, and its methods are handed it.
    pub(super) fn is_of_objects(&self, class: usize) -> bool {
        self.of_objects.contains(&class)
    }

    /// The same, where the objects of these classes hold attributes of their own.
    pub(super) fn with_objects(mut self, classes: HashSet<usize>) -> Self {
        self.of_objects = classes;
        self.parameter_classes = RefCell::default();
        self.returned_classes = RefCell::default();
        self
    }

    /// The class and its bases in the run, nearest first.
    pub(super) fn lineage(&self, class: usize) -> Vec<usize> {
        let mut classes = vec![class];
        let mut at = 0;
        while at < classes.len() && classes.len() < 32 {
            let class = &self.classes[classes[at]];
            for base in &class.bases {
                if let Referent::Class(base) = self.lookup(class.parent, base)
                    && !classes.contains(&base)
                {
                    classes.push(base);
                }
            }
            at += 1;
        }
        classes
    }
}

impl Class<'_> {
    /// It is an enumeration of numbers: a member is its number.
    pub(super) fn is_of_numbers(&self) -> bool {
        self.bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("IntEnum" | "IntFlag" | "IntegerChoices")))
    }

    /// It is an enumeration whose members can be put together.
    pub(super) fn is_of_flags(&self) -> bool {
        self.bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("Flag" | "IntFlag")))
    }

    /// Its members are written with what they are called.
    pub(super) fn is_of_choices(&self) -> bool {
        self.bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("TextChoices" | "IntegerChoices")))
    }

    /// Its objects are values, each with attributes of its own, where those of another class share theirs.
    pub(super) fn is_of_values(&self) -> bool {
        self.is_record || self.is_enumeration
    }
}

impl Project<'_> {
    /// Whether another class of the run extends a class: what is known to be of the class may be of that one.
    pub(super) fn is_extended(&self, class: usize) -> bool {
        (0..self.classes.len()).any(|other| other != class && self.lineage(other).contains(&class))
    }
}

/// The name of a parameter node; none for the separators `*` and `/`.
pub(super) fn parameter_name(parsed: &Parsed, node: Node<'_>) -> Option<String> {
    let name = match node.kind() {
        "identifier" => node,
        "default_parameter" | "typed_default_parameter" => field(node, "name")?,
        "typed_parameter" | "list_splat_pattern" | "dictionary_splat_pattern" => {
            let inner = *named(node).first()?;
            return parameter_name(parsed, inner);
        }
        _ => return None,
    };
    (name.kind() == "identifier").then(|| parsed.text(name).to_owned())
}

fn is_static(parsed: &Parsed, function: Node<'_>) -> bool {
    decorators(parsed, function).contains(&"staticmethod")
}

/// Folders from which modules are imported by their name alone: the sources beside tests, the library of a plugin.
const ON_PATH: [&str; 2] = ["src", "python-lib"];

/// The last parts of the names of what decorates a function or class.
fn decorators<'t>(parsed: &'t Parsed, node: Node<'_>) -> Vec<&'t str> {
    let around = node.parent().filter(|parent| parent.kind() == "decorated_definition");
    let children = around.map(named).unwrap_or_default().into_iter().filter(|child| child.kind() == "decorator");
    children
        .map(|child| {
            let name = parsed.text(child).trim_start_matches('@').split('(').next().unwrap_or_default().trim();
            name.rsplit('.').next().unwrap_or(name)
        })
        .collect()
}

/// The package that a module is in; `__init__.py` is the package itself.
fn package_of<'p>(path: &str, parts: &'p [String]) -> &'p [String] {
    let is_package = path.rsplit('/').next().is_some_and(|name| name == "__init__.py") && path.contains('/');
    if is_package { parts } else { &parts[..parts.len().saturating_sub(1)] }
}

fn module_parts(path: &str) -> Vec<String> {
    let stem = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyw")).unwrap_or(path);
    let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if parts.len() > 1 && parts.last().is_some_and(|last| last == "__init__") {
        parts.pop();
    }
    parts
}

impl Project<'_> {
    /// Modules of the run that a module imports from.
    pub(super) fn imported_modules(&self, module: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for dotted in &self.modules[module].imported {
            let prefix = dotted.rsplit_once('.').map(|(prefix, _)| prefix);
            for name in [Some(dotted.as_str()), prefix].into_iter().flatten() {
                found.extend(self.find_module(module, name).filter(|other| *other != module));
            }
        }
        found
    }
}
