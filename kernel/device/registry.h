/* The device registry: what the device tree and PCI show, and who has claimed what. A claim is an
 * object (struct device): whoever holds a handle to it may reach the function's registers, interrupts
 * and a window of DMA, each as an object of its own. When the last handle to the claim goes, the
 * registry takes all of that away, resets the function, and only then lets go of memory that it
 * could reach (docs/design/device.md). PCI is scanned when the registry is first asked.
 *
 * Thread context; everything here may sleep. */
#pragma once

#include <abi/device.h>
#include <abi/types.h>

struct cell;
struct device;
struct object;

/* The registry itself, as the device that lists and opens the others. */
struct object *registry_object(void);
bool device_is_registry(const struct device *device);

/* The index-th device, or (not the registry) the device itself as the only one. NOT_FOUND past the
 * end. */
status_t device_describe(struct device *device, uint32_t index, struct device_info *out_info);
/* Claim a device; one that is being released is waited for. The caller gets the one reference, and
 * must give the object at least one handle.
 * @return NOT_FOUND, BUSY (claimed, or the kernel's), IO (it cannot be reset), CANCELLED, NO_MEMORY,
 *         LIMIT. */
status_t device_open(uint64_t id, struct cell *cell, struct device **out_device);

/* Let the function be a bus master. @return BAD_STATE when the claim is over. */
status_t device_enable(struct device *device);
/* Reset the function: bus mastering is off afterwards, interrupts are as they were. DMA windows whose
 * handles are gone end. @return BAD_STATE, NOT_SUPPORTED (no way to), IO (it did not come back). */
status_t device_reset(struct device *device);
/* A copy of configuration space. */
status_t device_config(struct device *device, uint8_t out_config[DEVICE_CONFIG_SIZE]);

/* Wait until every claim that is over has been released. @return CANCELLED. */
status_t registry_settle(void);

/* Boot: touches memory only. */
void registry_setup(void);
