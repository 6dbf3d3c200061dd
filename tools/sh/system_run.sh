#!/bin/sh
# system_run.sh FOLDER SCENARIO CPUS: boot one scenario with that many CPUs. Its results go to
# FOLDER/NAME-CPUS.txt, all that the guest says to build/logs/NAME-CPUS.log. Ends with 1 on a failure.
set -eu
. tools/sh/common.sh
. tools/sh/machine.sh
. tools/sh/qemu.sh
. tools/sh/scenario.sh
. tools/sh/stamps.sh

folder=$1 file=$2
scenario_read "$file"
name=$(basename "$file" .scn)-$3
results=$folder/$name.txt

if stamp_restore "system/$name" "$results.part"; then
    mv "$results.part" "$results"
    exit 0
fi

machine_defaults
CPUS=$3 MEMORY_MIB=$memory CPU=$cpu PROFILE=$profile QEMU_EXTRA=$qemu NETDEV_EXTRA=$netdev
BASE_IMAGE=build/$PROFILE/$image.img
forwards=''
for port in $forward; do
    forwards="$forwards {port:$port}:$port"
done
command_line="swos.test=$test swos.report=console swos.cpus=$CPUS swos.memory=$MEMORY_MIB${SWOS_FULL:+ swos.full=1}${append:+ $append}"

# A run that breaks off before it has results leaves this failure behind.
mkdir -p "$folder" build/logs
echo "fail (run) it did not come to an end" >"$results"
set -- build/tools/qemurun test --name "$name" --log "build/logs/$name.log" --results "$results.part" \
    --floor "$floor" --deadline "$deadline"
[ -z "$host" ] || set -- "$@" --host "$host" --console "build/tmp/$name.console"
mkdir -p build/tmp
if [ "$cable" = wire ]; then
    export WIRE_OWN="build/tmp/$name.wire" WIRE_GUEST="build/tmp/$name.guest"
    NETDEV=dgram,id=net0,local.type=unix,local.path=$WIRE_GUEST,remote.type=unix,remote.path=$WIRE_OWN
    rm -f "$WIRE_OWN" "$WIRE_GUEST"
fi
status=0
qemu_start "$command_line" "$forwards" "$@" -- || status=$?
[ ! -s "$results.part" ] || sed "s|^\([a-z]*\) |\1 $name: |" "$results.part" >"$results"
rm -f "$results.part"
if [ $status -ne 0 ] && ! grep -q '^fail ' "$results"; then
    echo "fail $name: (run) the runner ended with $status" >>"$results"
fi
stamp_keep "system/$name" "$results"
exit $status
