/* What the files of the registry share. Locks, outermost first:
 *   registry.resets  sleeping; one reset at a time.
 *   registry.lock    sleeping; configuration spaces, and what hangs from claims.
 *   registry.guard   spinning; states of nodes and the list of claims to release.
 *   vector.lock      spinning; also taken by the interrupt. */
#pragma once

#include "kernel/device/pci.h"
#include "kernel/device/registry.h"
#include "kernel/mm/slab.h"
#include "kernel/object/object.h"
#include "kernel/sched/wait.h"

struct irq;

/* One MSI-X vector. Its interrupt id, once it has one, stays with it for good, so that the handler
 * never sees it change. */
struct vector {
    struct spinlock lock; /* LOCK_DEVICE */
    struct irq *irq;      /* NULL: nobody wants it. */
    uint32_t intid;       /* 0: none yet. */
    uint32_t data;
    uint64_t address;
    bool masked; /* At the interrupt controller. */
};

/* A device that exists. Nodes are never freed. */
struct device_node {
    struct list link; /* In registry.nodes, in order of discovery. */
    uint64_t id;
    enum device_bus bus;
    enum device_state state; /* Guarded by registry.guard. */
    char name[DEVICE_NAME_SIZE];
    char owner[DEVICE_OWNER_SIZE];
    struct pci_function function;
    bool dirty; /* It may have been put to work: to be reset before anybody else has it. */
    volatile void *msix_table;
    volatile void *virtio_common; /* For its reset; mapped at the first. */
    struct vector *vectors;
    uint32_t vector_count;
};

/* A claim on a node (OBJECT_DEVICE). */
struct device {
    struct object object;
    struct device_node *node; /* NULL: the registry itself. */
    bool open;                /* Until the release begins; guarded by registry.lock. */
    bool is_queued;           /* To be released; guarded by registry.guard. */
    struct list queue_link;
    struct list mmios;   /* A reference to each. Guarded by registry.lock, as the next two. */
    struct list irqs;    /* No reference: an irq takes itself out. */
    struct list windows; /* DMA windows; a reference to each. */
};

struct registry {
    struct mutex resets;
    struct mutex lock;
    struct spinlock guard; /* LOCK_WAIT */
    struct list nodes;
    bool scanned;
    bool has_worker;
    uint32_t releasing;       /* Claims whose release is asked for and not complete. */
    struct list queue;        /* Claims to release. */
    struct wait_queue worker; /* Sleeps for the queue. */
    struct wait_queue freed;  /* Openers sleep for a node's state. */
    struct device root;
    struct pci_access access;
    struct slab_cache nodes_cache;
    struct slab_cache devices;
    struct slab_cache mmios;
    struct slab_cache irqs;
    struct slab_cache windows;
};

extern struct registry registry;

/* ecam.c: fill the list of nodes, once. registry.lock held. */
status_t registry_scan(void);
struct device_node *registry_add_node(enum device_bus bus, uint32_t number);

/* reset.c: @return NOT_SUPPORTED when there is no way. registry.resets held; sleeps. */
status_t node_reset(struct device_node *node);
bool node_can_reset(const struct device_node *node);

/* release.c */
void device_release_later(struct device *device);
status_t release_start_worker(void);
void node_set_state(struct device_node *node, enum device_state state);

/* irq_object.c, mmio_object.c, dma.c: end what hangs from a claim. registry.lock held. */
void irq_end(struct irq *irq);
void irqs_end_all(struct device *device);
void irqs_program_all(struct device *device);
void mmios_end_all(struct device *device);
void windows_end_all(struct device *device, bool only_unreachable);

/* Boot. */
void mmio_setup(void);
void irq_setup(void);
void dma_setup(void);

static inline void device_command(const struct device_node *node, bool memory, bool master)
{
    pci_function_command(&registry.access, &node->function, memory, master);
}
