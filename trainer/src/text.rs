//! Pre-training of the generic models of texts, and the folders that ship.
//!
//! One trainable network ([`net::Net`]) for all tasks, and one room for what each task is: which data sets, which
//! labels, which loss, which measure ([`task::Task`]).

pub mod bayes;
pub mod evidence;
pub mod export;
pub mod margin;
pub mod members;
pub mod names;
pub mod net;
pub mod objective;
pub mod pretrain;
pub mod read;
pub mod samples;
pub mod score;
pub mod stack;
pub mod task;
