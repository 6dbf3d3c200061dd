/* The kernel's objects of which there is one: clock, entropy, power, log, trace, system, tty, the root
 * of the device registry. The first process gets handles to them. */
#pragma once

#include "kernel/object/object.h"

/* Boot: set up what the kernel offers (the device registry does not scan yet). */
void kernel_services_init(void);
/* The one object of a kind, borrowed, or NULL when the machine has none. */
struct object *service_object(enum object_kind kind);
