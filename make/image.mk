# Base images, packed by tools/mkbase: $(O)/base.img is the product of a profile, $(O)/test.img the same
# with all test programs and their manifests. profiles/NAME/ has what makes a profile: `root` is laid
# over the tree, `order` names the files whose data comes first, *.toml are manifests beside those
# that stand with the programs.
IMAGE_PROFILE ?= hosting
IMAGE_FOLDER := profiles/$(IMAGE_PROFILE)
IMAGE_ROOT := $(shell find $(IMAGE_FOLDER)/root -type f 2>/dev/null)
MANIFESTS := $(sort $(wildcard user/*/manifest.toml user/drivers/*/manifest.toml $(IMAGE_FOLDER)/*.toml))
TEST_MANIFESTS := $(sort $(wildcard user/tests/*/manifest.toml))

# $(1) image, $(2) programs, $(3) manifests
define image_rule
$(O)/image/$(1).services: $(3) $(B)/tools/mkmanifest $(B)/flags/image-$(1)
	$$(call say,GEN,$$@)
	@mkdir -p $$(@D)
	$(Q)$(B)/tools/mkmanifest -o $$@ $(3)
$(O)/image/$(1).spec: $(B)/flags/image-$(1)
	@mkdir -p $$(@D)
	@{ $(foreach program,$(2),echo 'file /bin/$(notdir $(program)) $(program)';) \
	   echo 'file /etc/services.bin $(O)/image/$(1).services'; \
	   echo 'tree / $(IMAGE_FOLDER)/root'; } >$$@
$(O)/$(1).img: $(O)/image/$(1).spec $(O)/image/$(1).services $(2) $(IMAGE_ROOT) \
    $(IMAGE_FOLDER)/order $(B)/tools/mkbase
	$$(call say,IMG,$$@)
	$(Q)$(B)/tools/mkbase -o $$@ --order $(IMAGE_FOLDER)/order $(O)/image/$(1).spec
$(call flags_stamp,image-$(1),$(2) $(3) $(IMAGE_ROOT))
endef
$(eval $(call image_rule,base,$(PROGRAMS),$(MANIFESTS)))
$(eval $(call image_rule,test,$(PROGRAMS) $(TEST_PROGRAMS),$(MANIFESTS) $(TEST_MANIFESTS)))

.PHONY: images
images: $(O)/base.img $(O)/test.img
ALL += $(O)/base.img
