/* See interval_timer.h. State is guarded by the lock of the signals. A timer of the scheduler underneath is
 * armed for the next look at the clock: exactly for monotonic time, for the wall clock until somebody sets it,
 * and for CPU time as early as all CPUs together could have used it up.
 *
 *     set --> armed --fire, due--> signal queued --taken or dropped--> armed again, if it has an interval
 *               ^--fire, not due--'
 *
 * While the signal is queued a timer is not armed: expiries are counted by division when it is taken, so a short
 * interval costs no interrupts. Arming and cancelling from two CPUs is excluded by the sleeping lock of the
 * timers and by value being 0 while it is cancelled. */
#include "kernel/posix/interval_timer.h"

#include <arch/cpu.h>

#include "kernel/cell/charge.h"
#include "kernel/device/wall_clock.h"
#include "kernel/posix/cpu_clock.h"
#include "kernel/process/process.h"
#include "lib/base/assert.h"

enum { TIMERS_MAX = 1024 }; /* Of one process. */

#define LOOK_NS_MIN 1000000ull /* Between two looks at CPU time, or at a signal that is ignored. */
/* The same while the process uses none. */
#define LOOK_NS_IDLE 10000000ull
#define OVERRUN_MAX 0x7fffffffull

/* --- Clocks and arming. Locked. -------------------------------------------------------------- */

static struct thread *find_thread(struct posix_process *posix, uint64_t id)
{
    LIST_FOR_EACH (node, &posix->signals.threads) {
        struct thread *thread = signals_thread(node);
        if (thread->id == id)
            return thread;
    }
    return NULL;
}

/* The timer's clock when monotonic time is `now_ns`. */
static uint64_t clock_at(const struct interval_timer *timer, uint64_t now_ns)
{
    switch (timer->clock) {
    case INTERVAL_CLOCK_PROCESS: return cpu_clock_process(timer->posix);
    case INTERVAL_CLOCK_THREAD: {
        const struct thread *thread = find_thread(timer->posix, timer->clock_thread);
        return thread != NULL ? cpu_clock_thread(thread) : 0;
    }
    default: return timer->is_wall ? wall_clock_at(now_ns) : now_ns;
    }
}

static uint64_t clock_of(const struct interval_timer *timer)
{
    return clock_at(timer, clock_now());
}

static uint64_t sum_or_never(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? TIME_NEVER : sum;
}

static bool is_cpu_time(const struct interval_timer *timer)
{
    return timer->clock == INTERVAL_CLOCK_PROCESS || timer->clock == INTERVAL_CLOCK_THREAD;
}

/* Look again when it may be due, `delay_min` from now at the earliest. Both clocks are read as of one moment: a machine that
 * stands still between two would have timers fire out of their order. */
static void arm(struct interval_timer *timer, uint64_t delay_min)
{
    if (timer->value == 0 || timer->event.signal == 0)
        return;
    uint64_t now_ns = clock_now();
    uint64_t now = clock_at(timer, now_ns);
    uint64_t delay = timer->value > now ? timer->value - now : 0;
    if (timer->clock == INTERVAL_CLOCK_PROCESS)
        delay /= cpu_count();
    if (is_cpu_time(timer)) {
        delay_min = now != timer->looked_at ? LOOK_NS_MIN : LOOK_NS_IDLE;
        timer->looked_at = now;
    }
    timer_arm(&timer->timer, sum_or_never(now_ns, delay > delay_min ? delay : delay_min));
}

/* The expiries up to now: how many, and the next one. */
static uint64_t pass(struct interval_timer *timer)
{
    uint64_t now = clock_of(timer);
    if (timer->value == 0 || now < timer->value)
        return 0;
    if (timer->interval == 0) {
        timer->value = 0;
        return 1;
    }
    uint64_t late = (now - timer->value) / timer->interval;
    timer->value = sum_or_never(timer->value + late * timer->interval, timer->interval);
    return late + 1;
}

/* --- Expiry. Locked. ------------------------------------------------------------------------- */

static void tell(struct interval_timer *timer, uint64_t expiries)
{
    struct thread *thread = NULL;
    if (timer->is_queued) {
        timer->overrun += expiries;
        return;
    }
    timer->overrun = expiries - 1;
    if (timer->event.thread != 0 &&
        (thread = find_thread(timer->posix, timer->event.thread)) == NULL)
        return;
    timer->is_queued = true;
    timer->set = thread != NULL ? &thread->signals.set : &timer->posix->signals.set;
    timer->entry.information = (struct signal_information){
        .number = timer->event.signal,
        .code = timer->is_private ? SIGNAL_CODE_KERNEL : SIGNAL_CODE_TIMER,
        .timer = { .timer_id = (int32_t)timer->id, .value = timer->event.value },
    };
    signal_send_locked(timer->posix, thread, timer->event.signal, &timer->entry);
}

static void fire(struct timer *armed)
{
    struct interval_timer *timer = CONTAINER_OF(armed, struct interval_timer, timer);
    struct signals *signals = &timer->posix->signals;
    spin_lock(&signals->lock);
    uint64_t expiries = pass(timer);
    if (expiries > 0)
        tell(timer, expiries);
    if (!timer->is_queued && !timer->timer.armed)
        arm(timer, expiries > 0 ? LOOK_NS_MIN : 0); /* Nobody was there to be told. */
    spin_unlock(&signals->lock);
}

void interval_timer_taken(struct interval_timer *timer, struct signal_information *information)
{
    ASSERT(spin_held(&timer->posix->signals.lock));
    timer->is_queued = false;
    timer->overrun += pass(timer);
    if (timer->overrun > OVERRUN_MAX)
        timer->overrun = OVERRUN_MAX;
    timer->overrun_taken = (uint32_t)timer->overrun;
    timer->overrun = 0;
    information->timer.overrun = (int32_t)timer->overrun_taken;
    if (!timer->timer.armed)
        arm(timer, 0);
}

/* It is ignored, most likely: not too often. */
void interval_timer_dropped(struct interval_timer *timer)
{
    ASSERT(spin_held(&timer->posix->signals.lock));
    timer->is_queued = false;
    timer->overrun = 0;
    if (!timer->timer.armed)
        arm(timer, LOOK_NS_MIN);
}

/* --- Making and finding. The lock of the timers is held. ------------------------------------- */

static struct interval_timer *find(struct posix_process *posix, uint32_t id)
{
    LIST_FOR_EACH (node, &posix->signals.timers) {
        struct interval_timer *timer = CONTAINER_OF(node, struct interval_timer, link);
        if (timer->id == id)
            return timer;
    }
    return NULL;
}

static status_t make(struct posix_process *posix, uint32_t id, uint32_t clock,
                     const struct interval_event *event, struct interval_timer **out_timer)
{
    struct signals *signals = &posix->signals;
    void *memory;
    if (signals->timer_count >= TIMERS_MAX)
        return STATUS_LIMIT;
    status_t status = charged_alloc(posix->process->cell, &signals_state.timers, &memory);
    if (status != STATUS_OK)
        return status;
    struct interval_timer *timer = memory;
    timer->posix = posix;
    timer->id = id;
    timer->clock = clock;
    timer->event = *event;
    timer->entry.timer = timer;
    list_init(&timer->entry.link);
    timer_init(&timer->timer, fire);
    list_push_back(&signals->timers, &timer->link);
    signals->timer_count++;
    *out_timer = timer;
    return STATUS_OK;
}

/* Those of setitimer are made when they are first set. NULL: no room. */
static struct interval_timer *find_or_make(struct posix_process *posix, uint32_t id)
{
    static const struct {
        uint32_t clock;
        uint32_t signal;
    } own[INTERVAL_TIMERS_OWN] = {
        [INTERVAL_TIMER_REAL] = { INTERVAL_CLOCK_MONOTONIC, POSIX_SIGALRM },
        [INTERVAL_TIMER_VIRTUAL] = { INTERVAL_CLOCK_PROCESS, POSIX_SIGVTALRM },
        [INTERVAL_TIMER_PROFILE] = { INTERVAL_CLOCK_PROCESS, POSIX_SIGPROF },
    };
    struct interval_timer *timer = find(posix, id);
    if (timer != NULL || id >= INTERVAL_TIMERS_OWN)
        return timer;
    struct interval_event event = { .signal = own[id].signal };
    if (make(posix, id, own[id].clock, &event, &timer) != STATUS_OK)
        return NULL;
    timer->is_private = true;
    return timer;
}

/* It is not armed from now on. No spinlock held. @return its value until now. */
static uint64_t disarm(struct interval_timer *timer)
{
    struct signals *signals = &timer->posix->signals;
    spin_lock(&signals->lock);
    uint64_t value = timer->value;
    timer->value = 0;
    spin_unlock(&signals->lock);
    timer_cancel(&timer->timer);
    return value;
}

static void destroy(struct interval_timer *timer)
{
    struct posix_process *posix = timer->posix;
    struct signals *signals = &posix->signals;
    (void)disarm(timer);
    spin_lock(&signals->lock);
    if (timer->is_queued)
        signal_set_withdraw(signals, timer->set, &timer->entry);
    signals->wall_timers -= timer->is_wall;
    spin_unlock(&signals->lock);
    list_remove(&timer->link);
    signals->timer_count--;
    charged_free(posix->process->cell, &signals_state.timers, timer);
}

/* --- Calls ----------------------------------------------------------------------------------- */

status_t interval_timer_create(struct posix_process *posix, uint32_t clock, uint64_t clock_thread,
                               const struct interval_event *event, uint32_t *out_id)
{
    struct signals *signals = &posix->signals;
    struct interval_timer *timer;
    if (clock >= INTERVAL_CLOCKS || event->signal > POSIX_SIGNALS)
        return STATUS_INVALID;
    mutex_lock(&signals->timers_lock);
    status_t status = make(posix, INTERVAL_TIMERS_OWN + signals->timers_made, clock, event, &timer);
    if (status == STATUS_OK) {
        signals->timers_made++;
        timer->clock_thread = clock_thread;
        *out_id = timer->id;
    }
    mutex_unlock(&signals->timers_lock);
    return status;
}

/* How long until the next expiry. Locked. */
static struct interval_setting setting_of(struct interval_timer *timer)
{
    struct interval_setting setting = { .interval = timer->interval };
    if (timer->event.signal == 0)
        (void)pass(timer); /* Nobody is told, so nobody counts. */
    if (timer->value == 0)
        return setting;
    uint64_t now = clock_of(timer);
    if (timer->value > now)
        setting.value = timer->value - now;
    else /* It has expired, and its signal waits. */
        setting.value =
            timer->interval == 0 ? 1 : timer->interval - (now - timer->value) % timer->interval;
    return setting;
}

/* Locked; it is not armed. */
static void apply(struct interval_timer *timer, bool is_absolute,
                  const struct interval_setting *setting)
{
    bool was_wall = timer->is_wall;
    timer->is_wall = is_absolute && timer->clock == INTERVAL_CLOCK_WALL && setting->value != 0;
    timer->posix->signals.wall_timers += (uint32_t)timer->is_wall - (uint32_t)was_wall;
    timer->interval = setting->interval;
    timer->value = setting->value;
    if (setting->value != 0 && !is_absolute)
        timer->value = sum_or_never(clock_of(timer), setting->value);
    timer->overrun = 0;
    arm(timer, 0);
}

status_t interval_timer_set(struct posix_process *posix, uint32_t id, bool is_absolute,
                            const struct interval_setting *setting,
                            struct interval_setting *out_old)
{
    struct signals *signals = &posix->signals;
    mutex_lock(&signals->timers_lock);
    struct interval_timer *timer = setting != NULL ? find_or_make(posix, id) : find(posix, id);
    if (timer != NULL) {
        spin_lock(&signals->lock);
        *out_old = setting_of(timer);
        spin_unlock(&signals->lock);
    }
    if (timer != NULL && setting != NULL) {
        (void)disarm(timer);
        spin_lock(&signals->lock);
        apply(timer, is_absolute, setting);
        spin_unlock(&signals->lock);
    }
    mutex_unlock(&signals->timers_lock);
    if (timer == NULL && setting == NULL && id < INTERVAL_TIMERS_OWN) {
        *out_old = (struct interval_setting){ 0 };
        return STATUS_OK;
    }
    if (timer == NULL)
        return id < INTERVAL_TIMERS_OWN ? STATUS_NO_MEMORY : STATUS_INVALID;
    return STATUS_OK;
}

status_t interval_timer_overrun(struct posix_process *posix, uint32_t id, uint32_t *out_count)
{
    mutex_lock(&posix->signals.timers_lock);
    const struct interval_timer *timer = find(posix, id);
    if (timer != NULL)
        *out_count = timer->overrun_taken;
    mutex_unlock(&posix->signals.timers_lock);
    return timer != NULL ? STATUS_OK : STATUS_INVALID;
}

status_t interval_timer_delete(struct posix_process *posix, uint32_t id)
{
    mutex_lock(&posix->signals.timers_lock);
    struct interval_timer *timer = find(posix, id);
    bool is_there = timer != NULL && !timer->is_private;
    if (is_there)
        destroy(timer);
    mutex_unlock(&posix->signals.timers_lock);
    return is_there ? STATUS_OK : STATUS_INVALID;
}

/* --- The process, the wall clock ------------------------------------------------------------- */

static void destroy_all(struct posix_process *posix, bool keep_private)
{
    struct signals *signals = &posix->signals;
    mutex_lock(&signals->timers_lock);
    LIST_FOR_EACH_SAFE (node, &signals->timers) {
        struct interval_timer *timer = CONTAINER_OF(node, struct interval_timer, link);
        if (!keep_private || !timer->is_private)
            destroy(timer);
    }
    mutex_unlock(&signals->timers_lock);
}

void interval_timers_clear(struct posix_process *posix)
{
    destroy_all(posix, false);
}

void interval_timers_exec(struct posix_process *posix)
{
    destroy_all(posix, true);
}

static void look_again(struct posix_process *posix)
{
    struct signals *signals = &posix->signals;
    mutex_lock(&signals->timers_lock);
    LIST_FOR_EACH (node, &signals->timers) {
        struct interval_timer *timer = CONTAINER_OF(node, struct interval_timer, link);
        if (!timer->is_wall)
            continue;
        uint64_t value = disarm(timer);
        spin_lock(&signals->lock);
        timer->value = value;
        if (!timer->is_queued)
            arm(timer, 0);
        spin_unlock(&signals->lock);
    }
    mutex_unlock(&signals->timers_lock);
}

/* The process with timers on the wall clock that has the lowest number from `id` on. */
struct search {
    uint64_t from;
    uint64_t found;
};

static void visit(struct process *process, void *argument)
{
    struct search *search = argument;
    const struct posix_process *posix = process->posix;
    if (posix == NULL || posix->signals.wall_timers == 0 || process->id < search->from)
        return;
    if (search->found == 0 || process->id < search->found)
        search->found = process->id;
}

void interval_timers_look_again(void)
{
    struct search search = { .from = 1 };
    for (;;) {
        search.found = 0;
        process_for_each(visit, &search);
        if (search.found == 0)
            return;
        struct process *process = process_find(search.found);
        if (process != NULL) {
            look_again(process->posix);
            object_unref(&process->object);
        }
        search.from = search.found + 1;
    }
}
