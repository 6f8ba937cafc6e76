/* SPDX-License-Identifier: Apache-2.0 */
/* A chip in plain memory, one to a program: flash that does as it is told, random bytes of
 * tps_crypto_random(), no secret, and a log that nobody reads. */
#ifndef TPS_TEST_FAKE_CHIP_H
#define TPS_TEST_FAKE_CHIP_H

#include "platform/trustzone_m/chip.h"

/* The whole table over `size` bytes of flash, which are the caller's. Its operations look at no context: a
 * test that wants one of them otherwise puts its own in, with the context that it needs. */
tps_chip fake_chip(uint8_t *flash, uint32_t size, uint32_t sector, uint32_t unit);

#endif
