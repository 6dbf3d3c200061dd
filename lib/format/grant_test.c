#include "lib/format/grant.h"

#include "tests/unit.h"

static status_t read_text(const char *text, struct grant *grant)
{
    const char *reason = NULL;
    status_t status = grant_read(const_span_of(text, strlen(text)), grant, &reason);
    EXPECT_EQ(status == STATUS_OK, reason == NULL);
    return status;
}

/* Text, record and text again: no form loses or gains anything. */
TEST(grant_forms_survive_the_way_there_and_back)
{
    static const char *const texts[] = {
        "console:stdio",
        "fs:read:/",
        "fs:read:/www",
        "fs:write:/data/a b/.c",
        "net:listen:tcp:80",
        "net:listen:udp:65535",
        "net:connect:tcp:a.example:443",
        "net:connect:udp:[2001:db8::1]:53",
        "net:icmp:echo",
        "ipc:serve:net.stack",
        "ipc:call:log",
        "process:spawn",
        "clock:read",
        "clock:set",
        "log:read",
        "log:write",
        "trace:read",
        "trace:record",
        "device:net.0",
        "device:virtio-net.15",
        "memory:jit",
        "cell:manage:web-",
        "update:apply",
        "power:off",
        "entropy:read",
        "system:inspect",
        "system:control",
        "net:connect:tcp:*:443",
        "net:connect:udp:example.org:*",
        "net:listen:tcp:*",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct grant grant;
        uint8_t text[GRANT_TEXT_MAX + 1];
        struct writer writer = writer_of(text, GRANT_TEXT_MAX);
        REQUIRE(read_text(texts[i], &grant) == STATUS_OK);
        EXPECT_EQ(grant_check(&grant), STATUS_OK);
        grant_write(&grant, &writer);
        text[writer.at] = '\0';
        EXPECT_STR((const char *)text, texts[i]);
    }
}

TEST(grant_parameters_are_typed)
{
    struct grant grant;
    REQUIRE(read_text("net:connect:udp:[::1]:53", &grant) == STATUS_OK);
    EXPECT_EQ(grant.kind, GRANT_NET_CONNECT);
    EXPECT_EQ(grant.protocol, GRANT_UDP);
    EXPECT_EQ(grant.port, 53);
    EXPECT_EQ(grant.name.len, 5);
    REQUIRE(read_text("net:connect:tcp:*:*", &grant) == STATUS_OK);
    EXPECT_EQ(grant.port, 0);
    EXPECT_MEM(grant.name.data, "*", 1);
    REQUIRE(read_text("device:virtio.net.3", &grant) == STATUS_OK);
    EXPECT_EQ(grant.number, 3);
    EXPECT_MEM(grant.name.data, "virtio.net", 10);
}

TEST(grant_refuses_what_is_no_grant)
{
    static const char *const texts[] = {
        "",
        "fs",
        "fs:read",
        "fs:read:",
        "fs:read:www",
        "fs:read:/www/",
        "fs:read:/a//b",
        "fs:read:/a/./b",
        "fs:read:/..",
        "fs:read:/a/..",
        "fs:exec:/a",
        "net:listen:tcp:",
        "net:listen:tcp:0",
        "net:listen:tcp:65536",
        "net:listen:tcp:080",
        "net:listen:tcp:8o",
        "net:listen:tcp:-1",
        "net:listen:sctp:80",
        "net:connect:tcp:80",
        "net:connect:tcp::80",
        "net:connect:tcp:a b:80",
        "net:connect:tcp:::1:80",
        "net:connect:tcp:host",
        "net:connect:tcp:host:",
        "net:connect:tcp:*",
        "net:connect:tcp:*.org:80",
        "net:connect:tcp:host:**",
        "net:listen:tcp:*1",
        "net:icmp:echo:x",
        "ipc:serve:",
        "ipc:serve:Upper",
        "ipc:serve:a/b",
        "console:stdio ",
        " console:stdio",
        "device:net",
        "device:.0",
        "device:net.",
        "device:net.65536",
        "power:on",
        "root",
        "clock:read|set",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct grant grant;
        if (read_text(texts[i], &grant) != STATUS_INVALID)
            unit_fail(__FILE_NAME__, __LINE__, "taken: %s", texts[i]);
    }
    struct grant grant;
    EXPECT_EQ(read_text("accel:use:gpu", &grant), STATUS_NOT_SUPPORTED);
}

/* A record from a file may carry anything; only what grant_read could have made is good. */
TEST(grant_check_refuses_records_no_text_makes)
{
    const struct const_span name = const_span_of("name", 4);
    const struct grant bad[] = {
        { .kind = 0 },
        { .kind = GRANT_TRACE_RECORD + 1 },
        { .kind = GRANT_CLOCK_READ, .protocol = GRANT_TCP },
        { .kind = GRANT_CLOCK_READ, .port = 1 },
        { .kind = GRANT_CLOCK_READ, .number = 1 },
        { .kind = GRANT_CLOCK_READ, .name = name },
        { .kind = GRANT_FS_READ, .name = name },
        { .kind = GRANT_NET_LISTEN, .port = 80 },
        { .kind = GRANT_NET_LISTEN, .protocol = GRANT_TCP, .port = 80, .name = name },
        { .kind = GRANT_DEVICE, .name = name, .number = 65536 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        EXPECT_EQ(grant_check(&bad[i]), STATUS_INVALID);
    struct grant good = { .kind = GRANT_DEVICE, .name = name, .number = 65535 };
    EXPECT_EQ(grant_check(&good), STATUS_OK);
}
