# gemcrawl: every target does its own set-up; all it needs is Python >= 3.11 and make.
SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
# Hundreds of short processes are started here: compiling every library anew in each of them takes seconds a process.
unexport PYTHONDONTWRITEBYTECODE

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1	/' | expand -t 18

.venv/ready: requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "gemcrawl needs Python 3.11 or newer; none found (set PYTHON=/path/to/python)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@uv=$$(command -v uv || true); \
	  if [ -z "$$uv" ]; then uv=$(BIN)/uv; test -x $$uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; fi; \
	  $$uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/dev.txt && \
	  $$uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

browser: .venv/ready
	@$(BIN)/python -m gemcrawl.fetch.browser

setup: .venv/ready browser ## create .venv with everything in it

demo: setup ## survey the fictional nation of 390 municipalities and score the result
	@$(BIN)/gemcrawl demo $(ARGS)

test: setup ## lint, types and tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS) || { \
	  echo "What failed is run once more, by itself: tests that watch real clocks, browsers and sockets may fail on a busy machine, and must pass on a calm one."; \
	  $(BIN)/pytest --last-failed --last-failed-no-failures none $(ARGS); }

spark: setup ## read snapshots with PySpark; needs Java 17, and sets PySpark up in the cache folder
	@$(BIN)/pytest -m spark tests/ecosystem $(ARGS)

bench: setup ## measure; results go into docs/benchmarks.md by hand, with machine and date
	@$(BIN)/python -m benchmarks $(ARGS)

faults: setup ## kill, starve and disconnect surveys of the fictional nation, and hold the results against an undisturbed one
	@$(BIN)/python -m benchmarks.faults $(ARGS)

docs: setup ## build the documentation into output/docs; warnings are errors
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --site-dir output/docs

lock: ## write the pinned and hashed requirements anew
	@uv=$$(command -v uv || echo $(BIN)/uv); for kind in base dask dev; do \
	  extra=$$(case $$kind in dask) echo --extra dask;; dev) echo --group dev;; esac); \
	  $$uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header $$extra pyproject.toml -o requirements/$$kind.txt; done

.PHONY: help setup browser demo test spark bench faults docs lock
