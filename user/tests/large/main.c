/* A program that reaches where the stack of others is: all of its memory, and a stack, are its own. */
#include <stdint.h>

#include "user/rt/exit_codes.h"
#include "user/rt/start.h"

#define SIZE ((uint64_t)768 << 20)

static volatile uint8_t memory[SIZE];

int main(int argc, char **argv)
{
    volatile uint8_t on_stack[65536];
    for (uint64_t at = 0; at < SIZE; at += SIZE / 64)
        memory[at] = 1;
    memory[SIZE - 1] = 1;
    for (uint64_t i = 0; i < sizeof on_stack; i++)
        on_stack[i] = 2;
    for (uint64_t at = 0; at < SIZE; at += SIZE / 64)
        if (memory[at] != 1)
            return EXIT_FAILED;
    return memory[SIZE - 1] == 1 && on_stack[0] == 2 && argc == 2 ? EXIT_OK : EXIT_FAILED;
}
