# Compiler flags by world. Include roots: the tree itself (an include names its layer), the shared
# ABI layouts, and what was generated from the tables.
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla \
        -Wimplicit-fallthrough -Wundef -Wno-unused-parameter
DEPS := -MMD -MP
ROOTS := -I. -Iabi/include -I$(GEN)/include
CSTD := -std=gnu17 $(WARN) $(DEPS) $(ROOTS) -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)/=

# Where a program of the host is built: address and undefined-behaviour sanitizers, always.
HOST_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HOST_ROOTS := -Itests/doubles/include -Ikernel/arch/include
# glibc has a daddr_t of its own (an old disk address); its guard keeps it out of the way of ours.
HOST_LIBC := -D__daddr_t_defined
HOST_CFLAGS := $(CSTD) $(HOST_LIBC) -g -O1 $(HOST_SAN)
FUZZ_CFLAGS := $(HOST_CFLAGS) -fsanitize=fuzzer-no-link
TOOL_CFLAGS := $(CSTD) $(HOST_LIBC) -g -O2

# $(eval $(call flags_stamp,NAME,$(FLAGS))) makes build/flags/NAME, a file that is touched only when
# the flags are others than last time. What is built with these flags has it as a prerequisite. What a profile has
# of its own is named PROFILE/NAME, so that changing to and fro builds nothing again.
define flags_stamp
$(B)/flags/$(1): force
	$$(Q)printf '%s\n' '$(2)' | cmp -s - $$@ || printf '%s\n' '$(2)' > $$@
endef
