#include "lib/http/record.h"
#include "tests/unit.h"

static char line[1024];

static const char *address(const uint8_t bytes[16])
{
    struct writer writer = writer_of(line, sizeof line - 1);
    http_put_address(&writer, bytes);
    line[writer.at] = 0;
    return line;
}

TEST(addresses_are_written_as_people_read_them)
{
    EXPECT_STR(address((uint8_t[16]){ [10] = 255, 255, 10, 0, 2, 15 }), "10.0.2.15");
    EXPECT_STR(address((uint8_t[16]){ 0 }), "::");
    EXPECT_STR(address((uint8_t[16]){ [15] = 1 }), "::1");
    EXPECT_STR(address((uint8_t[16]){ 0xfe, 0x80, [15] = 1 }), "fe80::1");
    EXPECT_STR(address((uint8_t[16]){ 0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 }),
               "2001:db8:0:1::1");
    EXPECT_STR(address((uint8_t[16]){ 0x20, 1, 0xd, 0xb8, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0 }),
               "2001:db8:1:1:1:1:1:0");
    EXPECT_STR(address((uint8_t[16]){ 0x20, 1, 0xd, 0xb8 }), "2001:db8::");
}

static const struct http_record sample = {
    .peer = { { [10] = 255, 255, 10, 0, 2, 2 }, 40000 },
    .method = { "GET", 3 },
    .target = { "/a\"b\n\\", 6 },
    .user_agent = { "t\xc3", 2 },
    .status = 200,
    .minor_version = 1,
    .body_bytes = 1234,
    .duration_ns = 5999,
    .now_s = 784111777,
};

/* A client must not be able to end a line or a string of the log. */
TEST(log_lines_escape_what_a_client_sent)
{
    struct writer writer = writer_of(line, sizeof line - 1);
    http_record_put_json(&writer, &sample);
    line[writer.at] = 0;
    EXPECT_STR(line,
               "{\"peer\":\"10.0.2.2\",\"port\":40000,\"time_s\":784111777,\"method\":\"GET\","
               "\"target\":\"/a\\u0022b\\u000a\\u005c\",\"status\":200,\"bytes\":1234,"
               "\"duration_us\":5,\"referer\":\"\",\"user_agent\":\"t\\u00c3\","
               "\"cut\":false}\n");
    writer = writer_of(line, sizeof line - 1);
    http_record_put_common(&writer, &sample);
    line[writer.at] = 0;
    EXPECT_STR(line, "10.0.2.2 - - [06/Nov/1994:08:49:37 +0000] "
                     "\"GET /a\\x22b\\x0a\\x5c HTTP/1.1\" 200 1234\n");
}

TEST(an_unread_request_is_logged_as_a_dash)
{
    struct http_record record = { .status = 400, .peer = sample.peer };
    struct writer writer = writer_of(line, sizeof line - 1);
    http_record_put_common(&writer, &record);
    line[writer.at] = 0;
    EXPECT_STR(line, "10.0.2.2 - - [-] \"-\" 400 0\n");
}
