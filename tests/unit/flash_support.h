/* SPDX-License-Identifier: Apache-2.0 */
/* Flash in memory, as strict as flash is: a unit is written once after its sector was erased, whole, and
 * nothing is written when the power is gone. The power can go within any write, erase or step of a counter,
 * with some of the bits done; any operation can fail. */
#ifndef TPS_TEST_FLASH_SUPPORT_H
#define TPS_TEST_FLASH_SUPPORT_H

#include "component/platform.h"

/* What is done of the step in which the power goes. */
enum {
    CUT_NOTHING = 0,    /* not a bit */
    CUT_EVERYTHING = 1, /* all of it, and nobody was told */
    CUT_FIRST_HALF = 2,
    CUT_SECOND_HALF = 3,
    CUT_ANY_BITS = 4, /* each bit or not, another choice in each step */
    CUT_PATTERNS = 5
};

typedef struct {
    uint32_t size;
    uint32_t sector;
    uint32_t unit;
    uint8_t *bytes;
    uint8_t *is_written; /* of each unit: written since its sector was erased, or touched by a cut */
    uint32_t *erases;    /* of each sector */
    unsigned steps;      /* writes, erases, steps of counters so far */
    unsigned cut_at;     /* the step in which the power goes; 0: none */
    uint32_t pattern;    /* CUT_* */
    bool is_off;
    bool is_unreadable; /* storage_read fails */
    uint32_t bad_from;  /* reads that touch bad_from..bad_to - 1 fail; as `bad_status` if it is not TPS_OK */
    uint32_t bad_to;
    tps_status bad_status;
    uint32_t random; /* of CUT_ANY_BITS */
} flash;

/* Erased flash. */
void flash_make(flash *f, uint32_t size, uint32_t sector, uint32_t unit);
void flash_free(flash *f);

/* A copy of all that it holds, and the copy put back over it. flash_free() the copy. */
flash flash_copy(const flash *f);
void flash_put_back(flash *f, const flash *image);

/* Power again, no cut ahead. */
void flash_power_on(flash *f);

/* From now on the power goes in the `steps`th step. */
void flash_cut(flash *f, unsigned steps, uint32_t pattern);

/* The operations of platform.h. */
tps_status flash_read(flash *f, uint32_t offset, tps_buf out);
tps_status flash_write(flash *f, uint32_t offset, tps_span bytes);
tps_status flash_erase(flash *f, uint32_t offset);
tps_status flash_count(flash *f, uint64_t *counter, uint64_t *value);

#endif
