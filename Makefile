# Everything one does with this project. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Where cargo puts what it builds.
export CARGO_TARGET_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))
# The browser of the tests.
export CHROMIUM ?= /usr/bin/chromium
on_linux := $(filter Linux,$(shell uname))
# Everything there is, with the app's shell, which of all desks runs on Linux only. Whatever builds everything
# makes this one choice of features: another would be built beside it, a second time.
export WORKSPACE := --workspace $(if $(on_linux),--features standby-mobile/shell)
# More arguments for `standby serve`, as in: make run ARGS="--listen 127.0.0.1:9000"
ARGS ?=

programs := $(CARGO_TARGET_DIR)/debug
web_packages := web-build/node_modules/.package-lock.json
test_packages := tests/node_modules/.package-lock.json
python_packages := tests/conformance/.venv/.requirements.txt

# $(call debian,WHAT,PACKAGES): installs Debian packages, saying so; says how where it may not.
define debian
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing $(1): apt-get install $(2)"; \
		export DEBIAN_FRONTEND=noninteractive; \
		apt-get update -qq && apt-get install --yes -qq --no-install-recommends $(2) >/dev/null; \
	else \
		echo "$(1) is missing. On Debian: sudo apt-get install $(2)" >&2; exit 1; \
	fi
endef

.PHONY: help
help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: rust-tools $(web_packages) ## Build and serve on http://127.0.0.1:8080; ARGS="…" is passed on
	@cargo build --package standby --package web-build
	@$(programs)/web-build
	@exec $(programs)/standby serve --web dist $(ARGS)

.PHONY: test
test: rust-tools lint-tools webview desktop $(web_packages) $(test_packages) $(python_packages) chromium curl strace sqlite3 ## Run every check and test
	@tests/run

.PHONY: test-crash
test-crash: rust-tools webview $(test_packages) strace ## Kill the server at 1,000 points; SEED=… draws a run's points again
	@cargo build $(WORKSPACE) --bin standby --example naive --test crash
	@CRASH_POINTS="$${CRASH_POINTS:-1000}" cargo test $(WORKSPACE) --test crash

.PHONY: test-shell
test-shell: rust-tools webview desktop $(test_packages) ## Run the app in a window of its own on Linux, and do to it what patients do
	@cargo build $(WORKSPACE) --bin standby --bin standby-mobile
	@node --test --test-concurrency=2 --test-reporter=./tests/browser/reporter.mjs tests/shell/*.test.mjs

.PHONY: phones
phones: rust-tools lint-tools ## Check that the app fits Android and iOS, without their SDKs
	@tests/shell/check-phones

.PHONY: android
android: rust-tools ## Build the app for Android; STANDBY_SERVER=https://… names its server (docs/mobile.md)
	@cargo run --quiet --package phone-build -- android

.PHONY: ios
ios: rust-tools ## Build the app for iOS, on a Mac; STANDBY_SERVER=https://… names its server (docs/mobile.md)
	@cargo run --quiet --package phone-build -- ios

.PHONY: fuzz
fuzz: rust-tools ## Feed what reads from outside whatever comes to mind; FUZZ_SECONDS=60 for each target
	@command -v c++ >/dev/null || { $(call debian,a C++ compiler,g++); }
	@rustup run nightly rustc --version >/dev/null 2>&1 || \
		{ echo "Installing nightly Rust, which fuzzing needs: rustup toolchain install nightly"; \
		rustup toolchain install nightly --profile minimal; }
	@cargo fuzz --version >/dev/null 2>&1 || \
		{ echo "Installing cargo-fuzz: cargo install cargo-fuzz"; cargo install --locked cargo-fuzz; }
	@for target in $$(cargo +nightly fuzz list); do \
		mkdir -p fuzz/corpus/$$target; \
		echo "== $$target, $${FUZZ_SECONDS:-60} s"; \
		cargo +nightly fuzz run $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-max_total_time=$${FUZZ_SECONDS:-60} -timeout=10 -rss_limit_mb=2048 -print_final_stats=1; \
	done

.PHONY: bench
bench: rust-tools ## Measure a release build: arrivals, commands, delivery, memory; half a minute
	@cargo build --release --package standby
	@STANDBY_PROGRAM="$(CARGO_TARGET_DIR)/release/standby" \
		cargo run --quiet --package standby-tests --example bench

.PHONY: check
check: rust-tools lint-tools webview ## Check the format and the lints, without running anything
	@cargo fmt --all --check
	@cargo clippy $(WORKSPACE) --all-targets -- --deny warnings
	@cargo clippy --package standby-mobile --package standby-console \
		--target wasm32-unknown-unknown -- --deny warnings

.PHONY: web
web: rust-tools $(web_packages) ## Build the wait screen and the staff console into dist/
	@cargo build --package web-build
	@$(programs)/web-build

.PHONY: release
release: web ## Build what a server in earnest runs: target/release/standby and dist/ (docs/operating.md)
	@cargo build --release --package standby

.PHONY: fixtures
fixtures: web ## Show every screen with fixed data and no server, on http://127.0.0.1:8090
	@exec node web-build/fixtures.mjs

.PHONY: schema
schema: rust-tools ## Export schema.graphql from the code
	@cargo build --package standby
	@$(programs)/standby schema > schema.graphql.new
	@mv schema.graphql.new schema.graphql

.PHONY: schema-diff
schema-diff: $(test_packages) ## Compare schema.graphql with the last release's; fails on a breaking change
	@node tests/conformance/schema-diff.mjs

.PHONY: rust-tools
rust-tools:
	@command -v cargo >/dev/null || { echo "Rust is missing: install https://rustup.rs" >&2; exit 1; }
	@command -v cc >/dev/null || { $(call debian,a C compiler,gcc libc6-dev); }
	@if [ ! -d "$$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ]; then \
		echo "Installing the Rust target for browsers: rustup target add wasm32-unknown-unknown"; \
		rustup target add wasm32-unknown-unknown; \
	fi

.PHONY: lint-tools
lint-tools: rust-tools
	@if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then \
		echo "Installing the Rust components rustfmt and clippy: rustup component add rustfmt clippy"; \
		rustup component add rustfmt clippy; \
	fi

.PHONY: chromium
chromium:
	@[ -x "$(CHROMIUM)" ] || { $(call debian,Chromium,chromium fonts-dejavu-core); }

.PHONY: curl
curl:
	@command -v curl >/dev/null || { $(call debian,curl,curl ca-certificates); }

.PHONY: sqlite3
sqlite3:
	@command -v sqlite3 >/dev/null || { $(call debian,sqlite3,sqlite3); }

.PHONY: strace
strace:
	@[ -z "$(on_linux)" ] || command -v strace >/dev/null || { $(call debian,strace,strace); }

# What the app's window is built with.
.PHONY: webview
webview:
ifneq ($(on_linux),)
	@pkg-config --exists webkit2gtk-4.1 openssl 2>/dev/null && [ -e /usr/include/xdo.h ] || \
		{ $(call debian,what the app's window is built with,libwebkit2gtk-4.1-dev libxdo-dev libssl-dev pkg-config); }
endif

# A screen, a window manager, somebody's hands, and what shows notices.
.PHONY: desktop
desktop:
ifneq ($(on_linux),)
	@for program in Xvfb openbox xdotool dbus-daemon dbus-monitor dunst; do \
		command -v $$program >/dev/null || { $(call debian,a desktop for the tests,xvfb openbox xdotool dbus dbus-x11 dunst); break; }; \
	done
endif

# npm writes this file when it is done, and not at all when it fails.
%/node_modules/.package-lock.json: %/package-lock.json
	@command -v npm >/dev/null || { echo "Node is missing: install version 20 or newer" >&2; exit 1; }
	@echo "Installing the npm packages of $*: npm ci"
	@npm ci --prefix $* --no-progress --loglevel=error
	@touch $@

# Kept beside what was installed, so that another list is installed anew.
%/.venv/.requirements.txt: %/requirements.txt
	@command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null || { $(call debian,Python with venv,python3 python3-venv); }
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python is too old: install version 3.11 or newer" >&2; exit 1; }
	@echo "Installing the Python packages of $*: pip install --requirement $*/requirements.txt"
	@python3 -m venv --clear $*/.venv
	@$*/.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement $*/requirements.txt
	@cp $*/requirements.txt $@
