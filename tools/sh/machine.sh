# The machine's options, the same for every command that boots one. Sourced by ./swos.

MACHINE_HELP='  --cpus N               1 to 8 CPUs (1)
  --memory M             MiB of RAM, or with a suffix M or G; at least 32M (256M)
  --forward HOST:GUEST   a TCP port of localhost that leads to one of the guest; may be
                         repeated (8080:80)
  --gic N                the interrupt controller: 2
  --cpu MODEL            a CPU model of QEMU (cortex-a72)'

machine_defaults()
{
    CPUS=1 MEMORY_MIB=256 FORWARDS='' GIC=2 CPU=cortex-a72
}

# machine_option COMMAND OPTION VALUE: take one option; false when it is not the machine's.
machine_option()
{
    case $2 in
    --cpus)
        number_between "$3" 1 8 || usage_error "$1" "--cpus takes 1 to 8, not '$3'"
        CPUS=$3
        ;;
    --memory) memory_option "$1" "$3" ;;
    --forward)
        number_between "${3%%:*}" 1 65535 && number_between "${3#*:}" 1 65535 ||
            usage_error "$1" "--forward takes HOST:GUEST, two port numbers, not '$3'"
        FORWARDS="$FORWARDS $3"
        ;;
    --gic)
        [ "$3" != 3 ] || usage_error "$1" "--gic 3 is not supported yet: this system drives GICv2 only"
        [ "$3" = 2 ] || usage_error "$1" "--gic takes 2, not '$3'"
        GIC=$3
        ;;
    --cpu)
        case $3 in
        '' | *[!A-Za-z0-9,=._-]*) usage_error "$1" "--cpu takes a CPU model of QEMU, not '$3'" ;;
        esac
        CPU=$3
        ;;
    *) return 1 ;;
    esac
}

memory_option()
{
    size=${2%[MG]}
    is_number "$size" || usage_error "$1" "--memory takes a size such as 256M or 1G, not '$2'"
    case $2 in
    *G) MEMORY_MIB=$((size * 1024)) ;;
    *) MEMORY_MIB=$size ;;
    esac
    [ "$MEMORY_MIB" -ge 32 ] || usage_error "$1" "--memory is at least 32M, not '$2'"
}

# machine_check_ports: say clearly that a forwarded port is taken before QEMU says it less clearly.
machine_check_ports()
{
    [ -n "$FORWARDS" ] || FORWARDS='8080:80'
    for forward in $FORWARDS; do
        port=${forward%%:*}
        if port_is_taken "$port"; then
            die "port $port of this machine is taken. Choose another, for example:
  ./swos $1 --forward $((port < 65000 ? port + 1 : 8081)):${forward#*:}"
        fi
    done
}

# Does anybody listen on that TCP port of the loopback or of all addresses? (Linux: /proc/net/tcp,
# where state 0A is LISTEN and the port is in hexadecimal after the colon.)
port_is_taken()
{
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf '%04X' "$1")" '
        $4 == "0A" && $2 ~ (":" port "$") &&
            $2 ~ /^(0100007F|00000000|0+|0+FFFF00000100007F):/ { taken = 1 }
        END { exit !taken }'
}

# port_free FIRST: the first TCP port from there on that nobody listens on.
port_free()
{
    free_port=$1
    while port_is_taken "$free_port"; do
        free_port=$((free_port + 1))
    done
    echo "$free_port"
}

# machine_web_port: the port of the host that leads to the guest's web port.
machine_web_port()
{
    for forward in $FORWARDS; do
        case $forward in
        *:80)
            echo "${forward%%:*}"
            return
            ;;
        esac
    done
}

# machine_urls: where each forward to the guest's web port serves.
machine_urls()
{
    for forward in $FORWARDS; do
        case $forward in
        *:80) echo "http://localhost:${forward%%:*}/" ;;
        *) echo "localhost:${forward%%:*} (port ${forward#*:} of the guest)" ;;
        esac
    done
}
