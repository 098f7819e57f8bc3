//! What names mean: in a function, as members of modules, and of the modules that an import names.

use super::{Project, Referent};
use crate::python::scope::Binding;

/// Folders from which modules are imported by their name alone: the sources beside tests, the library of a plugin.
const ON_PATH: [&str; 2] = ["src", "python-lib"];

impl Project<'_> {
    /// What `name` means inside `function`.
    pub(in crate::python) fn lookup(&self, function: usize, name: &str) -> Referent {
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
    pub(in crate::python) fn member(&self, module: usize, name: &str) -> Option<Referent> {
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
    pub(in crate::python) fn may_define_unseen(&self, module: usize) -> bool {
        let module = &self.modules[module];
        let hidden = ["globals(", "exec(", "execfile(", "exec ", "__builtin", "builtins"];
        !module.stars.is_empty() || hidden.iter().any(|word| module.parsed.text.contains(word))
    }

    pub(super) fn referent(&self, module: usize, binding: &Binding) -> Referent {
        match binding {
            Binding::Variable => Referent::Free(String::new()),
            Binding::Function(function) => Referent::Function(*function),
            Binding::Class(class) => Referent::Class(*class),
            Binding::Import(dotted) => self.resolve(module, dotted, 0),
        }
    }

    /// What a dotted import means; `hops` guards against circles of re-exports.
    pub(in crate::python) fn resolve(&self, module: usize, dotted: &str, hops: u32) -> Referent {
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
    pub(in crate::python) fn find_module(&self, importer: usize, dotted: &str) -> Option<usize> {
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

    /// Modules of the run that a module imports from.
    pub(in crate::python) fn imported_modules(&self, module: usize) -> Vec<usize> {
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

/// The package that a module is in; `__init__.py` is the package itself.
pub(super) fn package_of<'p>(path: &str, parts: &'p [String]) -> &'p [String] {
    let is_package = path.rsplit('/').next().is_some_and(|name| name == "__init__.py") && path.contains('/');
    if is_package { parts } else { &parts[..parts.len().saturating_sub(1)] }
}
