# What reads the sources without building them: each header compiled alone, and
# compile_commands.json. Both need the flags of a file's world, which its first folder decides: a
# file of the kernel has KCFLAGS (make/kernel.mk), one of user space USER_CFLAGS (make/user.mk), or
# POSIX_CFLAGS (make/ports.mk) where it uses the C library.
KERNEL_CFLAGS := $(if $(KCFLAGS),$(KROOTS) $(KCFLAGS))
without_deps = $(filter-out $(DEPS),$(1))
world_cflags = $(call without_deps,$(if $(filter kernel/%,$(1)),$(KERNEL_CFLAGS),$(if \
    $(filter $(LIBC_USERS),$(1)),$(POSIX_CFLAGS),$(if $(filter user/%,$(1)),$(USER_CFLAGS),$(if $(filter tools/%,$(1)),$(TOOL_CFLAGS),$(HOST_ROOTS) $(HOST_CFLAGS))))))

WORLDS := abi lib $(if $(KERNEL_CFLAGS),kernel) $(if $(USER_CFLAGS),user) tools tests
# asm.h is for assembler sources.
HEADERS := $(filter-out %/asm.h,$(call find,$(WORLDS),*.h))
HEADERS_OK := $(HEADERS:%=$(B)/headers/%.ok)
$(patsubst %,$(B)/headers/%.ok,$(filter $(LIBC_USERS),$(HEADERS))): $(LIBC)
$(B)/headers/%.h.ok: %.h $(B)/flags/host | $(GENERATED)
	$(Q)$(CC) $(call world_cflags,$<) -MMD -MP -MF $(@:.ok=.d) -MT $@ -Wno-unused-function \
	    -fsyntax-only -x c -include $< /dev/null && touch $@

# The host's unit tests and fuzz targets are read as host programs wherever they stand.
command_cflags = $(if $(filter %_test.c %_fuzz.c,$(1)),$(call without_deps,$(HOST_ROOTS) $(HOST_CFLAGS)),$(call world_cflags,$(1)))
comma := ,
command_entry = {"directory": "$(CURDIR)", "file": "$(1)", "command": "$(CC) $(call command_cflags,$(1)) -c $(1)"}
C_SRC := $(call find,$(WORLDS),*.c)

.PHONY: headers compile_commands
headers: $(HEADERS_OK)
compile_commands: | $(GENERATED)
	$(file >compile_commands.json,[)
	$(foreach source,$(C_SRC),$(file >>compile_commands.json,$(if $(filter-out $(firstword $(C_SRC)),$(source)),$(comma)) $(call command_entry,$(source))))
	$(file >>compile_commands.json,])
	$(call say,WRITE,compile_commands.json)

-include $(shell find $(B)/headers -name '*.d' 2>/dev/null)
