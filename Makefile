# Everything runs in .venv, made with the Python that PYTHON names; only Python >= 3.11, make and a package index are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
KERNEL := coverage/walkshed/kernel

.PHONY: demo test lint bench notebooks docs format clean
.DEFAULT_GOAL := demo

$(VENV)/.made: pyproject.toml hatch_build.py $(wildcard $(KERNEL)/*.[ch]) $(KERNEL)/recipe.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "walkshed needs Python 3.11 or later; set PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

demo: $(VENV)/.made ## make the sample study in ./demo, run it, say where the map and the workbook are
	@test -e demo || $(BIN)/walkshed init demo
	$(BIN)/walkshed run demo

test: $(VENV)/.made ## the quick tests; MARK=full runs all of them
ifeq ($(MARK),full)
	WALKSHED_FULL=1 $(BIN)/python -m pytest -n auto --dist loadfile
else
	$(BIN)/python -m pytest -m "not full" -n auto --dist loadfile
endif

lint: $(VENV)/.made ## style, types, formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/.made ## the documents as HTML in build/docs, pictures and all; every warning is an error
	$(BIN)/python -m sphinx -b html -W --keep-going -n -q -c docs . build/docs
	@echo "build/docs/index.html"

bench: $(VENV)/.made ## the main job, siting and gates, beside peers in the same run; writes bench/*.md
	$(BIN)/python bench/run_job.py
	$(BIN)/python bench/siting.py
	$(BIN)/python bench/gates.py

notebooks: $(VENV)/.made ## run the notebooks from start to end
	$(BIN)/python -m pytest tests/test_notebooks.py

format: $(VENV)/.made
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) build demo .cache .pytest_cache .mypy_cache .ruff_cache dist $(KERNEL)/_kernel.*
