# Base images, packed by tools/mkbase: $(O)/base.img is the product of a profile, $(O)/test.img the same
# with all test programs and their manifests. profiles/NAME/ has what makes a profile: `services` names
# the folders of user/ whose programs and manifests go in, `programs` (where there is one) those whose
# programs alone do, `principals.toml` (the same) says who may log in, `root` is laid over the tree,
# `order` names the files whose data comes first.
IMAGE_PROFILE ?= hosting
IMAGE_FOLDER := profiles/$(IMAGE_PROFILE)
IMAGE_SERVICES := $(shell sed 's/\#.*//' $(IMAGE_FOLDER)/services)
IMAGE_ROOT := $(shell find $(IMAGE_FOLDER)/root -type f 2>/dev/null)
IMAGE_ALONE := $(shell sed 's/\#.*//' $(IMAGE_FOLDER)/programs 2>/dev/null)
IMAGE_PROGRAMS := $(foreach folder,init supervisor $(IMAGE_SERVICES) $(IMAGE_ALONE),$(O)/bin/$(notdir $(folder)))
IMAGE_PRINCIPALS := $(wildcard $(IMAGE_FOLDER)/principals.toml)
IMAGE_MANIFESTS := $(IMAGE_SERVICES:%=user/%/manifest.toml)
TEST_MANIFESTS := $(sort $(wildcard user/tests/*/*.toml))

# The probe has the manifest of httpd, so that what it may not do is what httpd may not.
TEST_MANIFESTS += $(O)/image/probe.toml
$(O)/image/probe.toml: user/httpd/manifest.toml
	@mkdir -p $(@D)
	@sed -e 's,service\.www,service.probe,; s,/bin/httpd,/bin/probe,; /^needs/d' \
	    -e 's,^start = .*,start = "manual",; s,^restart = .*,restart = { policy = "never" },' $< >$@

# What the text of $(2) becomes for image $(1): docs/formats/principals.md.
SESSION_FILES := roles.bin principals.bin passwd group
define sessions_rule
$(O)/image/$(1).sessions/roles.bin: $(2) $(B)/tools/mkmanifest
	$$(call say,GEN,$$@)
	@mkdir -p $$(@D)
	$(Q)$(B)/tools/mkmanifest --sessions $$(@D) $(2)
endef

# $(1) image, $(2) programs, $(3) manifests, $(4) the principals' file, if it has one
define image_rule
$(if $(4),$(call sessions_rule,$(1),$(4)))
$(O)/image/$(1).services: $(3) $(B)/tools/mkmanifest $(B)/flags/$(PROFILE)/image-$(1)
	$$(call say,GEN,$$@)
	@mkdir -p $$(@D)
	$(Q)$(B)/tools/mkmanifest -o $$@ $(3)
$(O)/image/$(1).spec: $(B)/flags/$(PROFILE)/image-$(1)
	@mkdir -p $$(@D)
	@{ $(foreach program,$(2),echo 'file /bin/$(notdir $(program)) $(program)';) \
	   echo 'file /etc/services.bin $(O)/image/$(1).services'; \
	   $(if $(4),$(foreach file,$(SESSION_FILES),echo 'file /etc/$(file) $(O)/image/$(1).sessions/$(file)';)) \
	   echo 'tree / $(IMAGE_FOLDER)/root'; } >$$@
$(O)/$(1).img: $(O)/image/$(1).spec $(O)/image/$(1).services $(if $(4),$(O)/image/$(1).sessions/roles.bin) $(2) $(IMAGE_ROOT) \
    $(IMAGE_FOLDER)/order $(B)/tools/mkbase
	$$(call say,IMG,$$@)
	$(Q)$(B)/tools/mkbase -o $$@ --order $(IMAGE_FOLDER)/order $(O)/image/$(1).spec
$(call flags_stamp,$(PROFILE)/image-$(1),$(2) $(3) $(IMAGE_ROOT) $(4))
endef
$(eval $(call image_rule,base,$(IMAGE_PROGRAMS),$(IMAGE_MANIFESTS),$(IMAGE_PRINCIPALS)))
$(eval $(call image_rule,test,$(IMAGE_PROGRAMS) $(TEST_PROGRAMS),$(IMAGE_MANIFESTS) $(TEST_MANIFESTS),$(IMAGE_PRINCIPALS)))
# Login at the terminal into sessions of two roles, one of which is a test program with the C library.
$(eval $(call image_rule,session_tests,$(patsubst %,$(O)/bin/%,init supervisor session login swctl posix_session),$(patsubst %,user/%/manifest.toml,session login),tests/system/principals.toml))
# The product with an example and its test: user/examples, docs/guides/write-a-native-program.md.
$(eval $(call image_rule,guestbook,$(IMAGE_PROGRAMS) $(patsubst %,$(O)/bin/%,guestbook guestbook_test),$(IMAGE_MANIFESTS) $(patsubst %,user/examples/%/manifest.toml,guestbook guestbook_test),$(IMAGE_PRINCIPALS)))

.PHONY: images
images: $(O)/base.img $(O)/test.img
ALL += $(O)/base.img
