# Every target sets up what it needs: a virtual environment in .venv, with the versions of
# constraints.txt. Another Python (3.11, 3.12 or 3.13): PYTHON=python3.12 make test

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

# An environment made by another Python, or for a folder that has moved since, is made anew.
PYTHON_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
MADE_FOR := Python $(PYTHON_VERSION) in $(CURDIR)
ifneq ($(shell cat $(READY) 2>/dev/null),$(MADE_FOR))
STALE := stale
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo notebook test test-slow lint bench bench-short bench-peers setup clean stale

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F'|' '{printf "make %-11s %s\n", $$1, $$2}'

demo: $(READY) ## simulate the packaged dose scenarios and write a report with figures
	@$(BIN)/il15-sim reproduce

notebook: $(READY) ## open the notebooks in JupyterLab (installs it the first time)
	@[ -x $(BIN)/jupyter-lab ] || { echo "Installing JupyterLab ..."; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[notebook]' -c constraints.txt || { \
	  echo "error: JupyterLab could not be installed; what pip says stands above" >&2; exit 1; }; }
	@$(BIN)/python -m jupyterlab notebooks/1_quickstart.ipynb

test: $(READY) ## run the test suite, on two cores
	@$(BIN)/python -m pytest -n 2 --dist loadfile

test-slow: $(READY) ## run the proofs that take minutes
	@$(BIN)/python -m pytest -m slow

lint: $(READY) ## check style, format and types
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy

BENCH := $(BIN)/python experiments/benchmark

bench: $(READY) ## measure speed, errors, scale and waiting times; write docs/benchmark.md
	@$(BENCH)/throughput.py --near
	@$(BENCH)/tolerance.py
	@$(BENCH)/arithmetic.py
	@$(BENCH)/scale.py
	@$(BENCH)/sweeps.py
	@$(BENCH)/fits.py
	@$(BENCH)/latency.py --json results/benchmark/latency.json
	@$(BENCH)/page.py

bench-short: $(READY) ## compare speed with two other tools in two minutes
	@$(BENCH)/throughput.py --short

bench-peers: $(READY) ## install the tools that bench compares with, as far as they install
	@for peer in diffrax python-copasi numba numbalsoda amici; do \
	  echo "Installing $$peer ..."; \
	  $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt $$peer \
	    || echo "$$peer could not be installed: bench goes on without it" >&2; done

setup: $(READY) ## only make the environment

clean: ## remove the environment, caches and built packages (results stay)
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find src tests experiments -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml constraints.txt $(STALE)
	@case "$(PYTHON_VERSION)" in \
	  3.11|3.12|3.13) ;; \
	  "") echo "error: '$(PYTHON)' cannot be run; install Python 3.11, 3.12 or 3.13, or name one: PYTHON=python3.12 make ..." >&2; exit 1 ;; \
	  *) echo "error: '$(PYTHON)' is Python $(PYTHON_VERSION); il15-sim needs 3.11, 3.12 or 3.13: PYTHON=python3.12 make ..." >&2; exit 1 ;; \
	esac
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "error: '$(PYTHON)' comes without venv; install it (Debian and Ubuntu: the package python$(PYTHON_VERSION)-venv)" >&2; exit 1; }
	@echo "Setting up .venv with Python $(PYTHON_VERSION) (some minutes, the first time only) ..."
	@if [ -n "$(STALE)" ] || [ ! -x $(BIN)/python ]; then \
	  rm -rf .venv; $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }; fi
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]' -c constraints.txt || { \
	  echo "error: the packages could not be installed; what pip says stands above" >&2; exit 1; }
	@printf '%s\n' '$(MADE_FOR)' > $@
