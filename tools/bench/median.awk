# Samples `SIDE FIGURE VALUE UNIT` become lines `SIDE FIGURE UNIT MEDIAN LEAST MOST COUNT`, in the order in which
# figures first came.

{
    key = $1 " " $2
    if (!(key in count)) {
        order[++keys] = key
        unit[key] = $4
    }
    value[key, ++count[key]] = $3
}

# Values of a key in order, by insertion: there are a handful.
function sort_values(key,    i, j, held) {
    for (i = 2; i <= count[key]; i++) {
        held = value[key, i]
        for (j = i - 1; j >= 1 && value[key, j] > held; j--)
            value[key, j + 1] = value[key, j]
        value[key, j + 1] = held
    }
}

function median(key,    middle) {
    middle = int((count[key] + 1) / 2)
    if (count[key] % 2)
        return value[key, middle]
    return (value[key, middle] + value[key, middle + 1]) / 2
}

END {
    for (k = 1; k <= keys; k++) {
        key = order[k]
        for (i = 1; i <= count[key]; i++)
            value[key, i] += 0
        sort_values(key)
        printf "%s %s %.10g %.10g %.10g %d\n", key, unit[key], median(key), value[key, 1], value[key, count[key]], count[key]
    }
}
