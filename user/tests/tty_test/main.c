/* Terminals as a native program sees them: pty pairs from both ends, the console's attributes. No process here lives by
 * POSIX, so nothing is stopped (that is user/tests/posix/terminal.c). */
#include <string.h>

#include <abi/signals.h>
#include <abi/stream.h>
#include <abi/tty.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/start.h"
#include "user/rt/test.h"
#include "user/tests/support/balance.h"
#include "user/tests/support/threads.h"

enum { TENTH_NS = 100000000, MANY = 100000 };

struct pty {
    handle_t master;
    handle_t tty;
    uint32_t number;
};

static struct pty pty_open(struct test_claim *claim)
{
    struct pty pty = { 0 };
    TEST_EQ(claim, sys_pty_create(&pty.master, &pty.number), STATUS_OK);
    TEST_EQ(claim, sys_pty_peer(pty.master, &pty.tty), STATUS_OK);
    return pty;
}

static void pty_close(struct test_claim *claim, struct pty *pty)
{
    TEST_EQ(claim, sys_handle_close(pty->tty.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(pty->master.raw), STATUS_OK);
}

static void put(struct test_claim *claim, handle_t tty, const char *text)
{
    size_t done = 0;
    TEST_EQ(claim, sys_tty_write(tty, text, strlen(text), &done), STATUS_OK);
    TEST_EQ(claim, done, strlen(text));
}

/* What is there now is exactly this text. */
static void get(struct test_claim *claim, handle_t tty, const char *text)
{
    char bytes[256];
    size_t len = 0;
    status_t status = sys_tty_read(tty, bytes, sizeof bytes, STREAM_NO_WAIT, TIME_NEVER, &len);
    TEST_EQ(claim, status, STATUS_OK);
    TEST_EQ(claim, len, strlen(text));
    TEST_CHECK(claim, len == strlen(text) && memcmp(bytes, text, len) == 0);
}

static void get_status(struct test_claim *claim, handle_t tty, status_t expected)
{
    char byte;
    size_t len = 0;
    TEST_EQ(claim, sys_tty_read(tty, &byte, 1, STREAM_NO_WAIT, TIME_NEVER, &len), expected);
}

static bool has_signal(handle_t tty, uint32_t signal)
{
    uint32_t seen = 0;
    return sys_object_wait(tty, signal, TIME_NOW, &seen) == STATUS_OK && (seen & signal) != 0;
}

static void set_raw(struct test_claim *claim, handle_t tty, uint8_t min, uint8_t time)
{
    struct tty_attributes attributes = { 0 };
    attributes.characters[TTY_CHARACTER_MIN] = min;
    attributes.characters[TTY_CHARACTER_TIME] = time;
    TEST_EQ(claim, sys_tty_attributes_set(tty, &attributes, TTY_SET_NOW), STATUS_OK);
}

static void edits_lines(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    put(claim, pty.master, "abx\x7f");
    get_status(claim, pty.tty, STATUS_WOULD_BLOCK);
    get(claim, pty.master, "abx\b \b");
    put(claim, pty.master, "c\rd\r");
    get(claim, pty.tty, "abc\n");
    get(claim, pty.tty, "d\n");
    get(claim, pty.master, "c\r\nd\r\n");
    put(claim, pty.tty, "out\n");
    get(claim, pty.master, "out\r\n");
    put(claim, pty.master, "\x04");
    get(claim, pty.tty, "");
    pty_close(claim, &pty);
}

static void passes_bytes_raw(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    struct tty_attributes got;
    set_raw(claim, pty.tty, 1, 0);
    put(claim, pty.master, "a\r\x03");
    get(claim, pty.tty, "a\r\x03");
    get_status(claim, pty.master, STATUS_WOULD_BLOCK);
    put(claim, pty.tty, "x\n");
    get(claim, pty.master, "x\n");
    TEST_EQ(claim, sys_tty_attributes(pty.master, &got), STATUS_OK);
    TEST_EQ(claim, got.local, 0);
    TEST_EQ(claim, sys_tty_attributes_set(pty.tty, &got, TTY_SET_FLUSHED + 1), STATUS_INVALID);
    pty_close(claim, &pty);
}

static void waits_by_time(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    char bytes[8];
    size_t len = 9;
    set_raw(claim, pty.tty, 0, 1);
    time_ns_t begun = clock_now();
    TEST_EQ(claim, sys_tty_read(pty.tty, bytes, 8, 0, TIME_NEVER, &len), STATUS_OK);
    TEST_EQ(claim, len, 0);
    TEST_CHECK(claim, clock_now() - begun >= TENTH_NS);
    set_raw(claim, pty.tty, 3, 1);
    put(claim, pty.master, "ab");
    TEST_EQ(claim, sys_tty_read(pty.tty, bytes, 8, 0, TIME_NEVER, &len), STATUS_OK);
    TEST_EQ(claim, len, 2);
    TEST_EQ(claim, sys_tty_read(pty.tty, bytes, 8, 0, clock_after(TENTH_NS), &len),
            STATUS_TIMED_OUT);
    pty_close(claim, &pty);
}

static void tells_what_is_ready(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    TEST_CHECK(claim, !has_signal(pty.tty, SIGNAL_READABLE));
    TEST_CHECK(claim, has_signal(pty.tty, SIGNAL_WRITABLE));
    put(claim, pty.master, "a");
    TEST_CHECK(claim, !has_signal(pty.tty, SIGNAL_READABLE));
    TEST_CHECK(claim, has_signal(pty.master, SIGNAL_READABLE));
    put(claim, pty.master, "\n");
    TEST_CHECK(claim, has_signal(pty.tty, SIGNAL_READABLE));
    get(claim, pty.tty, "a\n");
    TEST_CHECK(claim, !has_signal(pty.tty, SIGNAL_READABLE));
    put(claim, pty.master, "\x13");
    TEST_CHECK(claim, !has_signal(pty.tty, SIGNAL_WRITABLE));
    TEST_CHECK(claim, !has_signal(pty.master, SIGNAL_READABLE));
    put(claim, pty.master, "\x11");
    TEST_CHECK(claim, has_signal(pty.tty, SIGNAL_WRITABLE));
    pty_close(claim, &pty);
}

static void hangs_up(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    size_t done = 0;
    TEST_EQ(claim, sys_handle_close(pty.master.raw), STATUS_OK);
    get(claim, pty.tty, "");
    TEST_EQ(claim, sys_tty_write(pty.tty, "x", 1, &done), STATUS_IO);
    TEST_CHECK(claim, has_signal(pty.tty, SIGNAL_PEER_CLOSED));
    TEST_EQ(claim, sys_handle_close(pty.tty.raw), STATUS_OK);
}

static void master_sees_the_end_left(struct test_claim *claim)
{
    handle_t master, tty;
    uint32_t number;
    TEST_EQ(claim, sys_pty_create(&master, &number), STATUS_OK);
    get_status(claim, master, STATUS_WOULD_BLOCK); /* Not opened yet. */
    TEST_EQ(claim, sys_pty_open(number, &tty), STATUS_IO);
    TEST_EQ(claim, sys_pty_lock(master, false), STATUS_OK);
    TEST_EQ(claim, sys_pty_open(number, &tty), STATUS_OK);
    put(claim, tty, "last");
    TEST_EQ(claim, sys_handle_close(tty.raw), STATUS_OK);
    get(claim, master, "last");
    get_status(claim, master, STATUS_IO);
    TEST_CHECK(claim, has_signal(master, SIGNAL_PEER_CLOSED));
    TEST_EQ(claim, sys_pty_open(number, &tty), STATUS_OK);
    get_status(claim, master, STATUS_WOULD_BLOCK);
    TEST_CHECK(claim, !has_signal(master, SIGNAL_PEER_CLOSED));
    TEST_EQ(claim, sys_handle_close(master.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(tty.raw), STATUS_OK);
    TEST_EQ(claim, sys_pty_open(number, &tty), STATUS_NOT_FOUND);
}

static void numbers_are_reused(struct test_claim *claim)
{
    struct pty first = pty_open(claim);
    struct pty second = pty_open(claim);
    TEST_CHECK(claim, first.number != second.number);
    uint32_t number = first.number;
    pty_close(claim, &first);
    first = pty_open(claim);
    TEST_EQ(claim, first.number, number);
    pty_close(claim, &first);
    pty_close(claim, &second);
}

static void keeps_window_and_counts(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    struct tty_window window = { .rows = 50, .columns = 132 };
    struct tty_state state = { 0 };
    TEST_EQ(claim, sys_tty_window_set(pty.master, &window), STATUS_OK);
    window.rows = 0;
    TEST_EQ(claim, sys_tty_window(pty.tty, &window), STATUS_OK);
    TEST_EQ(claim, window.rows, 50);
    put(claim, pty.master, "four\n");
    TEST_EQ(claim, sys_tty_state(pty.tty, &state), STATUS_OK);
    TEST_EQ(claim, state.role, TTY_PTY);
    TEST_EQ(claim, state.number, pty.number);
    TEST_EQ(claim, state.readable_len, 5);
    TEST_EQ(claim, state.written_len, 6);
    TEST_EQ(claim, state.session, 0);
    TEST_EQ(claim, sys_tty_flush(pty.tty, TTY_FLUSH_INPUT), STATUS_OK);
    get_status(claim, pty.tty, STATUS_WOULD_BLOCK);
    TEST_EQ(claim, sys_tty_flush(pty.master, TTY_FLUSH_INPUT), STATUS_OK);
    get_status(claim, pty.master, STATUS_WOULD_BLOCK);
    TEST_EQ(claim, sys_tty_drain(pty.tty), STATUS_OK);
    TEST_EQ(claim, sys_tty_flow(pty.tty, TTY_FLOW_STOP), STATUS_OK);
    get(claim, pty.master, "\x13");
    pty_close(claim, &pty);
}

/* A raw pty in which one thread types a long sequence and another reads it: nothing is lost or mixed when the
 * queue is full most of the time. */
struct typist {
    struct test_claim *claim;
    handle_t to;
};

static uint8_t byte_of(uint32_t index)
{
    return (uint8_t)(index * 7 + index / 251);
}

static void type_many(void *argument)
{
    struct typist *typist = argument;
    uint8_t bytes[1000];
    for (uint32_t sent = 0; sent < MANY;) {
        size_t len = MANY - sent < sizeof bytes ? MANY - sent : sizeof bytes, done = 0;
        for (size_t i = 0; i < len; i++)
            bytes[i] = byte_of(sent + (uint32_t)i);
        status_t status = sys_tty_write(typist->to, bytes, len, &done);
        TEST_EQ(typist->claim, status, STATUS_OK);
        TEST_EQ(typist->claim, done, len);
        if (status != STATUS_OK)
            return;
        sent += (uint32_t)len;
    }
}

static void read_many(struct test_claim *claim, handle_t from, handle_t to)
{
    struct test_thread thread = { 0 };
    struct typist typist = { claim, to };
    uint8_t bytes[700];
    uint32_t wrong = 0;
    TEST_EQ(claim, thread_begin(&thread, type_many, &typist), STATUS_OK);
    for (uint32_t received = 0; received < MANY;) {
        size_t len = 0;
        status_t status = sys_tty_read(from, bytes, sizeof bytes, 0, TIME_NEVER, &len);
        if (status != STATUS_OK || len == 0) {
            test_fail(claim, "read after %u bytes: status %u", received, status);
            break;
        }
        for (size_t i = 0; i < len; i++, received++)
            wrong += bytes[i] != byte_of(received);
    }
    TEST_EQ(claim, wrong, 0);
    thread_join(&thread);
}

static void carries_many_bytes(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    set_raw(claim, pty.tty, 1, 0);
    read_many(claim, pty.tty, pty.master);
    read_many(claim, pty.master, pty.tty);
    pty_close(claim, &pty);
}

static void everything(struct test_claim *claim)
{
    edits_lines(claim);
    hangs_up(claim);
    master_sees_the_end_left(claim);
}

static void leaves_nothing(struct test_claim *claim)
{
    balance_hold(claim, everything);
}

/* Who has no session cannot have its terminal, and a master controls nobody. */
static void refuses_job_control(struct test_claim *claim)
{
    struct pty pty = pty_open(claim);
    handle_t other;
    TEST_EQ(claim, sys_tty_controlling(&other), STATUS_NO_DEVICE);
    TEST_EQ(claim, sys_tty_foreground_set(pty.tty, 1), STATUS_NOT_TERMINAL);
    TEST_EQ(claim, sys_tty_session_leave(pty.tty), STATUS_NOT_TERMINAL);
    TEST_EQ(claim, sys_tty_session_take(pty.master), STATUS_NOT_TERMINAL);
    TEST_EQ(claim, sys_pty_peer(pty.tty, &other), STATUS_NOT_TERMINAL);
    TEST_EQ(claim, sys_pty_lock(pty.tty, true), STATUS_NOT_TERMINAL);
    TEST_EQ(claim, sys_tty_flow(pty.tty, TTY_FLOW_START + 1), STATUS_INVALID);
    pty_close(claim, &pty);
}

/* The console cooks what is shown when it is told to, however long. */
static void console_is_cooked(struct test_claim *claim)
{
    handle_t console = start_handle_need("tty", OBJECT_TTY);
    static char text[601];
    struct tty_attributes raw, cooked;
    struct tty_state state;
    TEST_EQ(claim, sys_tty_attributes(console, &raw), STATUS_OK);
    TEST_EQ(claim, raw.output, 0);
    cooked = raw;
    cooked.output = TTY_OUTPUT_PROCESS | TTY_OUTPUT_NL_TO_CRNL;
    TEST_EQ(claim, sys_tty_attributes_set(console, &cooked, TTY_SET_DRAINED), STATUS_OK);
    memset(text, '.', sizeof text - 1);
    for (size_t i = 59; i < sizeof text - 1; i += 60)
        text[i] = '\n';
    put(claim, console, text);
    TEST_EQ(claim, sys_tty_drain(console), STATUS_OK);
    TEST_EQ(claim, sys_tty_attributes_set(console, &raw, TTY_SET_FLUSHED), STATUS_OK);
    TEST_EQ(claim, sys_tty_state(console, &state), STATUS_OK);
    TEST_EQ(claim, state.role, TTY_CONSOLE);
    TEST_EQ(claim, state.written_len, 0);
}

int main(int argc, char **argv)
{
    static const struct test_case cases[] = {
        { "tty.edits_lines", edits_lines },
        { "tty.passes_bytes_raw", passes_bytes_raw },
        { "tty.waits_by_time", waits_by_time },
        { "tty.tells_what_is_ready", tells_what_is_ready },
        { "tty.hangs_up", hangs_up },
        { "tty.master_sees_the_end_left", master_sees_the_end_left },
        { "tty.numbers_are_reused", numbers_are_reused },
        { "tty.keeps_window_and_counts", keeps_window_and_counts },
        { "tty.carries_many_bytes", carries_many_bytes },
        { "tty.refuses_job_control", refuses_job_control },
        { "tty.console_is_cooked", console_is_cooked },
        { "tty.leaves_nothing", leaves_nothing },
    };
    test_run(cases, sizeof cases / sizeof cases[0]);
    return test_done();
}
