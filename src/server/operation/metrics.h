/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file metrics.h
 * What the server counts, as Prometheus reads it (text exposition 0.0.4; OpenMetrics 1.0.0 for who asks for
 * it).
 *
 * All metrics are in one table, metrics_table.h, with name, help, kind and labels. Labels have fixed sets of
 * values, so the number of series is bounded: routes are those that were named at the start, tenants the
 * first TPS_METRICS_TENANTS_MAX that were seen; all others are counted under "_other" (which is no tenant's
 * name).
 *
 * Counting allocates nothing, takes no lock and may be done from any thread: a value is one atomic addition
 * in a block of TPS_METRICS_VALUES numbers. Several processes on one address (tps serve --workers) have a
 * block each in shared memory, and whoever is asked sums them as the table says.
 */
#ifndef TPS_SERVER_OPERATION_METRICS_H
#define TPS_SERVER_OPERATION_METRICS_H

#include <stdatomic.h>

#include "server/operation/metrics_table.h"
#include "tps/span.h"
#include "tps/status.h"

/** Every metric, and where its values begin in a block. TPS_METRIC_LAST... only count. */
enum {
#define TPS_METRIC_PLACE(id, name, kind, labels, combine, values, help) \
    TPS_METRIC_##id, TPS_METRIC_LAST_##id = TPS_METRIC_##id + (values)-1,
    TPS_METRICS_LIST(TPS_METRIC_PLACE)
#undef TPS_METRIC_PLACE
        TPS_METRICS_VALUES
};

/** The numbers of one process, and its tenants' names. All zero at first. */
typedef struct {
    _Atomic uint64_t values[TPS_METRICS_VALUES];
    atomic_uint tenant_count;
    char tenants[TPS_METRICS_TENANTS_MAX][64];
} tps_metrics_block;

/** A route as it is told: its method and its pattern. Both are kept, not copied. */
typedef struct {
    const char *method;
    const char *pattern;
} tps_metrics_route;

/**
 * @brief Count into this block from now on: `blocks[number]`. Until the first call, a block of this process's
 * own.
 *
 * What a process before counted in the block stays (counters never go back); its gauges become zero.
 * @param blocks  All processes' blocks, `count` of them, in shared memory; the caller keeps them.
 */
void tps_metrics_use(tps_metrics_block *blocks, size_t count, size_t number);

/** Names the routes, at most TPS_METRICS_ROUTES_MAX; their index is the label's value. Before any thread
 * counts. */
void tps_metrics_set_routes(const tps_metrics_route *routes, size_t count);

/** The version for tps_build_info; constant text. */
void tps_metrics_set_version(const char *version);

/**
 * The tenant's label: a number for `label` below. The same name gives the same number. Call it from one
 * thread (the loop's), once a tenant, and keep the number: it looks through the names.
 */
uint32_t tps_metrics_tenant(const char *name);

/** The block that this process counts into. */
tps_metrics_block *tps_metrics_own(void);

/* ---- counting: `at` is TPS_METRIC_..., `label` which of its values (0 where it has no labels) ---- */

/** Adds to a counter, or to a gauge. */
static inline void tps_metrics_add(uint32_t at, uint32_t label, uint64_t number)
{
    atomic_fetch_add_explicit(&tps_metrics_own()->values[at + label], number, memory_order_relaxed);
}

/** Takes off a gauge. */
static inline void tps_metrics_subtract(uint32_t at, uint32_t label, uint64_t number)
{
    atomic_fetch_sub_explicit(&tps_metrics_own()->values[at + label], number, memory_order_relaxed);
}

/** Sets a gauge. */
static inline void tps_metrics_set(uint32_t at, uint32_t label, uint64_t number)
{
    atomic_store_explicit(&tps_metrics_own()->values[at + label], number, memory_order_relaxed);
}

/** Follows a counter that somebody else keeps: adds what it has grown by since `*before`, which becomes
 * `now`. */
static inline void tps_metrics_follow(uint32_t at, uint32_t label, uint64_t *before, uint64_t now)
{
    tps_metrics_add(at, label, now - *before);
    *before = now;
}

/** What a counter or gauge stands at, in this process. */
static inline uint64_t tps_metrics_get(uint32_t at, uint32_t label)
{
    return atomic_load_explicit(&tps_metrics_own()->values[at + label], memory_order_relaxed);
}

/** A duration into a histogram of seconds (TPS_METRICS_SECONDS), in microseconds. */
void tps_metrics_observe_us(uint32_t at, uint32_t label, uint64_t microseconds);

/** A number into a histogram of counts (TPS_METRICS_COUNTS). */
void tps_metrics_observe_count(uint32_t at, uint32_t label, uint64_t number);

/** A request that was answered: counter and histogram. @param status  Of HTTP. */
void tps_metrics_request(uint32_t route, unsigned status, uint64_t microseconds);

/** Reads what the system knows of this process (memory, descriptors, time of CPU) into its gauges: costs some
 * milliseconds where there are 10,000 connections, so every five seconds will do. */
void tps_metrics_sample_process(void);

/* ---- telling ---- */

#define TPS_METRICS_TYPE      "text/plain; version=0.0.4; charset=utf-8"
#define TPS_METRICS_TYPE_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

/** True when this Accept field asks for OpenMetrics 1.0.0 before plain text. */
bool tps_metrics_wants_open(tps_span accept);

/**
 * @brief Write all metrics of all processes.
 * @param[out] text  On the heap; free() it.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_metrics_write(bool open, char **text, size_t *size);

#endif
