/* In the place of musl's, which takes the condition's lock before it looks whether anybody waits. Who waits has put
 * itself into the list before it gave the mutex back; so whoever has changed under that mutex what is waited for, and
 * then finds the list empty, has nobody to tell. A waiter that comes later sees the change. */
#include "pthread_impl.h"

int pthread_cond_signal(pthread_cond_t *condition)
{
    if (!condition->_c_shared) {
        if (__atomic_load_n(&condition->_c_tail, __ATOMIC_ACQUIRE) == 0)
            return 0;
        return __private_cond_signal(condition, 1);
    }
    if (condition->_c_waiters != 0) {
        a_inc(&condition->_c_seq);
        __wake(&condition->_c_seq, 1, 0);
    }
    return 0;
}
