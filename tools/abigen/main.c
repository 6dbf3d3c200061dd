/* abigen OUTPUT ABI_DIR OUT [PROTOCOL]: read the tables in ABI_DIR, and the protocol's file if the
 * output is one of a protocol, and write the file OUT. */
#include <stdlib.h>
#include <string.h>

#include "tools/abigen/out_ipc.h"
#include "tools/abigen/outputs.h"

enum { PATH_SIZE = 512 };

/* How many of the tables an output needs, in the order in which they are read. */
enum tables_needed { NEED_STATUSES = 1, NEED_OBJECTS = 2, NEED_SYSCALLS = 3 };

static const struct output {
    const char *name;
    enum tables_needed need;
    output_write *write;
} outputs[] = {
    { "status", NEED_STATUSES, out_status },
    { "objects", NEED_OBJECTS, out_objects },
    { "syscall-numbers", NEED_SYSCALLS, out_syscall_numbers },
    { "user-stubs", NEED_SYSCALLS, out_user_stubs },
    { "handlers", NEED_SYSCALLS, out_handlers },
    { "entries", NEED_SYSCALLS, out_entries },
    { "info", NEED_SYSCALLS, out_info },
    { "rights", NEED_SYSCALLS, out_rights },
    { "grammar", NEED_SYSCALLS, out_grammar },
    { "golden", NEED_SYSCALLS, out_golden },
    { "sizes", NEED_SYSCALLS, out_sizes },
    { "manual-status", NEED_STATUSES, out_manual_status },
    { "manual-objects", NEED_SYSCALLS, out_manual_objects },
    { "manual-syscalls", NEED_SYSCALLS, out_manual_syscalls },
};

static const struct protocol_output {
    const char *name;
    protocol_write *write;
} protocol_outputs[] = {
    { "ipc", out_ipc },
    { "ipc-client", out_ipc_client },
    { "ipc-golden", out_ipc_golden },
    { "ipc-manual", out_ipc_manual },
};

enum {
    OUTPUTS = sizeof outputs / sizeof outputs[0],
    PROTOCOL_OUTPUTS = sizeof protocol_outputs / sizeof protocol_outputs[0],
};

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: abigen OUTPUT ABI_DIR OUT\n       abigen OUTPUT ABI_DIR OUT PROTOCOL\n"
                    "outputs:");
    for (int i = 0; i < OUTPUTS; i++)
        fprintf(stderr, " %s", outputs[i].name);
    fprintf(stderr, "\noutputs of a protocol:");
    for (int i = 0; i < PROTOCOL_OUTPUTS; i++)
        fprintf(stderr, " %s", protocol_outputs[i].name);
    fputc('\n', stderr);
    exit(2);
}

static void read_tables(struct contract *contract, const char *folder, enum tables_needed need)
{
    /* Kept for the life of the program: errors name them. */
    static char paths[3][PATH_SIZE];
    static const char *const names[3] = { "status.tab", "objects.tab", "syscalls.tab" };
    for (int i = 0; i < 3; i++)
        snprintf(paths[i], PATH_SIZE, "%s/%s", folder, names[i]);
    statuses_read(contract, paths[0]);
    if (need >= NEED_OBJECTS)
        objects_read(contract, paths[1]);
    if (need >= NEED_SYSCALLS)
        syscalls_read(contract, paths[2]);
}

/* The tables are read before the file is opened, so that a bad one leaves no empty output. */
static FILE *open_output(const char *path)
{
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    return out;
}

static int run_output(const struct output *output, char **argv)
{
    static struct contract contract;
    read_tables(&contract, argv[2], output->need);
    FILE *out = open_output(argv[3]);
    output->write(&contract, out);
    return fclose(out) == 0 ? 0 : 1;
}

static int run_protocol_output(const struct protocol_output *output, char **argv)
{
    static struct contract contract;
    static struct protocol protocol;
    read_tables(&contract, argv[2], NEED_OBJECTS);
    protocol_read(&protocol, &contract, argv[4]);
    FILE *out = open_output(argv[3]);
    output->write(&contract, &protocol, out);
    return fclose(out) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    for (int i = 0; i < OUTPUTS; i++)
        if (argc == 4 && strcmp(argv[1], outputs[i].name) == 0)
            return run_output(&outputs[i], argv);
    for (int i = 0; i < PROTOCOL_OUTPUTS; i++)
        if (argc == 5 && strcmp(argv[1], protocol_outputs[i].name) == 0)
            return run_protocol_output(&protocol_outputs[i], argv);
    usage();
}
