# make demo: the quickstart study in the miniature.   make test: the tests.   make check: style, types, workflow lint.
# Each sets up what it needs in .venv, once.

PYTHON ?= python3
CORES ?= 2
VENV := .venv
BIN := $(abspath $(VENV))/bin
export PATH := $(BIN):$(PATH)

.PHONY: demo test check format generated lock clean

demo: $(VENV)/ready
	snakemake --profile profiles/local --cores $(CORES) --quiet reason host
	@echo "The report: $(abspath results/mini/report/quickstart/report.html)"

test: $(VENV)/ready
	pytest

check: $(VENV)/ready
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check --compact-diff Snakefile workflow
	snakemake --lint

format: $(VENV)/ready
	ruff check --fix .
	ruff format .
	snakefmt Snakefile workflow

generated: $(VENV)/ready
	python -m xstilts.config.schema
	python -m xstilts.tasks.licences

# PyTorch first: where it is installed already, nothing below asks for another build of it.
$(VENV)/ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint requirements.lock torch
	$(BIN)/pip install --quiet --constraint requirements.lock --editable .[dev]
	touch $@

# After a change of the dependencies in pyproject.toml.
lock:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet torch==$(shell sed -n 's/^torch==//p' requirements.lock | sed 's/+.*//')
	$(BIN)/pip install --quiet --editable .[dev]
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > requirements.lock
	touch $(VENV)/ready

clean:
	rm -rf $(VENV) results .snakemake
