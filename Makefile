# Everything from a clone. CARGO_BUILD_JOBS and the usual cargo variables apply.
.PHONY: bench-lean build install uninstall reference demo test test-rust test-fuzz test-instructions test-aarch64 test-soak test-api test-page test-e2e lint bench clean setup

PREFIX ?= $(HOME)/.local
BIN = $(PREFIX)/bin
MAN = $(PREFIX)/share/man/man1
BASH = $(PREFIX)/share/bash-completion/completions
ZSH = $(PREFIX)/share/zsh/site-functions
FISH = $(PREFIX)/share/fish/vendor_completions.d

# The hook is built on its own line so that a change to the daemon never waits for it, nor it for the daemon.
build: setup
	cargo build --release --locked --package tailhook-hook
	cargo build --release --locked --package tailhook

# What a fresh machine lacks; see the script for what that can be.
setup:
	@sh packaging/setup.sh build

install: build
	install -d "$(BIN)"
	# Under another name first: a program that is running can be replaced but not written to.
	for program in tailhook tailhook-hook; do \
		install -m 755 target/release/$$program "$(BIN)/$$program.new" && mv -f "$(BIN)/$$program.new" "$(BIN)/$$program"; \
	done
	rm -rf target/generated
	target/release/tailhook generate man target/generated/man
	target/release/tailhook generate completions target/generated/completions
	install -d "$(MAN)" "$(BASH)" "$(ZSH)" "$(FISH)"
	install -m 644 target/generated/man/*.1 "$(MAN)"
	install -m 644 target/generated/completions/tailhook "$(BASH)"
	install -m 644 target/generated/completions/_tailhook "$(ZSH)"
	install -m 644 target/generated/completions/tailhook.fish "$(FISH)"
	@echo "manual pages and completions are in $(PREFIX)/share; zsh wants $(ZSH) in its fpath"
	@echo "installed in $(BIN); next: tailhook up && tailhook install claude-code && tailhook open"

uninstall:
	rm -f "$(BIN)/tailhook" "$(BIN)/tailhook-hook" "$(MAN)"/tailhook.1 "$(MAN)"/tailhook-*.1
	rm -f "$(BASH)/tailhook" "$(ZSH)/_tailhook" "$(FISH)/tailhook.fish"

# docs/reference, from what the program says of itself; a test keeps it true.
reference:
	cargo run --quiet --locked --package tailhook -- generate reference docs/reference

demo: build
	target/release/tailhook demo

test: build lint test-rust test-fuzz test-instructions test-api test-page test-e2e

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- --deny warnings

# The hook's behaviour is tested twice: on the ordinary program that a debug build makes, and on the bare one.
test-rust: build
	@sh packaging/setup.sh test
	cargo build --locked --package tailhook-hook
	sh packaging/nextest.sh --workspace --locked
	TAILHOOK_HOOK_UNDER_TEST="$(CURDIR)/target/release/tailhook-hook" sh packaging/nextest.sh --locked --package tailhook-hook
	cargo test --locked --doc --workspace

# A minute over bytes that no hook wrote.
test-fuzz:
	sh fuzz/run.sh 20

# The hook's path and the codec may not grow by 5 % unnoticed; needs valgrind and says so.
test-instructions: build
	cargo build --profile bench --locked --package tailhook-bench
	target/release/bench-instructions --check

# Eight writers for a minute, the daemon killed every 200 ms; `make test` does it for ten seconds.
test-soak: build
	TAILHOOK_SOAK_SECONDS=60 TAILHOOK_HOOK_UNDER_TEST="$(CURDIR)/target/release/tailhook-hook" sh packaging/nextest.sh --locked --package tailhook soak

# The hook on the other processor that it has assembly for, under emulation. Not part of `make test`: few have a compiler for it.
test-aarch64:
	sh packaging/aarch64.sh

# The API's document says what a running daemon does: some 2,000 requests, good and bad.
test-api: build
	sh packaging/setup.sh api
	target/api-test/bin/python e2e/api/run.py target/release

test-page: build
	cd dashboard/page && npm run check && npm test

test-e2e: build
	sh packaging/setup.sh e2e
	cd e2e && npm run check && npm test

bench: build
	cargo build --profile bench --locked --package tailhook-bench
	target/release/bench-hook
	target/release/bench-delivery
	target/release/bench-handoff
	target/release/bench-startup

# The real client without hooks, with the lean profile and with the full one; about five minutes.
bench-lean: build
	sh packaging/setup.sh e2e
	cd e2e && npx tsx --no-cache ../bench/lean/main.mts

clean:
	cargo clean
	rm -rf dashboard/page/dist dashboard/page/node_modules e2e/node_modules
