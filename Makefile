# Builds everything under build/. `./swos` is the front door; this is what it calls.
#   make all          kernel image, base image, host tools
#   make unit         build and run the host unit tests
# PROFILE=release (default) or debug.
PROFILE ?= release
LLVM    ?= 19
CC      := clang-$(LLVM)
LD      := ld.lld-$(LLVM)
OBJCOPY := llvm-objcopy-$(LLVM)
AR      := llvm-ar-$(LLVM)
B       := build
GEN     := $(B)/gen
O       := $(B)/$(PROFILE)

.SUFFIXES:
.DELETE_ON_ERROR:

include make/flags.mk
include make/gen.mk
include make/host.mk
-include make/kernel.mk make/user.mk make/image.mk

.DEFAULT_GOAL := all
.PHONY: all clean
all: $(ALL)

clean:
	rm -rf $(B)
