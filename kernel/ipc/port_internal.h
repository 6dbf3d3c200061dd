/* Between port.c and port_bind.c. */
#pragma once

#include "kernel/ipc/port.h"

/* Put a binding in the ready queue, unless it is there, and wake one waiter. port->lock held. */
void port_enqueue(struct port *port, struct port_binding *binding);
/* Take no new bindings, and end all there are. */
void port_close_bindings(struct port *port);
