# Reads what the tables and pictures show: tests/bench/targets.tab, then figures as median.awk makes them, then perhaps
# counts (`NAME VALUE`). For use before another program: awk -f figures.awk -f table.awk.

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
    least[$1, $2] = $5
    most[$1, $2] = $6
    samples[$1, $2] = $7
}

function has(side, figure) {
    return (side, figure) in middle
}

# swos / peer; 0 when there is none.
function ratio_of(figure) {
    return has("swos", figure) && has(peer, figure) && middle[peer, figure] != 0 ? middle["swos", figure] / middle[peer, figure] : 0
}

function has_bound(table, figure) {
    return figure in table && table[figure] != "-"
}
