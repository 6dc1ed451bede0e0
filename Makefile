# ClawRunner. `make` alone explains the targets.

SWIFT ?= swift
SWIFTC ?= swiftc
PYTHON ?= /usr/bin/python3
PREFIX ?= /usr/local
DESTDIR ?=
# `no` leaves out the tests that need an emulated machine.
VM ?= yes

RELEASE := .build/release
DEBUG := .build/debug

# What a development build takes from the checkout; an installed one finds it beside itself.
PLACES = CLAWRUNNER_PROFILES=$(CURDIR)/profiles CLAWRUNNER_RUNTIMES=$(CURDIR)/runtimes \
	CLAWRUNNER_EXAMPLES=$(CURDIR)/Examples

SWIFT_SOURCES = $(wildcard Sources Tests Examples Benchmarks) Package.swift

.DEFAULT_GOAL := help
# The prerequisites of a target build on each other, in the order in which they are listed.
.NOTPARALLEL:
.PHONY: help deps deps-build python-deps clamav-deps build release debug examples demo test test-leaks fuzz \
	test-runtimes test-api test-waiting test-cgroup2 bench lint format docs install clean

help: ## Show this list
	@echo "ClawRunner: a marketplace's execution node. Targets:"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Install the Debian packages that are missing (apt-get, with sudo when not root)
	@scripts/deps.sh

python-deps: ## Install the Python packages of the tests below .build, once
	@PYTHON=$(PYTHON) scripts/python-deps.sh RuntimesTests .build/python
	@PYTHON=$(PYTHON) scripts/python-deps.sh APITests .build/python-api

clamav-deps: ## Unpack ClamAV into .build/clamav for the tests, once, where this host has none
	@scripts/clamav.sh .build/clamav

deps-build:
	@scripts/deps.sh --build

build: deps-build release examples ## Build clawrunner, claw-launcher and the example skills for release

# With Swift's own libraries inside: what is installed needs no toolchain, and calls fewer functions through tables.
RELEASE_BUILD = $(SWIFT) build -c release --static-swift-stdlib

release:
	$(RELEASE_BUILD) --product claw-launcher
	$(RELEASE_BUILD) --product clawrunner

debug:
	$(SWIFT) build --product claw-launcher
	$(SWIFT) build --product clawrunner

examples: ## Build the example skills that are compiled
	@$(MAKE) --no-print-directory -C Examples/skills/word-stats

demo: build ## Run the whole story: register, publish, buy, execute, misbehave, settle
	@$(PLACES) CLAWRUNNER_LAUNCHER=$(CURDIR)/$(RELEASE)/claw-launcher $(RELEASE)/clawrunner demo

# One test after another: many of them start daemons and sandboxes, and limit them in time.
test: deps python-deps examples test-runtimes test-api ## Run every test
	$(PLACES) CLAWRUNNER_LAUNCHER=$(CURDIR)/$(DEBUG)/claw-launcher $(SWIFT) test --no-parallel
	@$(MAKE) --no-print-directory test-waiting
ifeq ($(VM),no)
	@echo "make test: all tests passed but those on cgroup version 2, which were left out because of VM=no."
else
	@$(MAKE) --no-print-directory test-cgroup2
	@echo "make test: all tests passed (runners and example skills, the Swift suites, then those on cgroup version 2)."
endif

# The conformance tests keep their promises whatever waited for a run.
CONFORMANCE = SandboxTests\.(Denial|Escape|Layer|Limit|Network|Tenant)Tests
test-waiting: ## Run the conformance tests with sandboxes of every kind that wait for runs
	@for start in sealed interpreter program; do \
		echo "conformance tests with waiting sandboxes: $$start"; \
		CLAWRUNNER_TEST_START=$$start CLAWRUNNER_LAUNCHER=$(CURDIR)/$(DEBUG)/claw-launcher \
			$(SWIFT) test --skip-build --no-parallel --filter '$(CONFORMANCE)' || exit 1; \
	done

test-runtimes: examples ## Run the tests of the runners and example skills only, without a sandbox
	$(PYTHON) -B -m unittest discover -s Tests/RuntimesTests -t Tests/RuntimesTests

test-api: python-deps clamav-deps examples debug ## Run the story of the API, schemathesis and scanners with a live daemon
	$(PLACES) CLAWRUNNER_LAUNCHER=$(CURDIR)/$(DEBUG)/claw-launcher CLAWRUNNER=$(CURDIR)/$(DEBUG)/clawrunner \
		PYTHONPATH=$(CURDIR)/.build/python-api $(PYTHON) -B -m unittest discover -s Tests/APITests -t Tests/APITests

test-leaks: debug ## Run 10,000 sandboxes of every verdict and compare what is left of them (some minutes)
	$(SWIFT) build --build-tests
	$(PLACES) CLAWRUNNER_LAUNCHER=$(CURDIR)/$(DEBUG)/claw-launcher CLAWRUNNER_LEAK_RUNS=10000 \
		$(SWIFT) test --skip-build --no-parallel --filter LeakTests

# libFuzzer comes with the toolchain. The parser is the same module as the launcher's.
FUZZ_SECONDS ?= 60
fuzz: ## Fuzz the parser of the launcher's messages with libFuzzer for FUZZ_SECONDS
	@mkdir -p .build/fuzz/corpus
	$(SWIFTC) -O -sanitize=fuzzer,address -swift-version 6 -parse-as-library -module-name ProtocolFuzz \
		$(wildcard Sources/SandboxProtocol/*.swift Sources/SandboxProtocol/*/*.swift) Tests/ProtocolFuzz/fuzz.swift \
		-o .build/fuzz/protocol
	.build/fuzz/protocol -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=.build/fuzz/ .build/fuzz/corpus

# The machine downloads Debian's kernel once; `make test VM=no` leaves it out.
test-cgroup2: ## Run the sandbox tests on cgroup version 2, in emulated machines
	$(SWIFT) build --product claw-launcher
	$(SWIFT) build --build-tests
	$(PYTHON) -B Tests/VM/test_cgroup2.py --products $(DEBUG)

bench: build ## Measure against bare fork+exec and other sandboxes; writes docs/benchmarks.md (some minutes, quiet machine)
	$(RELEASE_BUILD) --product claw-bench
	@$(MAKE) --no-print-directory -C Benchmarks/programs OUTPUT=$(CURDIR)/.build/bench
	@$(PLACES) CLAWRUNNER_LAUNCHER=$(CURDIR)/$(RELEASE)/claw-launcher \
		$(RELEASE)/claw-bench --programs .build/bench --output .build/bench/report.json --page docs/benchmarks.md

lint: ## Check the style of every Swift file
	$(SWIFT) format lint --strict --parallel --recursive $(SWIFT_SOURCES)

format: ## Bring every Swift file into style
	$(SWIFT) format --in-place --parallel --recursive $(SWIFT_SOURCES)

docs: ## Write the reference of the library products to .build/docs
	@SWIFT=$(SWIFT) scripts/docs.sh .build/docs

install: release examples ## Install under PREFIX (default /usr/local), staged by DESTDIR
	install -D -m 0755 $(RELEASE)/clawrunner $(DESTDIR)$(PREFIX)/bin/clawrunner
	install -D -m 0755 $(RELEASE)/claw-launcher $(DESTDIR)$(PREFIX)/libexec/clawrunner/claw-launcher
	scripts/install-share.sh $(DESTDIR)$(PREFIX)/share/clawrunner

clean: ## Remove what was built
	$(SWIFT) package clean
	rm -rf .build/bench .build/docs .build/vm
	@$(MAKE) --no-print-directory -C Examples/skills/word-stats clean
