# The one place that knows QEMU's command line. Sourced by ./swos.
#
# The guest reports on its serial line, in lines that begin with @@ (tools/qemurun/report.h), when its
# command line asks for it with swos.report=console. How reports travel is decided here and in
# tools/qemurun alone.

QEMU=qemu-system-aarch64

# qemu_start KERNEL_COMMAND_LINE FORWARDS COMMAND...: run `COMMAND... qemu-system-aarch64 ...`. A forward
# is HOST:GUEST, where HOST may be a placeholder {port:N} that qemurun replaces by a free port.
# Reads CPUS MEMORY_MIB CPU GIC PROFILE, BASE_IMAGE, QEMU_EXTRA (words) and NETDEV, which says where the
# network goes if not to the user-mode one, and NETDEV_EXTRA, more options of it. With KERNEL_IMAGE and INITRD
# another system boots in this one's place.
qemu_start()
{
    command_line=$1 forwards=$2
    shift 2
    netdev=${NETDEV:-user,id=net0}${NETDEV_EXTRA:+,$NETDEV_EXTRA}
    for forward in $forwards; do
        netdev="$netdev,hostfwd=tcp:127.0.0.1:${forward%:*}-:${forward##*:}"
    done
    set -- "$@" "$QEMU" -M "virt,gic-version=$GIC" -cpu "$CPU" -smp "$CPUS" -m "$MEMORY_MIB" \
        -nodefaults -display none -no-reboot -serial "${QEMU_SERIAL:-stdio}" \
        -kernel "${KERNEL_IMAGE:-build/$PROFILE/kernel.img}" -append "$command_line" \
        -global virtio-mmio.force-legacy=false \
        -netdev "$netdev" -device virtio-net-pci,netdev=net0,romfile=,disable-legacy=on
    if [ -n "${INITRD:-}" ]; then
        set -- "$@" -initrd "$INITRD"
    else
        set -- "$@" -drive "if=none,id=base,file=$BASE_IMAGE,format=raw,readonly=on" -device virtio-blk-device,drive=base
    fi
    # shellcheck disable=SC2086  # QEMU_EXTRA is words.
    "$@" ${QEMU_EXTRA:-}
}
