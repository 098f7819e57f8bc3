//! From a row of logits to the answer that an application reads, and what the answer should have been.

use chameleon_decision::{ApiOutput, SentimentClasses};

use super::answers::{Style, classes, entity, sentiment};
use crate::service::Service;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Labels of sufficient score, highest first.
    Labels,
    /// The mood of a text of one sentence as one score: from the softmax of three classes, negative, neutral and positive.
    Sentiment,
    /// The same as a class, with the shares of all.
    Classes,
    /// The entity of a text of one name: its kind is the one of the greatest output.
    Entity,
}

/// The scores that Google's documentation gives as those of clearly negative, neutral and clearly positive texts
/// (Natural Language API, "Interpreting sentiment analysis values"): what is right for a text of a class.
pub const TRUE_SCORES: [f64; 3] = [-0.6, 0.1, 0.8];

impl Form {
    /// The form that a service answers in.
    pub fn of(service: Service) -> Self {
        match service {
            Service::ImageLabels | Service::ImageObjects | Service::TextTopics => Self::Labels,
            Service::TextSentiment => Self::Sentiment,
            Service::TextClasses => Self::Classes,
            Service::TextEntities => Self::Entity,
        }
    }

    /// Whether the outputs are classes of which one is true, so that all of them count; else each is a label that may be
    /// returned or not.
    pub fn is_choice(self) -> bool {
        self != Self::Labels
    }

    /// The answer of an application's labels (index, logit), of a text as an API of this style writes it.
    pub fn answer(self, row: &[(u16, f32)], names: &[String], style: Style) -> ApiOutput {
        match self {
            Self::Labels => {
                ApiOutput::labels(row.iter().map(|&(label, z)| (names[usize::from(label)].clone(), sigmoid(z))))
            }
            Self::Sentiment => sentiment(sentiment_score(row)),
            Self::Classes => classes(&shares(row), style),
            Self::Entity => entity(best(row).map_or("", |kind| names[usize::from(kind)].as_str()), style),
        }
    }
}

/// What is true of a text's classes where one is: it has all of the share.
pub fn of_class(class: u16) -> SentimentClasses {
    let [negative, neutral, positive] = [0, 1, 2].map(|of| f64::from(u8::from(of == class)));
    SentimentClasses { positive, negative, neutral, mixed: 0.0 }
}

/// The output of the greatest logit, the first of equal ones.
pub fn best(row: &[(u16, f32)]) -> Option<u16> {
    row.iter().min_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))).map(|best| best.0)
}

/// The outputs of the classes of sentiment in their order.
pub fn by_class(row: &[(u16, f32)]) -> [f32; 3] {
    [0, 1, 2].map(|class| row.iter().find(|(of, _)| *of == class).map_or(f32::NEG_INFINITY, |(_, z)| *z))
}

/// The score of a label's logit.
pub fn sigmoid(logit: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(logit)).exp())
}

/// The share of the positive class less that of the negative one.
pub fn sentiment_score(row: &[(u16, f32)]) -> f64 {
    let shares = shares(row);
    shares.positive - shares.negative
}

/// The shares of the classes of a text of one sentence, which is not mixed; none of an empty row.
pub fn shares(row: &[(u16, f32)]) -> SentimentClasses {
    let largest = row.iter().map(|(_, z)| *z).fold(f32::NEG_INFINITY, f32::max);
    let weight =
        |class: u16| row.iter().filter(|(of, _)| *of == class).map(|(_, z)| f64::from(z - largest).exp()).sum::<f64>();
    let weights = [0, 1, 2].map(weight);
    let total = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let [negative, neutral, positive] = weights.map(|weight| weight / total);
    SentimentClasses { positive, negative, neutral, mixed: 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_the_one_of_the_greatest_output_in_any_order() {
        assert_eq!(best(&[(2, 1.0), (0, 3.0), (1, 3.0)]), Some(0));
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn the_score_is_the_difference_of_shares_in_any_order_of_the_classes() {
        let third = (0.5_f32).ln();
        let row = [(2, 0.0), (0, third), (1, third)];
        assert!((sentiment_score(&row) - 0.25).abs() < 1e-6);
        assert!(sentiment_score(&[]).abs() < 1e-12);
    }
}
