# Drawing, for the pictures of ./swos bench: SVG of 800 pixels' width, in colours that are told apart without colour vision
# too, since everything has a label. For use between figures.awk and a picture.

function svg_begin(height, title, subtitle) {
    WIDTH = 800
    OURS = "#1b6ca8"
    PEERS = "#d1782a"
    GREY = "#8a8a8a"
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" " \
        "font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\" font-size=\"12\">\n", WIDTH, height, WIDTH, height
    printf "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n", WIDTH, height
    svg_text(16, 24, title, "start", "#111", 16)
    svg_text(16, 42, subtitle, "start", "#555", 12)
}

function svg_end() {
    print "</svg>"
}

function svg_escape(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    return text
}

# anchor: start, middle, end
function svg_text(x, y, text, anchor, colour, size) {
    printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\" font-size=\"%d\">%s</text>\n", x, y, anchor, colour,
        size, svg_escape(text)
}

function svg_turned(x, y, text) {
    printf "<text transform=\"translate(%.1f %.1f) rotate(-90)\" text-anchor=\"middle\" fill=\"#555\">%s</text>\n", x, y,
        svg_escape(text)
}

# dash: "" for a whole line
function svg_line(x1, y1, x2, y2, colour, width, dash) {
    printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"%.1f\"%s/>\n", x1, y1, x2, y2,
        colour, width, dash == "" ? "" : " stroke-dasharray=\"" dash "\""
}

function svg_rect(x, y, width, height, colour) {
    printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>\n", x, y, width, height, colour
}

function svg_dot(x, y, colour, filled) {
    printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\" stroke=\"%s\" stroke-width=\"1.5\"/>\n", x, y,
        filled ? colour : "white", colour
}

function log10(value) {
    return log(value) / log(10)
}

# A key of two lines at the top right: swos whole with full dots, the peer dashed with empty ones.
function svg_sides(x, y) {
    svg_line(x, y - 4, x + 28, y - 4, OURS, 2, "")
    svg_dot(x + 14, y - 4, OURS, 1)
    svg_text(x + 34, y, "swos", "start", "#111", 12)
    if (peer == "")
        return
    svg_line(x + 84, y - 4, x + 112, y - 4, PEERS, 2, "5 4")
    svg_dot(x + 98, y - 4, PEERS, 0)
    svg_text(x + 118, y, peer, "start", "#111", 12)
}
