/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file claims_map.h
 * Maps of claims for tests: a good set, of which a test changes one claim at a time.
 */
#ifndef TPS_TEST_CLAIMS_MAP_H
#define TPS_TEST_CLAIMS_MAP_H

#include "tps/span.h"

/** A claim: its label, and its value as hex digits (NULL: it is left out). */
typedef struct {
    int64_t label;
    const char *value;
} claim;

#define CLAIMS_MAP_MAX 40u

typedef struct {
    claim claims[CLAIMS_MAP_MAX];
    size_t count;
    bool is_indefinite;
    const char *extra; /**< further pairs as hex digits, put behind the others */
    size_t extra_count;
} claims_map;

claims_map claims_map_of(const claim *claims, size_t count);

/** Gives the claim another value; adds it at the end if it is new; NULL leaves it out. */
void claims_map_set(claims_map *map, int64_t label, const char *value);

/** Turns the order of the claims round. */
void claims_map_reverse(claims_map *map);

/** The encoded map, in memory of exactly its size, which lives until the next call. */
tps_span claims_map_encode(const claims_map *map);

/** Frees what claims_map_encode() holds: a cmocka group's teardown. */
int claims_map_clean(void **state);

#endif
