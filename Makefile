# Rapport: every command a person or CI needs. `make help` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
READY := $(VENV)/.ready
MEMBERS := $(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/embedded/pyproject.toml)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help install run demo test test-kafka test-faults test-senders test-browser test-clients lint lint-openapi format bench fuzz sbom audit docs clients viewer figures examples clean

help: ## Say what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  \033[1mmake %-16s\033[0m %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(READY) ## Create the environment in .venv (the other targets do it by themselves)

# An interrupted installation leaves no $(READY), so the next run repeats it; each step can be repeated.
$(READY): uv.lock pyproject.toml $(MEMBERS)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
		"Rapport needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 ...")'
	@$(PYTHON) -c 'import ensurepip' || { echo "Python lacks venv and ensurepip; on Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing into $(VENV); this happens once"
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet "uv>=0.13,<0.14"; }
	@env -u VIRTUAL_ENV -u UV_PROJECT_ENVIRONMENT $(UV) sync --frozen --quiet --compile-bytecode
	@$(BIN)/python -m compileall -q libs services deploy/embedded
	@touch $@

run: $(READY) ## Start Rapport at http://127.0.0.1:8000
	@exec $(BIN)/rapport up $(ARGS)

demo: $(READY) ## Start Rapport with a sample organisation and three months of history
	@exec $(BIN)/rapport demo $(ARGS)

test: $(READY) $(if $(shell command -v npm),.cache/provider/.ready) ## Run the whole suite on a real PostgreSQL and broker
	@$(BIN)/pytest -n 2 -m "not kafka and not faults and not senders and not browser and not clients" $(ARGS)

test-faults: $(READY) ## Kill processes in the middle of their work; nothing acknowledged may be lost
	@$(BIN)/pytest -m faults $(ARGS)

test-kafka: export RAPPORT_TEST_BROKER = kafka
test-kafka: export RAPPORT_FAULTS_RUNS ?= 1
test-kafka: export RAPPORT_FAULTS_SECONDS ?= 45
test-kafka: $(READY) .cache/kafka/.ready ## Events and faults on Apache Kafka itself (Java 17 and Maven)
	@$(BIN)/pytest tests/kafka tests/faults/test_faults.py $(wildcard tests/common/events/test_events*.py) $(ARGS)

test-senders: $(READY) $(if $(shell command -v go),.cache/senders/.ready) ## Have real monitors push (Debian's prometheus and prometheus-alertmanager; with Go, Prometheus 3, vmagent and a Collector too)
	@$(BIN)/pytest -m senders $(ARGS)

test-browser: $(READY) ## Look at every page with a real browser (Debian's chromium)
	@env -u VIRTUAL_ENV -u UV_PROJECT_ENVIRONMENT $(UV) sync --frozen --quiet --inexact --group browser
	@$(BIN)/pytest -m browser tests/browser $(ARGS)

test-clients: $(READY) ## Check that the TypeScript client and the viewer are up to date, and that the example works (Node.js and npm)
	@npm --prefix clients/typescript ci --silent --no-audit --no-fund --ignore-scripts
	@npm --prefix libs/common/viewer ci --silent --no-audit --no-fund --ignore-scripts
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pytest -m clients tests/clients $(ARGS)

# Without service discovery, which takes most of Prometheus' code and is not tested.
.cache/senders/.ready: tests/senders/programs/go.mod tests/senders/programs/go.sum
	@echo "Building Prometheus 3, vmagent and an OpenTelemetry Collector; this happens once"
	@mkdir -p $(@D)
	@cd $(<D) && go build -tags remove_all_sd -trimpath -ldflags=-s -o $(CURDIR)/$(@D)/ tool ./collector
	@touch $@

# npm's packages of the tests' OpenID provider; without Node.js, tests of signing in at one are skipped.
.cache/provider/.ready: tests/console/provider/package.json tests/console/provider/package-lock.json
	@mkdir -p $(@D)
	@cp $^ $(@D)/
	@cd $(@D) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.cache/kafka/.ready: tests/kafka/pom.xml
	@mvn --batch-mode --quiet --file $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.cache/kafka/lib
	@touch $@

lint: $(READY) ## Check style, types and who imports whom
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy $(addprefix -p ,published common catalog sla feedback reporting engagement console rapport)
	@$(BIN)/lint-imports

lint-openapi: $(READY) ## Have Redocly and Spectral read the OpenAPI documents (Node.js and npm)
	@npm --prefix tests/openapi ci --silent --no-audit --no-fund --ignore-scripts
	@$(BIN)/python tests/openapi/lint.py

format: $(READY) ## Format the code
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

bench: $(READY) ## Measure against limits, as ratios within one run
	@$(BIN)/python tests/bench/run.py $(ARGS)

fuzz: $(READY) ## Send what no client should, to every address and receiver (ARGS="--seconds 600 --seed 3")
	@PYTHONPATH=tests/rapport $(BIN)/python tests/fuzz/run.py $(ARGS)

sbom: $(READY) ## Write the list of all packages that are installed with Rapport, as CycloneDX, to .cache/sbom.json
	@mkdir -p .cache
	@$(UV) export --frozen --no-dev --all-packages --format cyclonedx1.5 --quiet --output-file .cache/sbom.json >/dev/null
	@echo "Written: .cache/sbom.json"

audit: $(READY) ## Look up known vulnerabilities of the packages, where the database is in reach
	@$(BIN)/python tests/fuzz/audit.py

docs: $(READY) ## Write docs/events.md, docs/api.md and the schemas of published events anew
	@$(BIN)/rapport docs

clients: $(READY) ## Generate the TypeScript client anew (Node.js and npm)
	@mkdir -p .cache
	@$(BIN)/rapport openapi > .cache/openapi.json
	@npm --prefix clients/typescript ci --silent --no-audit --no-fund --ignore-scripts
	@npm --prefix clients/typescript run --silent generate

viewer: ## Build the viewer of OpenAPI documents anew (Node.js and npm)
	@npm --prefix libs/common/viewer ci --silent --no-audit --no-fund --ignore-scripts
	@npm --prefix libs/common/viewer run --silent build

figures: $(READY) ## Say in figures how well the code reads, beside another revision with BASE=<rev>
	@$(BIN)/python tests/figures.py $(BASE)

examples: $(READY) ## Play the scenarios under tests/examples, and write the examples of the HTTP interface anew
	@RAPPORT_RECORD_EXAMPLES=1 $(BIN)/pytest -q tests/examples/test_examples.py -k happens $(ARGS)

clean: ## Remove the environment and caches; data in .rapport stays
	rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
