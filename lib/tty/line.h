/* A line discipline: what a terminal does between the bytes that are typed and those that a program
 * reads, and between those that a program writes and those that are shown (POSIX.1-2017, XBD 11). Sans-IO:
 * bytes and the time in, bytes and events out. The caller has the lock, the waiting, the signals.
 *
 * The *input* queue holds what was typed and not read. In canonical mode a line is edited at its end and can
 * be read once it is complete; a mark stands on the byte that completes it, and a marked byte 0 is an EOF
 * that is not handed out.
 *
 *      head            ready           tail
 *       | hello\n  second\n | being edi |           bytes head..ready can be read
 *              *          *                         * a mark
 *
 * The *output* queue holds what is to be shown: what programs wrote and the echo of what was typed. The
 * last TTY_ECHO_RESERVE bytes of it are for echo alone, so that a program that floods the terminal does not
 * make its user type blindly. Echo that finds no room at all is dropped. */
#pragma once

#include <abi/tty.h>
#include <abi/types.h>

enum {
    TTY_INPUT_SIZE = 4096, /* A line is at most one less, and what completes it. Powers of two. */
    TTY_OUTPUT_SIZE = 8192,
    TTY_ECHO_RESERVE = 256,
    TTY_TAB = 8,
};

/* What has happened, told by tty_line_receive. */
#define TTY_EVENT_INTERRUPT (1u << 0) /* The characters of these names were typed. */
#define TTY_EVENT_QUIT (1u << 1)
#define TTY_EVENT_SUSPEND (1u << 2)
#define TTY_EVENT_SIGNALS (TTY_EVENT_INTERRUPT | TTY_EVENT_QUIT | TTY_EVENT_SUSPEND)

struct tty_line {
    struct tty_attributes attributes;
    /* Input. Indices run freely over 32 bits. */
    uint32_t head;
    uint32_t ready;
    uint32_t tail;
    uint32_t lines;     /* Marks in head..ready. */
    bool literal_next;  /* LNEXT came: the next byte is no special character. */
    bool peer_stopped;  /* We have sent STOP (TTY_INPUT_FLOW_BACK). */
    uint64_t lost;      /* Bytes dropped because a line was too long. */
    time_ns_t input_ns; /* When something last came. */
    /* Output. */
    uint32_t output_head;
    uint32_t output_tail;
    bool stopped;         /* Nothing is taken until START. */
    uint32_t column;      /* Of the cursor, as far as it can be known. */
    uint32_t line_column; /* Where the edited line began. */
    uint64_t marks[TTY_INPUT_SIZE / 64];
    uint8_t input[TTY_INPUT_SIZE];
    uint8_t output[TTY_OUTPUT_SIZE];
};

/* Canonical, echoing, with the usual characters: what a shell expects to find. */
extern const struct tty_attributes tty_attributes_cooked;
/* Bytes as they come, both ways, and no signals. */
extern const struct tty_attributes tty_attributes_raw;

void tty_line_init(struct tty_line *line, const struct tty_attributes *attributes);

/* Other attributes from now on. What is in the input queue stays, and can be read: all of it in the other mode
 * when `canonical` changes. */
void tty_line_set(struct tty_line *line, const struct tty_attributes *attributes);

/* ---- The terminal's side ---- */

/* Bytes were typed. @return how many were taken: fewer than `len` when programs must read first; the
 * characters that make signals and those of flow control are seen even then. *inout_events gains bits. */
size_t tty_line_receive(struct tty_line *line, const uint8_t *bytes, size_t len, time_ns_t now_ns,
                        uint32_t *inout_events);
/* A byte would be taken. */
bool tty_line_accepts(const struct tty_line *line);

/* Take what is to be shown. Nothing while output is stopped. */
size_t tty_line_show(struct tty_line *line, uint8_t *dst, size_t size);
size_t tty_line_show_len(const struct tty_line *line);

/* ---- The program's side ---- */

enum tty_read_step {
    TTY_READ_NOW,  /* tty_line_read has what the attributes ask for, which may be nothing. */
    TTY_READ_WAIT, /* Ask again when something came, or at *out_until_ns. */
};

/* Whether a read of `size` bytes that began at started_ns is done with waiting (canonical mode: a line;
 * else MIN and TIME, XBD 11.1.7). */
enum tty_read_step tty_line_read_step(const struct tty_line *line, size_t size,
                                      time_ns_t started_ns, time_ns_t now_ns,
                                      time_ns_t *out_until_ns);
/* A read would find something; what poll tells. */
bool tty_line_readable(const struct tty_line *line);
/* How many bytes can be read (FIONREAD). */
size_t tty_line_readable_len(const struct tty_line *line);

/* Take up to `size` bytes, in canonical mode of one line. *out_end: the read is over even if there is more: a line
 * ended (0 bytes: an EOF), or nothing is left. */
size_t tty_line_read(struct tty_line *line, uint8_t *dst, size_t size, bool *out_end);

/* Put bytes to show. @return how many fitted. */
size_t tty_line_write(struct tty_line *line, const uint8_t *bytes, size_t len);
/* There is room for a byte, whichever it is, and output is not stopped. */
bool tty_line_writable(const struct tty_line *line);

/* ---- Both ---- */

void tty_line_flush_input(struct tty_line *line);
void tty_line_flush_output(struct tty_line *line);
/* Hold and release output as STOP and START do. */
void tty_line_stop(struct tty_line *line, bool stopped);
/* Send STOP or START to whoever types. */
void tty_line_send_flow(struct tty_line *line, bool stop);
