# BusyBox: the tools of a shell, one program under many names.
runs='dash'
programs='busybox busybox_unstripped'

port_configure()
{
    busybox_make allnoconfig
    grep '^CONFIG_' "$here/config" | while IFS='=' read -r name value; do
        echo "s|^\(# \)\{0,1\}$name[= ].*|$name=$value|"
    done >settings.sed
    sed -i -f settings.sed .config
    yes '' | busybox_make oldconfig
    # A setting that this version does not have would go unnoticed.
    grep '^CONFIG_' "$here/config" | sed 's/^\(.*\)=n$/# \1 is not set/' | while read -r setting; do
        grep -q -x "$setting" .config || { echo "not set: $setting" && exit 1; }
    done
}

# BB_GLOBAL_CONST: see patches/globals-pointer.patch.
busybox_make()
{
    make -j"$jobs" ARCH=aarch64 HOSTCC="$HOSTCC" CC="$CC" LD="$LD" AR="$AR" NM="$NM" STRIP="$STRIP" \
        OBJCOPY="$OBJCOPY" SKIP_STRIP=y CONFIG_EXTRA_CFLAGS="$CFLAGS -DBB_GLOBAL_CONST= -Wno-ignored-optimization-argument" "$@"
}

port_make()
{
    busybox_make busybox busybox.links
}

port_install()
{
    install_program busybox
    sed 's|.*/||' busybox.links | while read -r applet; do
        ln -s busybox "$out/root/bin/$applet"
    done
    install_suite
}

# Its own tests, those of the applets that are built, but for those that known leaves out: such a test is the lines
# up to the next empty one.
install_suite()
{
    cp -R testsuite "$out/tests/testsuite"
    cp "$here/known" "$out/tests/known"
    sed -n 's/^without \([a-z0-9]*\): \(.*\)/\1 \2/p' "$here/known" | while read -r applet test; do
        grep -q -x "testing \"$test\" .*" "$out/tests/testsuite/$applet.tests"
        sed -i "/^testing \"$test\" /,/^\$/d" "$out/tests/testsuite/$applet.tests"
    done
    cp .config "$out/tests/config"
    for applet in $(sed 's|.*/||' busybox.links | sort); do
        [ -e "testsuite/$applet.tests" ] || [ -d "testsuite/$applet" ] || continue
        printf 'test busybox.%s 120\nrun /bin/sh /tests/busybox/applet %s\n\n' "$applet" "$applet"
    done >"$out/tests/plan"
}
