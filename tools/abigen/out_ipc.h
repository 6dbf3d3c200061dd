/* The outputs that follow from one protocol. */
#pragma once

#include "tools/abigen/outputs.h"
#include "tools/abigen/protocol.h"

typedef void protocol_write(const struct contract *contract, const struct protocol *protocol,
                            FILE *out);
protocol_write out_ipc;        /* <ipc/NAME.h> */
protocol_write out_ipc_client; /* <ipc/NAME_client.h> */
protocol_write out_ipc_golden; /* Its lines in abi/abi.golden. */
protocol_write out_ipc_manual; /* ref/ipc-NAME.md */
/* The part of <ipc/NAME.h> that out_ipc leaves to out_ipc_server.c. */
void out_ipc_server(const struct protocol *protocol, FILE *out);
