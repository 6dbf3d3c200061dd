# The table of ./swos bench, after figures.awk. Without a peer (-v peer=linux names it) the columns on it are left out,
# and only limits are held against figures.

# Four significant digits, without an exponent.
function digits(value) {
    if (value >= 1000)
        return sprintf("%.0f", value)
    if (value >= 100)
        return sprintf("%.1f", value)
    return sprintf(value >= 10 ? "%.2f" : "%.3f", value)
}

# How far the samples lie apart, in hundredths of their median.
function spread(side, figure) {
    if (middle[side, figure] == 0)
        return "-"
    return sprintf("%.0f%%", 100 * (most[side, figure] - least[side, figure]) / middle[side, figure])
}

# Whether a value keeps a bound: "met", or how many times it is away from it.
function verdict(figure, value, wanted) {
    if (wanted == "" || wanted == "-")
        return ""
    if (sense[figure] == "more")
        return value >= wanted ? "met" : sprintf("%.2fx short", wanted / value)
    return value <= wanted ? "met" : sprintf("%.2fx over", value / wanted)
}

function bound_text(figure, wanted) {
    if (wanted == "" || wanted == "-")
        return "-"
    return (sense[figure] == "more" ? ">= " : "<= ") wanted
}

function row(figure,    ratio) {
    printf "%-32s %-6s %12s %7s", figure, unit[figure], digits(middle["swos", figure]), spread("swos", figure)
    if (peer == "") {
        printf " %12s  %s\n", bound_text(figure, limit[figure]), verdict(figure, middle["swos", figure], limit[figure])
        return
    }
    if (!has(peer, figure)) {
        printf " %12s %7s %8s %12s  %s\n", "-", "-", "-", bound_text(figure, limit[figure]),
            verdict(figure, middle["swos", figure], limit[figure])
        return
    }
    ratio = ratio_of(figure)
    printf " %12s %7s %8.3f", digits(middle[peer, figure]), spread(peer, figure), ratio
    if (has_bound(limit, figure))
        printf " %12s  %s\n", bound_text(figure, limit[figure]), verdict(figure, middle["swos", figure], limit[figure])
    else
        printf " %12s  %s\n", bound_text(figure, bound[figure]), verdict(figure, ratio, bound[figure])
}

END {
    printf "%-32s %-6s %12s %7s", "figure", "unit", "swos", "spread"
    if (peer == "")
        printf " %12s\n", "held to"
    else
        printf " %12s %7s %8s %12s\n", peer, "spread", "ratio", "held to"
    for (i = 1; i <= figures; i++)
        if (has("swos", order[i]))
            row(order[i])
}
