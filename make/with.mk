# Images with programs of ports: $(O)/with-A+B.img, for each that is asked for (./swos image --with A --with B). It has
# what the profile hosting has; a port with a manifest (ports/NAME/manifest.toml) is one more service, in the place
# of those that its recipe says it replaces. If one has no manifest, a user starts it from the shell: then the
# profile is profiles/ports, with login, and the ports that are the shell world come along; so it is too if the recipe
# of one says logins='yes'. `brings` in a recipe names programs of ours that go in with it.
with_ports = $(subst +, ,$(1))
with_services = $(foreach port,$(with_ports),$(if $(wildcard ports/$(port)/manifest.toml),$(port)))
with_logins = $(foreach port,$(with_ports),$(call port_words,$(port),logins))
with_folder = profiles/$(if $(with_logins)$(filter-out $(with_services),$(with_ports)),ports,hosting)
with_list = $(shell sed 's/\#.*//' $(with_folder)/$(2) 2>/dev/null)
with_own = $(filter-out $(foreach port,$(with_ports),$(call port_words,$(port),replaces)),$(call with_list,$(1),services))
with_programs = $(patsubst %,$(O)/bin/%,$(notdir init supervisor $(with_own) $(call with_list,$(1),programs) $(foreach port,$(with_ports),$(call port_words,$(port),brings)))) \
    $(if $(with_principals),$(SECRET_PROGRAMS))
with_manifests = $(with_own:%=user/%/manifest.toml) $(with_services:%=ports/%/manifest.toml)
with_principals = $(wildcard $(with_folder)/principals.toml)
with_all = $(sort $(with_ports) $(if $(with_principals),dash busybox))

# $(1) the names, with + between
define with_rule
$(call image_rule,with-$(1)-own,$(with_programs),$(with_manifests),$(with_principals),$(PASSWORD_HASH),$(SSH_KEY),$(HOST_KEY))
$(O)/with-$(1).img: $(O)/image/with-$(1)-own.spec $(O)/image/with-$(1)-own.services $(with_programs) $(IMAGE_ROOT) \
    $(if $(with_principals),$(O)/image/with-$(1)-own.sessions/roles.bin $(call secret_files,$(PASSWORD_HASH),$(SSH_KEY),$(HOST_KEY))) $(with_all:%=ports/%) $(B)/tools/mkbase
	$$(call say,IMG,$$@)
	@{ cat $$<; for port in $(with_all); do echo "tree / $(PO)/$$$$port/root"; done; } >$(O)/image/with-$(1).spec
	$(Q)$(B)/tools/mkbase -o $$@ --order $(IMAGE_FOLDER)/order $(O)/image/with-$(1).spec
endef
$(foreach image,$(filter $(O)/with-%.img,$(MAKECMDGOALS)),$(eval $(call with_rule,$(image:$(O)/with-%.img=%))))
