# Two commands a newcomer needs: `make demo` and `make test`. Both set up .venv by themselves.

PYTHON ?= python3
BIN := .venv/bin
DEMO_OUT ?= runs/demo
DEMO_PROBLEM := 4+((8*33)+53)
DEMO_STRATEGIES := greedy,majority,best_of_n,beam_search,dvts

.PHONY: help demo test lint types docs setup-demo setup-dev clean

help:
	@echo "make demo   set up, then let a tiny model with search beat its own greedy answer"
	@echo "make test   set up, then run every check and test"
	@echo "make docs   set up, then build the documentation into site/"

demo: setup-demo
	@echo; echo '$$ tts-async solve "$(DEMO_PROBLEM)" --strategy greedy     # it is 321'
	@$(BIN)/tts-async solve "$(DEMO_PROBLEM)" --strategy greedy || true
	@echo; echo '$$ tts-async solve "$(DEMO_PROBLEM)" --n 16 --tree'
	@$(BIN)/tts-async solve "$(DEMO_PROBLEM)" --n 16 --tree
	@echo; echo '$$ tts-async eval arithmetic --limit 100 --strategy $(DEMO_STRATEGIES) --n 1,4,16'
	@$(BIN)/tts-async eval arithmetic --limit 100 --strategy $(DEMO_STRATEGIES) --n 1,4,16 --out $(DEMO_OUT)

test: setup-dev lint types
	@$(BIN)/python -m pytest

lint: setup-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

types: setup-dev
	@$(BIN)/mypy

docs: setup-dev
	@$(BIN)/mkdocs build --strict

setup-demo: .venv/demo.done
setup-dev: .venv/dev.done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("tts_async needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv

.venv/demo.done: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing what the demo needs (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[local,plot]'
	@touch $@

.venv/dev.done: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@ .venv/demo.done

clean:
	rm -rf .venv site runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
