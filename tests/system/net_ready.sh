#!/bin/sh
# The host's part of net_ready.scn and net_alone.scn: what there is when the machine says that it is ready.
#   net_ready.sh address    a DHCP server answers at once
#   net_ready.sh alone      nobody does
set -eu
. tests/system/console.sh

# The time of the event of a service and a state, in milliseconds since the boot.
when()
{
    console events | awk -v name="$1" -v state="$2" '$2 == name && $3 == state && $4 == "" {
        split($1, t, "."); print t[1] * 1000 + t[2] }'
}

address=$(console net | awk '$1 == "address"')
ready=$(when netd ready) driver=$(when virtio-net ready) www=$(when www starting)
echo "driver ready at $driver ms, netd at $ready ms, www starting at $www ms: $address"
case $1 in
address)
    result an_address_before_ready "$(echo "$address" | grep -q ' 10\.0\.2\.15/24$' || echo "$address")"
    result no_waiting_for_nothing "$([ $((ready - driver)) -lt 1000 ] || echo "ready at $ready ms")"
    # Knocks on the loopback reach the guest at once, or as late as QEMU repeats a segment that was lost.
    answers=$(build/tools/webload knock "$HOST_PORT_80" build/test-tree/tree/file24.bin --for-ms 1000)
    result the_first_connections_are_answered "$([ "${answers%% *}" -gt 0 ] || echo "$answers answers")"
    ;;
alone)
    result no_address_no_more_waiting "$(echo "$address" | grep -q 'not configured' || echo "$address")"
    result ready_within_the_patience \
        "$([ "$ready" -ge 3000 ] && [ "$ready" -lt 4500 ] || echo "ready at $ready ms")"
    result the_log_says_so \
        "$(console log | grep -q 'no DHCP server has answered' || echo "it does not")"
    ;;
esac
result drivers_do_not_wait "$([ "$driver" -le "$ready" ] || echo "ready at $driver ms")"
result services_wait "$([ "$www" -ge "$ready" ] || echo "started at $www ms")"
echo "@@test done $RESULTS"
