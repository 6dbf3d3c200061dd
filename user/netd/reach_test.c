/* What grants reach, and the names that they may stand for. */
#include "user/netd/reach.h"

#include <abi/service.h>

#include "tests/unit.h"

static struct names names;

static struct const_span span(const char *text)
{
    return const_span_of(text, strlen(text));
}

static struct reach reach_of(const char *text)
{
    struct grant grant;
    struct reach reach = { 0 };
    const char *reason;
    REQUIRE(grant_read(span(text), &grant, &reason) == STATUS_OK);
    REQUIRE(reach_of_grant(&grant, &reach) == STATUS_OK);
    return reach;
}

static struct net_endpoint endpoint(uint32_t raw, uint16_t port)
{
    return (struct net_endpoint){ net_address_ipv4(raw), port };
}

static status_t check(const char *grant, enum grant_protocol protocol, uint32_t raw, uint16_t port,
                      time_ns_t now)
{
    struct reach reach = reach_of(grant);
    struct net_endpoint remote = endpoint(raw, port);
    return reach_check(&reach, protocol, &remote, &names, now);
}

static void know(const char *name, uint32_t raw, uint32_t ttl_s, time_ns_t now)
{
    struct net_address address = net_address_ipv4(raw);
    struct name_entry *entry = names_take(&names, span(name), now);
    REQUIRE(entry != NULL);
    name_answer(entry, STATUS_OK, &address, 1, ttl_s, now);
}

TEST(reach_of_an_address_is_that_address_and_port)
{
    names = (struct names){ 0 };
    const char *grant = "net:connect:tcp:10.0.2.2:80";
    EXPECT_EQ(check(grant, GRANT_TCP, 0x0a000202, 80, 0), STATUS_OK);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x0a000202, 81, 0), STATUS_NO_RIGHT);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x0a000203, 80, 0), STATUS_NO_RIGHT);
    EXPECT_EQ(check(grant, GRANT_UDP, 0x0a000202, 80, 0), STATUS_NO_RIGHT);
    EXPECT_EQ(check("net:connect:udp:*:53", GRANT_UDP, 0x01020304, 53, 0), STATUS_OK);
    EXPECT_EQ(check("net:connect:udp:*:53", GRANT_UDP, 0x01020304, 54, 0), STATUS_NO_RIGHT);
    EXPECT_EQ(check("net:connect:tcp:10.0.2.2:*", GRANT_TCP, 0x0a000202, 65535, 0), STATUS_OK);
    EXPECT_EQ(check("net:listen:tcp:80", GRANT_TCP, 0x0a000202, 80, 0), STATUS_NO_RIGHT);
}

/* A grant for a name reaches what somebody was told that the name is, and for as long. */
TEST(reach_of_a_name_follows_its_addresses)
{
    const char *grant = "net:connect:tcp:Example.org:443";
    time_ns_t minute = NAME_REMEMBERED_MIN_NS;
    names = (struct names){ 0 };
    EXPECT_EQ(check(grant, GRANT_TCP, 0x05050505, 443, 0), STATUS_WOULD_BLOCK);
    know("example.ORG.", 0x05050505, 1, 0);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x05050505, 443, minute - 1), STATUS_OK);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x05050506, 443, minute - 1), STATUS_NO_RIGHT);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x05050505, 443, minute), STATUS_WOULD_BLOCK);
    EXPECT_EQ(check("net:connect:tcp:localhost:1", GRANT_TCP, 0x7f000001, 1, 0), STATUS_OK);
    EXPECT_EQ(check("net:connect:tcp:localhost:1", GRANT_TCP, 0x0a000202, 1, 0), STATUS_NO_RIGHT);
}

/* Being asked again, a name keeps what it had; what it had not may be in the answer. */
TEST(reach_of_a_name_that_is_asked_again)
{
    const char *grant = "net:connect:tcp:example.org:443";
    names = (struct names){ 0 };
    know("example.org", 0x05050505, 1, 0);
    struct name_entry *entry = names_take(&names, span("example.org"), NAME_SECOND_NS);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x05050505, 443, NAME_SECOND_NS), STATUS_OK);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x05050506, 443, NAME_SECOND_NS), STATUS_WOULD_BLOCK);
    name_answer(entry, STATUS_TIMED_OUT, NULL, 0, 0, NAME_SECOND_NS);
    EXPECT_EQ(check(grant, GRANT_TCP, 0x05050505, 443, NAME_SECOND_NS), STATUS_WOULD_BLOCK);
}

TEST(reach_of_a_port)
{
    struct reach one = reach_of("net:listen:udp:53"), any = reach_of("net:listen:tcp:*");
    EXPECT(reach_has_port(&one, GRANT_UDP, 53));
    EXPECT(!reach_has_port(&one, GRANT_UDP, 54));
    EXPECT(!reach_has_port(&one, GRANT_UDP, 0));
    EXPECT(!reach_has_port(&one, GRANT_TCP, 53));
    EXPECT(reach_has_port(&any, GRANT_TCP, 0));
    EXPECT(reach_has_port(&any, GRANT_TCP, 65535));
    struct reach connect = reach_of("net:connect:tcp:*:*");
    EXPECT(!reach_has_port(&connect, GRANT_TCP, 80));
}

TEST(reach_of_names_to_ask_for)
{
    struct reach one = reach_of("net:connect:tcp:a-b.org:*"),
                 any = reach_of("net:connect:udp:*:53");
    struct reach address = reach_of("net:connect:tcp:1.2.3.4:5");
    EXPECT(reach_has_name(&one, span("A-B.org.")));
    EXPECT(!reach_has_name(&one, span("a-b.org.org")));
    EXPECT(!reach_has_name(&one, span("a\rb.org")));
    EXPECT(!reach_has_name(&one, span("")));
    EXPECT(reach_has_name(&any, span("other.example")));
    EXPECT(!reach_has_name(&address, span("1.2.3.4")));
}

TEST(reach_has_no_ipv6_and_nothing_else)
{
    struct grant grant;
    struct reach reach;
    const char *reason;
    REQUIRE(grant_read(span("net:connect:tcp:[::1]:5"), &grant, &reason) == STATUS_OK);
    EXPECT_EQ(reach_of_grant(&grant, &reach), STATUS_NOT_SUPPORTED);
    REQUIRE(grant_read(span("log:write"), &grant, &reason) == STATUS_OK);
    EXPECT_EQ(reach_of_grant(&grant, &reach), STATUS_INVALID);
}

TEST(reach_needs_a_badge_of_its_role)
{
    struct manifest none = { .service_count = 0 };
    struct reach reach;
    EXPECT_EQ(reach_of_badge(&none, badge_of(ROLE_NET, 0, 0), &reach), STATUS_NO_RIGHT);
    EXPECT_EQ(reach_of_badge(&none, badge_of(ROLE_CLIENT, 0, 0), &reach), STATUS_NO_RIGHT);
}

TEST(names_hold_for_their_time)
{
    names = (struct names){ 0 };
    know("a.example", 1, 100, 5);
    struct name_entry *entry = names_find(&names, span("a.example"), 5);
    REQUIRE(entry != NULL);
    EXPECT(name_holds(entry, 5 + 100 * NAME_SECOND_NS - 1));
    EXPECT(!name_holds(entry, 5 + 100 * NAME_SECOND_NS));
    EXPECT_EQ(name_ttl_s(entry, 5), 100);
    EXPECT(names_find(&names, span("a.example"), 5 + 100 * NAME_SECOND_NS) == NULL);
    EXPECT(names_find(&names, span("b.example"), 5) == NULL);
}

/* A full table gives up what was used longest ago, never what is being asked for. */
TEST(names_give_up_the_oldest)
{
    char text[32];
    names = (struct names){ 0 };
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        snprintf(text, sizeof text, "n%u.example", i);
        know(text, i, 1000, i + 1);
    }
    REQUIRE(names_find(&names, span("n0.example"), 1000) != NULL);
    know("new.example", 1, 1000, 1001);
    EXPECT(names_find(&names, span("n0.example"), 1001) != NULL);
    EXPECT(names_find(&names, span("n1.example"), 1001) == NULL);
    for (uint32_t i = 0; i < NAMES_MAX; i++) {
        snprintf(text, sizeof text, "asked%u.example", i);
        REQUIRE(names_take(&names, span(text), 2000) != NULL);
    }
    EXPECT(names_take(&names, span("one-more.example"), 2000) == NULL);
}

TEST(names_are_addresses_only_in_one_form)
{
    static const char *const not[] = { "",         "1.2.3",  "1.2.3.4.", "1.2.3.256",
                                       "01.2.3.4", "1..3.4", "1.2.3.4x", "0x1.2.3.4",
                                       "1.2.3.",   ".1.2.3", "1.2.3.4.5" };
    struct net_address address;
    for (size_t i = 0; i < sizeof not/ sizeof not[0]; i++)
        if (name_is_address(span(not[i]), &address))
            unit_fail(__FILE_NAME__, __LINE__, "taken: %s", not[i]);
    REQUIRE(name_is_address(span("10.0.200.255"), &address));
    EXPECT_EQ(net_address_ipv4_raw(&address), 0x0a00c8ff);
    EXPECT(name_is_localhost(span("LocalHost.")));
    EXPECT(name_is_localhost(span("x.localhost")));
    EXPECT(!name_is_localhost(span("notlocalhost")));
}
