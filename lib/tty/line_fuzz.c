/* The line discipline against a script of operations: attributes of any bits, bytes typed, written, read and
 * shown in any order. The queues never pass their bounds, marks and lines agree, and a line that can be read ends. */
#include <string.h>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/tty/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct tty_line *line)
{
    uint32_t marks = 0;
    ASSERT(line->tail - line->head <= TTY_INPUT_SIZE);
    ASSERT(line->ready - line->head <= line->tail - line->head);
    ASSERT(line->output_tail - line->output_head <= TTY_OUTPUT_SIZE);
    for (size_t i = 0; i < sizeof line->marks / sizeof line->marks[0]; i++)
        marks += (uint32_t)__builtin_popcountll(line->marks[i]);
    ASSERT(marks == line->lines);
    if (!(line->attributes.local & TTY_LOCAL_CANONICAL))
        ASSERT(line->ready == line->tail && line->lines == 0);
    else
        ASSERT((line->lines > 0) == (line->ready != line->head));
}

static void set_attributes(struct tty_line *line, struct reader *reader)
{
    const uint8_t *bytes = reader_take(reader, sizeof(struct tty_attributes));
    struct tty_attributes attributes;
    if (bytes == NULL)
        return;
    memcpy(&attributes, bytes, sizeof attributes);
    tty_line_set(line, &attributes);
}

static void type(struct tty_line *line, const uint8_t *bytes, size_t len, time_ns_t now_ns)
{
    uint32_t events = 0;
    size_t taken = tty_line_receive(line, bytes, len, now_ns, &events);
    ASSERT(taken <= len);
    ASSERT(taken == len || !tty_line_accepts(line));
    ASSERT((events & ~TTY_EVENT_SIGNALS) == 0);
}

static void read_some(struct tty_line *line, size_t size, time_ns_t now_ns)
{
    uint8_t bytes[512];
    bool end = false;
    time_ns_t until;
    size_t had = tty_line_readable_len(line);
    enum tty_read_step step = tty_line_read_step(line, size, 0, now_ns, &until);
    size_t len = tty_line_read(line, bytes, size, &end);
    ASSERT(len <= size && len <= had);
    ASSERT(end || len == size);
    ASSERT(step == TTY_READ_NOW || !(line->attributes.local & TTY_LOCAL_CANONICAL) || len == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tty_line line;
    struct reader reader = reader_of(data, size);
    tty_line_init(&line, &tty_attributes_cooked);
    for (time_ns_t now_ns = 0; reader_left(&reader) >= 2; now_ns += 50000000) {
        uint8_t operation = *reader_take(&reader, 1);
        size_t len = *reader_take(&reader, 1);
        size_t given = len < reader_left(&reader) ? len : reader_left(&reader);
        uint8_t shown[256];
        switch (operation % 8) {
        case 0: set_attributes(&line, &reader); break;
        case 1:
        case 2: type(&line, reader_take(&reader, given), given, now_ns); break;
        case 3: ASSERT(tty_line_write(&line, reader_take(&reader, given), given) <= given); break;
        case 4: read_some(&line, len * 2, now_ns); break;
        case 5: ASSERT(tty_line_show(&line, shown, len) <= len); break;
        case 6: len & 1 ? tty_line_flush_input(&line) : tty_line_flush_output(&line); break;
        default: tty_line_stop(&line, len & 1); break;
        }
        check(&line);
    }
    return 0;
}
