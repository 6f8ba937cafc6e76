/* SPDX-License-Identifier: Apache-2.0 */
/* A chip in memory, over the strict flash of flash_support.h. What the power left half written reads as old
 * or new, bit by bit, and otherwise at each start, until its sector is erased. */
#ifndef TPS_TEST_CHIP_SUPPORT_H
#define TPS_TEST_CHIP_SUPPORT_H

#include "flash_support.h"
#include "platform/trustzone_m/trustzone_m.h"

#define CHIP_UNSURE_MAX 64u
#define CHIP_WORN_MAX   8u

/* What the unsure reads as at the next starts. */
enum { CHIP_READS_ANYHOW = 0, CHIP_READS_OLD = 1, CHIP_READS_NEW = 2 };

/* A place that a cut has touched. */
typedef struct {
    uint32_t offset;
    uint32_t size;
    uint8_t *old;
    uint8_t *fresh;
} chip_unsure;

typedef struct {
    flash flash;
    tps_chip chip;
    tps_trustzone_m platform;
    chip_unsure unsure[CHIP_UNSURE_MAX];
    size_t unsure_count;
    uint32_t reads; /* CHIP_READS_* */
    uint32_t random;
    bool is_clean;                /* what is_clean_start() says */
    unsigned operations;          /* of the flash that were asked for */
    unsigned fail_at;             /* the operation that fails, without effect; 0: none */
    unsigned lie_at;              /* the operation that does something else, and says TPS_OK; 0: none */
    uint32_t worn[CHIP_WORN_MAX]; /* sectors that cannot be erased */
    size_t worn_count;
    unsigned logged;
    unsigned resets;
    bool is_locked;
} chip_rig;

/* Erased flash: no device was made. */
chip_rig *chip_new(uint32_t sector, uint32_t unit);
void chip_free(chip_rig *r);

/* Power on; what is unsure reads anew; the platform begins. */
tps_status chip_start(chip_rig *r);

/* 32 random bits of the test. */
uint32_t chip_draw(chip_rig *r);

#endif
