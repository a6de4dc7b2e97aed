PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What published contracts are compared with.
BASE ?= $(shell git rev-parse --verify --quiet origin/main || git rev-parse --verify --quiet HEAD~1 || echo HEAD)
# Containers often tell Python to keep no bytecode. Here hundreds of processes start, and each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo demo-feed up test test-sms browser test-unit test-one fuzz cases chaos sim soak upgrades format check-fast check check-types check-imports check-lint check-form check-tests check-generated check-compatible check-manifests check-texts schemas bench bench-sms bench-deadlines lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

setup: $(VENV)/.ready ## make the virtual environment from requirements.lock

# uv installs in seconds what takes pip minutes, but knows nothing of pip's configuration.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=python3.12 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages into $(VENV)"
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.lock
	@$(PIP) -r $(VENV)/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
	  || { echo "uv finds no package index, pip may: it takes two minutes longer"; $(PIP) -r requirements.lock; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup ## play a small city's days in about a minute and a half, and audit them
	@$(BIN)/outagectl demo

demo-feed: setup ## play the stormiest days of a real outage list: make demo-feed FEED=FILE
	@test -n "$(FEED)" || { echo 'give the list: make demo-feed FEED=../shared/data/bchydro-2023-05.jsonl.xz'; exit 2; }
	@$(BIN)/outagectl demo --feed "$(FEED)"

up: setup ## run the stack and all services until Ctrl-C; data stays in data/
	@$(BIN)/outagectl up

# A worker has a PostgreSQL and a Kafka of its own; a file's tests stay together, the longest begin (tests/longest.txt). Tests of
# the stack wait for half of their time (for a settling time, a server that starts), so there are four workers more than cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min((os.cpu_count() or 1) + 4, 6))')

test: setup ## all tests, on a real PostgreSQL, Kafka and Twilio simulator
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

browser: setup ## get a browser for the tests of the public pages, where none is here
	@$(BIN)/python -m devstack.browser --install

test-sms: setup ## break sending in 58 numbered ways, at full size, and print the table: make test-sms [N="20 47"]
	@$(BIN)/python -m tests.injections $(N)

# tests/unit may not ask for the stack: its conftest.py refuses.
test-unit: setup ## tests of tests/unit: no database, no broker, under a minute
	@$(BIN)/python -m pytest tests/unit -n logical --maxprocesses 4 --dist loadfile -m "not slow" --hypothesis-profile=quick

test-one: setup ## one file, one test, or all whose names hold a word: make test-one T=tests/unit/policy/test_counting.py
	@test -n "$(T)" || { echo 'say which: make test-one T=tests/unit/policy/test_counting.py[::test_name], or T=WORD'; exit 2; }
	@$(BIN)/python -m pytest $(if $(wildcard $(firstword $(subst ::, ,$(T)))),"$(T)",-k "$(T)")

cases: setup ## play case files on a running system: make cases CASES=FOLDER
	@$(BIN)/python -m devstack.cases $(or $(CASES),tests/cases)

chaos: setup ## storms with kills on real processes: make chaos SEEDS=1-40 [JOBS=2]
	@$(BIN)/python -m tests.chaos $(or $(SEEDS),1-40) --jobs $(or $(JOBS),1)

sim: setup ## simulated histories in which anything breaks, the same for the same seed: make sim SEEDS=1-300 [JOBS=2] [PRINT=1] [LEAVE=o2,a1] [MUTANT=no-fence]
	@$(BIN)/python -m tests.sim $(or $(SEEDS),1-300) $(if $(JOBS),--jobs $(JOBS)) $(if $(LEAVE),--leave $(LEAVE)) $(if $(PRINT),--print) $(if $(MUTANT),--mutant $(MUTANT))

soak: setup ## a steady trickle for hours: what it takes, drawn, and what grows without bound: make soak HOURS=2
	@$(BIN)/python -m tests.soak $(or $(HOURS),2)

upgrades: setup ## a story begun with each earlier release and ended with this code (make test: the oldest), one told beside older pods, and simulated ones
	@OUTAGE_RELEASES=all $(BIN)/python -m pytest tests/e2e/test_upgrade.py tests/e2e/test_roll_out.py
	@$(BIN)/python -m tests.sim.upgrade 1-12

fuzz: setup ## random and mutated records at the real write path of every service: make fuzz N=100000 [SEED=…]
	@N="$(or $(N),100000)" SEED="$(SEED)" $(BIN)/python -m tests.fuzz

format: setup ## put the code into its form: what ruff can mend by itself
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

check-fast: setup ## lint, types and import rules: what to run before each commit
	@$(SIDE_BY_SIDE) $(FAST_CHECKS)

check: setup ## lint, types, import rules, tests that can be read, generated files, contract compatibility, the texts
	@$(SIDE_BY_SIDE) $(FAST_CHECKS) check-tests check-generated check-compatible check-manifests check-texts

# Types take as long as all else and one core: the others run beside them. Where make knows how, each one's words stay together.
SIDE_BY_SIDE = $(MAKE) --no-print-directory -j 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)
FAST_CHECKS := check-types check-imports check-lint check-form

check-types:
	@$(BIN)/mypy

check-imports:
	@$(BIN)/lint-imports --no-logo

check-lint:
	@$(BIN)/ruff check .

check-form:
	@$(BIN)/ruff format --check .

# What pytest makes of the modules is kept: five workers that all begin without it take half a minute longer.
check-tests:
	@said=$$($(BIN)/python -m pytest --collect-only 2>&1) || { echo "$$said" | tail -n 60; exit 1; }
	@echo "tests: all can be read"

check-generated:
	@$(BIN)/python -m schemas.tools.generate --check
	@$(BIN)/python -m schemas.tools.connect_page --check
	@$(BIN)/python -m services.policy.format --check
	@$(BIN)/python -m services.gateway.dispatch.openapi --check

check-compatible:
	@$(BIN)/python -m schemas.tools.compat --base $(BASE)

check-manifests:
	@$(BIN)/python -m deploy.verify

check-texts:
	@$(BIN)/outagectl message lint

schemas: setup ## write everything that is generated: schemas, examples, AsyncAPI, OpenAPI, docs/connect.md
	@$(BIN)/python -m schemas.tools.generate
	@$(BIN)/python -m schemas.tools.connect_page
	@$(BIN)/python -m services.policy.format
	@$(BIN)/python -m services.gateway.dispatch.openapi --write

bench: setup ## the write path, the gateway and a rebuild, each beside a peer in one run; plans judged; memory and histories
	@$(BIN)/python -m bench.write_path
	@$(BIN)/python -m bench.gateway
	@$(BIN)/python -m bench.rebuild
	@$(BIN)/python -m bench.plans
	@$(BIN)/python -m bench.memory
	@$(BIN)/python -m bench.history

bench-deadlines: setup ## a million deadlines armed: found, claimed, fired, late, beside procrastinate: make bench-deadlines [TIMERS=1000000]
	@$(BIN)/python -m bench.deadlines $(if $(TIMERS),--timers $(TIMERS))

bench-sms: setup ## sending beside how others send, and a storm at a fixed rate: make bench-sms [TEXTS=400] [CUSTOMERS=20000] [RATE=30]
	@$(BIN)/python -m bench.sms $(if $(TEXTS),--texts $(TEXTS)) $(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(RATE),--rate $(RATE))

lock: setup ## resolve requirements.lock again
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --python-version 3.11 --extra dev --extra devstack pyproject.toml -o requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --python-version 3.11 --constraint requirements.lock pyproject.toml -o deploy/image/requirements.lock
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
	  --python-version 3.11 --constraint requirements.lock deploy/image/build.in -o deploy/image/build.lock

clean: ## remove what was built (not data/)
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
