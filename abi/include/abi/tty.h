/* Terminals: the attributes of POSIX's <termios.h> in numbers of their own (POSIX.1-2017, XBD 11 and
 * <termios.h>; the values and the places of special characters are those of Linux's generic
 * architectures, which the C library's header has too, so that its structure can be passed through). */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { TTY_CHARACTER_COUNT = 19 };

struct tty_attributes {
    uint32_t input;   /* TTY_INPUT_* */
    uint32_t output;  /* TTY_OUTPUT_* */
    uint32_t control; /* TTY_CONTROL_*: kept and told, there is no line to set up. */
    uint32_t local;   /* TTY_LOCAL_* */
    uint8_t discipline;
    uint8_t characters[TTY_CHARACTER_COUNT]; /* By enum tty_character; 0: none. */
};
_Static_assert(sizeof(struct tty_attributes) == 36, "ABI");
_Static_assert(offsetof(struct tty_attributes, characters) == 17, "ABI");

/* Other bits are kept and told, and do nothing. */
#define TTY_INPUT_STRIP 0x0020u     /* ISTRIP */
#define TTY_INPUT_NL_TO_CR 0x0040u  /* INLCR */
#define TTY_INPUT_NO_CR 0x0080u     /* IGNCR */
#define TTY_INPUT_CR_TO_NL 0x0100u  /* ICRNL */
#define TTY_INPUT_FLOW 0x0400u      /* IXON: STOP and START typed hold and release output. */
#define TTY_INPUT_ANY 0x0800u       /* IXANY */
#define TTY_INPUT_FLOW_BACK 0x1000u /* IXOFF: STOP and START are sent when the input queue fills. */
#define TTY_INPUT_BELL 0x2000u      /* IMAXBEL */
#define TTY_INPUT_UTF8 0x4000u      /* IUTF8: a character may be several bytes. */

#define TTY_OUTPUT_PROCESS 0x0001u    /* OPOST */
#define TTY_OUTPUT_NL_TO_CRNL 0x0004u /* ONLCR */
#define TTY_OUTPUT_CR_TO_NL 0x0008u   /* OCRNL */
#define TTY_OUTPUT_NO_CR_AT_0 0x0010u /* ONOCR */
#define TTY_OUTPUT_NL_RETURNS 0x0020u /* ONLRET */
#define TTY_OUTPUT_TABS 0x1800u       /* TABDLY; all of it: tabs become spaces. */

#define TTY_CONTROL_SPEED_38400 0x000fu /* B38400 */
#define TTY_CONTROL_8_BITS 0x0030u      /* CS8 */
#define TTY_CONTROL_READ 0x0080u        /* CREAD */
#define TTY_CONTROL_HANG_UP 0x0400u     /* HUPCL */

#define TTY_LOCAL_SIGNALS 0x0001u          /* ISIG */
#define TTY_LOCAL_CANONICAL 0x0002u        /* ICANON */
#define TTY_LOCAL_ECHO 0x0008u             /* ECHO */
#define TTY_LOCAL_ECHO_ERASE 0x0010u       /* ECHOE */
#define TTY_LOCAL_ECHO_KILL 0x0020u        /* ECHOK: a new line after KILL. */
#define TTY_LOCAL_ECHO_NL 0x0040u          /* ECHONL */
#define TTY_LOCAL_NO_FLUSH 0x0080u         /* NOFLSH */
#define TTY_LOCAL_STOP_OUTPUT 0x0100u      /* TOSTOP */
#define TTY_LOCAL_ECHO_CONTROL 0x0200u     /* ECHOCTL: ^X. */
#define TTY_LOCAL_ECHO_KILL_ERASES 0x0800u /* ECHOKE */
#define TTY_LOCAL_EXTENDED 0x8000u         /* IEXTEN: WERASE, LNEXT, REPRINT, EOL2. */

enum tty_character {
    TTY_CHARACTER_INTERRUPT,
    TTY_CHARACTER_QUIT,
    TTY_CHARACTER_ERASE,
    TTY_CHARACTER_KILL,
    TTY_CHARACTER_EOF,
    TTY_CHARACTER_TIME, /* VTIME: tenths of a second. */
    TTY_CHARACTER_MIN,  /* VMIN: bytes. */
    TTY_CHARACTER_SWITCH,
    TTY_CHARACTER_START,
    TTY_CHARACTER_STOP,
    TTY_CHARACTER_SUSPEND,
    TTY_CHARACTER_EOL,
    TTY_CHARACTER_REPRINT,
    TTY_CHARACTER_DISCARD,
    TTY_CHARACTER_WORD_ERASE,
    TTY_CHARACTER_LITERAL_NEXT,
    TTY_CHARACTER_EOL2,
};

/* The size of the window, for those who draw; the kernel only keeps and tells it. */
struct tty_window {
    uint16_t rows;
    uint16_t columns;
    uint16_t width_pixels;
    uint16_t height_pixels;
};
_Static_assert(sizeof(struct tty_window) == 8, "ABI");
_Static_assert(offsetof(struct tty_window, height_pixels) == 6, "ABI");

/* tty_attributes_set: when. */
enum tty_set_when {
    TTY_SET_NOW,
    TTY_SET_DRAINED, /* After what was written is shown. */
    TTY_SET_FLUSHED, /* The same, and what was typed and not read is dropped. */
};

/* tty_flush */
#define TTY_FLUSH_INPUT (1u << 0)
#define TTY_FLUSH_OUTPUT (1u << 1)

/* tty_flow */
enum tty_flow_action {
    TTY_FLOW_HOLD,    /* Nothing is shown */
    TTY_FLOW_RELEASE, /* until this. */
    TTY_FLOW_STOP,    /* The typist is sent STOP, */
    TTY_FLOW_START,   /* START. */
};

enum tty_role {
    TTY_CONSOLE,
    TTY_PTY,
    TTY_PTY_MASTER,
};

struct tty_state {
    uint32_t role;         /* enum tty_role */
    uint32_t number;       /* Of a pty, among those of its cell. */
    uint32_t readable_len; /* Bytes. */
    uint32_t written_len;  /* Bytes written and not shown. */
    /* Of the session that the terminal controls: told to its own processes and at a pty's master, else 0. */
    uint64_t session;
    uint64_t foreground; /* Its foreground group. */
};
_Static_assert(sizeof(struct tty_state) == 32, "ABI");
_Static_assert(offsetof(struct tty_state, foreground) == 24, "ABI");
