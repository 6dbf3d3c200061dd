# Base images, packed by tools/mkbase: $(O)/base.img is the product of a profile, $(O)/test.img the same
# with all test programs and their manifests. profiles/NAME/ has what makes a profile: `services` names
# the folders of user/ whose programs and manifests go in, `programs` (where there is one) those whose
# programs alone do, `principals.toml` (the same) says who may log in, `root` is laid over the tree,
# `order` names the files whose data comes first (both hosting's where a profile has none).
IMAGE_PROFILE ?= hosting
IMAGE_FOLDER := profiles/$(IMAGE_PROFILE)
IMAGE_SERVICES := $(shell sed 's/\#.*//' $(IMAGE_FOLDER)/services)
IMAGE_TREE := $(or $(wildcard $(IMAGE_FOLDER)/root),profiles/hosting/root)
IMAGE_ORDER := $(or $(wildcard $(IMAGE_FOLDER)/order),profiles/hosting/order)
IMAGE_ROOT := $(shell find $(IMAGE_TREE) -type f)
IMAGE_ALONE := $(shell sed 's/\#.*//' $(IMAGE_FOLDER)/programs 2>/dev/null)
IMAGE_PROGRAMS := $(foreach folder,init supervisor $(IMAGE_SERVICES) $(IMAGE_ALONE),$(O)/bin/$(notdir $(folder)))
IMAGE_PRINCIPALS := $(wildcard $(IMAGE_FOLDER)/principals.toml)
IMAGE_MANIFESTS := $(IMAGE_SERVICES:%=user/%/manifest.toml)
TEST_MANIFESTS := $(sort $(wildcard user/tests/*/*.toml))

# The probe has the manifest of httpd, so that what it may not do is what httpd may not.
TEST_MANIFESTS += $(O)/image/probe.toml
$(O)/image/probe.toml: user/httpd/manifest.toml
	$(Q)sed -e 's,service\.www,service.probe,; s,/bin/httpd,/bin/probe,; /^needs/d' \
	    -e 's,^start = .*,start = "manual",; s,^restart = .*,restart = { policy = "never" },' $< >$@

# What an image with principals may carry beside them, which is kept outside the tree: lines NAME:HASH, public keys that
# may log in, the private key of the machine (./swos image --password-hash, --ssh-key, --host-key).
PASSWORD_HASH ?=
SSH_KEY ?=
HOST_KEY ?=
$(O)/image/none:
	$(Q): >$@
# A key is FILE, for all principals, or NAME=FILE. $(1) hashes, $(2) key that may log in, $(3) host key.
key_file = $(lastword $(subst =, ,$(1)))
key_name = $(if $(findstring =,$(1)),$(firstword $(subst =, ,$(1))),_any)
secret_lines = echo 'file /session/passwords $(or $(1),$(O)/image/none)'; \
	   echo 'file /ssh/keys/$(call key_name,$(2)) $(or $(call key_file,$(2)),$(O)/image/none)'; \
	   $(if $(3),echo 'file /ssh/host_key $(3)';)
secret_files = $(O)/image/none $(1) $(call key_file,$(2)) $(3)
# With a hash comes the program that understands it.
SECRET_PROGRAMS := $(if $(PASSWORD_HASH),$(O)/bin/password_check)

# What the text of $(2) becomes for image $(1): docs/formats/principals.md.
SESSION_FILES := roles.bin principals.bin passwd group
define sessions_rule
$(O)/image/$(1).sessions/roles.bin: $(2) $(B)/tools/mkmanifest
	$$(call say,GEN,$$@)
	$$(Q)$(B)/tools/mkmanifest --sessions $$(@D) $(2)
endef

# $(1) image, $(2) programs, $(3) manifests, $(4) the principals' file, if it has one, and with it
# what is kept outside the tree: $(5) hashes, $(6) key that may log in, $(7) host key
define image_rule
$(if $(4),$(call sessions_rule,$(1),$(4)))
$(O)/image/$(1).services: $(3) $(B)/tools/mkmanifest $(B)/flags/$(PROFILE)/image-$(1)
	$$(call say,GEN,$$@)
	$$(Q)$(B)/tools/mkmanifest -o $$@ $(3)
$(O)/image/$(1).spec: $(B)/flags/$(PROFILE)/image-$(1) make/image.mk
	$$(Q){ $(foreach program,$(2),echo 'file /bin/$(notdir $(program)) $(program)';) \
	   echo 'file /etc/services.bin $(O)/image/$(1).services'; \
	   $(if $(4),$(foreach file,$(SESSION_FILES),echo 'file /etc/$(file) $(O)/image/$(1).sessions/$(file)';) $(call secret_lines,$(5),$(6),$(7))) \
	   echo 'tree / $(IMAGE_TREE)'; } >$$@
$(O)/$(1).img: $(O)/image/$(1).spec $(O)/image/$(1).services $(if $(4),$(O)/image/$(1).sessions/roles.bin $(call secret_files,$(5),$(6),$(7))) $(2) $(IMAGE_ROOT) \
    $(IMAGE_ORDER) $(B)/tools/mkbase
	$$(call say,IMG,$$@)
	$$(Q)$(B)/tools/mkbase -o $$@ --order $(IMAGE_ORDER) $(O)/image/$(1).spec
$(call flags_stamp,$(PROFILE)/image-$(1),$(2) $(3) $(IMAGE_ROOT) $(4) $(5) $(6) $(7))
endef
$(eval $(call image_rule,base,$(IMAGE_PROGRAMS) $(SECRET_PROGRAMS),$(IMAGE_MANIFESTS),$(IMAGE_PRINCIPALS),$(PASSWORD_HASH),$(SSH_KEY),$(HOST_KEY)))
$(eval $(call image_rule,test,$(IMAGE_PROGRAMS) $(TEST_PROGRAMS),$(IMAGE_MANIFESTS) $(TEST_MANIFESTS),$(IMAGE_PRINCIPALS)))
# The product with an example and its test: user/examples, docs/guides/write-a-native-program.md.
$(eval $(call image_rule,guestbook,$(IMAGE_PROGRAMS) $(patsubst %,$(O)/bin/%,guestbook guestbook_test),$(IMAGE_MANIFESTS) $(patsubst %,user/examples/%/manifest.toml,guestbook guestbook_test),$(IMAGE_PRINCIPALS)))
# Login at the terminal into sessions of two roles, one of which is a test program with the C library; and the same
# with a hashed password in the image.
SESSION_TEST_PROGRAMS := $(patsubst %,$(O)/bin/%,init supervisor session login swctl posix_session ps top passwd)
SESSION_TEST_MANIFESTS := user/session/manifest.toml user/login/manifest.toml
$(eval $(call image_rule,session_tests,$(SESSION_TEST_PROGRAMS),$(SESSION_TEST_MANIFESTS),tests/system/principals.toml))
$(eval $(call image_rule,session_hash_tests,$(SESSION_TEST_PROGRAMS) $(O)/bin/password_check,$(SESSION_TEST_MANIFESTS),tests/system/principals.toml,tests/system/passwords))

.PHONY: images
images: $(O)/base.img $(O)/test.img
ALL += $(O)/base.img
