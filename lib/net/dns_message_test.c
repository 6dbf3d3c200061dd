#include "lib/net/dns.h"

#include "tests/unit.h"

static uint8_t message[DNS_MESSAGE_MAX];
static struct writer out;

static void name_put(const char *name)
{
    while (*name != 0) {
        size_t len = strcspn(name, ".");
        writer_u8(&out, (uint8_t)len);
        writer_bytes(&out, name, len);
        name += len + (name[len] == '.');
    }
    writer_u8(&out, 0);
}

/* An answer to the question for `name` with room for `records` records. */
static void answer_begin(const char *name, uint16_t flags, uint16_t records)
{
    out = writer_of(message, sizeof message);
    const uint16_t header[] = { 77, flags, 1, records, 0, 0 };
    for (int i = 0; i < 6; i++)
        writer_be16(&out, header[i]);
    name_put(name);
    writer_be16(&out, 1);
    writer_be16(&out, 1);
}

static void record_put(const char *owner, uint16_t type, uint32_t ttl_s)
{
    if (owner == NULL)
        writer_be16(&out, 0xc00c); /* The name of the question. */
    else
        name_put(owner);
    writer_be16(&out, type);
    writer_be16(&out, 1);
    writer_be32(&out, ttl_s);
}

static void address_put(const char *owner, uint32_t ipv4, uint32_t ttl_s)
{
    record_put(owner, 1, ttl_s);
    writer_be16(&out, 4);
    writer_be32(&out, ipv4);
}

static void alias_put(const char *owner, const char *target, uint32_t ttl_s)
{
    record_put(owner, 5, ttl_s);
    writer_be16(&out, (uint16_t)(strlen(target) + 2));
    name_put(target);
}

static status_t decode_len(const char *name, size_t len, struct dns_answer *answer)
{
    struct reader reader = reader_of(message, len);
    return dns_answer_decode(&reader, 77, name, strlen(name), answer);
}

static status_t decode(const char *name, struct dns_answer *answer)
{
    return decode_len(name, out.at, answer);
}

TEST(host_names_are_checked_at_their_limits)
{
    char label[66], name[256];
    memset(label, 'a', sizeof label);
    EXPECT(dns_name_is_valid(label, 63));
    EXPECT(!dns_name_is_valid(label, 64));
    EXPECT(dns_name_is_valid("a.b-c.d_1.", 10));
    EXPECT(!dns_name_is_valid("", 0));
    EXPECT(!dns_name_is_valid(".", 1));
    EXPECT(!dns_name_is_valid("a..b", 4));
    EXPECT(!dns_name_is_valid("a b", 3));
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i % 2 ? '.' : 'a';
    EXPECT(dns_name_is_valid(name, 253));
    EXPECT(dns_name_is_valid(name, 254)); /* A dot at the end is not counted. */
    EXPECT(!dns_name_is_valid(name, 255));
    uint8_t question[DNS_QUESTION_MAX];
    EXPECT_EQ(dns_question_encode(question, 1, name, 253), 12 + 255 + 4);
}

TEST(a_question_is_what_a_server_expects)
{
    static const uint8_t expected[] = { 0, 77, 1,   0, 0,   1,   0, 0, 0, 0, 0,
                                        0, 1,  'a', 2, 'b', 'c', 0, 0, 1, 0, 1 };
    uint8_t question[DNS_QUESTION_MAX];
    EXPECT_EQ(dns_question_encode(question, 77, "A.bc", 4), sizeof expected);
    EXPECT_MEM(question, expected, sizeof expected);
}

TEST(addresses_are_read_with_the_least_of_their_times)
{
    struct dns_answer answer;
    answer_begin("WWW.example.ORG", 0x8180, 3);
    address_put(NULL, 0x01020304, 300);
    address_put("other.org", 0x05050505, 1); /* Of somebody else: not ours. */
    address_put(NULL, 0x01020305, 200);
    REQUIRE(decode("www.example.org", &answer) == STATUS_OK);
    EXPECT_EQ(answer.status, STATUS_OK);
    EXPECT_EQ(answer.address_count, 2);
    EXPECT_EQ(answer.ipv4[0], 0x01020304);
    EXPECT_EQ(answer.ipv4[1], 0x01020305);
    EXPECT_EQ(answer.ttl_s, 200);
}

TEST(aliases_are_followed_in_any_order)
{
    struct dns_answer answer;
    answer_begin("a", 0x8180, 3);
    address_put("c.x", 0x0a0a0a0a, 50);
    alias_put("b.x", "c.x", 40);
    alias_put(NULL, "b.x", 60);
    REQUIRE(decode("a", &answer) == STATUS_OK);
    EXPECT_EQ(answer.address_count, 1);
    EXPECT_EQ(answer.ttl_s, 40);
}

/* A loop of aliases must end. */
TEST(aliases_that_lead_in_a_circle_are_refused)
{
    struct dns_answer answer;
    answer_begin("a", 0x8180, 2);
    alias_put(NULL, "b", 60);
    alias_put("b", "a", 60);
    EXPECT_EQ(decode("a", &answer), STATUS_CORRUPT);
}

TEST(pointers_that_do_not_lead_back_are_refused)
{
    struct dns_answer answer;
    answer_begin("a", 0x8180, 1);
    writer_be16(&out, (uint16_t)(0xc000 | out.at)); /* To itself. */
    for (int i = 0; i < 5; i++)
        writer_be16(&out, 0xc00c);
    EXPECT_EQ(decode("a", &answer), STATUS_CORRUPT);
    answer_begin("a", 0x8180, 1);
    writer_be16(&out, 0xc0ff); /* Behind. */
    for (int i = 0; i < 200; i++)
        writer_u8(&out, 0);
    EXPECT_EQ(decode("a", &answer), STATUS_CORRUPT);
}

TEST(codes_of_the_server_become_statuses)
{
    struct dns_answer answer;
    answer_begin("a", 0x8183, 0);
    REQUIRE(decode("a", &answer) == STATUS_OK);
    EXPECT_EQ(answer.status, STATUS_NOT_FOUND);
    answer_begin("a", 0x8182, 0);
    REQUIRE(decode("a", &answer) == STATUS_OK);
    EXPECT_EQ(answer.status, STATUS_IO);
    answer_begin("a", 0x8180, 0); /* The name is there, but has no address. */
    REQUIRE(decode("a", &answer) == STATUS_OK);
    EXPECT_EQ(answer.status, STATUS_NOT_FOUND);
    answer_begin("a", 0x8380, 0); /* Truncated before the first. */
    REQUIRE(decode("a", &answer) == STATUS_OK);
    EXPECT_EQ(answer.status, STATUS_IO);
}

TEST(an_answer_to_another_question_is_refused)
{
    struct dns_answer answer;
    answer_begin("a", 0x8180, 1);
    address_put(NULL, 1, 1);
    EXPECT_EQ(decode("b", &answer), STATUS_CORRUPT);
    message[1] ^= 1; /* The id. */
    EXPECT_EQ(decode("a", &answer), STATUS_CORRUPT);
    message[1] ^= 1;
    message[2] ^= 0x80; /* A question, not an answer. */
    EXPECT_EQ(decode("a", &answer), STATUS_CORRUPT);
}

TEST(every_cut_of_an_answer_is_refused)
{
    struct dns_answer answer;
    answer_begin("www.example.org", 0x8180, 2);
    alias_put(NULL, "x.org", 60);
    address_put("x.org", 7, 60);
    EXPECT_EQ(decode("www.example.org", &answer), STATUS_OK);
    for (size_t len = 0; len < out.at; len++)
        EXPECT_EQ(decode_len("www.example.org", len, &answer), STATUS_CORRUPT);
}

TEST(more_addresses_than_fit_are_left_out)
{
    struct dns_answer answer;
    answer_begin("a", 0x8180, NET_DNS_ADDRESSES + 3);
    for (uint32_t i = 0; i < NET_DNS_ADDRESSES + 3; i++)
        address_put(NULL, i, 60);
    REQUIRE(decode("a", &answer) == STATUS_OK);
    EXPECT_EQ(answer.address_count, NET_DNS_ADDRESSES);
}
