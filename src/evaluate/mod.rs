//! `chameleon evaluate`: what to evaluate, and the results for people.

mod csv;
mod page;
mod plan;
mod results;
mod table;

pub(crate) use csv::csv;
pub(crate) use page::page;
pub(crate) use plan::Plan;
pub(crate) use results::Results;
pub(crate) use table::table;
