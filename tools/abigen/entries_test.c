/* The entries generated from sample/syscalls.tab, run against a kernel of a few variables: which
 * checks come in which order, that no failure leaks a reference, that results come out only on OK. */
#include <kernel_gen/syscall_handlers.h>

#include "tests/unit.h"
#include "tools/abigen/sample/sample_abi.h"
#include "tools/abigen/sample/sample_kernel.h"

enum { SLOTS = 8, USER_END = 0x10000 };

/* A handle is an index into this; 0 is none. */
static struct slot {
    struct object object;
    enum object_kind kind;
    rights_t rights;
} slots[SLOTS];

static struct process process;
static struct thread thread = { &process };
static struct trap_frame frame;
static const struct trap_frame empty_frame;

/* What the last handler saw. */
static int handler_calls;
static struct object *seen_objects[2];
static size_t seen_lens[4];
static uint64_t seen_numbers[3];
static status_t handler_answer;
static int open_epochs;

status_t handle_resolve(struct handle_table *table, handle_t handle, enum object_kind kind,
                        rights_t need, struct object **out_object)
{
    EXPECT(table == &process.handles);
    if (handle.raw == 0 || handle.raw >= SLOTS || slots[handle.raw].kind == OBJECT_NONE)
        return STATUS_BAD_HANDLE;
    if (kind != OBJECT_NONE && kind != slots[handle.raw].kind)
        return STATUS_WRONG_KIND;
    if ((slots[handle.raw].rights & need) != need)
        return STATUS_NO_RIGHT;
    slots[handle.raw].object.refs++;
    *out_object = &slots[handle.raw].object;
    return STATUS_OK;
}

enum object_kind object_kind(const struct object *object)
{
    return object->kind;
}

status_t handle_copy(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability)
{
    status_t status = handle_resolve(table, handle, OBJECT_NONE, need, &out_capability->object);
    if (status == STATUS_OK)
        out_capability->rights = slots[handle.raw].rights;
    return status;
}

/* Inside an epoch there is no reference. */
status_t capability_borrow(struct handle_table *table, handle_t handle, enum object_kind kind,
                           rights_t need, struct capability *out_capability)
{
    status_t status = handle_resolve(table, handle, kind, need, &out_capability->object);
    if (status != STATUS_OK)
        return status;
    object_unref(out_capability->object);
    out_capability->rights = slots[handle.raw].rights;
    open_epochs++;
    return STATUS_OK;
}

void epoch_end(void)
{
    open_epochs--;
}

void capability_drop(struct capability *capability)
{
    object_unref(capability->object);
    capability->object = NULL;
}

void object_unref(struct object *object)
{
    EXPECT(object->refs > 0);
    object->refs--;
}

bool user_range_ok(uaddr_t address, size_t len)
{
    return address.raw <= USER_END && len <= USER_END - address.raw;
}

status_t syscall_null(struct thread *caller)
{
    handler_calls++;
    return handler_answer;
}

status_t syscall_file_read(struct thread *caller, struct file *file, struct user_out dst,
                           uint64_t offset, size_t *out_actual)
{
    EXPECT(caller == &thread);
    handler_calls++;
    seen_objects[0] = (struct object *)file;
    seen_lens[0] = dst.len;
    seen_numbers[0] = dst.address.raw;
    seen_numbers[1] = offset;
    *out_actual = 77;
    return handler_answer;
}

status_t syscall_file_move(struct thread *caller, struct directory *from, struct user_in name,
                           struct directory *to, uint32_t flags)
{
    handler_calls++;
    seen_objects[0] = (struct object *)from;
    seen_objects[1] = (struct object *)to;
    seen_lens[0] = name.len;
    seen_numbers[0] = flags;
    return handler_answer;
}

status_t syscall_handle_copy(struct thread *caller, struct object *source, rights_t rights,
                             bool close, handle_t *out_copy, uint32_t *out_left)
{
    handler_calls++;
    seen_numbers[0] = rights;
    seen_numbers[1] = close;
    *out_copy = (handle_t){ 0x500000003 };
    *out_left = 9;
    return handler_answer;
}

status_t syscall_poll(struct thread *caller, struct object *object, struct user_out items,
                      struct user_in masks, struct user_in limits, struct user_out state,
                      time_ns_t deadline, time_ns_t *out_when, int64_t *out_balance,
                      bool *out_ready)
{
    handler_calls++;
    seen_lens[0] = items.len;
    seen_lens[1] = masks.len;
    seen_lens[2] = limits.len;
    seen_lens[3] = state.len;
    seen_numbers[0] = deadline;
    *out_when = 5;
    *out_balance = -5;
    *out_ready = true;
    return handler_answer;
}

status_t syscall_channel_call(struct thread *caller, struct trap_frame *at)
{
    handler_calls++;
    at->x[1] = at->x[1] + 1;
    return handler_answer;
}

status_t syscall_map(struct thread *caller, struct capability *memory, struct capability *place,
                     uint32_t flags, uint64_t *out_address)
{
    handler_calls++;
    seen_objects[0] = memory->object;
    seen_objects[1] = place == NULL ? NULL : place->object;
    seen_numbers[0] = memory->rights;
    *out_address = 0x4000;
    return handler_answer;
}

status_t syscall_look(struct thread *caller, const struct capability *place, struct user_in name,
                      uint64_t *out_size)
{
    handler_calls++;
    seen_objects[0] = place->object;
    seen_numbers[0] = place->rights;
    seen_lens[0] = name.len;
    EXPECT_EQ(open_epochs, 1);
    epoch_end();
    *out_size = 33;
    return handler_answer;
}

status_t syscall_close(struct thread *caller, handle_t handle)
{
    handler_calls++;
    seen_numbers[0] = handle.raw;
    return handler_answer;
}

status_t syscall_registers(struct thread *caller, struct trap_frame *at)
{
    return handler_answer;
}

status_t syscall_accept(struct thread *caller, struct listener *listener, uint32_t backlog,
                        int64_t bias, handle_t *out_stream)
{
    handler_calls++;
    seen_numbers[0] = backlog;
    seen_numbers[1] = (uint64_t)bias;
    return handler_answer;
}

_Noreturn void syscall_exit(struct thread *caller, uint64_t code)
{
    handler_calls++;
    seen_numbers[0] = code;
    longjmp(unit_panic_jump, 1);
}

static void begin(void)
{
    memset(slots, 0, sizeof slots);
    slots[1] = (struct slot){ { 1, OBJECT_FILE }, OBJECT_FILE, RIGHT_READ };
    slots[2] =
        (struct slot){ { 1, OBJECT_DIRECTORY }, OBJECT_DIRECTORY, RIGHT_WRITE | RIGHT_DUPLICATE };
    slots[3] = (struct slot){ { 1, OBJECT_DIRECTORY }, OBJECT_DIRECTORY, RIGHT_READ };
    slots[4] = (struct slot){ { 1, OBJECT_PROCESS }, OBJECT_PROCESS, RIGHT_WAIT | RIGHT_INSPECT };
    slots[5] = (struct slot){ { 1, OBJECT_LISTENER }, OBJECT_LISTENER, RIGHT_LISTENER_ACCEPT };
    frame = empty_frame;
    handler_answer = STATUS_OK;
    handler_calls = 0;
    memset(seen_objects, 0, sizeof seen_objects);
}

/* Make the call and see that every reference it took was given back. */
static status_t enter(enum syscall_number number)
{
    status_t answer = syscall_entries[number](&thread, &frame);
    for (int i = 1; i < SLOTS; i++)
        EXPECT_EQ(slots[i].object.refs, slots[i].kind == OBJECT_NONE ? 0 : 1);
    EXPECT_EQ(open_epochs, 0);
    return answer;
}

TEST(entry_gives_the_handler_objects_buffers_and_numbers)
{
    begin();
    frame.x[0] = 1;
    frame.x[1] = 0x1000;
    frame.x[2] = 0x20;
    frame.x[3] = 1ull << 40;
    EXPECT_EQ(enter(SYSCALL_file_read), STATUS_OK);
    EXPECT(seen_objects[0] == &slots[1].object);
    EXPECT_EQ(seen_numbers[0], 0x1000);
    EXPECT_EQ(seen_lens[0], 0x20);
    EXPECT_EQ(seen_numbers[1], 1ull << 40);
    EXPECT_EQ(frame.x[1], 77);
    EXPECT_EQ(frame.x[2], 0x20);
}

/* A caller that looks at its registers after a failure must find what it put there. */
TEST(entry_writes_results_only_on_ok)
{
    begin();
    handler_answer = STATUS_IO;
    frame.x[0] = 1;
    frame.x[1] = 0x1000;
    EXPECT_EQ(enter(SYSCALL_file_read), STATUS_IO);
    EXPECT_EQ(handler_calls, 1);
    EXPECT_EQ(frame.x[1], 0x1000);
}

TEST(entry_refuses_bad_handles_before_the_handler)
{
    begin();
    static const struct {
        uint64_t handle;
        status_t answer;
    } cases[] = { { 0, STATUS_BAD_HANDLE },
                  { 7, STATUS_BAD_HANDLE },
                  { 1, STATUS_WRONG_KIND },
                  { 3, STATUS_NO_RIGHT } };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        frame.x[0] = cases[i].handle;
        frame.x[2] = UINT64_MAX; /* A bad handle is told before anything else is looked at. */
        EXPECT_EQ(enter(SYSCALL_file_move), cases[i].answer);
        frame.x[0] = 2;
        frame.x[3] = cases[i].handle;
        EXPECT_EQ(enter(SYSCALL_file_move),
                  cases[i].handle == 0 ? STATUS_NAME_TOO_LONG : cases[i].answer);
        frame.x[3] = 0;
    }
    EXPECT_EQ(handler_calls, 0);
}

TEST(entry_takes_each_of_several_kinds)
{
    begin();
    frame.x[0] = 4; /* A process; the thread's kind is tried as well. */
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_OK);
    slots[4].kind = OBJECT_THREAD;
    frame = empty_frame;
    frame.x[0] = 4;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_OK);
    slots[4].rights = RIGHT_WAIT;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_NO_RIGHT);
    frame.x[0] = 1;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_WRONG_KIND);
    frame.x[0] = 7;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_BAD_HANDLE);
    EXPECT_EQ(handler_calls, 2);
}

TEST(entry_takes_any_kind)
{
    begin();
    frame.x[0] = 2;
    EXPECT_EQ(enter(SYSCALL_handle_copy), STATUS_OK);
    frame.x[0] = 1;
    EXPECT_EQ(enter(SYSCALL_handle_copy), STATUS_NO_RIGHT);
}

TEST(entry_gives_rights_with_a_capability)
{
    begin();
    frame.x[0] = 1;
    EXPECT_EQ(enter(SYSCALL_map), STATUS_OK);
    EXPECT(seen_objects[0] == &slots[1].object);
    EXPECT(seen_objects[1] == NULL);
    EXPECT_EQ(seen_numbers[0], RIGHT_READ);
    EXPECT_EQ(frame.x[1], 0x4000);
    frame.x[1] = 2;
    EXPECT_EQ(enter(SYSCALL_map), STATUS_OK);
    EXPECT(seen_objects[1] == &slots[2].object);
}

/* The epoch that a look-up began is over on every way out, and the handler has its rights. */
TEST(entry_lends_what_is_borrowed)
{
    begin();
    frame.x[0] = 3;
    frame.x[2] = 5;
    EXPECT_EQ(enter(SYSCALL_look), STATUS_OK);
    EXPECT(seen_objects[0] == &slots[3].object);
    EXPECT_EQ(seen_numbers[0], RIGHT_READ);
    EXPECT_EQ(seen_lens[0], 5);
    EXPECT_EQ(frame.x[1], 33);
    frame.x[1] = 0;
    handler_answer = STATUS_IO;
    EXPECT_EQ(enter(SYSCALL_look), STATUS_IO);
    EXPECT_EQ(frame.x[1], 0);
    EXPECT_EQ(handler_calls, 2);
    frame.x[2] = 9;
    EXPECT_EQ(enter(SYSCALL_look), STATUS_NAME_TOO_LONG);
    frame.x[2] = 8;
    frame.x[1] = USER_END;
    EXPECT_EQ(enter(SYSCALL_look), STATUS_BAD_ADDRESS);
    frame.x[0] = 2;
    EXPECT_EQ(enter(SYSCALL_look), STATUS_NO_RIGHT);
    frame.x[0] = 1;
    EXPECT_EQ(enter(SYSCALL_look), STATUS_WRONG_KIND);
    frame.x[0] = 7;
    EXPECT_EQ(enter(SYSCALL_look), STATUS_BAD_HANDLE);
    EXPECT_EQ(handler_calls, 2);
}

TEST(entry_refuses_bad_capabilities)
{
    begin();
    frame.x[0] = 7;
    EXPECT_EQ(enter(SYSCALL_map), STATUS_BAD_HANDLE);
    frame.x[0] = 4;
    EXPECT_EQ(enter(SYSCALL_map), STATUS_WRONG_KIND);
    frame.x[0] = 2;
    EXPECT_EQ(enter(SYSCALL_map), STATUS_NO_RIGHT);
    frame.x[0] = 1;
    frame.x[1] = 1;
    EXPECT_EQ(enter(SYSCALL_map), STATUS_WRONG_KIND);
    frame.x[1] = 2;
    frame.x[2] = 8;
    EXPECT_EQ(enter(SYSCALL_map), STATUS_INVALID);
    EXPECT_EQ(handler_calls, 0);
}

TEST(entry_leaves_a_slot_to_the_handler)
{
    begin();
    frame.x[0] = 0x700000007;
    EXPECT_EQ(enter(SYSCALL_close), STATUS_OK);
    EXPECT_EQ(seen_numbers[0], 0x700000007);
}

TEST(entry_gives_null_for_an_optional_handle)
{
    begin();
    frame.x[0] = 2;
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_OK);
    EXPECT(seen_objects[1] == NULL);
    frame.x[3] = 2; /* One object twice: two references, both given back. */
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_OK);
    EXPECT(seen_objects[1] == &slots[2].object);
}

TEST(entry_bounds_buffers)
{
    begin();
    frame.x[0] = 1;
    frame.x[1] = USER_END - 1;
    frame.x[2] = 1;
    EXPECT_EQ(enter(SYSCALL_file_read), STATUS_OK);
    frame.x[1] = USER_END - 1;
    frame.x[2] = 2;
    EXPECT_EQ(enter(SYSCALL_file_read), STATUS_BAD_ADDRESS);
    frame.x[0] = 2;
    frame.x[1] = 0;
    frame.x[2] = 255;
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_OK);
    frame.x[2] = 256;
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_NAME_TOO_LONG);
    frame.x[1] = USER_END;
    frame.x[2] = 1;
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_BAD_ADDRESS);
}

TEST(entry_multiplies_counts_without_overflow)
{
    begin();
    frame.x[0] = 4;
    frame.x[2] = 64;
    frame.x[4] = 2;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_OK);
    EXPECT_EQ(seen_lens[0], 64 * sizeof(struct sample_item));
    EXPECT_EQ(seen_lens[1], 16);
    EXPECT_EQ(seen_lens[3], sizeof(struct sample_limits));
    EXPECT_EQ(frame.x[1], 5);
    EXPECT_EQ(frame.x[2], -5);
    EXPECT_EQ(frame.x[3], 1);

    frame.x[1] = 0;
    frame.x[2] = 65;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_TOO_BIG);
    frame.x[2] = 0;
    frame.x[3] = 0;
    frame.x[4] = UINT64_MAX / 8 + 2; /* Times 8 is 8 in 64 bits. */
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_BAD_ADDRESS);
}

TEST(entry_lets_an_optional_structure_be_absent)
{
    begin();
    frame.x[0] = 4;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_OK);
    EXPECT_EQ(seen_lens[2], 0);
    frame = empty_frame;
    frame.x[0] = 4;
    frame.x[5] = 8;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_OK);
    EXPECT_EQ(seen_lens[2], sizeof(struct sample_limits));
    frame = empty_frame;
    frame.x[0] = 4;
    frame.x[5] = USER_END;
    EXPECT_EQ(enter(SYSCALL_poll), STATUS_BAD_ADDRESS);
}

TEST(entry_refuses_bits_that_mean_nothing)
{
    begin();
    frame.x[0] = 2;
    frame.x[4] = 3;
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_OK);
    frame.x[4] = 4;
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_INVALID);
    frame.x[4] = 1ull << 32;
    EXPECT_EQ(enter(SYSCALL_file_move), STATUS_INVALID);
    frame = empty_frame;
    frame.x[0] = 2;
    frame.x[1] = UINT32_MAX;
    frame.x[2] = 1;
    EXPECT_EQ(enter(SYSCALL_handle_copy), STATUS_OK);
    EXPECT_EQ(frame.x[1], 0x500000003);
    EXPECT_EQ(frame.x[2], 9);
    frame.x[1] = 1ull << 32;
    frame.x[2] = 1;
    EXPECT_EQ(enter(SYSCALL_handle_copy), STATUS_INVALID);
    frame.x[1] = 0;
    frame.x[2] = 2;
    EXPECT_EQ(enter(SYSCALL_handle_copy), STATUS_INVALID);
}

TEST(entry_takes_a_right_of_one_kind)
{
    begin();
    frame.x[0] = 5;
    frame.x[1] = 4;
    frame.x[2] = (uint64_t)-3;
    EXPECT_EQ(enter(SYSCALL_accept), STATUS_OK);
    EXPECT_EQ(seen_numbers[0], 4);
    EXPECT_EQ(seen_numbers[1], -3);
    slots[5].rights = RIGHT_READ | RIGHT_WRITE;
    frame.x[0] = 5;
    EXPECT_EQ(enter(SYSCALL_accept), STATUS_NO_RIGHT);
}

TEST(entry_of_a_gap_answers_bad_call)
{
    begin();
    EXPECT_EQ(enter((enum syscall_number)0), STATUS_BAD_CALL);
    EXPECT_EQ(enter((enum syscall_number)5), STATUS_BAD_CALL);
    EXPECT_EQ(handler_calls, 0);
}

TEST(entry_of_a_raw_call_is_its_handler)
{
    begin();
    frame.x[1] = 41;
    EXPECT_EQ(enter(SYSCALL_channel_call), STATUS_OK);
    EXPECT_EQ(frame.x[1], 42);
    EXPECT_EQ(syscall_flags[SYSCALL_channel_call], SYSCALL_RAW | SYSCALL_BLOCKING);
}

TEST(entry_of_a_call_without_return_does_not)
{
    begin();
    frame.x[0] = 3;
    EXPECT_PANIC((void)enter(SYSCALL_exit));
    EXPECT_EQ(handler_calls, 1);
    EXPECT_EQ(seen_numbers[0], 3);
    EXPECT_EQ(syscall_flags[SYSCALL_exit], SYSCALL_NORETURN);
}
