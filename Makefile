# The two commands of the README are `make run` and `make test`; each installs
# what it needs first. Go is looked for on the PATH, then in /usr/local/go.

SHELL := /bin/sh
export PATH := $(PATH):/usr/local/go/bin

# gles halves the first build and draws the same; it is for Linux only.
TAGS    := gles
RELEASE := x11,migrated_fynedo,no_animations,no_emoji
# As the window is tried and shown from the sources; one set, so that nothing is built twice.
SHOWN   := $(TAGS),x11,no_animations,no_emoji
# A checkout owned by another user must build too.
PLAIN   := -buildvcs=false
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.1
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
FUZZTIME := 10s

# What the race detector does not watch: packages that compute with pictures,
# letters, codes and SQL. To watch them takes more than half of the tests' time.
# Races of those who call them are seen as before, but for one in the pixels of a
# picture. None may use sync.Map or atomic.Pointer: the linker takes one copy of
# their code for all, and one that is not watched makes races of what is none.
UNWATCHED := image/... compress/... hash/... golang.org/x/image/... golang.org/x/text/... \
	golang.org/x/crypto/argon2 golang.org/x/crypto/blake2b github.com/boombuler/barcode/... github.com/fyne-io/oksvg/... \
	github.com/go-text/... github.com/makiuchi-d/gozxing/... github.com/srwiley/... \
	modernc.org/libc/... modernc.org/memory modernc.org/sqlite/lib doorstep/internal/barcode doorstep/internal/photo

.PHONY: run test crash soak bench bench-sync bench-central build fuzz lint setup clean

# A window for a person where there is a display; with none, the whole path of
# two cases on a virtual one, its pictures and papers in out/.
run: setup
	mkdir -p .build
	go build $(PLAIN) -tags $(SHOWN) -o .build/doorstep ./app
	CGO_ENABLED=0 go build $(PLAIN) -o .build/doorstep-sync ./sync
	CGO_ENABLED=0 go build $(PLAIN) -o .build/practice ./app/practice
	.build/practice --app .build/doorstep --sync .build/doorstep-sync

# Vet shares the race detector's build, so that nothing is built twice. The two
# packages that take longest go first, side by side; as the first waits for links
# and clocks most of its time, a second road goes on beside them: storms are lived
# again without the detector, which lets many more of them pass, a window's memory
# is looked through, and then the screens are tried, which only compute.
test: export GOFLAGS := $(GOFLAGS) $(UNWATCHED:%=-gcflags=%=-race=false)
test: setup
	CGO_ENABLED=0 go build $(PLAIN) -o /dev/null ./sync
	go vet -race -tags $(SHOWN) ./...
	go test -race -tags $(SHOWN) -timeout 50m ./app/practice ./sync $$(go list -tags $(SHOWN) ./... | grep -v '/internal/ui$$') & watched=$$!; failed=0; \
	CGO_ENABLED=0 go test -tags ci -timeout 25m -run '^TestStorms(Shared|OfDays)?$$' ./sync || failed=1; \
	go test -tags $(SHOWN) -timeout 25m -run '^TestAFinderLearnsNothing$$' ./app/practice || failed=1; \
	go test -race -tags $(SHOWN) -timeout 50m ./internal/ui || failed=1; \
	wait $$watched || failed=1; exit $$failed

# Kills and power cuts: what was called saved must be there. Under five minutes.
crash: setup
	TAGS=$(TAGS) .ci/crash long

# Counties of the built programs, killed, cut off, filled up and put back from
# copies. DOORSTEP_SOAK=2h goes on for longer; a seed that fails is printed.
soak: setup
	mkdir -p .build
	go build $(PLAIN) -tags $(SHOWN) -o .build/doorstep ./app
	CGO_ENABLED=0 go build $(PLAIN) -o .build/doorstep-sync ./sync
	CGO_ENABLED=0 go test -tags ci -c -o .build/soak ./sync
	cd sync && DOORSTEP_SOAK=$${DOORSTEP_SOAK:-10m} DOORSTEP_APP=$(CURDIR)/.build/doorstep DOORSTEP_SYNC=$(CURDIR)/.build/doorstep-sync \
		$(CURDIR)/.build/soak -test.run '^TestSoak$$' -test.timeout 0

# One package after another, or they would measure each other. A figure named
# A/B is the ratio of our A to the bare B of the same run; docs/speed.md has the
# goals. DOORSTEP_BENCH_GB=20 fills the big file with a whole season of images.
bench: setup
	go test -p 1 -tags $(TAGS) -run '^$$' -bench . -timeout 25m \
		$$(grep -rl --include='*_test.go' '^func Benchmark' ./app ./assets ./internal ./sync | xargs -n 1 dirname | sort -u)

# The road to the centre against the rig's peers: loopback, and a bad link in four
# ways. It needs root and the rig beside this folder, and says so where not.
bench-sync: setup
	TAGS=$(TAGS) .ci/peers

# What a centre carries on this machine, on the embedded store and on PostgreSQL
# and a bucket; docs/scale.md carries it to a nation's. Ten minutes or more.
# DOORSTEP_BENCH_RECORDS is how many stored changes the growth goes up to.
bench-central: setup
	DOORSTEP_BENCH_CENTRAL=1 CGO_ENABLED=0 go test -tags ci -run '^$$' -bench Central -benchtime 1x -timeout 60m -v ./sync/central

# The programs as they are given out.
build: setup
	mkdir -p .build
	go build $(PLAIN) -trimpath -tags $(RELEASE) -ldflags '-s -w' -o .build/doorstep ./app
	CGO_ENABLED=0 go build $(PLAIN) -trimpath -ldflags '-s -w' -o .build/doorstep-sync ./sync

fuzz: setup
	TAGS=$(TAGS) .ci/fuzz $(FUZZTIME)

# Known holes are looked up over the network; without it the rest still counts.
lint: setup
	@test -z "$$(gofmt -l app assets internal sync)" || { gofmt -l app assets internal sync; echo "lint: run gofmt -w on these" >&2; exit 1; }
	go vet -tags $(TAGS) ./...
	GOBIN=$(CURDIR)/.build/bin go install $(STATICCHECK)
	.build/bin/staticcheck -tags $(TAGS) ./...
	@GOBIN=$(CURDIR)/.build/bin go install $(GOVULNCHECK) && .build/bin/govulncheck -tags $(TAGS) ./... || \
		{ [ $$? != 3 ] || exit 3; echo "lint: the list of known holes could not be read; going on" >&2; }

setup:
	@.ci/setup

clean:
	rm -rf .build
