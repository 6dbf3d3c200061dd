/* Protocols: what the reader refuses, and where fields come to lie. */
#include "tests/unit.h"
#include "tools/abigen/sample/complaint.h"

static const char objects[] = "object 1 file version 1\n    right READ\n    doc A file.\n";

static const char *protocol_complaint(const char *idl)
{
    return complaint((struct tables){ .objects = objects, .protocol = idl });
}

TEST(protocol_takes_a_good_file)
{
    EXPECT_STR(protocol_complaint("protocol p version 1\ncall 1 a\n    in f handle FILE +READ\n"
                                  "    doc A.\nsend 2 b\n    doc B.\n"),
               "");
}

TEST(protocol_refuses_bad_heads)
{
    EXPECT_STR(protocol_complaint("protocol p\n"), "1: expected: protocol NAME version NUMBER");
    EXPECT_STR(protocol_complaint("protocol p version 0\n"), "1: a version is from 1 to 65535");
    EXPECT_STR(protocol_complaint("protocol p version 1\nprotocol q version 1\n"),
               "2: a file has one protocol");
    EXPECT_STR(protocol_complaint("call 1 a\n"), "1: the protocol is not named yet");
    EXPECT_STR(protocol_complaint("protocol p version 1\n"), "1: a protocol without calls");
    EXPECT_STR(protocol_complaint("protokol p version 1\n"),
               "1: expected protocol, call or send, not 'protokol'");
    EXPECT_STR(protocol_complaint("protocol p version 1\n    doc A.\n"),
               "2: an indented line before the first call");
}

#define HEAD "protocol p version 1\n"

TEST(protocol_refuses_bad_calls)
{
    EXPECT_STR(protocol_complaint(HEAD "call 0 a\n"), "2: a call's number is from 1 on");
    EXPECT_STR(protocol_complaint(HEAD "call 1\n"), "2: expected: call NUMBER NAME");
    EXPECT_STR(protocol_complaint(HEAD "call 1 a\n    doc A.\ncall 1 b\n"),
               "4: number or name is that of call a");
    EXPECT_STR(protocol_complaint(HEAD "call 1 a\n    doc A.\nsend 2 a\n"),
               "4: number or name is that of call a");
    EXPECT_STR(protocol_complaint(HEAD "call 1 a\n"), "2: call a has no doc");
    EXPECT_STR(protocol_complaint(HEAD "send 1 a\n    out b u8\n"),
               "3: a message that wants no answer has no out");
    EXPECT_STR(protocol_complaint(HEAD "call 1 a\n    inn b u8\n"),
               "3: expected in, out or doc, not 'inn'");
}

#define CALL HEAD "call 1 a\n"

TEST(protocol_refuses_bad_fields)
{
    EXPECT_STR(protocol_complaint(CALL "    in b\n"), "3: the type is missing");
    EXPECT_STR(protocol_complaint(CALL "    in b u9\n"), "3: unknown type 'u9'");
    EXPECT_STR(protocol_complaint(CALL "    in b u8\n    in b u8\n"), "4: 'b' is there already");
    EXPECT_STR(protocol_complaint(CALL "    in b_len u8\n"), "3: 'b_len' cannot be used as a name");
    EXPECT_STR(protocol_complaint(CALL "    in header u8\n"),
               "3: 'header' cannot be used as a name");
    EXPECT_STR(protocol_complaint(CALL "    in b bytes\n"), "3: a number is missing");
    EXPECT_STR(protocol_complaint(CALL "    in b bytes 0\n"),
               "3: a size from 1 to 4096 is expected");
    EXPECT_STR(protocol_complaint(CALL "    in b text 4097\n"),
               "3: a size from 1 to 4096 is expected");
    EXPECT_STR(protocol_complaint(CALL "    in b bytes 4 5\n"), "3: '5' is not expected here");
    EXPECT_STR(protocol_complaint(CALL "    in b bytes 4096\n    doc A.\n"),
               "2: a message of call a is longer than 4096 bytes");
    EXPECT_STR(protocol_complaint(CALL "    in b tail\n"), "3: a tail needs a bound: max N");
    EXPECT_STR(protocol_complaint(CALL "    in b tail max 9\n    in c u8\n"),
               "4: the tail is the last field");
    EXPECT_STR(protocol_complaint(CALL "    in b flags b\n"),
               "3: flags need their bits: mask BITS");
    EXPECT_STR(protocol_complaint(CALL "    in b handle FLIE\n"), "3: unknown kind 'FLIE'");
    EXPECT_STR(protocol_complaint(CALL "    in b handle FILE +MAP\n"),
               "3: file has no right 'MAP'");
}

TEST(protocol_refuses_more_handles_than_a_message_carries)
{
    char idl[1024] = CALL;
    for (int i = 0; i < 16; i++)
        snprintf(idl + strlen(idl), sizeof idl - strlen(idl), "    in h%c handle ANY\n", 'a' + i);
    strcat(idl, "    doc A.\n");
    EXPECT_STR(protocol_complaint(idl), "");
    strcat(idl, "    in hz handle ANY\n");
    EXPECT_STR(protocol_complaint(idl), "20: more than 16 handles");
}

/* The layout is the contract: two builds of the generator must agree on it. */
TEST(protocol_lays_fields_out_in_order_with_explicit_padding)
{
    static struct contract contract;
    static struct protocol protocol;
    tables_read((struct tables){ .objects = objects,
                                 .protocol = CALL "    in b u8\n    in c u32\n    in d text 3\n"
                                                  "    in e u64\n    in f tail max 9\n"
                                                  "    out g u16\n    doc A.\n" },
                &contract, &protocol);
    static const struct {
        const char *name;
        int offset, size;
    } expected[] = {
        { "b", 8, 1 },      { "padding_9", 9, 3 }, { "c", 12, 4 },
        { "d_len", 16, 2 }, { "d", 18, 3 },        { "padding_21", 21, 3 },
        { "e", 24, 8 },     { "f_len", 32, 4 },    { "padding_36", 36, 4 },
    };
    const struct message *request = &protocol.calls[0].request;
    REQUIRE(request->member_count == 9);
    for (int i = 0; i < 9; i++) {
        EXPECT_STR(request->members[i].name, expected[i].name);
        EXPECT_EQ(request->members[i].offset, expected[i].offset);
        EXPECT_EQ(request->members[i].size, expected[i].size);
    }
    EXPECT_EQ(request->size, 40);
    EXPECT_EQ(protocol.calls[0].reply.size, 8);
}
