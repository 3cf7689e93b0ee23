# Two commands do all the set-up on a fresh Debian machine with Go:
#
#   make demo   a phone registered to its own exchange, to try
#   make test   every check and test, against real peers too

GO       ?= go
FUZZTIME ?= 30s
SOAKTIME ?= 1h
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# libopusfile isn't used, and PortAudio's callback context doesn't survive the
# pointer checks that -race turns on.
export GOFLAGS := $(GOFLAGS) -buildvcs=false -tags=nolibopusfile
RACE := -race -gcflags=github.com/gordonklaus/portaudio=-d=checkptr=0

BUILD_PACKAGES := gcc libc6-dev pkg-config portaudio19-dev libopus-dev \
	g++ libwebrtc-audio-processing-dev libspeexdsp-dev
TEST_PACKAGES  := kamailio kamailio-tls-modules kamailio-websocket-modules kamailio-outbound-modules \
	kamailio-presence-modules baresip-core sip-tester coturn pulseaudio pulseaudio-utils libasound2-plugins \
	sox espeak-ng multimon-ng tcpdump tmux iproute2 nftables dbus-bin dbus-daemon gnome-keyring linphone-cli ffmpeg opus-tools chromium-headless-shell

.PHONY: all build demo test lint docs fuzz bench soak clean build-packages test-packages
all: build

build: build-packages ## bin/offhook
	$(GO) build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/offhook ./cmd/offhook

demo: build ## the phone, registered to its own exchange
	@bin/offhook demo

# The tests against peers run alone: they measure real sound and real time.
test: lint test-packages build ## every check and test
	$(GO) test $(RACE) -timeout 15m $$($(GO) list ./... | grep -v '^offhook/test/')
	OFFHOOK_PEERS=1 OFFHOOK_TEST_PULSE=1 OFFHOOK_BIN=$(CURDIR)/bin/offhook \
		$(GO) test $(RACE) -count=1 -timeout 20m -p 1 ./audio/device ./test/...

lint: build-packages ## go vet, staticcheck, exhaustive, gofmt
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not gofmt'ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) tool exhaustive -default-signifies-exhaustive ./...

docs: build-packages ## docs/man, docs/completions and the tables of docs/config.md and docs/cli.md
	$(GO) run ./cmd/offhook gen docs

fuzz: build-packages ## each fuzz target for FUZZTIME
	@set -e; for package in $$($(GO) list ./...); do \
		for target in $$($(GO) test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$package; \
		done; \
	done

bench: build test-packages ## speed and size, beside the peers installed here
	$(GO) test -run '^$$' -bench . -benchmem ./audio/... ./codec/... ./ua/...
	OFFHOOK_PEERS=1 OFFHOOK_BENCH=1 OFFHOOK_BIN=$(CURDIR)/bin/offhook \
		$(GO) test -run . -v -parallel 4 -timeout 30m ./test/bench

soak: build ## for SOAKTIME: one call whose clocks drift, and calls without end; a million broken messages. Nothing may grow
	OFFHOOK_SOAK=$(SOAKTIME) OFFHOOK_PEERS=1 $(GO) test -run '^(TestSoak|TestDriftSoak)$$' -v -timeout 0 ./cmd/offhook ./test/bench
	OFFHOOK_MESSAGES=1000000 $(GO) test -run '^TestMill$$' -v -timeout 30m ./ua ./ua/sip

build-packages:
	@.ci/install $(BUILD_PACKAGES)

test-packages: build-packages
	@.ci/install $(TEST_PACKAGES)

clean:
	rm -rf bin
