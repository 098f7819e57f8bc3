//! Classes: their ancestors and heirs, and where methods and attributes are found.

use std::cell::RefCell;
use std::collections::HashSet;

use tree_sitter::Node;

use super::{Class, Project, Referent};
use crate::python::syntax::named;

impl Project<'_> {
    /// A method of a class or of its bases in the run.
    pub(in crate::python) fn method(&self, class: usize, name: &str) -> Option<usize> {
        self.lineage(class).into_iter().find_map(|class| self.classes[class].methods.get(name).copied())
    }

    /// A class in the body of a class or of its bases.
    pub(in crate::python) fn inner_class(&self, class: usize, name: &str) -> Option<usize> {
        self.lineage(class).into_iter().find_map(|class| self.classes[class].inner.get(name).copied())
    }

    /// The one method of this name in the classes that extend a class.
    pub(in crate::python) fn method_below(&self, class: usize, name: &str) -> Option<usize> {
        let below = (0..self.classes.len()).filter(|other| *other != class && self.lineage(*other).contains(&class));
        let mut methods = below.filter_map(|other| self.classes[other].methods.get(name).copied());
        let method = methods.next()?;
        methods.next().is_none().then_some(method)
    }

    /// Whether a method is only there for classes that extend its class to have it.
    pub(in crate::python) fn is_abstract(&self, method: usize) -> bool {
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
    pub(in crate::python) fn is_whole(&self, class: usize) -> bool {
        let is_plain =
            |base: &String| matches!(base.rsplit('.').next(), Some("object" | "ABC" | "Protocol" | "BaseModel"));
        let is_known = |class: usize, base: &String| {
            is_plain(base) || matches!(self.lookup(self.classes[class].parent, base), Referent::Class(_))
        };
        self.lineage(class).into_iter().all(|class| self.classes[class].bases.iter().all(|base| is_known(class, base)))
    }

    /// The class under whose name an attribute is kept: the furthest base in the run, so that all classes of a family
    /// share it. Where objects hold their own, only what the class says of all of them is kept so.
    pub(in crate::python) fn attribute_owner(&self, class: usize, name: &str) -> usize {
        let lineage = self.lineage(class);
        if self.is_of_objects(class) || self.own_variables.get(&class).is_some_and(|own| own.contains(name)) {
            return lineage.into_iter().find(|base| self.classes[*base].variables.contains(name)).unwrap_or(class);
        }
        lineage.last().copied().unwrap_or(class)
    }

    /// Whether each object of a class holds attributes of its own, and its methods are handed it.
    pub(in crate::python) fn is_of_objects(&self, class: usize) -> bool {
        self.of_objects.contains(&class)
    }

    /// The same, where the objects of these classes hold attributes of their own.
    pub(in crate::python) fn with_objects(mut self, classes: HashSet<usize>) -> Self {
        self.of_objects = classes;
        self.parameter_classes = RefCell::default();
        self.returned_classes = RefCell::default();
        self
    }

    /// The class and its bases in the run, nearest first.
    pub(in crate::python) fn lineage(&self, class: usize) -> Vec<usize> {
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

    /// Whether another class of the run extends a class: what is known to be of the class may be of that one.
    pub(in crate::python) fn is_extended(&self, class: usize) -> bool {
        (0..self.classes.len()).any(|other| other != class && self.lineage(other).contains(&class))
    }
}

impl Class<'_> {
    /// It is an enumeration of numbers: a member is its number.
    pub(in crate::python) fn is_of_numbers(&self) -> bool {
        self.bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("IntEnum" | "IntFlag" | "IntegerChoices")))
    }

    /// It is an enumeration whose members can be put together.
    pub(in crate::python) fn is_of_flags(&self) -> bool {
        self.bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("Flag" | "IntFlag")))
    }

    /// Its members are written with what they are called.
    pub(in crate::python) fn is_of_choices(&self) -> bool {
        self.bases.iter().any(|base| matches!(base.rsplit('.').next(), Some("TextChoices" | "IntegerChoices")))
    }

    /// Its objects are values, each with attributes of its own, where those of another class share theirs.
    pub(in crate::python) fn is_of_values(&self) -> bool {
        self.is_record || self.is_enumeration
    }
}
