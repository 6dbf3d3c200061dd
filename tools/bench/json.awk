# The JSON of ./swos bench: targets, then figures as median.awk makes them, then counts (`NAME VALUE`).

FNR == 1 {
    file++
}
{
    sub(/#.*/, "")
}
NF == 0 {
    next
}
file == 1 {
    sense[$1] = $2
    bound[$1] = $3
    limit[$1] = $4
    next
}
NF == 2 {
    count_name[++counts] = $1
    count_value[counts] = $2
    next
}
{
    if (!($2 in unit))
        order[++figures] = $2
    unit[$2] = $3
    middle[$1, $2] = $4
    samples[$1, $2] = sprintf("{\"median\": %s, \"least\": %s, \"most\": %s, \"samples\": %d}", $4, $5, $6, $7)
}

function figure_print(figure) {
    printf "\"%s\": {\"unit\": \"%s\"", figure, unit[figure]
    if (("swos", figure) in samples)
        printf ", \"swos\": %s", samples["swos", figure]
    if (peer != "" && (peer, figure) in samples) {
        printf ", \"%s\": %s", peer, samples[peer, figure]
        if (("swos", figure) in samples && middle[peer, figure] != 0)
            printf ", \"ratio\": %.6g", middle["swos", figure] / middle[peer, figure]
    }
    if (figure in sense)
        printf ", \"better\": \"%s\"", sense[figure]
    if (figure in bound && bound[figure] != "-")
        printf ", \"ratio_target\": %s", bound[figure]
    if (figure in limit && limit[figure] != "-")
        printf ", \"target\": %s", limit[figure]
    printf "}"
}

END {
    printf "{\"figures\": {"
    for (i = 1; i <= figures; i++) {
        printf i > 1 ? ", " : ""
        figure_print(order[i])
    }
    printf "}, \"counts\": {"
    for (i = 1; i <= counts; i++)
        printf "%s\"%s\": %s", i > 1 ? ", " : "", count_name[i], count_value[i]
    print "}}"
}
