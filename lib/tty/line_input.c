/* What is typed: one byte after another through XBD 11.2.2 (mapping), 11.2.5 (signals, canonical mode, echo)
 * and the table of special characters of 11.1.9. */
#include "lib/tty/line_internal.h"

/* With TTY_INPUT_FLOW_BACK, STOP is sent when fewer bytes than this are free, START when most are. */
enum { TTY_FLOW_ROOM = 512 };

static uint32_t input_room(const struct tty_line *line)
{
    return TTY_INPUT_SIZE - (line->tail - line->head);
}

static bool is_canonical(const struct tty_line *line)
{
    return tty_has(line->attributes.local, TTY_LOCAL_CANONICAL);
}

static bool is_extended(const struct tty_line *line)
{
    return tty_has(line->attributes.local, TTY_LOCAL_EXTENDED);
}

static bool is_echoed(const struct tty_line *line)
{
    return tty_has(line->attributes.local, TTY_LOCAL_ECHO);
}

static uint32_t signal_of(const struct tty_line *line, uint8_t byte)
{
    if (!tty_has(line->attributes.local, TTY_LOCAL_SIGNALS))
        return 0;
    return tty_is_character(line, TTY_CHARACTER_INTERRUPT, byte) ? TTY_EVENT_INTERRUPT
           : tty_is_character(line, TTY_CHARACTER_QUIT, byte)    ? TTY_EVENT_QUIT
           : tty_is_character(line, TTY_CHARACTER_SUSPEND, byte) ? TTY_EVENT_SUSPEND
                                                                 : 0;
}

/* The queues are emptied first, so that the echo is seen. */
static void receive_signal(struct tty_line *line, uint8_t byte)
{
    line->stopped = false;
    if (!tty_has(line->attributes.local, TTY_LOCAL_NO_FLUSH)) {
        tty_line_flush_input(line);
        tty_line_flush_output(line);
    }
    if (is_echoed(line))
        tty_echo(line, byte);
}

/* @return the byte was a character of flow control. */
static bool receive_flow(struct tty_line *line, uint8_t byte)
{
    if (!tty_has(line->attributes.input, TTY_INPUT_FLOW))
        return false;
    if (tty_is_character(line, TTY_CHARACTER_START, byte)) {
        line->stopped = false;
        return true;
    }
    if (tty_is_character(line, TTY_CHARACTER_STOP, byte)) {
        line->stopped = true;
        return true;
    }
    if (tty_has(line->attributes.input, TTY_INPUT_ANY))
        line->stopped = false;
    return false;
}

static void bell(struct tty_line *line)
{
    if (tty_has(line->attributes.input, TTY_INPUT_BELL))
        tty_put_plain(line, '\a');
}

/* What completes a line may take the last place of the queue; the rest leaves it free. */
static void store(struct tty_line *line, uint8_t byte, bool completes)
{
    if (input_room(line) <= (is_canonical(line) && !completes ? 1 : 0)) {
        line->lost++;
        bell(line);
        return;
    }
    if (is_echoed(line) && line->tail == line->ready)
        line->line_column = line->column;
    bool is_end_of_file = completes && byte == 0;
    bool is_newline = completes && byte == '\n';
    if ((is_echoed(line) && !is_end_of_file) ||
        (is_newline && tty_has(line->attributes.local, TTY_LOCAL_ECHO_NL)))
        tty_echo(line, byte);
    if (completes)
        tty_mark_set(line, line->tail);
    line->input[line->tail++ % TTY_INPUT_SIZE] = byte;
    if (completes)
        line->lines++;
    if (completes || !is_canonical(line))
        line->ready = line->tail;
}

/* ^V: the next byte is itself. The mark of it is overwritten by what comes. */
static void begin_literal(struct tty_line *line)
{
    line->literal_next = true;
    if (is_echoed(line) && tty_has(line->attributes.local, TTY_LOCAL_ECHO_CONTROL)) {
        tty_put_plain(line, '^');
        tty_put_plain(line, '\b');
    }
}

/* @return the byte was a command of editing. */
static bool receive_edit(struct tty_line *line, uint8_t byte)
{
    if (tty_is_character(line, TTY_CHARACTER_ERASE, byte))
        tty_edit_erase(line, byte);
    else if (tty_is_character(line, TTY_CHARACTER_KILL, byte))
        tty_edit_kill(line, byte);
    else if (!is_extended(line))
        return false;
    else if (tty_is_character(line, TTY_CHARACTER_WORD_ERASE, byte))
        tty_edit_erase_word(line, byte);
    else if (tty_is_character(line, TTY_CHARACTER_LITERAL_NEXT, byte))
        begin_literal(line);
    else if (is_echoed(line) && tty_is_character(line, TTY_CHARACTER_REPRINT, byte))
        tty_edit_reprint(line, byte);
    else
        return false;
    return true;
}

static bool completes_line(const struct tty_line *line, uint8_t byte)
{
    return byte == '\n' || tty_is_character(line, TTY_CHARACTER_EOL, byte) ||
           (is_extended(line) && tty_is_character(line, TTY_CHARACTER_EOL2, byte));
}

static void receive_canonical(struct tty_line *line, uint8_t byte)
{
    if (receive_edit(line, byte))
        return;
    if (tty_is_character(line, TTY_CHARACTER_EOF, byte))
        store(line, 0, true);
    else
        store(line, byte, completes_line(line, byte));
}

static void receive_literal(struct tty_line *line, uint8_t byte)
{
    line->literal_next = false;
    store(line, byte, false);
}

/* @return false if the byte is to be dropped. */
static bool map_byte(const struct tty_line *line, uint8_t *inout_byte)
{
    uint32_t flags = line->attributes.input;
    if (*inout_byte == '\r') {
        if (tty_has(flags, TTY_INPUT_NO_CR))
            return false;
        if (tty_has(flags, TTY_INPUT_CR_TO_NL))
            *inout_byte = '\n';
    } else if (*inout_byte == '\n' && tty_has(flags, TTY_INPUT_NL_TO_CR)) {
        *inout_byte = '\r';
    }
    return true;
}

/* Room for what is typed next; a line that is too long to fit is cut, since nobody could complete it
 * otherwise. */
bool tty_line_accepts(const struct tty_line *line)
{
    return is_canonical(line) ? line->lines == 0 || input_room(line) > 1 : input_room(line) > 0;
}

/* @return false if the byte must come again, when there is room. */
static bool receive_byte(struct tty_line *line, uint8_t byte, uint32_t *inout_events)
{
    if (tty_has(line->attributes.input, TTY_INPUT_STRIP))
        byte &= 0x7f;
    if (line->literal_next) {
        receive_literal(line, byte);
        return true;
    }
    if (receive_flow(line, byte))
        return true;
    uint32_t signal = signal_of(line, byte);
    if (signal != 0) {
        receive_signal(line, byte);
        *inout_events |= signal;
        return true;
    }
    if (!tty_line_accepts(line))
        return false;
    if (!map_byte(line, &byte))
        return true;
    if (is_canonical(line))
        receive_canonical(line, byte);
    else
        store(line, byte, false);
    return true;
}

static void flow_back(struct tty_line *line)
{
    if (tty_has(line->attributes.input, TTY_INPUT_FLOW_BACK) && !line->peer_stopped &&
        input_room(line) < TTY_FLOW_ROOM) {
        line->peer_stopped = true;
        tty_line_send_flow(line, true);
    }
}

size_t tty_line_receive(struct tty_line *line, const uint8_t *bytes, size_t len, time_ns_t now_ns,
                        uint32_t *inout_events)
{
    size_t done = 0;
    while (done < len && receive_byte(line, bytes[done], inout_events))
        done++;
    if (done > 0)
        line->input_ns = now_ns;
    flow_back(line);
    return done;
}
