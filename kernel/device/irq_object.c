/* See irq_object.h. A message-signalled interrupt is an edge: the controller keeps one that comes while
 * it is masked, so masking loses nothing. */
#include "kernel/device/irq_object.h"

#include <arch/irq.h>

#include "kernel/cell/charge.h"
#include "kernel/device/registry_internal.h"
#include "kernel/mm/mmio.h"
#include "lib/base/assert.h"

struct irq {
    struct object object; /* OBJECT_IRQ */
    struct signal_source source;
    struct device *device; /* One reference. */
    struct list link;      /* In device.irqs, until the claim or this object ends. */
    struct vector *vector;
};

static const struct object_ops irq_ops;

struct object *irq_object(struct irq *irq)
{
    return &irq->object;
}

/* --- The interrupt --------------------------------------------------------------------------- */

static void vector_mask(struct vector *vector)
{
    irq_disable(vector->intid);
    vector->masked = true;
}

/* Interrupt context. */
static void vector_interrupt(void *argument)
{
    struct vector *vector = argument;
    spin_lock(&vector->lock);
    struct irq *irq = vector->irq;
    if (irq == NULL || (signal_read(&irq->source) & SIGNAL_EVENT) != 0)
        vector_mask(vector);
    else
        signal_change(&irq->source, 0, SIGNAL_EVENT);
    spin_unlock(&vector->lock);
}

void irq_acknowledge(struct irq *irq)
{
    struct vector *vector = irq->vector;
    spin_lock(&vector->lock);
    signal_change(&irq->source, SIGNAL_EVENT, 0);
    if (vector->irq == irq && vector->masked) {
        vector->masked = false;
        irq_enable(vector->intid);
    }
    spin_unlock(&vector->lock);
}

/* --- Coming and going ------------------------------------------------------------------------ */

/* The table of messages and the vectors of the kernel's own, at the first interrupt of a function. */
static status_t node_open_vectors(struct device_node *node)
{
    const struct pci_msix *msix = &node->function.msix;
    if (node->vector_count == 0 || node->function.bars[msix->table_bar].address.raw == 0)
        return STATUS_NOT_SUPPORTED;
    if (node->vectors != NULL)
        return STATUS_OK;
    struct vector *vectors = kmalloc(node->vector_count * sizeof *vectors);
    if (vectors == NULL)
        return STATUS_NO_MEMORY;
    for (uint32_t i = 0; i < node->vector_count; i++)
        spin_init(&vectors[i].lock, LOCK_DEVICE);
    uint64_t table = node->function.bars[msix->table_bar].address.raw + msix->table_offset;
    node->msix_table =
        mmio_map((paddr_t){ table }, (uint64_t)node->vector_count * PCI_MSIX_ENTRY_SIZE);
    node->vectors = vectors;
    return STATUS_OK;
}

static status_t vector_open(struct vector *vector)
{
    if (vector->irq != NULL)
        return STATUS_BUSY;
    if (vector->intid != 0)
        return STATUS_OK;
    uint32_t intid;
    status_t status = msi_alloc(&intid, &vector->address, &vector->data);
    if (status != STATUS_OK)
        return status;
    vector->intid = intid;
    irq_attach(intid, vector_interrupt, vector);
    return STATUS_OK;
}

static void vector_program(const struct device_node *node, const struct vector *vector)
{
    pci_msix_program(node->msix_table, (uint32_t)(vector - node->vectors), vector->address,
                     vector->data);
}

static void vector_start(const struct device_node *node, struct vector *vector, struct irq *irq)
{
    spin_lock(&vector->lock);
    vector->irq = irq;
    vector->masked = false;
    spin_unlock(&vector->lock);
    vector_program(node, vector);
    pci_msix_enable(&registry.access, &node->function, true);
    irq_enable(vector->intid);
}

/* registry.lock held. */
static status_t irq_make(struct device *device, uint32_t index, struct cell *cell,
                         struct irq **out_irq)
{
    void *memory;
    struct device_node *node = device->node;
    status_t status = device->open ? node_open_vectors(node) : STATUS_BAD_STATE;
    if (status == STATUS_OK && index >= node->vector_count)
        status = STATUS_INVALID;
    if (status == STATUS_OK)
        status = vector_open(&node->vectors[index]);
    if (status == STATUS_OK)
        status = charged_alloc(cell, &registry.irqs, &memory);
    if (status != STATUS_OK)
        return status;
    struct irq *irq = memory;
    object_init(&irq->object, &irq_ops, cell);
    signal_source_init(&irq->source, 0);
    object_ref(&device->object);
    irq->device = device;
    irq->vector = &node->vectors[index];
    list_push_back(&device->irqs, &irq->link);
    vector_start(node, irq->vector, irq);
    *out_irq = irq;
    return STATUS_OK;
}

status_t irq_create(struct device *device, uint32_t index, struct cell *cell, struct irq **out_irq)
{
    mutex_lock(&registry.lock);
    status_t status = irq_make(device, index, cell, out_irq);
    mutex_unlock(&registry.lock);
    return status;
}

void irq_end(struct irq *irq)
{
    struct vector *vector = irq->vector;
    if (list_is_empty(&irq->link))
        return;
    list_remove(&irq->link);
    pci_msix_mask(irq->device->node->msix_table, (uint32_t)(vector - irq->device->node->vectors));
    spin_lock(&vector->lock);
    ASSERT(vector->irq == irq);
    vector->irq = NULL;
    vector_mask(vector);
    spin_unlock(&vector->lock);
    signal_change(&irq->source, 0, SIGNAL_ERROR);
}

void irqs_end_all(struct device *device)
{
    while (!list_is_empty(&device->irqs))
        irq_end(CONTAINER_OF(device->irqs.next, struct irq, link));
    if (device->node->vectors != NULL)
        pci_msix_enable(&registry.access, &device->node->function, false);
}

/* After a reset, which may have emptied the table. */
void irqs_program_all(struct device *device)
{
    if (list_is_empty(&device->irqs))
        return;
    LIST_FOR_EACH (link, &device->irqs)
        vector_program(device->node, CONTAINER_OF(link, struct irq, link)->vector);
    pci_msix_enable(&registry.access, &device->node->function, true);
}

/* --- The object ------------------------------------------------------------------------------ */

static struct signal_source *irq_signals(struct object *object)
{
    return &((struct irq *)object)->source;
}

static void irq_revoked(struct object *object)
{
    mutex_lock(&registry.lock);
    irq_end((struct irq *)object);
    mutex_unlock(&registry.lock);
}

static void irq_destroy(struct object *object)
{
    struct irq *irq = (struct irq *)object;
    irq_revoked(object);
    object_unref(&irq->device->object);
    charged_free(object->cell, &registry.irqs, irq);
}

void irq_setup(void)
{
    slab_cache_init(&registry.irqs, "irq", sizeof(struct irq));
}

static const struct object_ops irq_ops = {
    .kind = OBJECT_IRQ,
    .version = 1,
    .name = "irq",
    .destroy = irq_destroy,
    .signals = irq_signals,
    .revoked = irq_revoked,
};
