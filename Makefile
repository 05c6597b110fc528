# The two commands: `make demo` and `make test`. Both do all the set-up, say what they do, can be repeated, and leave nothing running.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup build demo down test matrix check lint calibration verdicts bench fuzz clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: ## install the dependencies (once)
	@sh scripts/setup.sh

build: setup ## compile, and bundle the workflows
	@sh scripts/build.sh

demo: build ## run Breakwater end to end against a real system that it really kills (KEEP=1 leaves it up)
	@node dist/cli/main.js demo $(if $(KEEP),--keep)

down: ## end what `make demo KEEP=1` or `breakwater up` left running in this folder
	@node dist/cli/main.js down

test: build ## run every test
	@sh scripts/test.sh

matrix: build ## kill -9 every component after every event of a run (hours; goes on where it was interrupted; SHARD=2/4 plays a part)
	@sh scripts/matrix.sh $(if $(SHARD),$(SHARD))

lint: setup ## format, lint and types
	@npx --no-install prettier --check . && npx --no-install eslint . --max-warnings 0 && npx --no-install tsc -p tsconfig.json --noEmit

check: lint test ## all that CI does

calibration: build ## simulate how often the judge is wrong; JSON on stdout
	@node bench/calibration/run.mjs

verdicts: build ## judge the payments system 40 times with a weakness and 40 times without; JSON on stdout
	@node bench/verdicts/run.mjs

bench: build ## measure speed and memory; JSON on stdout
	@node bench/run.mjs

fuzz: build ## fuzz the HTTP API from its own description (FUZZ_MINUTES=10; FUZZ_SEED repeats a run); JSON on stdout
	@sh testbed/install-schemathesis.sh >&2
	@node bench/fuzz/run.mjs

clean: ## forget what was built and what the sandbox kept
	@node dist/cli/main.js down 2>/dev/null || true
	@rm -rf dist .breakwater artifacts
