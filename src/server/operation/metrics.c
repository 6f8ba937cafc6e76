/* SPDX-License-Identifier: Apache-2.0 */
/* Counting, see metrics.h; how it is told is in metrics_text.c. */
#include "server/operation/metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "server/operation/metrics_internal.h"

static tps_metrics_block private_block;
static tps_metrics_state the_metrics = {.blocks = &private_block, .block_count = 1, .version = "unknown"};
static tps_metrics_block *own = &private_block;
static uint64_t cpu_before; /* of processes that counted here before, in microseconds */

const tps_metrics_state *tps_metrics_the_state(void)
{
    return &the_metrics;
}

tps_metrics_block *tps_metrics_own(void)
{
    return own;
}

enum { IS_COUNTER, IS_GAUGE, IS_MICROSECONDS = 0, IS_SECONDS = 0, IS_COUNTS = 0 };

static void clear(uint32_t at, uint32_t values)
{
    for (uint32_t i = 0; i < values; i++) {
        tps_metrics_set(at, i, 0);
    }
}

void tps_metrics_use(tps_metrics_block *blocks, size_t count, size_t number)
{
    the_metrics.blocks = blocks;
    the_metrics.block_count = count;
    own = &blocks[number];
#define CLEAR_GAUGE(id, name, kind, labels, combine, values, help) \
    clear(TPS_METRIC_##id, IS_##kind ? (values) : 0);
    TPS_METRICS_LIST(CLEAR_GAUGE)
    cpu_before = tps_metrics_get(TPS_METRIC_CPU, 0);
}

void tps_metrics_set_routes(const tps_metrics_route *routes, size_t count)
{
    the_metrics.routes = routes;
    the_metrics.route_count = count < TPS_METRICS_ROUTES_MAX - 1 ? count : TPS_METRICS_ROUTES_MAX - 1;
}

void tps_metrics_set_version(const char *version)
{
    the_metrics.version = version;
}

/* The last place is everybody's for whom there is none. A name is whole before the count tells of it. */
uint32_t tps_metrics_tenant(const char *name)
{
    unsigned count = atomic_load(&own->tenant_count);

    for (unsigned i = 0; i < count; i++) {
        if (strcmp(own->tenants[i], name) == 0) {
            return i;
        }
    }
    if (count == TPS_METRICS_TENANTS_MAX - 1 || strlen(name) >= sizeof(own->tenants[0])) {
        return TPS_METRICS_TENANTS_MAX - 1;
    }
    (void)snprintf(own->tenants[count], sizeof(own->tenants[0]), "%s", name);
    atomic_store(&own->tenant_count, count + 1);
    return count;
}

static void observe(uint32_t at, const uint64_t *bounds, uint64_t number)
{
    uint32_t bucket = 0;

    while (bucket < TPS_METRICS_BUCKETS - 1 && number > bounds[bucket]) {
        bucket++;
    }
    tps_metrics_add(at, bucket, 1);
    tps_metrics_add(at, TPS_METRICS_BUCKETS, number);
    tps_metrics_add(at, TPS_METRICS_BUCKETS + 1, 1);
}

const uint64_t tps_metrics_second_bounds[TPS_METRICS_BUCKETS - 1] = TPS_METRICS_SECONDS;
const uint64_t tps_metrics_count_bounds[TPS_METRICS_BUCKETS - 1] = TPS_METRICS_COUNTS;

void tps_metrics_observe_us(uint32_t at, uint32_t label, uint64_t microseconds)
{
    observe(at + label * TPS_METRICS_HISTOGRAM, tps_metrics_second_bounds, microseconds);
}

void tps_metrics_observe_count(uint32_t at, uint32_t label, uint64_t number)
{
    observe(at + label * TPS_METRICS_HISTOGRAM, tps_metrics_count_bounds, number);
}

void tps_metrics_request(uint32_t route, unsigned status, uint64_t microseconds)
{
    unsigned hundreds = status / 100;
    uint32_t class = hundreds >= 1 && hundreds <= 5 ? (uint32_t)hundreds - 1 : TPS_CLASS_5XX;

    route = route < TPS_METRICS_ROUTES_MAX ? route : TPS_METRICS_ROUTES_MAX - 1;
    tps_metrics_add(TPS_METRIC_REQUESTS, route * TPS_CLASSES + class, 1);
    tps_metrics_observe_us(TPS_METRIC_REQUEST_SECONDS, route, microseconds);
}

/* ---- of the process ---- */

static uint64_t resident_bytes(void)
{
    unsigned long size, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%lu %lu", &size, &resident) != 2) {
        resident = 0;
    }
    (void)fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (folder == NULL) {
        return 0;
    }
    while (readdir(folder) != NULL) {
        count++;
    }
    (void)closedir(folder);
    return count > 3 ? count - 3 : 0; /* ".", "..", and the folder itself */
}

static uint64_t microseconds_of(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

void tps_metrics_sample_process(void)
{
    struct rusage usage;
    struct rlimit limit;

    tps_metrics_set(TPS_METRIC_MEMORY, 0, resident_bytes());
    tps_metrics_set(TPS_METRIC_DESCRIPTORS, 0, open_descriptors());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        tps_metrics_set(TPS_METRIC_DESCRIPTORS_MAX, 0, limit.rlim_cur);
    }
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        tps_metrics_set(TPS_METRIC_CPU, 0,
                        cpu_before + microseconds_of(usage.ru_utime) + microseconds_of(usage.ru_stime));
    }
    if (tps_metrics_get(TPS_METRIC_START, 0) == 0) {
        tps_metrics_set(TPS_METRIC_START, 0, (uint64_t)time(NULL));
    }
    tps_metrics_set(TPS_METRIC_BUILD_INFO, 0, 1);
}
