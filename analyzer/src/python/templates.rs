//! Methods that a class inherits and that call what the classes below fill in, each in its own way: `run` of a `Detector`
//! calls `self.evaluate`, which is another one for each class that extends it. Such a method is copied down into each of
//! these classes, so that what it calls is seen there.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::project::Project;
use super::scope::Binding;
use super::syntax::{field, visit_all};

/// Families of more classes are left as they are.
const MOST_RELATED: usize = 60;

/// More methods than these are not copied.
const MOST: usize = 200;

impl<'t> Project<'t> {
    /// Copies methods down into the classes that fill them in, in families of classes that call an API, and notes which
    /// variables classes of a family have each for itself.
    pub(super) fn with_templates(mut self) -> Self {
        self.first_copy = self.functions.len();
        let lineages: Vec<Vec<usize>> = (0..self.classes.len()).map(|class| self.lineage(class)).collect();
        let roots: BTreeSet<usize> =
            lineages.iter().filter(|l| l.len() > 1).filter_map(|l| l.last().copied()).collect();
        for root in roots {
            let family: Vec<usize> = (0..lineages.len()).filter(|class| lineages[*class].contains(&root)).collect();
            if family.len() <= MOST_RELATED {
                self.copy_in_family(root, &family, &lineages);
            }
        }
        self
    }

    fn copy_in_family(&mut self, root: usize, family: &[usize], lineages: &[Vec<usize>]) {
        let of_bases: HashMap<usize, BTreeSet<String>> =
            family.iter().map(|base| (*base, self.open_names(*base, family, lineages))).collect();
        if of_bases.values().all(BTreeSet::is_empty) {
            return;
        }
        let calls = family.iter().any(|member| self.calls_an_api(*member));
        // What methods set is kept with the family, and so is what a method reads that is not copied.
        let kept = self.attributes_named(family, !calls);
        for class in family.iter().copied().filter(|class| lineages[*class].len() > 1) {
            if lineages[class].last() != Some(&root) {
                continue;
            }
            let bases = lineages[class][1..].iter().filter_map(|base| of_bases.get(base));
            let open: BTreeSet<String> = bases.flatten().cloned().collect();
            let variables = open.iter().filter(|name| !kept.contains(*name) && self.is_variable(family, name));
            let variables: HashSet<String> = variables.cloned().collect();
            if !variables.is_empty() {
                self.own_variables.insert(class, variables);
            }
            if calls && !open.is_empty() {
                self.copy_down(class, &lineages[class], &open);
            }
        }
    }

    /// What the methods of a base call and read that may be something else in each of the classes below.
    fn open_names(&self, base: usize, family: &[usize], lineages: &[Vec<usize>]) -> BTreeSet<String> {
        let mut below: HashMap<&String, usize> = HashMap::new();
        for class in family.iter().filter(|class| **class != base && lineages[**class].contains(&base)) {
            let class = &self.classes[*class];
            class.methods.keys().chain(&class.variables).for_each(|name| *below.entry(name).or_default() += 1);
        }
        let own = &self.classes[base];
        let is_filled = |name: &String| {
            own.variables.contains(name) || own.methods.get(name).is_some_and(|method| !self.is_abstract(*method))
        };
        let several = below.into_iter().filter(|(name, count)| *count > 1 || is_filled(name));
        several.map(|(name, _)| name.clone()).filter(|name| !name.starts_with("__")).collect()
    }

    /// Copies what a class inherits and what hangs on open names.
    fn copy_down(&mut self, class: usize, lineage: &[usize], open: &BTreeSet<String>) {
        let mut inherited: HashMap<String, (usize, BTreeSet<String>)> = HashMap::new();
        for base in &lineage[1..] {
            for (name, method) in &self.classes[*base].methods {
                if !self.classes[class].methods.contains_key(name) && !inherited.contains_key(name) {
                    inherited.insert(name.clone(), (*method, self.read_on_receiver(*method)));
                }
            }
        }
        let mut hanging: BTreeSet<String> = BTreeSet::new();
        loop {
            let hangs =
                |reads: &BTreeSet<String>| reads.iter().any(|name| open.contains(name) || hanging.contains(name));
            let more = inherited.iter().filter(|(name, (_, reads))| !hanging.contains(*name) && hangs(reads));
            let more: Vec<String> = more.map(|(name, _)| name.clone()).collect();
            if more.is_empty() {
                break;
            }
            hanging.extend(more);
        }
        for name in hanging {
            let Some((method, _)) = inherited.get(&name) else { continue };
            if self.functions.len() < self.first_copy + MOST && self.can_be_copied(*method) {
                let mut copy = self.functions[*method].clone();
                copy.name = format!("{}.{name}", self.classes[class].name);
                copy.class = Some(class);
                self.functions.push(copy);
                self.originals.insert(*method);
                self.classes[class].methods.insert(name, self.functions.len() - 1);
            }
        }
    }

    /// Attributes of its object that a method reads, those that it calls among them.
    fn read_on_receiver(&self, method: usize) -> BTreeSet<String> {
        self.attributes_of_receiver(method).map(|(name, _)| name).collect()
    }

    /// Attributes that methods of some classes set on their objects, and with `read` those that they read there.
    fn attributes_named(&self, family: &[usize], read: bool) -> HashSet<String> {
        let methods = family.iter().flat_map(|class| self.classes[*class].methods.values());
        let found = methods.flat_map(|method| self.attributes_of_receiver(*method));
        found.filter(|(_, is_set)| read || *is_set).map(|(name, _)| name).collect()
    }

    /// Attributes of its object that a method names, each with whether it is set there.
    fn attributes_of_receiver(&self, method: usize) -> impl Iterator<Item = (String, bool)> + use<'t> {
        let function = &self.functions[method];
        let parsed = self.modules[function.module].parsed;
        let mut found = Vec::new();
        if let Some(receiver) = &function.receiver {
            visit_all(function.body, |node| {
                let object =
                    field(node, "object").filter(|object| node.kind() == "attribute" && object.kind() == "identifier");
                if let Some(name) = field(node, "attribute")
                    && object.is_some_and(|object| parsed.text(object) == receiver)
                {
                    let around = node.parent().filter(|around| around.kind().ends_with("assignment"));
                    let is_set = around.is_some_and(|around| field(around, "left") == Some(node));
                    found.push((parsed.text(name).to_owned(), is_set));
                }
            });
        }
        found.into_iter()
    }

    /// Whether a method stands by itself: what is defined in it, and the base that it calls, are of its own class.
    fn can_be_copied(&self, method: usize) -> bool {
        let function = &self.functions[method];
        let parsed = self.modules[function.module].parsed;
        let defines = |binding: &Binding| matches!(binding, Binding::Function(_) | Binding::Class(_));
        !function.scope.bindings.values().any(defines) && !parsed.text(function.body).contains("super(")
    }

    fn calls_an_api(&self, class: usize) -> bool {
        let class = &self.classes[class];
        self.catalog.is_called_in(self.modules[class.module].parsed.text(class.body))
    }

    fn is_variable(&self, family: &[usize], name: &str) -> bool {
        family.iter().any(|class| self.classes[*class].variables.contains(name))
    }
}
