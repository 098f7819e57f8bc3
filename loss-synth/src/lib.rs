//! Decision processes to losses that punish only decision-changing errors.
