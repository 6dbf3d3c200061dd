/* What the processes do that the test starts. Codes from 50 on say that a role failed in itself. */
#include <string.h>

#include <abi/ipc.h>
#include <abi/memory.h>
#include <abi/signals.h>
#include <abi/stream.h>
#include <swos/syscalls.h>

#include "user/ipc/channel.h"
#include "user/rt/start.h"
#include "user/tests/kernel_threads/kernel_threads.h"
#include "user/tests/support/threads.h"

enum { CODE_UNKNOWN = 50, CODE_RETURNED = 51, CODE_FAILED = 52, ROLE_THREADS = 6 };

static void need(status_t status)
{
    if (status != STATUS_OK)
        program_exit(CODE_FAILED);
}

static void say_ready(void)
{
    need(sys_event_signal(start_handle_need("ready", OBJECT_EVENT), 0, SIGNAL_EVENT));
}

static void wait_sleep(void)
{
    say_ready();
    (void)sys_thread_sleep(TIME_NEVER);
}

static void wait_futex(void)
{
    static uint32_t word;
    say_ready();
    (void)sys_futex_wait((uintptr_t)&word, 0, TIME_NEVER);
}

static void wait_object(void)
{
    handle_t event;
    uint32_t seen;
    need(sys_event_create(&event));
    say_ready();
    (void)sys_object_wait(event, SIGNAL_EVENT, TIME_NEVER, &seen);
}

/* For its own main thread, which does not end by itself. */
static void wait_process(void)
{
    static struct test_thread thread;
    uint32_t seen;
    need(thread_begin(&thread, (void (*)(void *))wait_futex, NULL));
    (void)sys_object_wait(thread.handle, SIGNAL_TERMINATED, TIME_NEVER, &seen);
}

static void wait_port(void)
{
    handle_t port, timer;
    struct port_packet packets[2];
    size_t actual;
    need(sys_port_create(&port));
    need(sys_timer_create(&timer));
    need(sys_port_bind(port, timer, 1, SIGNAL_EVENT, 0));
    need(sys_timer_set(timer, TIME_NEVER));
    say_ready();
    (void)sys_port_wait(port, packets, 2, TIME_NEVER, &actual);
}

/* Nobody receives at the endpoint. */
static void wait_call(void)
{
    struct channel_words words = { .count = 1 };
    say_ready();
    (void)sys_channel_call(start_handle_need("channel", OBJECT_CHANNEL), TIME_NEVER, &words);
}

static void wait_call_long(void)
{
    static uint8_t bytes[20000];
    struct ipc_message request = { .bytes = (uintptr_t)bytes, .byte_count = sizeof bytes };
    struct ipc_message answer = { 0 };
    say_ready();
    (void)sys_channel_call_long(start_handle_need("channel", OBJECT_CHANNEL), &request, &answer,
                                TIME_NEVER);
}

static void wait_receive(void)
{
    struct channel_words words = { .count = ENDPOINT_NO_REPLY };
    uint64_t badge;
    say_ready();
    (void)sys_endpoint_receive(start_handle_need("endpoint", OBJECT_ENDPOINT), TIME_NEVER,
                               STATUS_OK, &words, &badge);
}

static void wait_stream(void)
{
    handle_t first, second;
    char bytes[16];
    size_t actual;
    need(sys_stream_create(&first, &second));
    say_ready();
    (void)sys_stream_read(first, bytes, sizeof bytes, 0, TIME_NEVER, &actual);
}

static void wait_stream_full(void)
{
    static uint8_t bytes[STREAM_LIMIT_DEFAULT * 2];
    handle_t first, second;
    size_t actual;
    need(sys_stream_create(&first, &second));
    say_ready();
    (void)sys_stream_write(first, bytes, sizeof bytes, 0, TIME_NEVER, &actual);
}

static void wait_accept(void)
{
    struct socket_address address = { 0 }, peer;
    handle_t listener, post, stream;
    need(sys_listener_create(&address, 4, &listener, &post));
    say_ready();
    (void)sys_listener_accept(listener, &peer, 0, TIME_NEVER, &stream);
}

static void wait_tty(void)
{
    char bytes[16];
    size_t actual;
    say_ready();
    (void)sys_tty_read(start_handle_need("tty", OBJECT_TTY), bytes, sizeof bytes, 0, TIME_NEVER,
                       &actual);
}

static void wait_log(void)
{
    static char text[512];
    size_t actual;
    say_ready();
    (void)sys_log_read(start_handle_need("log", OBJECT_LOG), text, sizeof text, UINT64_MAX,
                       TIME_NEVER, &actual, &(uint64_t){ 0 });
}

static void wait_nothing(void)
{
    say_ready();
    for (;;)
        __asm__ volatile("");
}

static void wait_yield(void)
{
    say_ready();
    for (;;)
        (void)sys_thread_yield();
}

/* Many threads, each in a wait of another kind. */
static void wait_threads(void)
{
    static struct test_thread threads[ROLE_THREADS];
    static void (*const bodies[ROLE_THREADS])(void) = {
        wait_sleep, wait_futex, wait_port, wait_call, wait_stream, wait_nothing,
    };
    for (int i = 0; i < ROLE_THREADS; i++)
        need(thread_begin(&threads[i], (void (*)(void *))bodies[i], NULL));
    wait_object();
}

/* Maps, touches and unmaps without end. */
static void wait_faults(void)
{
    enum { PAGES = 32, PAGE = 4096 };
    say_ready();
    for (;;) {
        uint64_t address;
        need(sys_memory_map_anon(PAGES * PAGE, 0, MEMORY_READ | MEMORY_WRITE, &address));
        for (int i = 0; i < PAGES; i++)
            *(volatile uint8_t *)(uintptr_t)(address + (uint64_t)i * PAGE) = 1;
        need(sys_memory_unmap(address, PAGES * PAGE));
    }
}

/* --- Ends of processes ----------------------------------------------------------------------- */

static void exit_now(void)
{
    program_exit(7);
}

static void exit_threads(void *argument)
{
    program_exit(9);
}

/* A thread that is not the first ends the process while others wait. */
static void exit_by_thread(void)
{
    static struct test_thread threads[3];
    static uint32_t word;
    need(thread_begin(&threads[0], (void (*)(void *))wait_sleep, NULL));
    need(thread_begin(&threads[1], exit_threads, NULL));
    word_wait_while(&word, 0);
}

static void live_on(void *argument)
{
    for (int i = 0; i < 10; i++)
        (void)sys_thread_yield();
}

/* The first thread goes, another lives on: the process ends with its last one, with code 0. */
static void exit_last_thread(void)
{
    static struct test_thread thread;
    need(thread_begin(&thread, live_on, NULL));
    sys_thread_exit();
}

static const struct role {
    const char *name;
    void (*run)(void);
} roles[] = {
    { "wait_sleep", wait_sleep },
    { "wait_futex", wait_futex },
    { "wait_object", wait_object },
    { "wait_process", wait_process },
    { "wait_port", wait_port },
    { "wait_call", wait_call },
    { "wait_call_long", wait_call_long },
    { "wait_receive", wait_receive },
    { "wait_stream", wait_stream },
    { "wait_stream_full", wait_stream_full },
    { "wait_accept", wait_accept },
    { "wait_tty", wait_tty },
    { "wait_log", wait_log },
    { "wait_nothing", wait_nothing },
    { "wait_yield", wait_yield },
    { "wait_threads", wait_threads },
    { "wait_faults", wait_faults },
    { "exit", exit_now },
    { "exit_by_thread", exit_by_thread },
    { "exit_last_thread", exit_last_thread },
};

int role_run(const char *role)
{
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, role) == 0) {
            roles[i].run();
            return CODE_RETURNED;
        }
    return CODE_UNKNOWN;
}
