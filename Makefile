# One entry point a wish. On a fresh machine `make demo` and `make test` set up everything they need.

PYTHON ?= python3

.PHONY: demo test test-neon build lint bench bench-serving clean-demo

demo: build ## the whole path on a garbage-sorting application
	$(PYTHON) scripts/demo.py

build: ## both binaries, optimized
	LIBTORCH="$$($(PYTHON) scripts/libtorch.py)" cargo build --locked --release --workspace --bins

test: ## every test of every crate; those of the whole run the binaries, so these are built first
	LIBTORCH="$$($(PYTHON) scripts/libtorch.py)" cargo build --locked --workspace --bins
	LIBTORCH="$$($(PYTHON) scripts/libtorch.py)" cargo test --locked --workspace

# Debian: rustup target add aarch64-unknown-linux-gnu; apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
test-neon: ## the engine's tests as a 64-bit ARM processor runs them, emulated
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
	CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="qemu-aarch64 -L /usr/aarch64-linux-gnu" \
	cargo test --locked --target aarch64-unknown-linux-gnu -p chameleon-models --lib engine

lint: ## formatting and lints
	cargo fmt --all --check
	LIBTORCH="$$($(PYTHON) scripts/libtorch.py)" cargo clippy --locked --workspace --all-targets -- -D warnings

bench: ## our engine against libtorch, in the same run
	LIBTORCH="$$($(PYTHON) scripts/libtorch.py)" cargo run --locked --release -p chameleon-bench

bench-serving: ## our server against nginx, and against our engine alone, in the same run
	cargo build --locked --release --bin chameleon
	cargo run --locked --release -p chameleon-bench-serving -- pass-through
	cargo run --locked --release -p chameleon-bench-serving -- pass-through --body 65536
	cargo run --locked --release -p chameleon-bench-serving -- labels

clean-demo: ## forget what the demo made
	rm -rf target/demo
