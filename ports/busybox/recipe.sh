# BusyBox: the tools of a shell, one program under many names.
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
    grep '^CONFIG_' "$here/config" | while read -r setting; do
        grep -q -x "$setting" .config || { echo "not set: $setting" && exit 1; }
    done
}

busybox_make()
{
    make -j"$jobs" ARCH=aarch64 HOSTCC="$HOSTCC" CC="$CC" LD="$LD" AR="$AR" NM="$NM" STRIP="$STRIP" \
        OBJCOPY="$OBJCOPY" SKIP_STRIP=y CONFIG_EXTRA_CFLAGS="$CFLAGS" "$@"
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
}
