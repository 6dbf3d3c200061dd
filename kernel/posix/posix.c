/* See posix.h. */
#include "kernel/posix/posix.h"

#include "kernel/cell/charge.h"
#include "kernel/fs/devfs.h"
#include "kernel/posix/description.h"
#include "kernel/posix/family_internal.h"
#include "kernel/posix/interval_timer.h"
#include "kernel/posix/letter.h"
#include "kernel/process/process.h"
#include "kernel/tty/job.h"

static struct posix {
    struct slab_cache cache;
} posix_state;

static status_t posix_create(struct process *process, struct posix_process **out_posix)
{
    void *memory;
    status_t status = charged_alloc(process->cell, &posix_state.cache, &memory);
    if (status != STATUS_OK)
        return status;
    struct posix_process *posix = memory;
    posix->process = process;
    status = signals_init(posix);
    if (status != STATUS_OK) {
        charged_free(process->cell, &posix_state.cache, posix);
        return status;
    }
    descriptors_init(posix);
    family_init(posix);
    *out_posix = posix;
    return STATUS_OK;
}

status_t posix_begin(struct process *process)
{
    status_t status = posix_create(process, &process->posix);
    if (status == STATUS_OK)
        process->handles.segment = &process->posix->descriptors;
    return status;
}

status_t posix_make(struct process *process, struct posix_process **out_posix)
{
    struct posix_process *posix = __atomic_load_n(&process->posix, __ATOMIC_ACQUIRE);
    if (posix == NULL) {
        status_t status = posix_create(process, &posix);
        if (status != STATUS_OK)
            return status;
        status = family_begin(posix);
        if (status == STATUS_OK) {
            signals_adopt(posix);
        } else { /* Perhaps because another thread was first. */
            signals_free(posix);
            charged_free(process->cell, &posix_state.cache, posix);
        }
        if (status == STATUS_EXISTS)
            posix = __atomic_load_n(&process->posix, __ATOMIC_ACQUIRE);
        else if (status != STATUS_OK)
            return status;
    }
    __atomic_store_n(&process->handles.segment, &posix->descriptors, __ATOMIC_RELEASE);
    *out_posix = posix;
    return STATUS_OK;
}

void posix_tear_down(struct process *process)
{
    if (process->posix == NULL)
        return;
    interval_timers_clear(process->posix);
    descriptors_clear(process->posix);
    if (!cell_is_running(process->cell))
        letters_purge(process->cell);
}

void posix_buried(struct process *process)
{
    if (process->posix == NULL)
        return;
    signals_clear(process->posix);
    job_process_end(process->posix);
    family_buried(process->posix);
}

void posix_free(struct process *process)
{
    if (process->posix == NULL)
        return;
    signals_free(process->posix);
    limits_free(process->posix);
    charged_free(process->cell, &posix_state.cache, process->posix);
    process->posix = NULL;
}

void posix_setup(void)
{
    description_setup();
    devfs_setup();
    signals_setup();
    slab_cache_init(&posix_state.cache, "posix", sizeof(struct posix_process));
}
