//! Panics of the Parquet library as errors.
//!
//! The library checks much of what it reads, but not all: some damaged files make it index out of bounds. Bytes that a
//! user hands over must not end the program with a stack trace.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use ::parquet::errors::ParquetError;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs what reads a file; a panic is an error, and prints nothing.
pub(in crate::data) fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !GUARDED.get() {
                others(info);
            }
        }));
    });
    GUARDED.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(read));
    GUARDED.set(false);
    result.unwrap_or_else(|_| Err(ParquetError::General("its parts do not fit each other".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let error = guarded::<()>(|| Err(ParquetError::General([0; 0].get(1).map(i32::to_string).expect("none"))));
        assert!(error.is_err_and(|error| error.to_string().contains("do not fit")));
        assert_eq!(guarded(|| Ok(1)).expect("no panic"), 1);
    }
}
