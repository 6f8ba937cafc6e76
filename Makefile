# The front door to a CMake build; `make` alone says what there is. DEPS=no installs nothing. JOBS=n builds with n processes.
JOBS ?= $(shell nproc)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
FUZZ_JOBS ?= 1
SECONDS ?= 60
SEED ?= 1
KILLS ?= 100

# Debian's own tools come first: a cmake or python3 found earlier on the path may be of any age, or without its modules.
export PATH := /usr/bin:/bin:$(PATH)

ifneq ($(DEPS),no)
deps_for = scripts/deps.sh $(1)
# The second back end of the cryptography is built where its library's source can be had; else its tests say `skipped`.
mbedtls = scripts/mbedtls.sh build-mbedtls || true
endif
# $(call built,PRESET,FOLDER,OPTIONS): configures, afresh if FOLDER was made for another source tree, and builds.
define built
	@cmake --preset $(1) $$(scripts/stale.sh $(2)) >/dev/null
	@cmake --build $(2) --parallel $(JOBS) $(3)
endef

help:
	@echo "opentps: Trusted Platform Services"
	@echo
	@echo "  make demo      a maker, two devices, two providers: build and run the whole story"
	@echo "  make demo-mcu  the same on two emulated microcontrollers: a light bulb that proves itself, and one that cannot"
	@echo "  make test      build everything with sanitizers and run every test"
	@echo "  make build     the program, as build/bin/tps"
	@echo "  make install   program, libraries and headers, below PREFIX ($(PREFIX)); DESTDIR is honoured"
	@echo "  make deb       a Debian package of programs, service and manuals, in build-deb/"
	@echo "  make bench     figures, one JSON object a line, each against the bare operations under it"
	@echo "  make soak      a million appraisals against one server: memory, descriptors and the store must not grow"
	@echo "  make kills     kills a server KILLS ($(KILLS)) times under load in each of three ways, over SQLite and PostgreSQL"
	@echo "  make sizes     what each feature costs a microcontroller; TABLE=1 for people, DETAIL=1 function by function"
	@echo "  make firmware  images for microcontrollers, and what the secure one takes by part; DETAIL=1 function by function"
	@echo "  make firmware-powercut  cuts the power at each operation of the flash, and at 1,000 random moments"
	@echo "  make fuzz      every decoder for FUZZ_SECONDS ($(FUZZ_SECONDS)) seconds of CPU; FUZZ=name for one; FUZZ_JOBS=n at once"
	@echo "  make fuzz-claims  mutated claims, validly signed, against a second implementation, for SECONDS ($(SECONDS)) of CPU"
	@echo "  make interop   implementations of other projects read what ours emits (needs cargo), and ask ours (needs go); else skipped"
	@echo "  make coverage  lines and branches that the tests reach, a line a file"
	@echo "  make deps      the Debian packages that all of this needs"
	@echo "  make clean     remove what was built"

deps:
	@$(call deps_for,test)

build:
	@$(call deps_for,build)
	$(call built,release,build)

demo: build
	@demo/demo.sh

demo-mcu: build firmware-images
	@demo/mcu.sh

test:
	@$(call deps_for,test)
	@$(mbedtls)
	$(call built,release,build)
	$(call built,dev,build-dev)
	@[ ! -e build-mbedtls/stamp ] || $(MAKE) --no-print-directory DEPS=no firmware-images
	@TPS_REQUIRE_FIRMWARE=$$([ ! -e build-mbedtls/stamp ] || echo yes) ctest --preset dev

firmware: firmware-images
	@scripts/firmware_sizes.py build-firmware/an505/an505_secure.elf build-firmware/an505/an505_secure.map build-firmware/src \
	    build-firmware/CMakeFiles build-firmware/firmware/an505/CMakeFiles/an505_secure.dir $(if $(DETAIL),--detail,--table)

firmware-images:
	@$(call deps_for,test)
	@$(mbedtls)
	$(call built,firmware,build-firmware)

# Some minutes: each operation, and 1,000 random moments.
firmware-powercut: build firmware-images
	@python3 tests/firmware/power_cut.py build/bin build-firmware

fuzz:
	@$(call deps_for,test)
	$(call built,fuzz,build-fuzz,--target fuzz_all)
	@python3 scripts/fuzz.py build-fuzz --cpu $(FUZZ_SECONDS) --jobs $(FUZZ_JOBS) $(FUZZ)

# Only affirming what both affirm; ends at the first difference. SEED=n for other cases, DICE=yes for layers.
fuzz-claims:
	@$(call deps_for,test)
	$(call built,dev,build-dev,--target claims_peer)
	@python3 -B tests/conformance/claims_fuzz.py build-dev/bin/claims_peer --seconds $(SECONDS) --seed $(SEED) $(if $(DICE),--dice)

# Standard output holds nothing but the figures, one JSON object a line.
bench:
	@$(call deps_for,test) >&2
	$(call built,release,build,>&2)
	@bench/run.sh build

# Some minutes each.
soak:
	@$(call deps_for,test)
	$(call built,release,build)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && build/bin/bench_http_soak build/bin/tps "$$folder"

kills:
	@$(call deps_for,test)
	$(call built,release,build)
	@TPS_FAULT_KILLS=$(KILLS) python3 -B tests/e2e/server_faults.py build/bin/tps Kill
	@KILLS=$(KILLS) python3 -B tests/e2e/server_kill.py build/bin/tps
	@TPS_NODE_KILLS=$(KILLS) python3 -B tests/e2e/server_postgresql.py build/bin/tps \
	    TwoNodes.test_a_killed_node_takes_nothing_with_it || [ $$? -eq 77 ]

sizes:
	@$(call deps_for,test) >&2
	@scripts/sizes.py build-sizes $(if $(DETAIL),--detail,$(if $(TABLE),--table))

coverage:
	@$(call deps_for,test)
	@$(mbedtls)
	$(call built,coverage,build-coverage)
	@scripts/coverage.sh build-coverage

interop: build
	@python3 tests/interop/judge.py build/bin/tps $(CURDIR)/build-interop
	@python3 tests/interop/veraison.py build/bin/tps $(CURDIR)/build-interop/veraison

install: build
	@cmake --install build --prefix $(PREFIX)

deb: build
	@packaging/deb/build.sh build build-deb

clean:
	@rm -rf build build-dev build-coverage build-fuzz build-interop build-mbedtls build-mcu build-firmware build-sizes build-deb demo-out demo-mcu-out

.PHONY: help deps build demo demo-mcu test firmware firmware-images firmware-powercut bench soak kills sizes fuzz interop coverage install deb clean
