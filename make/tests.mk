# Base images for tests of the kernel, which boot straight into a test program (init=/bin/NAME on the
# kernel's command line): $(O)/kernel_tests.img has the programs of user/tests alone.
TEST_IMAGE_SPEC := $(O)/image/kernel_tests.spec
$(eval $(call flags_stamp,image-kernel-tests,$(TEST_PROGRAMS)))
$(TEST_IMAGE_SPEC): $(B)/flags/image-kernel-tests
	@mkdir -p $(@D)
	@printf 'file /bin/%s %s\n' $(foreach program,$(TEST_PROGRAMS),$(notdir $(program)) $(program)) >$@
$(O)/kernel_tests.img: $(TEST_IMAGE_SPEC) $(TEST_PROGRAMS) $(B)/tools/mkbase
	$(call say,IMG,$@)
	$(Q)$(B)/tools/mkbase -o $@ $(TEST_IMAGE_SPEC)
