# The JSON of ./swos bench, after figures.awk.

function side_print(side, figure) {
    printf ", \"%s\": {\"median\": %s, \"least\": %s, \"most\": %s, \"samples\": %d}", side, middle[side, figure],
        least[side, figure], most[side, figure], samples[side, figure]
}

function figure_print(figure) {
    printf "\"%s\": {\"unit\": \"%s\"", figure, unit[figure]
    if (has("swos", figure))
        side_print("swos", figure)
    if (peer != "" && has(peer, figure))
        side_print(peer, figure)
    if (ratio_of(figure) != 0)
        printf ", \"ratio\": %.6g", ratio_of(figure)
    if (figure in sense)
        printf ", \"better\": \"%s\"", sense[figure]
    if (has_bound(bound, figure))
        printf ", \"ratio_target\": %s", bound[figure]
    if (has_bound(limit, figure))
        printf ", \"target\": %s", limit[figure]
    printf "}"
}

END {
    printf "{\"figures\": {"
    for (i = 1; i <= figures; i++) {
        printf "%s", (i > 1 ? ", " : "")
        figure_print(order[i])
    }
    printf "}, \"counts\": {"
    for (i = 1; i <= counts; i++)
        printf "%s\"%s\": %s", (i > 1 ? ", " : ""), count_name[i], count_value[i]
    print "}}"
}
