/* Calls on the device registry and on what a claimed device consists of. */
#include <kernel_gen/syscall_handlers.h>

#include "kernel/device/dma.h"
#include "kernel/device/irq_object.h"
#include "kernel/device/mmio_object.h"
#include "kernel/device/registry.h"
#include "kernel/mm/user_copy.h"
#include "kernel/object/give.h"
#include "kernel/process/process.h"
#include "kernel/sched/thread.h"

static struct cell *cell_of(const struct thread *thread)
{
    return thread->process->cell;
}

status_t syscall_device_list(struct thread *caller, struct device *device, struct user_out infos,
                             size_t *out_actual)
{
    struct device_info info;
    size_t count = 0;
    status_t status;
    while ((status = device_describe(device, (uint32_t)count, &info)) == STATUS_OK) {
        if ((count + 1) * sizeof info <= infos.len) {
            status = user_write((uaddr_t){ infos.address.raw + count * sizeof info }, &info,
                                sizeof info);
            if (status != STATUS_OK)
                return status;
        }
        count++;
    }
    if (status != STATUS_NOT_FOUND)
        return status;
    *out_actual = count;
    return STATUS_OK;
}

status_t syscall_device_open(struct thread *caller, struct device *device, uint64_t id,
                             handle_t *out_opened)
{
    struct device *opened;
    if (!device_is_registry(device))
        return STATUS_BAD_STATE;
    status_t status = device_open(id, cell_of(caller), &opened);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, (struct object *)opened, RIGHTS_DEVICE,
                       out_opened);
}

status_t syscall_device_mmio(struct thread *caller, struct device *device, uint32_t bar,
                             uint64_t offset, uint64_t len, handle_t *out_mmio)
{
    struct mmio *mmio;
    status_t status = mmio_create(device, bar, offset, len, cell_of(caller), &mmio);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, mmio_object(mmio), RIGHTS_MMIO, out_mmio);
}

status_t syscall_device_irq(struct thread *caller, struct device *device, uint32_t index,
                            handle_t *out_irq)
{
    struct irq *irq;
    status_t status = irq_create(device, index, cell_of(caller), &irq);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, irq_object(irq), RIGHTS_IRQ, out_irq);
}

status_t syscall_irq_ack(struct thread *caller, struct irq *irq)
{
    irq_acknowledge(irq);
    return STATUS_OK;
}

status_t syscall_device_dma(struct thread *caller, struct device *device, struct vmo *vmo,
                            handle_t *out_dma)
{
    struct dma *dma;
    status_t status = dma_create(device, vmo, cell_of(caller), &dma);
    if (status != STATUS_OK)
        return status;
    return handle_give(&caller->process->handles, dma_object(dma), RIGHTS_DMA, out_dma);
}

status_t syscall_dma_addresses(struct thread *caller, struct dma *dma, uint64_t *out_address,
                               uint64_t *out_pages)
{
    return dma_map_table(dma, caller->process->aspace, out_address, out_pages);
}

status_t syscall_dma_forget(struct thread *caller, struct dma *dma, uint64_t forgotten,
                            uint64_t *out_left)
{
    return dma_forget(dma, forgotten, out_left);
}

status_t syscall_device_config(struct thread *caller, struct device *device, struct user_out buffer)
{
    uint8_t config[DEVICE_CONFIG_SIZE];
    status_t status = device_config(device, config);
    if (status != STATUS_OK)
        return status;
    return user_write(buffer.address, config,
                      buffer.len < sizeof config ? buffer.len : sizeof config);
}

status_t syscall_device_reset(struct thread *caller, struct device *device)
{
    return device_reset(device);
}

status_t syscall_device_enable(struct thread *caller, struct device *device)
{
    return device_enable(device);
}
