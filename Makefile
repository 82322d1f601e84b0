# The commands of this repository. Needed: Go, git, make; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BUILD := build
TOOLS := $(CURDIR)/$(BUILD)/tools
# Every module of the repository; internal/tools only pins programs.
MODULES := $(patsubst ./%/go.mod,%,$(subst ./go.mod,././go.mod,$(sort $(shell \
	find . -name go.mod -not -path './internal/tools/*' -not -path '*/node_modules/*' -not -path '*/testdata/*' -not -path './$(BUILD)/*'))))
TESTFLAGS ?=
FUZZTIME ?= 10s

# each runs a command in every module as if it were alone, all of them, and fails
# if one failed.
define each
	failed=; for m in $(MODULES); do echo "==> $$m: $(1)"; (cd "$$m" && GOWORK=off $(1)) || failed="$$failed $$m"; done; \
	if [ -n "$$failed" ]; then echo "FAILED in:$$failed" >&2; exit 1; fi
endef

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

.PHONY: auditd
auditd: ## Build auditd into build/
	@GOWORK=off go build -trimpath -o $(BUILD)/auditd ./cmd/auditd

.PHONY: check-demo
check-demo: auditd ## Audit a bundled real capture: findings as text, and a page to look at
	@status=0; $(BUILD)/auditd check --policy examples/leak/policy.yaml --html $(BUILD)/report.html examples/leak/traces.jsonl.gz || status=$$?; \
	echo; echo "auditd ended with status $$status (1 means: proven findings). The page: $(BUILD)/report.html"; \
	if [ $$status -ne 1 ]; then echo "The capture holds a leak, so the status should be 1." >&2; exit 1; fi

.PHONY: test
test: test-deps ## Test every module
	@$(call each,go test -timeout 25m $(TESTFLAGS) ./...)

.PHONY: test-deps
test-deps:
	@.ci/chromium
	@.ci/brokers
	@.ci/prometheus
	@.ci/openapi

.PHONY: lint
lint: $(TOOLS)/golangci-lint ## Vet, format and the rules of .golangci.yml
	@$(call each,$(TOOLS)/golangci-lint run ./...)
	@go test ./internal/lint/...

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## Format all Go files and mend what the linter can mend
	@$(call each,$(TOOLS)/golangci-lint fmt ./...)
	@$(call each,$(TOOLS)/golangci-lint run --fix ./... || true)

.PHONY: generate
generate: ## Regenerate everything that is generated
	@$(call each,go generate ./...)

.PHONY: check-generated
check-generated: ## Fail when something generated is out of date
	@mkdir -p $(BUILD); git diff >$(BUILD)/before.diff; git status --porcelain >>$(BUILD)/before.diff
	@$(MAKE) --no-print-directory generate
	@git diff >$(BUILD)/after.diff; git status --porcelain >>$(BUILD)/after.diff
	@cmp -s $(BUILD)/before.diff $(BUILD)/after.diff || { \
		echo "Out of date, run 'make generate' and commit:" >&2; git --no-pager diff --stat >&2; git status --short >&2; exit 1; }

.PHONY: bench
bench: ## Measure the engine beside its peers (docs/benchmarks/engine.md)
	@cd benchmarks && GOWORK=off go run . -o ../docs/benchmarks/engine.md

.PHONY: bench-check
bench-check: ## Measure auditd check on a million spans (docs/benchmarks/check.md)
	@cd benchmarks && GOWORK=off go run ./million -o ../docs/benchmarks/check.md

.PHONY: bench-pipeline
bench-pipeline: ocb ## Measure what the processor adds to a collector (docs/benchmarks/pipeline.md)
	@cd benchmarks && GOWORK=off go run ./pipeline -otelcol ../$(BUILD)/ocb/otelcol-dyetrace -o ../docs/benchmarks/pipeline.md

.PHONY: ocb
ocb: ## Build a collector with OCB, validate the examples, send the corpora through it
	@.ci/ocb

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME
	@.ci/fuzz $(FUZZTIME)

.PHONY: clean
clean: ## Remove what was built
	@rm -rf $(BUILD)

# The tools have a module of their own, so that their dependencies stay out of ours.
$(TOOLS)/golangci-lint: internal/tools/go.mod internal/tools/go.sum
	@echo "building golangci-lint (some minutes the first time)"
	@cd internal/tools && GOWORK=off go build -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
