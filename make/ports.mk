# Third-party software, built from Debian's sources (ports/README.md), and what stands below it.
#   make ports/musl     the C library, our POSIX layer and the compiler: build/ports/swos-cc
# Under build/ports: musl/{include,lib}, compiler-rt/libbuiltins.a, posix/ (objects), swos-cc.
PO := $(B)/ports
LIBC := $(PO)/musl/lib/libc.a
LIBPOSIX := $(PO)/musl/lib/libposix.a
BUILTINS := $(PO)/compiler-rt/libbuiltins.a
SWOS_CC := $(PO)/swos-cc
SWOS_CXX := $(PO)/swos-c++
LIBC_USERS := user/posix/% user/ssh/% user/tools/% user/tests/posix/%

$(LIBC): ports/musl/build.sh ports/musl/port.pin ports/musl/calls.awk ports/fetch \
    user/posix/calls.tab $(call find,ports/musl/overlay ports/musl/patches,*.*)
	$(call say,PORT,musl)
	$(Q)CC=$(CC) AR=$(AR) RANLIB=llvm-ranlib-$(LLVM) ports/musl/build.sh $(PO)/musl
$(BUILTINS): ports/compiler-rt/build.sh ports/compiler-rt/port.pin ports/fetch
	$(call say,PORT,compiler-rt)
	$(Q)ports/compiler-rt/build.sh $(PO)/compiler-rt

# The POSIX layer: between the library's headers and our calls. It is part of every program that uses
# the library, so floating-point registers stay the program's own.
POSIX_CFLAGS := $(CSTD) --target=aarch64-linux-musl -march=armv8-a -mgeneral-regs-only \
    -mno-outline-atomics -g -O2 -fno-pie -fno-omit-frame-pointer -ffunction-sections \
    -fdata-sections -fno-asynchronous-unwind-tables -nostdlibinc -isystem $(PO)/musl/include
POSIX_SRC := $(filter-out %_test.c %_fuzz.c,$(wildcard user/posix/*.c)) \
    $(wildcard user/posix/*.S) lib/base/chacha20.c user/ipc/call.c user/ipc/call_words.c
POSIX_OBJ := $(addprefix $(PO)/,$(addsuffix .o,$(basename $(POSIX_SRC)))) $(PO)/gen/missing.o

$(eval $(call flags_stamp,posix,$(CC) $(POSIX_CFLAGS)))
$(PO)/%.o: %.c $(LIBC) $(B)/flags/posix | $(GENERATED)
	$(call say,CC posix,$<)
	$(Q)$(CC) $(POSIX_CFLAGS) -c $< -o $@
$(PO)/%.o: %.S $(LIBC) $(B)/flags/posix | $(GENERATED)
	$(call say,AS posix,$<)
	$(Q)$(CC) $(POSIX_CFLAGS) -c $< -o $@
$(PO)/gen/missing.c: user/posix/calls.tab ports/musl/calls.awk
	$(Q)awk -v make=missing -f ports/musl/calls.awk $< > $@
$(PO)/gen/missing.o: $(PO)/gen/missing.c $(LIBC) $(B)/flags/posix
	$(Q)$(CC) $(POSIX_CFLAGS) -c $< -o $@
# A program may have an io_read of its own. So what the files of this layer call each other by is renamed in the
# archive; the C library's own names stay, and what native clients of services use.
POSIX_NAMES_KEPT := ^(__|ipc_|start_find$$|start_list$$|posix_spawn$$|vfork$$|clock_gettime$$)
$(LIBPOSIX): $(POSIX_OBJ)
	$(call say,AR,$@)
	@rm -f $@ $@.new
	@mkdir -p $(PO)/posix
	$(Q)$(AR) rcs $@.new $^
	$(Q)$(NM) --defined-only --extern-only --format=just-symbols $@.new | grep '[^:]$$' | \
	    grep -v -E '$(POSIX_NAMES_KEPT)' | sort -u | sed 's/.*/& __swos_&/' >$(PO)/posix/names
	$(Q)$(OBJCOPY) --redefine-syms=$(PO)/posix/names $@.new $@ && rm $@.new

$(PO)/gen/posix_missing.inc: user/posix/calls.tab ports/musl/calls.awk
	$(Q)awk -v make=list -f ports/musl/calls.awk $< > $@
$(O)/bin/posix_missing: $(PO)/gen/posix_missing.inc

$(B)/ref/posix-missing.md: user/posix/calls.tab ports/musl/calls.awk
	$(Q)awk -v make=page -f ports/musl/calls.awk $< > $@
ref: $(B)/ref/posix-missing.md

# What dropbear is linked with besides.
LIBSESSION := $(PO)/musl/lib/libsession.a
$(LIBSESSION): $(PO)/user/ssh/session_swos.o
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# Made last, so that whoever has it has all that it links.
$(SWOS_CC): ports/swos-cc.in ports/hot.order $(LIBC) $(LIBPOSIX) $(LIBSESSION) $(BUILTINS)
	$(Q)cp ports/hot.order $(PO)/hot.order
	$(Q)sed 's|@CC@|$(CC)|; s|@LD@|$(LD)|' $< > $@.new && chmod +x $@.new && mv $@.new $@

$(SWOS_CXX): ports/swos-c++.in $(SWOS_CC)
	$(Q)cp $< $@.new && chmod +x $@.new && mv $@.new $@

# Recipe of a program that uses the library, from its sources; $(1) is flags.
define swos_program
	$(call say,CC swos,$@)
	$(Q)$(SWOS_CC) -O2 $(1) $(filter %.c,$^) -o $@.full
	$(Q)$(OBJCOPY) --strip-all $@.full $@
endef

# Test programs that use the library: each file of user/tests/posix is one, $(O)/bin/posix_NAME, and all of
# them with their runner are $(O)/posix_tests.img.
POSIX_TESTS := $(patsubst user/tests/posix/%.c,$(O)/bin/posix_%,$(wildcard user/tests/posix/*.c))
$(O)/bin/posix_%: user/tests/posix/%.c user/tests/posix/claim.h $(SWOS_CC)
	$(call swos_program,-std=gnu17 $(WARN) -Wno-unused-function -g $(ROOTS) -I$(PO)/gen -MMD -MP -MF $@.d -MT $@)
POSIX_RUNNERS := $(O)/bin/posix_run $(O)/bin/posix_storm_run
$(O)/image/posix_tests.spec: $(POSIX_RUNNERS) $(POSIX_TESTS)
	$(Q)printf 'file /bin/%s %s\n' $(foreach program,$(POSIX_RUNNERS) $(POSIX_TESTS),$(notdir $(program)) $(program)) >$@
$(O)/posix_tests.img: $(O)/image/posix_tests.spec $(POSIX_RUNNERS) $(POSIX_TESTS) $(B)/tools/mkbase
	$(call say,IMG,$@)
	$(Q)$(B)/tools/mkbase -o $@ $<

# Programs of ours for sessions, which use the library so that pipes and redirection work: user/tools/NAME.c with
# what they share is $(O)/bin/NAME.
TOOLS_SHARED := user/tools/list.c
SESSION_TOOLS := $(patsubst user/tools/%.c,%,$(filter-out $(TOOLS_SHARED),$(wildcard user/tools/*.c)))
$(SESSION_TOOLS:%=$(O)/bin/%): $(O)/bin/%: user/tools/%.c $(TOOLS_SHARED) user/tools/list.h $(SWOS_CC) | $(GENERATED)
	$(call swos_program,-std=gnu17 $(WARN) -g $(ROOTS))

# The one program of ours that stands on a port.
$(O)/bin/password_check: user/password_check/password_check.c $(SWOS_CC) | ports/libsodium
	$(call swos_program,-std=gnu17 $(WARN) -g -I. -I$(PO)/libsodium/include -L$(PO)/libsodium/lib -lsodium)

# The product with the test of sockets, a service of its own: $(O)/sockets.img.
# Its network service asks the test for names.
SOCKETS_MANIFESTS := $(IMAGE_MANIFESTS:user/netd/manifest.toml=$(O)/image/netd_sockets.toml) \
    user/tests/posix/manifests/sockets.toml
$(O)/image/netd_sockets.toml: user/netd/manifest.toml
	$(Q)sed 's|^binary = .*|&\narguments = ["--dns", "127.0.0.1"]|' $< >$@
$(eval $(call image_rule,sockets,$(IMAGE_PROGRAMS) $(O)/bin/posix_sockets,$(SOCKETS_MANIFESTS)))

# What ./swos bench boots, from tests/bench: $(O)/posixbench.img is the product with the micro-benchmark, unchanged, and the
# service that runs it; $(O)/bench.img the product with work for all CPUs, plain TCP and the pages of its site.
BENCH_PROGRAMS := $(patsubst %,$(O)/bin/%,posixbench tiny bulk scale)
$(O)/bin/tiny: BENCH_FLAGS := -DTINY
$(O)/bin/tiny: tests/bench/posixbench.c
$(filter-out %/tiny,$(BENCH_PROGRAMS)): $(O)/bin/%: tests/bench/%.c
$(BENCH_PROGRAMS): $(SWOS_CC)
	$(call swos_program,-static -pthread $(BENCH_FLAGS))
$(eval $(call image_rule,posixbench,$(IMAGE_PROGRAMS) $(O)/bin/posix_bench $(filter %/posixbench %/tiny,$(BENCH_PROGRAMS)),\
    $(IMAGE_MANIFESTS) user/tests/posix/manifests/posixbench.toml))
$(eval $(call image_rule,bench_only,$(IMAGE_PROGRAMS) $(BENCH_PROGRAMS),$(IMAGE_MANIFESTS) $(wildcard tests/bench/*.toml)))
$(O)/bench.img: $(O)/bench_only.img
	@{ cat $(O)/image/bench_only.spec; echo 'tree /www $(B)/bench-site'; } >$(O)/image/bench.spec
	$(Q)$(B)/tools/mkbase -o $@ --order $(IMAGE_ORDER) $(O)/image/bench.spec

# The library's mathematics at points with their results by MPFR: $(O)/libm.img.
LIBM_POINTS := 10000
LIBM_SEED := 1
$(B)/tools/libm_points: tests/libm/points.c tests/libm/points.h tests/libm/functions.h
	$(call say,CC tool,$<)
	$(Q)$(CC) $(CSTD) -O2 -I. $< -lmpfr -lgmp -lm -o $@
$(O)/bin/libm_points: $(B)/tools/libm_points tests/libm/bounds.tab
	$(call say,GEN,$@)
	$(Q)$< tests/libm/bounds.tab $(LIBM_POINTS) $(LIBM_SEED) $@
$(eval $(call image_rule,libm,$(IMAGE_PROGRAMS) $(O)/bin/posix_libm $(O)/bin/libm_points,$(IMAGE_MANIFESTS) \
    user/tests/posix/manifests/libm.toml))

# The library as a whole, so that each of its calls is shown to have its function.
$(PO)/whole: user/tests/posix/clock.c $(SWOS_CC)
	$(call say,LD,$@)
	$(Q)$(SWOS_CC) -I. $< -Wl,--whole-archive -L$(PO)/musl/lib -lc -lposix -Wl,--no-whole-archive -o $@
$(O)/posix_tests.img: | $(PO)/whole

.PHONY: ports/musl
ports/musl: $(SWOS_CC)

# Every other port: a folder with a recipe. ports/build knows by contents what there is to do.
#   make ports/NAME                    build/ports/NAME/{root,tests,include,lib}
#   make build/release/port_NAME.img   an image that runs its tests (user/tests/port_run)
PORTS := $(patsubst ports/%/recipe.sh,%,$(wildcard ports/*/recipe.sh))
port_words = $(shell sed -n "s/^$(2)='\(.*\)'$$/\1/p" ports/$(1)/recipe.sh)
define port_rule
.PHONY: ports/$(1)
ports/$(1): $(SWOS_CC) $(SWOS_CXX) $(addprefix ports/,$(call port_words,$(1),needs))
	$$(call say,PORT,$(1))
	$$(Q)LLVM=$(LLVM) ports/build $(1)
$(O)/port_$(1).img: $(addprefix ports/,$(1) $(call port_words,$(1),runs)) $(O)/bin/port_run $(B)/tools/mkbase
	$$(call say,IMG,$$@)
	@mkdir -p $(O)/image
	@{ echo 'file /bin/port_run $(O)/bin/port_run'; echo 'tree /tests/$(1) $(PO)/$(1)/tests'; \
	   for root in $(foreach port,$(1) $(call port_words,$(1),runs),$(PO)/$(port)/root); do \
	       [ ! -d $$$$root ] || echo "under / $$$$root"; done; } >$(O)/image/port_$(1).spec
	$$(Q)$(B)/tools/mkbase -o $$@ $(O)/image/port_$(1).spec
endef
$(foreach port,$(PORTS),$(eval $(call port_rule,$(port))))

# The shell world with logins at the terminal and by SSH: once as an image comes that carries no secret, once with all
# of them. The keys are the test's own, made with the image.
SHELL_PORTS := dash busybox dropbear
SHELL_PROGRAMS := $(patsubst %,$(O)/bin/%,init supervisor netd virtio_net session login swctl ps top passwd posix_session ssh_service)
SHELL_MANIFESTS := $(patsubst %,user/%/manifest.toml,netd drivers/virtio_net session login) ports/dropbear/manifest.toml
$(O)/image/test_login_key $(O)/image/test_host_key:
	$(Q)rm -f $@ $@.pub
	$(Q)ssh-keygen -q -t ed25519 -N '' -C test -f $@
$(O)/image/test_login_key.pub: $(O)/image/test_login_key ;
$(eval $(call image_rule,shell_own,$(SHELL_PROGRAMS),$(SHELL_MANIFESTS),tests/system/shell_principals.toml))
$(eval $(call image_rule,ssh_own,$(SHELL_PROGRAMS) $(O)/bin/password_check,$(SHELL_MANIFESTS),tests/system/shell_principals.toml,tests/system/passwords,anna=$(O)/image/test_login_key.pub,$(O)/image/test_host_key))
$(O)/shell_tests.img $(O)/ssh_tests.img: $(O)/%_tests.img: $(O)/%_own.img $(SHELL_PORTS:%=ports/%)
	$(call say,IMG,$@)
	@{ cat $(O)/image/$*_own.spec; for port in $(SHELL_PORTS); do echo "tree / $(PO)/$$port/root"; done; } >$(O)/image/$*_tests.spec
	$(Q)$(B)/tools/mkbase -o $@ --order $(IMAGE_ORDER) $(O)/image/$*_tests.spec
-include $(shell find $(PO)/user $(PO)/lib -name '*.d' 2>/dev/null)
