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
ROWS ?= 10000000
CASES ?= 2000
TABLE_CASES ?= 10
SCREENSHOTS ?= screenshots
SBOM ?= .build/sbom.cdx.json
STRICT ?= no
DOCKER ?= docker
IMAGE ?= drug-classifier
CONTAINER ?= drug-classifier
# Podman asks which registry a short name is of, and drops the health check from its own format.
PODMAN := $(findstring podman,$(DOCKER))
BUILD_IMAGE ?= $(if $(PODMAN),docker.io/library/)$(shell sed -n 's/^ARG BUILD_IMAGE=//p' Dockerfile)
RUNTIME_IMAGE ?= $(if $(PODMAN),docker.io/library/)$(shell sed -n 's/^ARG RUNTIME_IMAGE=//p' Dockerfile)
DOCKER_BUILD_FLAGS ?= $(if $(PODMAN),--format docker)
DOCKER_RUN_FLAGS ?=
# The standard library is linked in: the programs start faster and run without a toolchain.
RELEASE := -c release --static-swift-stdlib
PROGRAMS := .build/release
VENV := .venv
SWIFT_SOURCES := Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources \
  Fuzz/Package.swift Fuzz/Sources Examples
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)

PACKAGES := nginx libnginx-mod-stream spawn-fcgi multiwatch libfcgi-dev libcairo2-dev libssl-dev \
  libpq-dev libsqlite3-dev openssl pkg-config curl python3 python3-venv fonts-dejavu-core
TEST_PACKAGES := chromium firefox-esr fonts-liberation iproute2 postgresql prometheus jq nodejs r-cran-httr2 \
  r-cran-jsonlite
BENCH_PACKAGES := wrk gcc libc6-dev
SCALE_PACKAGES := openjdk-17-jre-headless

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

# Fails in plain words where no engine runs.
define engine
$(DOCKER) version > /dev/null 2>&1 \
  || { echo "No engine answers to $(DOCKER): start Docker, or say DOCKER=podman"; exit 1; }
endef

.PHONY: help install install-test install-nannyml build pipeline serve test test-units test-system check docs format \
  screenshots soak attack fuzz fuzz-api fuzz-tables bench scale test-api sbom audit pin-images clean docker-build \
  docker-run docker-stop docker-test

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  Settings, for example make serve PORT=8080:"
	@echo "    BIND, PORT    where to serve                     $(BIND), $(PORT)"
	@echo "    MODELS        the folder of models               $(MODELS)"
	@echo "    RUN           sockets, pids, temporary files     $(RUN)"
	@echo "    RUNS          inputs of make fuzz for a harness  $(RUNS)"
	@echo "    DURATION      seconds of make soak               $(DURATION)"
	@echo "    ROWS          patients of make scale             $(ROWS)"
	@echo "    DOCKER        the engine's program               $(DOCKER)"
	@echo "    IMAGE         the image's name                   $(IMAGE)"
	@echo "    CONTAINER     the container's, and its volumes'  $(CONTAINER)"
	@echo "    BUILD_IMAGE, RUNTIME_IMAGE                       $(BUILD_IMAGE), $(RUNTIME_IMAGE)"
	@echo "    DOCKER_BUILD_FLAGS, DOCKER_RUN_FLAGS             further options of build and run"
	@echo "    CASES         requests of each call, fuzz-api    $(CASES)"
	@echo "    TABLE_CASES   the same, fuzz-tables              $(TABLE_CASES)"
	@echo "    SCREENSHOTS   the folder of pictures             $(SCREENSHOTS)"
	@echo "    SBOM          the file of make sbom              $(SBOM)"
	@echo "    STRICT        yes: audit fails on the unknown    $(STRICT)"
	@echo "    ARGS          options of drugctl pipeline        (drugctl pipeline --help lists them)"

install: ## Install what is missing: Debian packages and Swagger UI
	@command -v $(SWIFT) > /dev/null \
	  || { echo "$(SWIFT) is not installed: swift.org/install says how"; exit 1; }
	@$(call apt,$(PACKAGES))
	@[ -x $(VENV)/bin/python ] || python3 -m venv $(VENV)
	@PYTHON=$(VENV)/bin/python www/install-vendor

# Debian starts the service of a package that it installs; the tests start servers of their own.
install-test: install
	@for service in prometheus postgresql; do [ -e /etc/init.d/$$service ] || new="$${new:-} $$service"; done; \
	$(call apt,$(TEST_PACKAGES)); \
	for service in $${new:-}; do $(SUDO) invoke-rc.d --quiet $$service stop; \
	  $(SUDO) update-rc.d $$service disable; done > /dev/null 2>&1 || true
	@cmp -s Tests/requirements.txt $(VENV)/requirements.txt \
	  || { $(VENV)/bin/python -m pip install -q --disable-pip-version-check -r Tests/requirements.txt \
	       && cp Tests/requirements.txt $(VENV)/requirements.txt; }

# NannyML wants an older LightGBM than the tests, and 2 GB with all that it brings.
install-nannyml: ## Install NannyML in a Python of its own, for the tests to ask what it expects
	@python3 -m venv .venv-nannyml
	@.venv-nannyml/bin/python -m pip install -q --disable-pip-version-check -r Tests/nannyml-requirements.txt

build: install ## Build drugctl and drug-responder
	$(SWIFT) build $(RELEASE) --product drugctl
	$(SWIFT) build $(RELEASE) --product drug-responder

pipeline: build ## Train: load, explore, prepare, cross-validate, train, evaluate, save
	$(PROGRAMS)/drugctl pipeline --models $(MODELS) $(ARGS)

serve: build ## Serve on port 8000 (trains first when there is no model)
	@[ -e $(MODELS)/current/forest.rf ] || $(PROGRAMS)/drugctl pipeline --models $(MODELS)
	@BIND=$(BIND) PORT=$(PORT) MODELS=$(MODELS) RUN=$(RUN) exec nginx/serve

# The units' tests wait now and then, and a release build ends on one core: side by side both are done sooner.
test: install-test ## Run every test: units, the running service, the pages in a browser
	$(SWIFT) build --build-tests
	$(MAKE) --no-print-directory --jobs=2 test-units build
	$(MAKE) --no-print-directory test-system

# By itself: 'swift test' would wait for the build, or find its database locked.
test-units:
	$(VENV)/bin/python Tests/postgres.py .build/debug/drug-classifierPackageTests.xctest --testing-library swift-testing

screenshots: build install-test ## Take a picture of every page into SCREENSHOTS
	$(VENV)/bin/python Tests/Browser/screenshots.py $(SCREENSHOTS)

test-system: build install-test
	$(SWIFT) build $(RELEASE) --product forest-rows
	$(VENV)/bin/python -m pytest -q --numprocesses 3 --dist loadfile Tests

check: install-test docs ## Check format, arrows, documentation, the interface, fetched packages
	$(SWIFT) format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	SWIFT="$(SWIFT)" $(VENV)/bin/python Tests/check_architecture.py
	$(VENV)/bin/python -m openapi_spec_validator www/openapi.json
	supply/check-packages

docs: install ## Build the documentation of the forest libraries in .build/documentation
	$(SWIFT) build --target ForestONNX
	@rm -rf .build/documentation
	@mkdir -p .build/archives
	for module in RandomForest ForestONNX; do \
	  mkdir -p .build/symbol-graphs/$$module && \
	  $(SWIFT) symbolgraph-extract -module-name $$module -I .build/debug/Modules \
	    -target $$(uname -m)-unknown-linux-gnu -minimum-access-level public \
	    -output-dir .build/symbol-graphs/$$module && \
	  docc convert Sources/$$module/$$module.docc --warnings-as-errors \
	    --additional-symbol-graph-dir .build/symbol-graphs/$$module \
	    --output-path .build/archives/$$module.doccarchive \
	    --fallback-display-name $$module --fallback-bundle-identifier $$module || exit 1; \
	done
	docc merge .build/archives/RandomForest.doccarchive .build/archives/ForestONNX.doccarchive \
	  --output-path .build/documentation

format: ## Format the Swift sources
	$(SWIFT) format --in-place --recursive --parallel $(SWIFT_SOURCES)

soak: build install-test ## Keep the service busy: 64 connections for DURATION seconds, then 400
	@$(call apt,$(BENCH_PACKAGES))
	DURATION=$(DURATION) $(VENV)/bin/python Tests/soak.py

attack: build install-test ## Do to a running service what once brought one down; a bystander must not notice
	$(VENV)/bin/python Tests/attack.py $(if $(ONLY),"$(ONLY)")

fuzz-api: build install-test ## Send CASES requests of each operation, right and wrong
	$(VENV)/bin/python Tests/fuzz_api.py $(CASES)

fuzz-tables: build install-test ## The same of 50 generated tables, each trained and served (ONLY="7 12" for some)
	GENERATED="$(or $(ONLY),$(shell seq 0 49))" CASES=$(TABLE_CASES) \
	  $(VENV)/bin/python -m pytest -q Tests/System/test_generated_tables.py

bench: build ## Measure, beside peers (ONLY=train, predict, serving, shapes or log for one)
	@$(call apt,$(BENCH_PACKAGES) postgresql)
	Benchmarks/run $(ONLY)

scale: build ## Count ROWS patients on DuckDB and on Spark, train on the counts, compare, serve
	@$(call apt,$(SCALE_PACKAGES))
	Benchmarks/scale $(ROWS)

fuzz: install ## Feed the readers of forests, tables and ONNX random files (ONLY=forest, csv or onnx)
	Fuzz/run $(RUNS) $(ONLY)

test-api: ## Send the documented requests to a running service and show its answers
	@nginx/test-api http://$(BIND):$(PORT)

# What is in the image where there is one; else what the sources alone tell.
sbom: install ## Write what the product consists of into SBOM, as CycloneDX
	@mkdir -p $(dir $(SBOM))
	@if $(DOCKER) run --rm --entrypoint cat $(IMAGE) /usr/share/doc/drug-classifier/sbom.cdx.json \
	  > $(SBOM).new 2> /dev/null; then \
	  echo "$(SBOM): what the image $(IMAGE) holds"; \
	else \
	  supply/sbom --base $(RUNTIME_IMAGE) > $(SBOM).new; \
	  echo "$(SBOM): the sources' own; there is no image $(IMAGE) that lists Debian's packages"; \
	fi; \
	mv $(SBOM).new $(SBOM)

audit: install-test sbom ## Look for versions that are known to be vulnerable, where a list is reached
	@$(SUDO) apt-get -qq update || echo "apt's lists are as old as they are"
	@STRICT=$(STRICT) $(VENV)/bin/python supply/audit $(SBOM)

pin-images: ## Write the digests of the base images into the Dockerfile
	@$(engine)
	DOCKER=$(DOCKER) supply/pin-images

docker-build: ## Build the image
	@$(engine)
	$(DOCKER) build -t $(IMAGE) --build-arg BUILD_IMAGE=$(BUILD_IMAGE) \
	  --build-arg RUNTIME_IMAGE=$(RUNTIME_IMAGE) \
	  --build-arg REVISION=$$(git rev-parse HEAD 2> /dev/null || echo unknown) \
	  $(DOCKER_BUILD_FLAGS) .

docker-run: ## Run the image read-only on port 8000; models and predictions stay in volumes
	@$(engine)
	@! $(DOCKER) container inspect $(CONTAINER) > /dev/null 2>&1 || $(DOCKER) rm $(CONTAINER) > /dev/null
	@$(DOCKER) run --detach --name $(CONTAINER) --read-only --tmpfs /tmp --cap-drop ALL \
	  --security-opt no-new-privileges --publish $(BIND):$(PORT):8000 \
	  --volume $(CONTAINER)-models:/srv/models --volume $(CONTAINER)-log:/srv/log \
	  $(DOCKER_RUN_FLAGS) $(IMAGE) > /dev/null
	@for _ in $$(seq 100); do \
	  [ "$$($(DOCKER) inspect -f '{{.State.Running}}' $(CONTAINER))" = true ] || break; \
	  if nginx/healthy $(BIND) $(PORT) > /dev/null; then \
	    $(DOCKER) logs $(CONTAINER) 2>&1 | grep '^serve:' || true; \
	    echo "http://$(BIND):$(PORT)/ answers (make docker-stop ends it)"; \
	    exit 0; \
	  fi; \
	  sleep 0.1; \
	done; \
	$(DOCKER) logs $(CONTAINER); \
	echo "The container $(CONTAINER) does not answer: above is its log"; \
	exit 1

docker-stop: ## Stop the container and remove it; its volumes stay
	@$(engine)
	@if $(DOCKER) container inspect $(CONTAINER) > /dev/null 2>&1; then \
	  $(DOCKER) stop $(CONTAINER) > /dev/null; \
	  $(DOCKER) rm $(CONTAINER) > /dev/null; \
	else \
	  echo "There is no container $(CONTAINER)"; \
	fi

docker-test: docker-build ## Build the image and try it: runs, restarts, deaths inside, backup
	DOCKER=$(DOCKER) IMAGE=$(IMAGE) python3 Tests/image.py

clean: ## Remove what was built, installed here or left by runs; models stay
	rm -rf .build Benchmarks/.build Fuzz/.build Examples/*/.build .bench .pytest_cache $(VENV) $(RUN) www/vendor
	find . -name __pycache__ -prune -exec rm -rf {} +
