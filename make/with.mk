# Images with programs of ports: $(O)/with-A+B.img, for each that is asked for (./swos image --with A --with B). It has
# what the profile hosting has; a port with a manifest (ports/NAME/manifest.toml) is one more service, in the place
# of those that its recipe says it replaces. If one has no manifest, a user starts it from the shell: then the
# profile is profiles/ports, with login, and the ports that are the shell world come along; where
# another port has a program of the same name as one of theirs, such as xz, that one is meant. So it is too if the
# recipe of a service says logins='yes'. `brings` in a recipe names programs of ours that go in with it.
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
WITH_SHELL := dash busybox
with_asked = $(filter-out $(WITH_SHELL),$(with_ports))
with_shell = $(filter $(with_ports) $(if $(with_principals),$(WITH_SHELL)),$(WITH_SHELL))
with_all = $(with_asked) $(with_shell)

# $(1) the names, with + between
define with_rule
$(call image_rule,with-$(1)-own,$(with_programs),$(with_manifests),$(with_principals),$(PASSWORD_HASH),$(SSH_KEY),$(HOST_KEY))
$(O)/with-$(1).img: $(O)/image/with-$(1)-own.spec $(O)/image/with-$(1)-own.services $(with_programs) $(IMAGE_ROOT) \
    $(if $(with_principals),$(O)/image/with-$(1)-own.sessions/roles.bin $(call secret_files,$(PASSWORD_HASH),$(SSH_KEY),$(HOST_KEY))) $(with_all:%=ports/%) $(B)/tools/mkbase
	$$(call say,IMG,$$@)
	@{ cat $$<; for port in $(with_asked); do echo "tree / $(PO)/$$$$port/root"; done; \
	   for port in $(with_shell); do echo "under / $(PO)/$$$$port/root"; done; } >$(O)/image/with-$(1).spec
	$$(Q)$(B)/tools/mkbase -o $$@ --order $(IMAGE_FOLDER)/order $(O)/image/with-$(1).spec
endef
$(foreach image,$(filter $(O)/with-%.img,$(MAKECMDGOALS)),$(eval $(call with_rule,$(image:$(O)/with-%.img=%))))

# Redis for its own test suite, which asks for commands that a server keeps to itself otherwise: $(O)/redis_suite.img.
REDIS_SUITE_MANIFESTS := $(IMAGE_MANIFESTS) $(O)/image/redis_suite.toml
$(O)/image/redis_suite.toml: ports/redis/manifest.toml make/with.mk
	$(Q)sed 's|^arguments = .*|arguments = ["/etc/redis/redis.conf", "--enable-debug-command", "yes", "--enable-protected-configs", "yes", "--save", ""]|; s|^memory = .*|memory = "640M"|; s|^scratch = .*|scratch = "256M"|' $< >$@
$(eval $(call image_rule,redis_suite-own,$(IMAGE_PROGRAMS),$(REDIS_SUITE_MANIFESTS)))
$(O)/redis_suite.img: $(O)/image/redis_suite-own.spec $(O)/image/redis_suite-own.services $(IMAGE_PROGRAMS) $(IMAGE_ROOT) \
    ports/redis $(B)/tools/mkbase
	$(call say,IMG,$@)
	@{ cat $<; echo 'tree / $(PO)/redis/root'; } >$(O)/image/redis_suite.spec
	$(Q)$(B)/tools/mkbase -o $@ --order $(IMAGE_FOLDER)/order $(O)/image/redis_suite.spec

# curl and nginx, in a shell that may connect anywhere, with a name server of the test's own: $(O)/curl_tests.img.
CURL_PORTS := curl nginx dash busybox
CURL_PROGRAMS := $(filter-out %/swctl,$(IMAGE_PROGRAMS)) $(O)/bin/posix_name_server
CURL_MANIFESTS := $(filter-out user/swctl/%,$(IMAGE_MANIFESTS:user/netd/manifest.toml=$(O)/image/netd_sockets.toml)) \
    tests/system/curl_shell.toml
$(eval $(call image_rule,curl_tests-own,$(CURL_PROGRAMS),$(CURL_MANIFESTS)))
$(O)/curl_tests.img: $(O)/image/curl_tests-own.spec $(O)/image/curl_tests-own.services $(CURL_PROGRAMS) $(IMAGE_ROOT) \
    $(CURL_PORTS:%=ports/%) $(B)/tools/mkbase
	$(call say,IMG,$@)
	@{ cat $<; for port in $(CURL_PORTS); do echo "tree / $(PO)/$$port/root"; done; } >$(O)/image/curl_tests.spec
	$(Q)$(B)/tools/mkbase -o $@ --order $(IMAGE_FOLDER)/order $(O)/image/curl_tests.spec
