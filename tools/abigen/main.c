/* abigen OUTPUT ABI_DIR OUT: read the tables in ABI_DIR and write one output to the file OUT. */
#include <stdlib.h>
#include <string.h>

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
    { "manual-status", NEED_STATUSES, out_manual_status },
    { "manual-objects", NEED_SYSCALLS, out_manual_objects },
    { "manual-syscalls", NEED_SYSCALLS, out_manual_syscalls },
};

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: abigen OUTPUT ABI_DIR OUT\noutputs:");
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        fprintf(stderr, " %s", outputs[i].name);
    fputc('\n', stderr);
    exit(2);
}

static const struct output *output_find(const char *name)
{
    for (size_t i = 0; i < sizeof outputs / sizeof outputs[0]; i++)
        if (strcmp(outputs[i].name, name) == 0)
            return &outputs[i];
    usage();
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

int main(int argc, char **argv)
{
    static struct contract contract;
    if (argc != 4)
        usage();
    const struct output *output = output_find(argv[1]);
    read_tables(&contract, argv[2], output->need);
    FILE *out = fopen(argv[3], "w");
    if (out == NULL) {
        perror(argv[3]);
        return 1;
    }
    output->write(&contract, out);
    return fclose(out) == 0 ? 0 : 1;
}
