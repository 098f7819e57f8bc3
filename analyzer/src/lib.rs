//! Source code to decision processes.
