# Every target sets up what it needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
GO ?= go
BIN := bin/menshen
PROFILE := cmd/menshen/menshen.pgo
STATICCHECK := $(GO) tool -modfile=tools/go.mod staticcheck
BENCHSTAT := $(GO) tool -modfile=tools/go.mod benchstat
WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/package.json -type f 2>/dev/null)
FUZZTIME ?= 30s

.PHONY: help demo build test test-go test-web check format-check vet staticcheck archtest bench profile fuzz packages clean

help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

demo: build ## the whole product on a simulated platform, console on http://127.0.0.1:8080
	$(BIN) demo $(DEMO_FLAGS)

build: web/dist/index.html ## bin/menshen with the console in it
	$(GO) build -trimpath -pgo=$(PROFILE) -o $(BIN) ./cmd/menshen

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --no-audit --no-fund

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run build

packages: ## Debian packages that the tests need (Chromium, fonts, …)
	scripts/debian-packages.sh

test: packages web/dist/index.html ## everything, race detector on
	e2e/setup.sh
	$(GO) test -race -timeout 60m ./...
	cd web && npm test

test-go: ## the Go tests alone, without the real back office
	$(GO) test -race -short ./...

test-web: packages web/dist/index.html ## the console in a browser
	cd web && npm test

check: format-check vet staticcheck archtest test ## all there is

format-check:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not formatted (gofmt -w):"; echo "$$out"; exit 1; fi

vet:
	$(GO) vet ./...

staticcheck:
	$(STATICCHECK) ./...

archtest:
	$(GO) test ./internal/archtest

bench: build ## side-by-side ratios
	$(GO) test -run '^$$' -bench . -benchmem ./... | tee bench.out
	$(BENCHSTAT) bench.out || true
	$(BIN) bench gateway

profile: ## what the compiler is told of where time goes, measured anew
	$(GO) test -trimpath -run '^$$' -bench 'OrderList/^paths|^BenchmarkCSV/mask|HTML/mask|XML/mask|Known$$' -cpuprofile $(PROFILE) -o /dev/null ./mask

fuzz: ## every fuzz target for FUZZTIME (30s)
	scripts/fuzz.sh $(FUZZTIME)

clean: ## what building left
	rm -rf bin bench.out web/dist/assets web/dist/index.html
