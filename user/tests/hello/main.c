/* The smallest program: says that it runs, and ends. */
#include "user/rt/log.h"
#include "user/rt/start.h"

int main(int argc, char **argv)
{
    size_t handle_count;
    (void)start_handles(&handle_count);
    log_line("hello from %s with %d arguments and %zu handles", argv[0], argc - 1, handle_count);
    return 0;
}
