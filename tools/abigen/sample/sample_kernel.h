/* What the entries ask of the kernel, as small as a test can have it. */
#pragma once

#include <abi/types.h>

#include <kernel_gen/syscall_handlers.h>

typedef struct {
    uint64_t raw;
} uaddr_t;

struct user_in {
    uaddr_t address;
    size_t len;
};

struct user_out {
    uaddr_t address;
    size_t len;
};

struct trap_frame {
    uint64_t x[31];
    uint64_t sp, pc, pstate;
};

struct handle_table {
    int unused;
};

struct process {
    struct handle_table handles;
};

struct thread {
    struct process *process;
};

struct object {
    int refs;
    enum object_kind kind;
};

struct grant;
struct capability {
    struct object *object;
    struct grant *grant;
    rights_t rights;
};

status_t handle_resolve(struct handle_table *table, handle_t handle, enum object_kind kind,
                        rights_t need, struct object **out_object);
void object_unref(struct object *object);
bool user_range_ok(uaddr_t address, size_t len);
enum object_kind object_kind(const struct object *object);
status_t handle_copy(struct handle_table *table, handle_t handle, rights_t need,
                     struct capability *out_capability);
void capability_drop(struct capability *capability);
status_t capability_borrow(struct handle_table *table, handle_t handle, enum object_kind kind,
                           rights_t need, struct capability *out_capability);
void epoch_end(void);
