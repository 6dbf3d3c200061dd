/* Handles and grants: what they name, what narrowing and revoking does to them. */
#include <string.h>

#include <abi/signals.h>
#include <swos/syscalls.h>

#include "user/rt/clock.h"
#include "user/rt/test.h"
#include "user/tests/kernel_calls/kernel_calls.h"
#include "user/tests/support/balance.h"

enum { HANDLES_MANY = 1000, CHAIN = 64, LINE_MAX = 256 };

#define UNMAPPED ((void *)0x1000)

static void test_debug_write(struct test_claim *claim)
{
    static char text[LINE_MAX + 1];
    memset(text, 'x', sizeof text);
    TEST_EQ(claim, sys_debug_write(text, LINE_MAX), STATUS_OK);
    TEST_EQ(claim, sys_debug_write(text, LINE_MAX + 1), STATUS_TOO_BIG);
    TEST_EQ(claim, sys_debug_write(text, 0), STATUS_OK);
    TEST_EQ(claim, sys_debug_write(UNMAPPED, 8), STATUS_BAD_ADDRESS);
}

static void duplicate(struct test_claim *claim)
{
    handle_t event, narrow, narrower, none;
    uint32_t kind, rights, other_kind, other_rights;
    uint64_t id, other_id;
    TEST_EQ(claim, sys_event_create(&event), STATUS_OK);
    TEST_EQ(claim, sys_handle_info(event.raw, &kind, &rights, &id), STATUS_OK);
    TEST_EQ(claim, kind, OBJECT_EVENT);
    TEST_EQ(claim, rights, RIGHTS_EVENT);
    TEST_EQ(claim, sys_handle_duplicate(event.raw, RIGHT_WAIT | RIGHT_DUPLICATE, &narrow),
            STATUS_OK);
    TEST_EQ(claim, sys_handle_info(narrow.raw, &other_kind, &other_rights, &other_id), STATUS_OK);
    TEST_EQ(claim, other_rights, RIGHT_WAIT | RIGHT_DUPLICATE);
    TEST_EQ(claim, other_id, id);
    TEST_EQ(claim, sys_handle_duplicate(narrow.raw, rights, &none), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_handle_duplicate(narrow.raw, RIGHT_WAIT, &narrower), STATUS_OK);
    TEST_EQ(claim, sys_handle_duplicate(narrower.raw, 0, &none), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_handle_close(event.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(event.raw), STATUS_BAD_HANDLE);
    TEST_EQ(claim, sys_handle_info(event.raw, &kind, &rights, &id), STATUS_BAD_HANDLE);
    TEST_EQ(claim, sys_handle_info(narrower.raw, &kind, &rights, &id), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(narrow.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(narrower.raw), STATUS_OK);
}

static void test_duplicate(struct test_claim *claim)
{
    balance_hold(claim, duplicate);
}

/* Many, closed in another order; the list tells of exactly those that are open. */
static void many(struct test_claim *claim)
{
    static handle_t handles[HANDLES_MANY];
    static uint64_t list[HANDLES_MANY];
    size_t before = 0, actual = 0, few = 0;
    TEST_EQ(claim, sys_handle_list(NULL, 0, &before), STATUS_OK);
    for (int i = 0; i < HANDLES_MANY; i++)
        TEST_EQ(claim, sys_event_create(&handles[i]), STATUS_OK);
    TEST_EQ(claim, sys_handle_list(list, 3, &few), STATUS_OK);
    TEST_EQ(claim, few, before + HANDLES_MANY);
    TEST_EQ(claim, list[3], 0);
    TEST_EQ(claim, sys_handle_list(list, HANDLES_MANY, &actual), STATUS_OK);
    for (size_t i = 1; i < HANDLES_MANY; i++)
        TEST_CHECK(claim, (uint32_t)list[i - 1] < (uint32_t)list[i]);
    for (int i = 0; i < HANDLES_MANY; i += 2)
        TEST_EQ(claim, sys_handle_close(handles[i].raw), STATUS_OK);
    for (int i = HANDLES_MANY - 1; i >= 0; i -= 2)
        TEST_EQ(claim, sys_handle_close(handles[i].raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_list(NULL, 0, &actual), STATUS_OK);
    TEST_EQ(claim, actual, before);
    memset(list, 0, sizeof list);
    TEST_EQ(claim, sys_handle_list(UNMAPPED, 8, &actual), STATUS_BAD_ADDRESS);
}

static void test_many(struct test_claim *claim)
{
    balance_hold(claim, many);
}

/* --- Waits ----------------------------------------------------------------------------------- */

static void test_wait(struct test_claim *claim)
{
    handle_t event, vmo;
    uint32_t seen = 0;
    TEST_EQ(claim, sys_event_create(&event), STATUS_OK);
    TEST_EQ(claim, sys_object_wait(event, SIGNAL_EVENT, TIME_NOW, &seen), STATUS_TIMED_OUT);
    time_ns_t deadline = clock_after(1000000);
    TEST_EQ(claim, sys_object_wait(event, SIGNAL_EVENT, deadline, &seen), STATUS_TIMED_OUT);
    TEST_CHECK(claim, clock_now() >= deadline);
    TEST_EQ(claim, sys_event_signal(event, 0, SIGNAL_EVENT | SIGNAL_USER_0), STATUS_OK);
    TEST_EQ(claim, sys_object_wait(event, SIGNAL_EVENT, TIME_NOW, &seen), STATUS_OK);
    TEST_EQ(claim, seen, SIGNAL_EVENT | SIGNAL_USER_0);
    TEST_EQ(claim, sys_event_signal(event, SIGNAL_EVENT, 0), STATUS_OK);
    TEST_EQ(claim, sys_object_wait(event, SIGNAL_EVENT, TIME_NOW, &seen), STATUS_TIMED_OUT);
    TEST_EQ(claim, sys_event_signal(event, 0, SIGNAL_TERMINATED), STATUS_INVALID);
    TEST_EQ(claim, sys_event_signal(event, SIGNAL_READABLE, 0), STATUS_INVALID);
    TEST_EQ(claim, sys_handle_close(event.raw), STATUS_OK);
    TEST_EQ(claim, sys_vmo_create(4096, 0, &vmo), STATUS_OK);
    TEST_EQ(claim, sys_object_wait(vmo, SIGNAL_EVENT, TIME_NOW, &seen), STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_handle_close(vmo.raw), STATUS_OK);
}

/* --- Grants ---------------------------------------------------------------------------------- */

static void revoke_tree(struct test_claim *claim)
{
    handle_t event, child, child_grant, grandchild, grandchild_grant, sibling, sibling_grant;
    handle_t none, copy;
    rights_t rights = RIGHTS_EVENT;
    uint32_t seen, kind;
    uint64_t id;
    TEST_EQ(claim, sys_event_create(&event), STATUS_OK);
    TEST_EQ(claim, sys_grant_create(event.raw, rights, &child, &child_grant), STATUS_OK);
    TEST_EQ(claim, sys_grant_create(child.raw, rights, &grandchild, &grandchild_grant), STATUS_OK);
    TEST_EQ(claim, sys_grant_create(event.raw, rights, &sibling, &sibling_grant), STATUS_OK);
    TEST_EQ(claim, sys_handle_duplicate(grandchild.raw, rights, &copy), STATUS_OK);
    TEST_EQ(claim, sys_grant_revoke(child_grant), STATUS_OK);
    TEST_EQ(claim, sys_event_signal(child, 0, SIGNAL_EVENT), STATUS_REVOKED);
    TEST_EQ(claim, sys_event_signal(grandchild, 0, SIGNAL_EVENT), STATUS_REVOKED);
    TEST_EQ(claim, sys_object_wait(copy, SIGNAL_EVENT, TIME_NOW, &seen), STATUS_REVOKED);
    TEST_EQ(claim, sys_handle_duplicate(child.raw, rights, &none), STATUS_REVOKED);
    TEST_EQ(claim, sys_grant_create(child.raw, rights, &none, &none), STATUS_REVOKED);
    TEST_EQ(claim, sys_handle_info(child.raw, &kind, &seen, &id), STATUS_REVOKED);
    TEST_EQ(claim, sys_event_signal(sibling, 0, SIGNAL_EVENT), STATUS_OK);
    TEST_EQ(claim, sys_event_signal(event, SIGNAL_EVENT, 0), STATUS_OK);
    TEST_EQ(claim, sys_grant_revoke(child_grant), STATUS_OK); /* Again: nothing. */
    const handle_t all[] = { event,   child,         child_grant, grandchild, grandchild_grant,
                             sibling, sibling_grant, copy };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        TEST_EQ(claim, sys_handle_close(all[i].raw), STATUS_OK);
}

static void test_revoke_tree(struct test_claim *claim)
{
    balance_hold(claim, revoke_tree);
}

/* A long line of grants, each from the one before, its middle closed first. */
static void chain(struct test_claim *claim)
{
    handle_t handles[CHAIN + 1], grants[CHAIN + 1];
    TEST_EQ(claim, sys_event_create(&handles[0]), STATUS_OK);
    for (int i = 1; i <= CHAIN; i++)
        TEST_EQ(claim, sys_grant_create(handles[i - 1].raw, RIGHTS_EVENT, &handles[i], &grants[i]),
                STATUS_OK);
    for (int i = 2; i < CHAIN; i++) {
        TEST_EQ(claim, sys_handle_close(handles[i].raw), STATUS_OK);
        TEST_EQ(claim, sys_handle_close(grants[i].raw), STATUS_OK);
    }
    TEST_EQ(claim, sys_event_signal(handles[CHAIN], 0, SIGNAL_EVENT), STATUS_OK);
    TEST_EQ(claim, sys_grant_revoke(grants[1]), STATUS_OK);
    TEST_EQ(claim, sys_event_signal(handles[CHAIN], 0, SIGNAL_EVENT), STATUS_REVOKED);
    TEST_EQ(claim, sys_handle_close(handles[0].raw), STATUS_OK);
    for (int i = 1; i <= CHAIN; i += CHAIN - 1) {
        TEST_EQ(claim, sys_handle_close(handles[i].raw), STATUS_OK);
        TEST_EQ(claim, sys_handle_close(grants[i].raw), STATUS_OK);
    }
}

static void test_chain(struct test_claim *claim)
{
    balance_hold(claim, chain);
}

static void test_grant_rights(struct test_claim *claim)
{
    handle_t event, narrow, none, grant;
    TEST_EQ(claim, sys_event_create(&event), STATUS_OK);
    TEST_EQ(claim, sys_handle_duplicate(event.raw, RIGHT_WAIT | RIGHT_DUPLICATE, &narrow),
            STATUS_OK);
    TEST_EQ(claim, sys_grant_create(narrow.raw, RIGHT_EVENT_SIGNAL, &none, &grant),
            STATUS_NO_RIGHT);
    TEST_EQ(claim, sys_grant_create(0, 0, &none, &grant), STATUS_BAD_HANDLE);
    TEST_EQ(claim, sys_handle_close(narrow.raw), STATUS_OK);
    TEST_EQ(claim, sys_handle_close(event.raw), STATUS_OK);
}

static const struct test_case cases[] = {
    { "self.debug_write", test_debug_write },
    { "handle.duplicate", test_duplicate },
    { "handle.many", test_many },
    { "handle.wait", test_wait },
    { "grant.revoke_tree", test_revoke_tree },
    { "grant.chain", test_chain },
    { "grant.rights", test_grant_rights },
};

void claims_self(void)
{
    test_run(cases, sizeof cases / sizeof cases[0]);
}
