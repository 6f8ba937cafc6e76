/* SPDX-License-Identifier: Apache-2.0 */
/* A made-up fleet of one class of devices: their keys, their endorsements, and evidence over any nonce. */
#ifndef TPS_BENCH_FLEET_H
#define TPS_BENCH_FLEET_H

#include "tps/span.h"

#define FLEET_EVIDENCE_MAX 1024u

typedef struct fleet fleet;

/** A fleet of `size` devices with P-256 keys; ends the program if that fails. */
fleet *fleet_new(size_t size);

/** The same with `keys` keys, which the devices share: to make a million would take longer than all else.
 * What a verifier does with them is the same. */
fleet *fleet_new_sharing(size_t size, size_t keys);

/** An unsigned CoRIM (PSA profile) with the keys of all devices and the reference values of their software.
 */
tps_span fleet_endorsements(fleet *fleet);

/** The same of `count` devices from `first` on; it lasts until the next is asked for. */
tps_span fleet_endorsements_of(fleet *fleet, size_t first, size_t count);

/** A PSA token of one device over `nonce` (32 bytes) into `out`; returns its bytes. */
tps_span fleet_evidence(fleet *fleet, size_t device, tps_span nonce, uint8_t out[FLEET_EVIDENCE_MAX]);

/** The same claims under a key that was established with the device: 32 bytes, fleet_key(). */
tps_span fleet_evidence_again(const fleet *fleet, size_t device, tps_span nonce,
                              uint8_t out[FLEET_EVIDENCE_MAX]);

/** The key that is established with a device. */
void fleet_key(size_t index, uint8_t key[32]);

/** A device drawn uniformly. */
size_t fleet_draw(fleet *fleet);

void fleet_free(fleet *fleet);

#endif
