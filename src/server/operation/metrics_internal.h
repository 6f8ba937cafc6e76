/* SPDX-License-Identifier: Apache-2.0 */
/** @file metrics_internal.h  What counting and telling share. */
#ifndef TPS_SERVER_OPERATION_METRICS_INTERNAL_H
#define TPS_SERVER_OPERATION_METRICS_INTERNAL_H

#include "server/operation/metrics.h"

typedef struct {
    tps_metrics_block *blocks;
    size_t block_count;
    const tps_metrics_route *routes;
    size_t route_count;
    const char *version;
} tps_metrics_state;

const tps_metrics_state *tps_metrics_the_state(void);

extern const uint64_t tps_metrics_second_bounds[TPS_METRICS_BUCKETS - 1];
extern const uint64_t tps_metrics_count_bounds[TPS_METRICS_BUCKETS - 1];

#endif
