# The only words anyone needs:
#
#   make run     build and start a server with a demo room and everything to paste
#   make test    all tests, installing what they need
#   make check   test, lint, the arrows, both systems: what must be green
#   make fmt lint fuzz race bench

GO      ?= go
TOOL     = $(GO) tool -modfile=tools/go.mod
export CGO_ENABLED = 0

.PHONY: run build web setup test race test-go test-web test-cluster check lint fmt fuzz bench bench-cli soak cross clean

run: build
	bin/parlor serve --dev

build: web
	$(GO) build -trimpath -ldflags '-s -w' -o bin/parlor ./cmd/parlor

# The pages are built where there is npm; without it the server says so in their place.
web:
	@sh web/build.sh

# What the tests need beside Go: the AWS CLI, Node's packages, a browser.
setup:
	@sh test/setup.sh

test: setup build test-go test-web

# The tests that run whole servers and clocks have the machine for themselves, and run
# each time: the go command does not know what a server was built from.
test-go:
	$(GO) test -timeout 10m $$($(GO) list ./... | grep -v /test/)
	$(GO) test -timeout 20m -count=1 -p 1 ./test/...

race:
	CGO_ENABLED=1 $(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v /test/)

test-web:
	@sh web/test.sh

test-cluster:
	$(GO) test -timeout 15m -count=1 ./test/cluster/...

# An hour of load with churn, and a kill every five minutes; before it the long forms of
# the faults: a link cut for a minute, NATS gone for two. Not part of check.
soak:
	SOAK=1h $(GO) test -timeout 2h -count=1 -run 'Partition|Stopped|ExternalNATS|RollingRestart|DoubleSpend|TestSoak' -v ./test/cluster

check: lint cross test

lint:
	$(TOOL) golangci-lint run ./...

cross:
	GOOS=darwin GOARCH=arm64 $(GO) build -o /dev/null ./...

fmt:
	$(TOOL) golangci-lint fmt ./...

# A minute for every fuzz target; FUZZTIME=1h for longer.
FUZZTIME ?= 1m
fuzz:
	@sh test/fuzz.sh $(FUZZTIME)

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# A signed call, the whole process, beside the AWS CLI's.
bench-cli: setup build
	$(GO) run ./test/bench-cli

clean:
	rm -rf bin web/dist web/node_modules
