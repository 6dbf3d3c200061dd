# Pictures of what ./swos bench has measured, in build/bench: NAME.svg and NAME.png for each for which there are figures. Sourced.

bench_plot()
{
    bench_picture boot '^swos boot\.'
    bench_picture scaling '^swos scaling\.'
    bench_picture latency '^swos http\.1k'
    [ -z "$against" ] || bench_picture ratios "^$against "
}

# bench_picture NAME PATTERN: if there are such figures.
bench_picture()
{
    grep -q "$2" build/bench/figures || return 0
    awk -v peer="$against" -v host_cpus="$(nproc)" -f tools/bench/figures.awk -f tools/bench/svg.awk -f "tools/bench/plot_$1.awk" \
        tests/bench/targets.tab build/bench/figures >"build/bench/$1.svg"
    rsvg-convert -o "build/bench/$1.png" "build/bench/$1.svg"
    note "build/bench/$1.svg and .png"
}
