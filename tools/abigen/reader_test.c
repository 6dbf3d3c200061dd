/* Each way in which a table can be wrong, and the sentence with which the reader refuses it. */
#include "tests/unit.h"
#include "tools/abigen/sample/complaint.h"

static const char statuses[] = "status 0 OK 0 Success.\n"
                               "status 1 BAD_HANDLE EBADF No such handle.\n"
                               "status 2 IO EIO The device failed.\n";
static const char objects[] = "object 1 file version 1\n"
                              "    right READ\n"
                              "    right SEAL 16\n"
                              "    doc A file.\n"
                              "object 3 tty version 2\n"
                              "    right READ\n"
                              "    right SEAL 17\n";

static const char *call_complaint(const char *call_tab)
{
    return complaint((struct tables){ statuses, objects, call_tab, NULL });
}

static const char *status_complaint(const char *status_tab)
{
    return complaint((struct tables){ .statuses = status_tab });
}

static const char *object_complaint(const char *object_tab)
{
    return complaint((struct tables){ statuses, object_tab, NULL, NULL });
}

TEST(reader_takes_good_tables)
{
    EXPECT_STR(call_complaint("call 0 a\n    in f handle FILE|TTY +READ\n    doc A.\n"), "");
    EXPECT_STR(call_complaint("call 511 a\n    doc A.\n"), "");
    EXPECT_STR(object_complaint("object 63 a version 1\n"), "");
}

TEST(reader_refuses_bad_statuses)
{
    EXPECT_STR(status_complaint("status 0 OK 0 Yes.\nstatus 2 NO EIO No.\n"),
               "2: expected number 1");
    EXPECT_STR(status_complaint("status 0 OK 0 Yes.\nstatus 1 OK 0 No.\n"),
               "2: status OK is there already");
    EXPECT_STR(status_complaint("status 0 ok 0 Yes.\n"), "1: 'ok' is not a name in capitals");
    EXPECT_STR(status_complaint("status 0 OK 0\n"),
               "1: expected: status NUMBER NAME ERRNO SENTENCE");
    EXPECT_STR(status_complaint("status x OK 0 Yes.\n"), "1: 'x' is not a number");
}

TEST(reader_refuses_bad_kinds)
{
    EXPECT_STR(object_complaint("object 0 a version 1\n"), "1: an object's number is from 1 to 63");
    EXPECT_STR(object_complaint("object 64 a version 1\n"),
               "1: an object's number is from 1 to 63");
    EXPECT_STR(object_complaint("object 1 a version 1\nobject 1 b version 1\n"),
               "2: number 1 is a already");
    EXPECT_STR(object_complaint("object 1 a version 1\nobject 2 a version 1\n"),
               "2: object a is there already");
    EXPECT_STR(object_complaint("object 1 A version 1\n"), "1: 'A' is not a lower-case name");
    EXPECT_STR(object_complaint("    right READ\n"), "1: an indented line before the first object");
    EXPECT_STR(object_complaint("object 1 a version 1\n    left READ\n"),
               "2: expected right, struct or doc, not 'left'");
}

TEST(reader_refuses_bad_rights)
{
    EXPECT_STR(object_complaint("object 1 a version 1\n    right SING\n"),
               "2: SING is no general right; a right of a needs a bit");
    EXPECT_STR(object_complaint("object 1 a version 1\n    right READ 16\n"),
               "2: READ is a general right and has its bit");
    EXPECT_STR(object_complaint("object 1 a version 1\n    right SING 15\n"),
               "2: the bit of a kind's own right is from 16 to 31");
    EXPECT_STR(object_complaint("object 1 a version 1\n    right SING 32\n"),
               "2: the bit of a kind's own right is from 16 to 31");
    EXPECT_STR(object_complaint("object 1 a version 1\n    right SING 16\n    right HUM 16\n"),
               "3: bit 16 is SING already");
    EXPECT_STR(object_complaint("object 1 a version 1\n    right READ\n    right READ\n"),
               "3: right READ is there already");
}

TEST(reader_refuses_bad_call_lines)
{
    EXPECT_STR(call_complaint("call 1 a\n    doc A.\ncall 1 b\n    doc B.\n"),
               "3: number 1 is a already");
    EXPECT_STR(call_complaint("call 1 a\n    doc A.\ncall 2 a\n    doc B.\n"),
               "3: call a is there already");
    EXPECT_STR(call_complaint("call 512 a\n"), "1: a call's number is below 512");
    EXPECT_STR(call_complaint("call 1\n"), "1: expected: call NUMBER NAME");
    EXPECT_STR(call_complaint("    doc A.\n"), "1: an indented line before the first call");
    EXPECT_STR(call_complaint("cull 1 a\n"),
               "1: expected call, include or kernel_include, not 'cull'");
    EXPECT_STR(call_complaint("call 1 a\n    inn x u64\n"),
               "2: expected in, out, err, attr or doc, not 'inn'");
    EXPECT_STR(call_complaint("call 1 a\n    in x u64\n"), "1: call a has no doc");
    EXPECT_STR(call_complaint("call 1 a\n    err NOPE\n"), "2: 'NOPE' is no status of failure");
    EXPECT_STR(call_complaint("call 1 a\n    err OK\n"), "2: 'OK' is no status of failure");
    EXPECT_STR(call_complaint("call 1 a\n    err IO IO\n"), "2: 'IO' is there already");
    EXPECT_STR(call_complaint("call 1 a\n    attr quick\n"), "2: unknown attribute 'quick'");
    EXPECT_STR(call_complaint("call 1 a\n    attr blocking noblock\n"),
               "2: a call is blocking or noblock, not both");
    EXPECT_STR(call_complaint("call 1 a\n    attr signals\n"),
               "2: signals end the waits of a call that is blocking");
    EXPECT_STR(call_complaint("call 1 a\n    attr blocking norestart\n"),
               "2: norestart is about calls that signals interrupt");
    EXPECT_STR(call_complaint("call 1 a\n    attr noblock patient\n"),
               "2: a patient call is neither raw nor noblock");
    EXPECT_STR(call_complaint("include port.h\n"), "1: expected: include <HEADER> or \"HEADER\"");
}

TEST(reader_refuses_bad_arguments)
{
    EXPECT_STR(call_complaint("call 1 a\n    in x\n"), "2: the type is missing");
    EXPECT_STR(call_complaint("call 1 a\n    in\n"), "2: a name is missing");
    EXPECT_STR(call_complaint("call 1 a\n    in x u65\n"), "2: unknown type 'u65'");
    EXPECT_STR(call_complaint("call 1 a\n    in int u64\n"), "2: 'int' cannot be used as a name");
    EXPECT_STR(call_complaint("call 1 a\n    in x8 u64\n"), "2: 'x8' cannot be used as a name");
    EXPECT_STR(call_complaint("call 1 a\n    in x u64\n    in x u64\n"), "3: 'x' is there already");
    EXPECT_STR(call_complaint("call 1 a\n    in f handle\n"),
               "2: the kind of the handle is missing");
    EXPECT_STR(call_complaint("call 1 a\n    in f handle FLIE\n"), "2: unknown kind 'FLIE'");
    EXPECT_STR(call_complaint("call 1 a\n    in f handle FILE +WRITE\n"),
               "2: file has no right 'WRITE'");
    EXPECT_STR(call_complaint("call 1 a\n    in f handle FILE|TTY +SEAL\n"),
               "2: right 'SEAL' is not one bit for all these kinds");
    EXPECT_STR(call_complaint("call 1 a\n    in f handle ANY +SEAL\n"),
               "2: 'SEAL' is not a right of every kind");
    EXPECT_STR(call_complaint("call 1 a\n    in f handle FILE +READ +READ\n"),
               "2: right 'READ' is there already");
    EXPECT_STR(call_complaint("call 1 a\n    in f handle FILE often\n"),
               "2: 'often' is not expected here");
    EXPECT_STR(call_complaint("call 1 a\n    in f capability FILE +WRITE\n"),
               "2: file has no right 'WRITE'");
    EXPECT_STR(call_complaint(
                   "call 1 a\n    in f borrowed FILE\n    in g handle FILE\n    doc D.\n"),
               "3: what is borrowed is the one handle of its call, and not optional");
    EXPECT_STR(call_complaint("call 1 a\n    in f borrowed FILE optional\n    doc D.\n"),
               "2: what is borrowed is the one handle of its call, and not optional");
    EXPECT_STR(call_complaint("call 1 a\n    in f flags f\n"),
               "2: flags need their bits: mask BITS");
    EXPECT_STR(call_complaint("call 1 a\n    in s string n\n    in n size\n"),
               "2: a string needs a bound: max N");
    EXPECT_STR(call_complaint("call 1 a\n    in b user_in n\n    doc A.\n"),
               "2: length argument 'n' is missing");
    EXPECT_STR(call_complaint("call 1 a\n    in b user_in n\n    in n u64\n    doc A.\n"),
               "2: length argument 'n' is not a size");
}

TEST(reader_refuses_what_the_registers_cannot_hold)
{
    char table[1024] = "call 1 a\n";
    for (int i = 0; i < 8; i++)
        snprintf(table + strlen(table), sizeof table - strlen(table), "    in a%c u64\n", 'a' + i);
    strcat(table, "    doc A.\n");
    EXPECT_STR(call_complaint(table), "");
    strcat(table, "    in ai u64\n");
    EXPECT_STR(call_complaint(table), "11: more than 8 arguments");

    snprintf(table, sizeof table, "call 1 a\n    doc A.\n");
    for (int i = 0; i < 7; i++)
        snprintf(table + strlen(table), sizeof table - strlen(table), "    out a%c u64\n", 'a' + i);
    EXPECT_STR(call_complaint(table), "");
    strcat(table, "    out ah u64\n");
    EXPECT_STR(call_complaint(table), "10: more than 7 results");
}

TEST(reader_refuses_bad_results)
{
    EXPECT_STR(call_complaint("call 1 a\n    out b user_out n\n"),
               "2: a result cannot be 'user_out'");
    EXPECT_STR(call_complaint("call 1 a\n    out b capability FILE\n"),
               "2: a result cannot be 'capability'");
    EXPECT_STR(call_complaint("call 1 a\n    out b slot\n"), "2: a result cannot be 'slot'");
    EXPECT_STR(call_complaint("call 1 a\n    out b u64\n    out b u64\n"),
               "3: 'b' is there already");
    EXPECT_STR(call_complaint("call 1 a\n    out b u64\n    attr noreturn\n    doc A.\n"),
               "1: call a does not return, so it has no result");
    EXPECT_STR(call_complaint("call 1 a\n    in b handle FILE\n    attr noreturn\n    doc A.\n"),
               "2: a call that does not return cannot give back a handle's reference");
}

/* The checks of the entry may answer with these, so the manual must list them. */
TEST(reader_adds_the_statuses_that_the_checks_imply)
{
    static struct contract contract;
    tables_read((struct tables){ statuses, objects,
                                 "call 4 a\n    in f handle FILE +READ +SEAL optional\n"
                                 "    doc A\n    doc b.\n",
                                 NULL },
                &contract, NULL);
    const struct call *call = &contract.calls[4];
    EXPECT_EQ(contract.call_limit, 5);
    EXPECT_EQ(call->errors[1], true);
    EXPECT_EQ(call->errors[2], false);
    EXPECT_STR(call->doc, "A b.");
    EXPECT_EQ(call->arguments[0].kinds, 2);
    EXPECT_EQ(call->arguments[0].rights_bits, 0x10001);
    EXPECT_STR(call->arguments[0].rights_text, "RIGHT_READ | RIGHT_FILE_SEAL");
    EXPECT_EQ(call->arguments[0].optional, true);
}
