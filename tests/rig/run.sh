#!/bin/sh
# The test of the rig: scenarios whose outcome is known, run by the same scripts and the same QEMU as the
# system's, with small guests that are no system. A line `pass rig: NAME` or `fail rig: NAME: WHY` each.
set -eu
. tools/sh/common.sh
. tools/sh/machine.sh
. tools/sh/qemu.sh
. tools/sh/run.sh
. tools/sh/bench.sh

folder=build/tmp/rig
rm -rf $folder
mkdir -p $folder/results build/rig
truncate -s 1M build/rig/base.img
unset SWOS_FULL # The rig has no counts, and its failures are wanted.

# guest_build TEXT END: build/rig/kernel.img, which says TEXT.
extra=''
guest_build()
{
    clang-19 --target=aarch64-none-elf "-DTEXT=\"$1\"" "-DEND=$2" "-DEXTRA=$extra" -c tests/rig/guest.S -o build/rig/guest.o
    ld.lld-19 -Ttext=0 build/rig/guest.o -o build/rig/guest.elf
    llvm-objcopy-19 -O binary build/rig/guest.elf build/rig/kernel.img
}

# expect NAME STATUS RESULT TEXT END SCENARIO_LINE...: run the guest; the run must end with STATUS and among
# its results must be RESULT.
expect()
{
    name=$1 want=$2 result=$3 text=$4 end=$5
    shift 5
    guest_build "$text" "$end"
    printf '%s\n' 'floor = 1' 'profile = rig' "$@" >"$folder/$name.scn"
    got=0
    SWOS_RIG=1 sh tools/sh/system_run.sh $folder/results "$folder/$name.scn" 2 >"$folder/$name.out" 2>&1 || got=$?
    if [ $got -ne "$want" ]; then
        echo "fail rig: $name: the run ended with $got: $(tail -n 1 "$folder/$name.out")"
    elif ! grep -qF "$result" "$folder/results/$name-2.txt"; then
        echo "fail rig: $name: its results are: $(tr '\n' ';' <"$folder/results/$name-2.txt")"
    else
        echo "pass rig: $name"
    fi
}

# A service must say that it serves, end with 0 on SIGTERM, and leave no QEMU behind.
expect_clean_service()
{
    guest_build 'hello\n@@ready\n' hang
    machine_defaults
    port=$((20000 + $$ % 20000))
    while port_is_taken $port; do
        port=$((port + 1))
    done
    PROFILE=rig BASE_IMAGE=build/rig/base.img FORWARDS=$port:80
    mkfifo $folder/says
    (run_headless >$folder/says 2>$folder/service.err) &
    service=$!
    status=0
    read -r said <$folder/says || said=nothing
    kill -TERM $service
    wait $service || status=$?
    if [ "$said" != "serving on http://localhost:$port/" ]; then
        echo "fail rig: service: it said $said: $(tail -n 1 $folder/service.err)"
    elif [ $status -ne 0 ]; then
        echo "fail rig: service: SIGTERM ended it with $status"
    elif port_is_taken $port; then
        echo "fail rig: service: something still has its port"
    else
        echo "pass rig: service"
    fi
}

expect whole 0 'pass whole-2: a' '@@test pass a\n@@test done 1\n' power_off 'forward = 80 443'
expect silent 1 '(done)' 'hello\n' power_off
expect failing 1 'fail failing-2: b no' '@@test pass a\n@@test fail b no\n@@test done 2\n' power_off
expect hanging 1 '(deadline)' '@@test pass a\n' hang 'deadline = 2'
expect panicking 1 '(panic)' '@@test pass a\n@@test done 1\npanic: x\n' hang
expect few 1 '(floor)' '@@test pass a\n@@test done 1\n' power_off 'floor = 2'
# shellcheck disable=SC2016  # The host's part expands its variables itself.
expect typed 0 'pass typed-2: echo' '@@ready\n' echo \
    'host = echo word >"$CONSOLE"; until grep -q word "$SERIAL_LOG"; do :; done; echo @@test pass echo; echo @@test done 1'
expect_clean_service

# Budgets: what a loop costs is counted exactly, and one more instruction in it is found.
figures='qemu = -plugin build/tools/qemucount.so,boot=0,loop=1-2/1000,path=1-2'
reports='@@test pass a\n@@test done 1\n'
expect counted 0 'count counted-2: loop.instructions 2' "$reports" count "$figures"
extra=nop
expect slower 0 'count slower-2: loop.instructions 3' "$reports" count "$figures"
extra=''
# So is one more page: that of the UART beside that of the loop.
expect pages 0 'count pages-2: path.pages 1' "$reports" count "$figures"
extra='ldr w11, [x9, #UART_FLAGS];'
expect wider 0 'count wider-2: path.pages 2' "$reports" count "$figures"

# expect_budget GUEST BUDGET RESULT: that guest's figures against one budget.
expect_budget()
{
    sed -n "s/^count $1-2: //p" "$folder/results/$1-2.txt" >$folder/counts
    echo "$2 -" >$folder/budgets.tab
    got=$(budget_compare $folder/counts $folder/budgets.tab)
    case $got in
    "$3"*) echo "pass rig: budget of $1: $2" ;;
    *) echo "fail rig: budget: $2 of $1: $got" ;;
    esac
}

expect_budget counted 'loop.instructions 2' 'pass budget: loop.instructions is 2'
expect_budget slower 'loop.instructions 2' 'fail budget: loop.instructions is 3, above'
expect_budget counted 'loop.instructions 3' 'fail budget: loop.instructions is 2: its budget'
expect_budget pages 'path.pages 1' 'pass budget: path.pages is 1'
expect_budget wider 'path.pages 1' 'fail budget: path.pages is 2, above'
expect_budget counted 'call.instructions 2' 'fail budget: call.instructions was not measured'

# Of several rounds the least of each figure is kept.
printf '%s\n' 'a 10' 'b 7' 'a 9' 'b 8' >$folder/rounds
if [ "$(bench_least $folder/rounds | tr '\n' ';')" = 'a 9;b 7;' ]; then
    echo "pass rig: least of rounds"
else
    echo "fail rig: least of rounds: $(bench_least $folder/rounds | tr '\n' ';')"
fi
