/* Cells, processes and objects for host tests; see kernel_object.c. */
#pragma once

struct cell;
struct object;
struct process;
struct signal_source;

/* What the core calls when the last handle to a waitable object goes: port_forget, in tests that
 * link it. */
extern void (*double_object_forget)(struct object *object, struct signal_source *source);

/* A process with an empty handle table in a cell without limits. */
void double_process_init(struct process *process, struct cell *cell);
/* Close its handles. */
void double_process_end(struct process *process);
