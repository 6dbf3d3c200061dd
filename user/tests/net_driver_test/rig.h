/* What stands around the driver in this test: the supervisor, which makes pool, rings and endpoint
 * and starts and ends the process, and netd, by its real end of the rings. One thread. */
#pragma once

#include "lib/virtio/net_link.h"
#include "user/rt/test.h"

enum {
    RIG_CHUNKS = 64, /* To receive into: the first of the pool. */
    RIG_FRAMES = 32,
    RIG_PIECES = 128,
    RIG_POOL_BYTES = 1 << 20,
    RIG_FRAME_BYTES = 2048, /* Room for one frame to send. */
};

struct rig {
    handle_t devices, root, cell; /* As the first process has them. */
    handle_t pool, ring, ring_driver, endpoint, control, other, stop;
    handle_t process;
    uint8_t *memory; /* The pool's. */
    struct net_link link;
    uint8_t chunks[RIG_POOL_BYTES / NET_CHUNK_BYTES];
    struct net_tx pieces[RIG_PIECES];
    struct net_link_frame frames[RIG_FRAMES];
    bool frame_busy[RIG_FRAMES];
    uint32_t refused; /* Frames that came back unsent. */
    void (*received)(struct rig *rig, const uint8_t *frame, uint32_t len);
    struct test_claim *claim;
};

void rig_open(struct rig *rig);
/* Start a driver on the present life of the rings, and wait until it has announced itself. */
void rig_start_driver(struct rig *rig);
/* Wait for the end of the driver's process, and until the device has been reset.
 * @return its exit code. */
uint32_t rig_driver_ended(struct rig *rig);
/* The rings' next life. */
void rig_restart(struct rig *rig);

/* Copy a frame into the pool and hand it to the driver.
 * @return WOULD_BLOCK when RIG_FRAMES are out. */
[[nodiscard]] status_t rig_send(struct rig *rig, const uint8_t *frame, uint32_t len);
/* Take what came, give chunks back, tell the driver; when nothing came, wait until `deadline`.
 * @return false when the deadline passed. */
bool rig_turn(struct rig *rig, time_ns_t deadline);
/* Whether every chunk is with the driver and no frame is. */
bool rig_is_idle(const struct rig *rig);
