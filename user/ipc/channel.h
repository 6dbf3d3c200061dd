/* The two raw calls of the fast path, whose registers are a contract of their own (abi/syscalls.tab,
 * channel_call and endpoint_receive): up to eight words each way in x2 to x7, x9 and x10, and a
 * switch straight to the other side. aarch64 only. Thread context; both may sleep. */
#pragma once

#include <abi/syscall_numbers.h>
#include <abi/types.h>

enum { CHANNEL_WORDS_MAX = 8 };

struct channel_words {
    uint64_t word[CHANNEL_WORDS_MAX]; /* Those that are not used are sent as they are: zero them. */
    uint64_t count;                   /* Of words; from the kernel, with its flags. */
};

/* Send the words and put the answer's in their place. On any answer but OK they are unspecified. */
static inline status_t sys_channel_call(handle_t channel, time_ns_t deadline,
                                        struct channel_words *words)
{
    register uint64_t x8 __asm__("x8") = SYSCALL_channel_call;
    register uint64_t x0 __asm__("x0") = channel.raw;
    register uint64_t x1 __asm__("x1") = words->count;
    register uint64_t x2 __asm__("x2") = words->word[0];
    register uint64_t x3 __asm__("x3") = words->word[1];
    register uint64_t x4 __asm__("x4") = words->word[2];
    register uint64_t x5 __asm__("x5") = words->word[3];
    register uint64_t x6 __asm__("x6") = words->word[4];
    register uint64_t x7 __asm__("x7") = words->word[5];
    register uint64_t x9 __asm__("x9") = words->word[6];
    register uint64_t x10 __asm__("x10") = words->word[7];
    register uint64_t x11 __asm__("x11") = deadline;
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
                       "+r"(x7), "+r"(x9), "+r"(x10)
                     : "r"(x8), "r"(x11)
                     : "memory", "cc");
    *words = (struct channel_words){ { x2, x3, x4, x5, x6, x7, x9, x10 }, x1 };
    return (status_t)x0;
}

/* For endpoint_receive: the reply is none. */
#define ENDPOINT_NO_REPLY UINT64_MAX

/* Answer the call that this thread holds with the words (words->count ENDPOINT_NO_REPLY: with
 * nothing) and reply_status, then wait for the next one, whose words and badge come back. */
static inline status_t sys_endpoint_receive(handle_t endpoint, time_ns_t deadline,
                                            status_t reply_status, struct channel_words *words,
                                            uint64_t *out_badge)
{
    register uint64_t x8 __asm__("x8") = SYSCALL_endpoint_receive;
    register uint64_t x0 __asm__("x0") = endpoint.raw;
    register uint64_t x1 __asm__("x1") = words->count;
    register uint64_t x2 __asm__("x2") = words->word[0];
    register uint64_t x3 __asm__("x3") = words->word[1];
    register uint64_t x4 __asm__("x4") = words->word[2];
    register uint64_t x5 __asm__("x5") = words->word[3];
    register uint64_t x6 __asm__("x6") = words->word[4];
    register uint64_t x7 __asm__("x7") = words->word[5];
    register uint64_t x9 __asm__("x9") = words->word[6];
    register uint64_t x10 __asm__("x10") = words->word[7];
    register uint64_t x11 __asm__("x11") = deadline;
    register uint64_t x12 __asm__("x12") = reply_status;
    register uint64_t x13 __asm__("x13");
    __asm__ volatile("svc #0"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x6),
                       "+r"(x7), "+r"(x9), "+r"(x10), "=r"(x13)
                     : "r"(x8), "r"(x11), "r"(x12)
                     : "memory", "cc");
    *words = (struct channel_words){ { x2, x3, x4, x5, x6, x7, x9, x10 }, x1 };
    if ((status_t)x0 == STATUS_OK)
        *out_badge = x13;
    return (status_t)x0;
}
