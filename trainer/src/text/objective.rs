//! What is right for a text, and the loss of outputs that say something else.

use anyhow::Result;
use tch::{Kind, Reduction, Tensor};

use super::task::{Set, Task};

/// What is right, by class.
pub struct Objective {
    task: Task,
    /// (classes, L): 1 where a class carries a label.
    targets: Tensor,
    /// (sets, L): 1 where a data set says anything of a label.
    known: Tensor,
    /// The label of each class.
    label: Vec<i64>,
}

impl Objective {
    /// Of a task.
    pub fn new(task: Task) -> Self {
        let labels = task.labels();
        let classes = labels.iter().flat_map(|label| &label.classes).max().map_or(0, |&class| usize::from(class) + 1);
        let number = |carried: bool| if carried { 1.0_f32 } else { 0.0 };
        let carries = |class: usize| {
            let class = class as u16;
            labels.iter().map(|label| number(label.classes.contains(&class))).collect::<Vec<f32>>()
        };
        let targets: Vec<f32> = (0..classes).flat_map(carries).collect();
        let says = |of: &Set| {
            labels
                .iter()
                .map(|label| number(of.classes.iter().any(|class| label.classes.contains(class))))
                .collect::<Vec<f32>>()
        };
        let known: Vec<f32> = task.sets().iter().flat_map(says).collect();
        let shape = |rows: usize| [rows as i64, labels.len() as i64];
        let label_of = |class: usize| labels.iter().position(|label| label.classes.contains(&(class as u16)));
        Self {
            task,
            targets: Tensor::from_slice(&targets).reshape(shape(classes)),
            known: Tensor::from_slice(&known).reshape(shape(task.sets().len())),
            label: (0..classes).map(|class| label_of(class).unwrap_or(0) as i64).collect(),
        }
    }

    /// The label of each bag, whose classes these are.
    pub fn labels(&self, classes: &[u16]) -> Tensor {
        let labels: Vec<i64> = classes.iter().map(|&class| self.label[usize::from(class)]).collect();
        Tensor::from_slice(&labels)
    }

    /// The loss of outputs (N, L) for texts of these classes and data sets, each N. Tags have another, that of their
    /// chain.
    ///
    /// # Errors
    /// libtorch's message.
    pub fn loss(&self, outputs: &Tensor, classes: &[u16], sets: &[usize]) -> Result<Tensor> {
        match self.task {
            Task::Topics => Ok(self.labels_loss(outputs, classes, sets)? + self.class_loss(outputs, classes, sets)?),
            Task::Sentiment | Task::Entities => {
                let none = None::<Tensor>;
                let each = outputs.f_cross_entropy_loss(&self.labels(classes), none, Reduction::None, -100, 0.0)?;
                let weights: Vec<f32> = sets.iter().map(|&set| self.task.weight(set) as f32).collect();
                Ok((each * Tensor::from_slice(&weights)).sum(Kind::Float) / classes.len().max(1) as f64)
            }
        }
    }

    /// 1 where texts of a class carry a label, 0 where not; `None` where their data set says nothing of it.
    pub fn carries(&self, class: u16, set: usize, label: usize) -> Option<f32> {
        let at = |of: &Tensor, row: usize| of.double_value(&[row as i64, label as i64]) as f32;
        (at(&self.known, set) > 0.5).then(|| at(&self.targets, usize::from(class)))
    }

    /// Twice the mean cross-entropy of each text's class among those of its data set.
    fn class_loss(&self, outputs: &Tensor, classes: &[u16], sets: &[usize]) -> Result<Tensor> {
        let mut sum = Tensor::from(0.0_f32);
        for (set, of) in self.task.sets().iter().enumerate() {
            let bags: Vec<i64> = (0..).zip(sets).filter(|(_, from)| **from == set).map(|(bag, _)| bag).collect();
            if bags.is_empty() {
                continue;
            }
            let place = |&bag: &i64| of.classes.iter().position(|class| *class == classes[bag as usize]);
            let right: Vec<i64> = bags.iter().map(|bag| place(bag).map_or(0, |place| place as i64)).collect();
            let columns: Vec<i64> = of.columns.iter().map(|&column| column as i64).collect();
            let own = outputs.f_index_select(0, &Tensor::from_slice(&bags))?;
            let own = own.f_index_select(1, &Tensor::from_slice(&columns))?;
            sum += own.cross_entropy_for_logits(&Tensor::from_slice(&right)) * bags.len() as f64;
        }
        Ok(sum * (2.0 / classes.len().max(1) as f64))
    }

    /// Mean binary cross-entropy over the labels that a text's data set says anything of.
    fn labels_loss(&self, outputs: &Tensor, classes: &[u16], sets: &[usize]) -> Result<Tensor> {
        let index = |places: Vec<i64>| Tensor::from_slice(&places);
        let count = classes.len().max(1) as f64;
        let classes = index(classes.iter().map(|&class| i64::from(class)).collect());
        let sets = index(sets.iter().map(|&set| set as i64).collect());
        let targets = self.targets.f_index_select(0, &classes)?;
        let known = self.known.f_index_select(0, &sets)?;
        let each = outputs.binary_cross_entropy_with_logits::<Tensor>(&targets, Some(known), None, Reduction::None);
        Ok(each.sum(Kind::Float) / count)
    }
}
