//! The decision process: API outputs, decision programs, their interpreter and their canonical summary.
