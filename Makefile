SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

SWIFT ?= swift
BIND ?= 127.0.0.1
PORT ?= 8000
MODELS ?= models
RUN ?= run
RUNS ?= 1000000
DURATION ?= 60
CASES ?= 2000
# The standard library is linked in: the programs start faster and run without a toolchain.
RELEASE := -c release --static-swift-stdlib
PROGRAMS := .build/release
VENV := .venv
SWIFT_SOURCES := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources \
  Fuzz/Package.swift Fuzz/Sources
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

PACKAGES := nginx spawn-fcgi multiwatch libfcgi-dev libcairo2-dev libssl-dev libsqlite3-dev \
  pkg-config curl python3 python3-venv fonts-dejavu-core
TEST_PACKAGES := chromium fonts-liberation
BENCH_PACKAGES := wrk gcc libc6-dev

# $(call apt,packages): installs those that are missing, and asks for no rights when none is.
define apt
missing=$$(for package in $(1); do dpkg-query -W -f '$${Status}' $$package 2> /dev/null \
  | grep -q 'ok installed' || echo $$package; done); \
if [ -n "$$missing" ]; then \
  echo "Installing" $$missing; \
  $(SUDO) apt-get -qq update; \
  $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $$missing \
    > /dev/null; \
fi
endef

.PHONY: help install install-test build pipeline serve test test-swift test-system check format \
  soak fuzz fuzz-api bench test-api clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings, for example make serve PORT=8080:"
	@echo "    BIND, PORT    where to serve                     $(BIND), $(PORT)"
	@echo "    MODELS        the folder of models               $(MODELS)"
	@echo "    RUN           sockets, pids, temporary files     $(RUN)"
	@echo "    RUNS          inputs of make fuzz for a harness  $(RUNS)"
	@echo "    DURATION      seconds of make soak               $(DURATION)"
	@echo "    CASES         requests of each call, fuzz-api    $(CASES)"
	@echo "    ARGS          options of drugctl pipeline        (drugctl pipeline --help lists them)"

install: ## Install what is missing: Debian packages and the pages' stylesheet
	@command -v $(SWIFT) > /dev/null \
	  || { echo "$(SWIFT) is not installed: swift.org/install says how"; exit 1; }
	@$(call apt,$(PACKAGES))
	@[ -x $(VENV)/bin/python ] || python3 -m venv $(VENV)
	@PYTHON=$(VENV)/bin/python www/install-vendor

install-test: install
	@$(call apt,$(TEST_PACKAGES))
	@cmp -s Tests/requirements.txt $(VENV)/requirements.txt \
	  || { $(VENV)/bin/python -m pip install -q --disable-pip-version-check -r Tests/requirements.txt \
	       && cp Tests/requirements.txt $(VENV)/requirements.txt; }

build: install ## Build drugctl and drug-responder
	$(SWIFT) build $(RELEASE) --product drugctl
	$(SWIFT) build $(RELEASE) --product drug-responder

pipeline: build ## Train: load, explore, prepare, cross-validate, train, evaluate, save
	$(PROGRAMS)/drugctl pipeline --models $(MODELS) $(ARGS)

serve: build ## Serve on port 8000 (trains first when there is no model)
	@[ -e $(MODELS)/current/forest.rf ] || $(PROGRAMS)/drugctl pipeline --models $(MODELS)
	@BIND=$(BIND) PORT=$(PORT) MODELS=$(MODELS) RUN=$(RUN) exec nginx/serve

test: test-swift test-system ## Run every test: units, the running service, the pages in a browser

test-swift: install
	$(SWIFT) test

test-system: build install-test
	$(VENV)/bin/python -m pytest -q Tests

check: ## Check format and lint
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_SOURCES)

format: ## Format the Swift sources
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_SOURCES)

soak: build install-test ## Keep the service busy: 64 connections for DURATION seconds, then 400
	@$(call apt,$(BENCH_PACKAGES))
	DURATION=$(DURATION) $(VENV)/bin/python Tests/soak.py

fuzz-api: build install-test ## Send CASES requests of each operation, right and wrong
	$(VENV)/bin/python Tests/fuzz_api.py $(CASES)

bench: build ## Measure, beside peers (ONLY=train, predict or serving for one)
	@$(call apt,$(BENCH_PACKAGES))
	Benchmarks/run $(ONLY)

fuzz: install ## Feed the readers of forests and tables random files (ONLY=forest or ONLY=csv)
	Fuzz/run $(RUNS) $(ONLY)

test-api: ## Send the documented requests to a running service and show its answers
	@nginx/test-api http://$(BIND):$(PORT)

clean: ## Remove what was built, installed here or left by runs; models stay
	rm -rf .build Benchmarks/.build Fuzz/.build .bench .pytest_cache $(VENV) $(RUN) www/vendor
	find . -name __pycache__ -prune -exec rm -rf {} +
