# Builds everything under build/. `./swos` is the front door; this is what it calls.
#   make all               kernel image, base image, host tools
#   make unit              build the host unit tests and run them
#   make fuzzers           build every fuzz target
#   make headers           compile each header alone
#   make compile_commands  compile_commands.json for editors
# PROFILE=release (default) or debug. V=1 shows the commands. An object depends on the flags it is
# built with (see flags_stamp), so changing flags or the profile needs no clean.
PROFILE ?= release
LLVM    ?= 19
CC      := clang-$(LLVM)
LD      := ld.lld-$(LLVM)
OBJCOPY := llvm-objcopy-$(LLVM)
AR      := llvm-ar-$(LLVM)
NM      := llvm-nm-$(LLVM)
B       := build
GEN     := $(B)/gen
O       := $(B)/$(PROFILE)

.SUFFIXES:
.DELETE_ON_ERROR:

ifeq ($(filter $(PROFILE),release debug),)
$(error PROFILE=$(PROFILE): there are release and debug)
endif

# A recipe line: $(call say,CC,$<) prints `  CC  path`, and $(Q) hides the command behind it, for which it makes the folder.
Q    = $(if $(V),,@)mkdir -p $(@D) &&
say  = $(if $(V),@:,@printf '  %-8s %s\n' '$(1)' '$(2)')
find = $(shell find $(1) -name '$(2)' 2>/dev/null | LC_ALL=C sort)

include make/flags.mk
include make/gen.mk
include make/host.mk
-include make/kernel.mk make/user.mk make/image.mk make/tests.mk
include make/ports.mk make/with.mk
include make/editor.mk

.DEFAULT_GOAL := all
.PHONY: all clean force
all: $(ALL)

clean:
	$(Q)rm -rf $(B)
