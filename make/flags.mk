# Compiler flags by world. Include roots: the tree itself (an include names its layer), the shared
# ABI layouts, and what was generated from the tables.
WARN := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla \
        -Wimplicit-fallthrough -Wundef -Wno-unused-parameter
DEPS := -MMD -MP
ROOTS := -I. -Iabi/include -I$(GEN)/include
CSTD := -std=gnu17 $(WARN) $(DEPS) $(ROOTS) -fno-strict-aliasing -ffile-prefix-map=$(CURDIR)/=

# Where a program of the host is built: address and undefined-behaviour sanitizers, always.
HOST_SAN := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# glibc has a daddr_t of its own (an old disk address); its guard keeps it out of the way of ours.
HOST_LIBC := -D__daddr_t_defined
HOST_CFLAGS := $(CSTD) $(HOST_LIBC) -g -O1 $(HOST_SAN)
TOOL_CFLAGS := $(CSTD) $(HOST_LIBC) -g -O2
