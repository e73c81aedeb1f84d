# Needs only make and Python 3.11 or newer; everything else goes into .venv, from constraints.txt.
# Another interpreter: make test PYTHON=python3.12 (after 'make clean' when .venv exists already).

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Both names: newer versions of pip do not read PIP_CONSTRAINT for the build backend any more.
# The path is relative because pip splits the variable at spaces.
INSTALL = PIP_CONSTRAINT=constraints.txt PIP_BUILD_CONSTRAINT=constraints.txt \
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e

PINS := pyproject.toml constraints.txt Makefile

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# One .venv is shared by all targets: 'make -j' must not run two installations at a time.
.NOTPARALLEL:
.PHONY: help demo test check bench neo4j fmt clean

help: ## say what can be made
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/make \1\t\2/p' Makefile

demo: $(VENV)/.stamp-demo ## load the bundled lists into .demo and ask one question
	rm -rf .demo
	$(BIN)/kg --store .demo/kg.sqlite ingest ingest/lists
	$(BIN)/kg --store .demo/kg.sqlite ask "which models use LLaVA-665K"

test: $(VENV)/.stamp-test ## run all tests, offline but for Neo4j's jars, fetched once
	$(BIN)/pytest -q -n 2 --dist loadfile

check: $(VENV)/.stamp-check ## check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy --strict

bench: $(VENV)/.stamp-bench ## run the measurements of benchmarks/
	$(BIN)/python benchmarks/run.py $(LARGE)

neo4j: $(VENV)/.stamp-neo4j ## run a Neo4j to look around in, until Ctrl-C; its data stay in .neo4j
	$(BIN)/python tests/neo4j_server.py --folder .neo4j --port $(or $(PORT),7687)

fmt: $(VENV)/.stamp-check ## put the code into the format that 'make check' wants
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## remove everything that was made here, .venv included, but no data of 'make neo4j'
	rm -rf $(VENV) .demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# -- what each target needs, installed once --------------------------------------------------------

$(VENV)/.stamp-demo: EXTRAS :=
$(VENV)/.stamp-test: EXTRAS := [analysis,arxiv,neo4j,test]
# The driver of Neo4j brings types that the check needs.
$(VENV)/.stamp-check: EXTRAS := [check,neo4j]
$(VENV)/.stamp-bench: EXTRAS := [analysis,arxiv,neo4j]
$(VENV)/.stamp-neo4j: EXTRAS := [neo4j]

$(VENV)/.stamp-demo $(VENV)/.stamp-test $(VENV)/.stamp-check $(VENV)/.stamp-bench \
		$(VENV)/.stamp-neo4j: $(VENV)/.stamp-venv $(PINS)
	@echo "installing .$(EXTRAS) into $(VENV) ..."
	@$(INSTALL) ".$(EXTRAS)"
	@touch $@

# A virtual environment does not survive a move or a copy, so its stamp holds the folder it was
# made in; elsewhere it is made anew.
ifneq ($(shell cat $(VENV)/.stamp-venv 2>/dev/null),$(shell pwd -P))
.PHONY: $(VENV)/.stamp-venv
endif

$(VENV)/.stamp-venv:
	@command -v "$(PYTHON)" >/dev/null || { \
		echo "'$(PYTHON)' was not found; install Python 3.11 or newer, or name one:" >&2; \
		echo "    make PYTHON=/path/to/python3 $(MAKECMDGOALS)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or newer is needed, but '$(PYTHON)' is" \
			"$$("$(PYTHON)" -V 2>&1); name another:" >&2; \
		echo "    make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "making $(VENV) with $$("$(PYTHON)" -V) ..."
	@if [ -e $@ ]; then rm -rf $(VENV); fi
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 1; }
	@pwd -P > $@
