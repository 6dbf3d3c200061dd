/* The network driver's process in the machine, between a real device and netd's end of the rings:
 * frames there and back, and drivers that die in every way while frames are on their way. Needs the
 * network of QEMU's user mode, which answers ARP and echo requests to its gateway. */
#include <string.h>

#include <abi/process.h>
#include <abi/signals.h>
#include <ipc/driver_client.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/exit_codes.h"
#include "user/rt/log.h"
#include "user/tests/net_driver_test/echo.h"
#include "user/tests/net_driver_test/rig.h"

#define PATIENCE_NS 5000000000ull
#define RETRY_NS 200000000ull

enum { ECHOES = 2000, DEATHS = 20, WINDOW = 16 };

static struct rig rig;
static struct test_claim claim;

static struct {
    uint8_t mac[6];
    uint8_t gateway[6];
    bool has_gateway;
    uint32_t answers; /* To requests that were still open. */
    uint32_t repeats; /* To others. */
    bool open[65536]; /* Requests without an answer. */
} talk;

static void take_frame(struct rig *from, const uint8_t *frame, uint32_t len)
{
    uint16_t number = 0;
    if (arp_is_answer(frame, len, talk.gateway)) {
        talk.has_gateway = true;
    } else if (echo_is_answer(frame, len, &number)) {
        talk.answers += talk.open[number];
        talk.repeats += !talk.open[number];
        talk.open[number] = false;
    }
}

static void claim_begin(const char *name)
{
    test_begin(&claim, name);
    rig.claim = &claim;
}

static void send_echo(uint16_t number)
{
    uint8_t frame[ECHO_HEADERS + ECHO_PAYLOAD_MAX];
    uint32_t len =
        echo_request(frame, talk.mac, talk.gateway, number, number * 97u % (ECHO_PAYLOAD_MAX + 1));
    time_ns_t deadline = clock_after(PATIENCE_NS);
    status_t status;
    talk.open[number] = true;
    while ((status = rig_send(&rig, frame, len)) == STATUS_WOULD_BLOCK)
        if (!rig_turn(&rig, deadline))
            break;
    TEST_EQ(&claim, status, STATUS_OK);
}

/* Wait until `answers` have come; ask again for those that are open when nothing comes for a while,
 * as any protocol above would. */
static uint32_t wait_for(uint32_t answers, uint16_t first, uint16_t end)
{
    uint32_t asked_again = 0;
    time_ns_t deadline = clock_after(PATIENCE_NS);
    while (talk.answers < answers && clock_now() < deadline) {
        if (rig_turn(&rig, clock_after(RETRY_NS)))
            continue;
        for (uint32_t number = first; number < end; number++) {
            if (talk.open[number]) {
                send_echo((uint16_t)number);
                asked_again++;
            }
        }
    }
    TEST_CHECK(&claim, talk.answers >= answers);
    return asked_again;
}

/* Frames come back some time after the device has sent them: nobody waits for that, so ask by a last
 * frame. */
static void settle(void)
{
    time_ns_t deadline = clock_after(PATIENCE_NS);
    while (!rig_is_idle(&rig) && rig_turn(&rig, deadline)) {
    }
    TEST_CHECK(&claim, rig_is_idle(&rig));
    TEST_EQ(&claim, rig.refused, 0);
}

static void the_driver_comes_up(void)
{
    struct driver_status_reply status = { 0 };
    claim_begin("the_driver_comes_up");
    rig.received = take_frame;
    rig_open(&rig);
    rig_start_driver(&rig);
    TEST_EQ(&claim, driver_status(rig.control, clock_after(PATIENCE_NS), &status), STATUS_OK);
    TEST_CHECK(&claim, status.link_up);
    memcpy(talk.mac, status.mac, sizeof talk.mac);
    test_end(&claim);
}

static void the_gateway_answers(void)
{
    uint8_t frame[ARP_BYTES];
    time_ns_t deadline = clock_after(PATIENCE_NS);
    claim_begin("the_gateway_answers");
    TEST_EQ(&claim, rig_send(&rig, frame, arp_request(frame, talk.mac)), STATUS_OK);
    while (!talk.has_gateway && rig_turn(&rig, deadline)) {
    }
    TEST_CHECK(&claim, talk.has_gateway);
    settle();
    test_end(&claim);
}

static void frames_of_every_size_come_back(void)
{
    struct driver_status_reply status = { 0 };
    claim_begin("frames_of_every_size_come_back");
    for (uint16_t number = 0; number < ECHOES; number++) {
        send_echo(number);
        if (number >= WINDOW)
            TEST_EQ(&claim, wait_for(number + 1u - WINDOW, 0, number), 0);
    }
    TEST_EQ(&claim, wait_for(ECHOES, 0, ECHOES), 0);
    TEST_EQ(&claim, talk.repeats, 0);
    settle();
    TEST_EQ(&claim, driver_status(rig.control, clock_after(PATIENCE_NS), &status), STATUS_OK);
    TEST_CHECK(&claim, status.rx_frames >= ECHOES + 1 && status.tx_frames == ECHOES + 1);
    TEST_EQ(&claim, status.rx_dropped + status.tx_refused, 0);
    log_line("%u echoes: %llu interrupts, %llu bells", ECHOES,
             (unsigned long long)status.interrupts, (unsigned long long)status.notices);
    test_end(&claim);
}

/* A driver dies by `end` while frames are out, `deaths` times: no chunk and no frame is lost, and what
 * was on its way goes on with the next driver. */
static void deaths_lose_nothing(const char *name, void (*end)(uint32_t round), uint32_t exit_code,
                                uint32_t deaths)
{
    claim_begin(name);
    uint16_t number = ECHOES;
    uint32_t again = 0;
    time_ns_t longest_ns = 0;
    talk.answers = 0;
    for (uint32_t round = 0; round < deaths && !claim.failed; round++) {
        for (uint32_t i = 0; i < WINDOW; i++)
            send_echo(number++);
        /* Some rounds in the middle of the traffic, some before any of it. */
        for (uint32_t i = 0; i < round % 4; i++)
            (void)rig_turn(&rig, clock_after(1000000));
        end(round);
        time_ns_t start = clock_now();
        TEST_EQ(&claim, rig_driver_ended(&rig) & ~0xffu, exit_code & ~0xffu);
        rig_restart(&rig);
        rig_start_driver(&rig);
        time_ns_t pause = clock_now() - start;
        longest_ns = pause > longest_ns ? pause : longest_ns;
        again += wait_for((round + 1) * WINDOW, ECHOES, number);
        settle();
    }
    log_line("%s: %u deaths, at most %llu us until the next driver, %u frames asked for again",
             name, deaths, (unsigned long long)(longest_ns / 1000), again);
    test_end(&claim);
}

static void end_by_kill(uint32_t round)
{
    TEST_EQ(&claim, sys_process_kill(rig.process, 0), STATUS_OK);
}

static void end_by_fault(uint32_t round)
{
    const struct driver_fault_request request = { .kind = 1 };
    TEST_EQ(&claim, driver_fault(rig.control, &request), STATUS_OK);
}

static void end_by_assert(uint32_t round)
{
    const struct driver_fault_request request = { .kind = 2 };
    TEST_EQ(&claim, driver_fault(rig.control, &request), STATUS_OK);
}

static void end_by_stop(uint32_t round)
{
    TEST_EQ(&claim, sys_event_signal(rig.stop, 0, SIGNAL_EVENT), STATUS_OK);
    uint32_t seen = 0;
    TEST_EQ(&claim,
            sys_object_wait(rig.process, SIGNAL_TERMINATED, clock_after(PATIENCE_NS), &seen),
            STATUS_OK);
    TEST_EQ(&claim, sys_event_signal(rig.stop, SIGNAL_EVENT, 0), STATUS_OK);
}

/* Faults and quiescing are the supervisor's; others may only look. */
static void the_endpoint_knows_its_callers(void)
{
    struct driver_status_reply status = { 0 };
    const struct driver_fault_request request = { .kind = 1 };
    claim_begin("the_endpoint_knows_its_callers");
    TEST_EQ(&claim, driver_quiesce(rig.other, clock_after(PATIENCE_NS)), STATUS_NO_RIGHT);
    TEST_EQ(&claim, driver_fault(rig.other, &request), STATUS_OK); /* Nobody answers a send. */
    TEST_EQ(&claim, driver_status(rig.other, clock_after(PATIENCE_NS), &status), STATUS_OK);
    TEST_EQ(&claim, driver_quiesce(rig.control, clock_after(PATIENCE_NS)), STATUS_OK);
    TEST_EQ(&claim, rig_driver_ended(&rig), EXIT_OK);
    test_end(&claim);
}

int main(int argc, char **argv)
{
    the_driver_comes_up();
    the_gateway_answers();
    frames_of_every_size_come_back();
    deaths_lose_nothing("kills_lose_nothing", end_by_kill, EXIT_KILLED, DEATHS);
    deaths_lose_nothing("faults_lose_nothing", end_by_fault, EXIT_CRASHED, DEATHS);
    deaths_lose_nothing("asserts_lose_nothing", end_by_assert, EXIT_OK, DEATHS);
    deaths_lose_nothing("stops_lose_nothing", end_by_stop, EXIT_OK, DEATHS);
    the_endpoint_knows_its_callers();
    return test_done();
}
