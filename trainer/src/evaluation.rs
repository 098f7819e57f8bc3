//! How often an application decides right with a model: decisions, critical errors, and how sure the numbers are.
//!
//! The measure is the incorrect-decision rate (IDR): the fraction of images whose served decision is not right for
//! their true labels. *Balanced* is its mean over the decisions that are right for some image, so that rare decisions
//! count as much as frequent ones; *natural* is its mean over the images.

pub mod answers;
pub mod bootstrap;
pub mod crossed;
pub mod form;
pub mod judge;
pub mod panel;
pub mod strata;
