/* SPDX-License-Identifier: Apache-2.0 */
/* A device in memory for the targets of the component. No operation fails; what they hand out is a target's
 * to change. Its release key is the base point of P-256, so that an input can hold manifests that it signed.
 */
#ifndef TPS_FUZZ_DEVICE_H
#define TPS_FUZZ_DEVICE_H

#include "component/core/component.h"

enum { DEVICE_RAW_SIZE = 65536, DEVICE_RAW_SECTOR = 4096, DEVICE_PARTS = 6 };

typedef struct {
    uint8_t raw[DEVICE_RAW_SIZE];
    uint64_t counters[TPS_COUNTERS_MAX];
    uint8_t random_byte;             /* the last that entropy() gave */
    tps_span provided[DEVICE_PARTS]; /* by TPS_PROVIDED_*; empty: there is none */
} device_memory;

extern device_memory device;
extern const tps_platform device_platform;

/* A new device: nothing in storage, counters at 0 but for the lifecycle, which is secured. */
void device_erase(void);

/* What a maker puts onto it: an identity of one image, "a", and that image, signed. */
void device_make(void);

/* Stops the program: what may never be was so. */
void must(bool condition);

/* The encoded COSE_Key of the release key. */
tps_span device_release_key(void);

/* The component on this handover with these services; it must start, with its vault. */
void device_start(tps_component *component, tps_handover *handover, const tps_service_slot *slots,
                  size_t count);

/* One message in a session: an answer is always well-formed. Empty unless the status is TPS_OK. */
tps_span device_ask(tps_component *component, uint32_t session, tps_span message);

/* A session of a service for a login; it must open. */
uint32_t device_open(tps_component *component, size_t service, const tps_login *login);

#endif
