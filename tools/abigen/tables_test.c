/* The tables generated from sample/: what the trace decoder, the test of the rights matrix and the
 * fuzzer read. They must say what the table of calls says, and agree with each other. */
#include <abi/syscall_grammar.h>
#include <abi/syscall_info.h>
#include <abi/syscall_rights.h>

#include "tests/unit.h"

enum { RIGHTS_ROWS = sizeof syscall_rights / sizeof syscall_rights[0] };

TEST(objects_have_numbers_versions_and_rights)
{
    EXPECT_EQ(OBJECT_FILE, 6);
    EXPECT_EQ(OBJECT_KIND_LIMIT, 11);
    EXPECT_EQ(RIGHT_CONTROL, 0x100);
    EXPECT_EQ(RIGHT_LISTENER_ACCEPT, 0x10000);
    EXPECT_EQ(RIGHTS_LISTENER, RIGHT_READ | RIGHT_WRITE | RIGHT_LISTENER_ACCEPT);
    EXPECT_EQ(OBJECT_BITS_ALL & OBJECT_BIT(OBJECT_NONE), 0);
    EXPECT(OBJECT_BITS_ALL & OBJECT_BIT(OBJECT_CHANNEL));
    int versions = 0, kinds = 0;
#define COUNT(KIND, name, version, rights) kinds++, versions += version;
    OBJECT_TABLE(COUNT)
    EXPECT_EQ(kinds, 6);
    EXPECT_EQ(versions, 7);
}

TEST(info_names_registers_in_order)
{
    const struct syscall_info *info = &syscall_info[SYSCALL_file_move];
    EXPECT_STR(info->name, "file_move");
    EXPECT_EQ(info->argument_count, 5);
    EXPECT_EQ(info->result_count, 0);
    EXPECT_STR(info->arguments[1].name, "name");
    EXPECT_EQ(info->arguments[1].type, SYSCALL_TYPE_STRING);
    EXPECT_EQ(info->arguments[1].len_index, 2);
    EXPECT_EQ(info->arguments[1].is_counted, 0);
    EXPECT_EQ(syscall_info[SYSCALL_poll].arguments[3].is_counted, 1);
    EXPECT_STR(syscall_info[SYSCALL_poll].results[1].name, "balance");
    EXPECT(syscall_info[5].name == NULL);
}

TEST(rights_have_a_row_for_each_handle_argument)
{
    int handles = 0;
    for (int i = 0; i < SYSCALL_COUNT; i++)
        for (int j = 0; j < syscall_info[i].argument_count; j++)
            handles += syscall_info[i].arguments[j].type == SYSCALL_TYPE_HANDLE;
    EXPECT_EQ(handles, 11);
    EXPECT_EQ(RIGHTS_ROWS, handles - 1); /* A slot needs neither kind nor rights. */
}

TEST(rights_and_grammar_agree)
{
    for (int i = 0; i < RIGHTS_ROWS; i++) {
        const struct syscall_rights *row = &syscall_rights[i];
        const struct syscall_argument_grammar *argument =
            &syscall_grammar[row->call].arguments[row->index];
        EXPECT_EQ(argument->type, SYSCALL_TYPE_HANDLE);
        EXPECT_EQ(argument->kinds, row->kinds);
        EXPECT_EQ(argument->rights, row->rights);
        EXPECT_EQ(argument->optional, row->optional);
    }
}

TEST(grammar_tells_bounds_masks_and_sizes)
{
    const struct syscall_grammar *move = &syscall_grammar[SYSCALL_file_move];
    EXPECT_EQ(move->arguments[1].len_max, 255);
    EXPECT_EQ(move->arguments[1].element_size, 1);
    EXPECT_EQ(move->arguments[4].mask, 3);
    EXPECT_EQ(move->arguments[3].optional, true);
    const struct syscall_grammar *poll = &syscall_grammar[SYSCALL_poll];
    EXPECT_EQ(poll->arguments[1].element_size, 16);
    EXPECT_EQ(poll->arguments[1].len_max, 64);
    EXPECT_EQ(poll->arguments[3].element_size, 8);
    EXPECT_EQ(poll->arguments[6].element_size, 24);
    EXPECT_EQ(poll->is_blocking, true);
    EXPECT_EQ(syscall_grammar[SYSCALL_accept].results_are_handles, 1);
    EXPECT_EQ(syscall_grammar[SYSCALL_exit].is_noreturn, true);
    EXPECT_EQ(syscall_grammar[SYSCALL_channel_call].is_raw, true);
}

/* The file has this line, whole. */
static bool file_has_line(const char *path, const char *wanted)
{
    char line[512];
    bool found = false;
    FILE *file = fopen(path, "r");
    REQUIRE(file != NULL);
    while (!found && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = 0;
        found = strcmp(line, wanted) == 0;
    }
    fclose(file);
    return found;
}

TEST(golden_shows_what_a_caller_depends_on)
{
    const char *golden = "build/gen/sample/abi.golden";
    EXPECT(file_has_line(golden, "status 3 NO_RIGHT EACCES"));
    EXPECT(file_has_line(golden, "right * CONTROL bit 8"));
    EXPECT(file_has_line(golden, "object 9 listener version 2"));
    EXPECT(file_has_line(golden, "right listener ACCEPT bit 16"));
    EXPECT(file_has_line(golden, "call 7 channel_call blocking raw"));
    EXPECT(file_has_line(golden, "call 6 poll blocking signals norestart"));
    EXPECT(file_has_line(golden, "in poll x0 thread handle PROCESS|THREAD +WAIT +INSPECT"));
    EXPECT(file_has_line(golden, "in file_move x4 flags flags move mask 0x3"));
    EXPECT(file_has_line(golden, "out poll x2 balance i64"));
    EXPECT(file_has_line(golden, "err poll TOO_BIG"));
    EXPECT(!file_has_line(golden, "err null INVALID"));
}

TEST(golden_shows_where_members_lie)
{
    const char *golden = "build/gen/sample/ipc.golden";
    EXPECT(file_has_line(golden, "protocol sample version 3"));
    EXPECT(file_has_line(golden, "call sample 5 lookup"));
    EXPECT(file_has_line(golden, "send sample 9 notice"));
    EXPECT(file_has_line(golden, "message sample every_type request size 80"));
    EXPECT(file_has_line(golden, "member sample every_type request name at 64 size 11"));
    EXPECT(file_has_line(golden, "member sample every_type request options mask 0x5"));
    EXPECT(file_has_line(golden, "tail sample lookup reply target max 200"));
    EXPECT(
        file_has_line(golden, "handle sample every_type request 0 gate handle LISTENER +ACCEPT"));
}

TEST(manual_escapes_bars_in_tables)
{
    const char *manual = "build/gen/sample/syscalls.md";
    EXPECT(file_has_line(manual, "| x0 | `thread` | handle PROCESS\\|THREAD +WAIT +INSPECT |"));
    EXPECT(file_has_line(manual, "| out x3 | `ready` | bool |"));
    EXPECT(file_has_line(manual, "Number 9. Does not return."));
}

TEST(manual_of_a_protocol_lists_both_directions)
{
    const char *manual = "build/gen/sample/ipc.md";
    EXPECT(file_has_line(manual, "# Protocol sample, version 3"));
    EXPECT(file_has_line(manual, "Operation 5. Request of 16 bytes, answer of 8, and the tail."));
    EXPECT(file_has_line(manual, "Operation 9, without an answer. Request of 16 bytes."));
    EXPECT(file_has_line(manual, "| in | `options` | flags mask 0x5 |"));
    EXPECT(file_has_line(manual, "| in | `source` | handle FILE\\|DIRECTORY +READ |"));
    EXPECT(file_has_line(manual, "| out | `label` | text, at most 4 bytes |"));
}
