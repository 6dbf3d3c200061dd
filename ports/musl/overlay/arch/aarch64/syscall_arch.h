/* How the C library calls the system: it does not. SYS_NAME is the address of a function of
 * user/posix (bits/syscall.h), and since the compiler sees a constant, each of these is one direct
 * call; what a program does not use is not linked. The function answers a result or a negative errno. */
#define __SYSCALL_LL_E(x) (x)
#define __SYSCALL_LL_O(x) (x)

#define SWOS_INLINE static inline __attribute__((always_inline))

SWOS_INLINE long __syscall0(long n)
{
    return ((long (*)(void))n)();
}

SWOS_INLINE long __syscall1(long n, long a)
{
    return ((long (*)(long))n)(a);
}

SWOS_INLINE long __syscall2(long n, long a, long b)
{
    return ((long (*)(long, long))n)(a, b);
}

SWOS_INLINE long __syscall3(long n, long a, long b, long c)
{
    return ((long (*)(long, long, long))n)(a, b, c);
}

SWOS_INLINE long __syscall4(long n, long a, long b, long c, long d)
{
    return ((long (*)(long, long, long, long))n)(a, b, c, d);
}

SWOS_INLINE long __syscall5(long n, long a, long b, long c, long d, long e)
{
    return ((long (*)(long, long, long, long, long))n)(a, b, c, d, e);
}

SWOS_INLINE long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
    return ((long (*)(long, long, long, long, long, long))n)(a, b, c, d, e, f);
}

#undef SWOS_INLINE

#define IPC_64 0
