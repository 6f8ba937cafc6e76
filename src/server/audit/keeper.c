/* SPDX-License-Identifier: Apache-2.0 */
/* Signs audit logs that grew. */
#include "server/audit/keeper.h"

#include <stdlib.h>
#include <time.h>

#include "server/audit/checkpoint.h"
#include "server/operation/log.h"
#include "server/operation/metrics.h"
#include "server/service_internal.h"
#include "server/tenants/tenant.h"

#define RETRY_MS 30000u /* after a failure */

/* A tenant whose log may have grown. */
typedef struct {
    int64_t tenant;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    int64_t revision;  /* the newest that was told */
    int64_t signed_at; /* the revision that was told when the last checkpoint was asked for */
    uint64_t due_ms;
    bool is_waiting; /* for a checkpoint */
} watched;

struct tps_audit_keeper {
    tps_job_queue *writer;
    uint32_t interval;
    watched *all; /* by tenant's number */
    size_t count, capacity;
    size_t under_way;
    tps_audit_keeper_figures figures;
};

/* A checkpoint that is made. */
typedef struct {
    tps_job job;
    tps_audit_keeper *keeper;
    int64_t tenant;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
    bool is_made;
    tps_status cause; /* of a failure */
} checkpoint_job;

tps_status tps_audit_keeper_new(tps_job_queue *writer, uint32_t interval, tps_audit_keeper **keeper)
{
    tps_audit_keeper *made = calloc(1, sizeof(*made));

    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    made->writer = writer;
    made->interval = interval;
    *keeper = made;
    return TPS_OK;
}

void tps_audit_keeper_free(tps_audit_keeper *keeper)
{
    if (keeper != NULL) {
        free(keeper->all);
        free(keeper);
    }
}

tps_audit_keeper_figures tps_audit_keeper_look(const tps_audit_keeper *keeper)
{
    return keeper->figures;
}

/* ---- tenants ---- */

static size_t place_of(const tps_audit_keeper *keeper, int64_t tenant)
{
    size_t low = 0;
    size_t high = keeper->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (keeper->all[middle].tenant < tenant) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static watched *find(tps_audit_keeper *keeper, int64_t tenant)
{
    size_t place = place_of(keeper, tenant);

    return place < keeper->count && keeper->all[place].tenant == tenant ? &keeper->all[place] : NULL;
}

static watched *add(tps_audit_keeper *keeper, int64_t tenant, const char *name)
{
    size_t place = place_of(keeper, tenant);
    watched *at;

    if (keeper->count == keeper->capacity) {
        size_t capacity = keeper->capacity == 0 ? 16 : 2 * keeper->capacity;
        watched *grown = realloc(keeper->all, capacity * sizeof(*grown));

        if (grown == NULL) {
            return NULL;
        }
        keeper->all = grown;
        keeper->capacity = capacity;
    }
    at = &keeper->all[place];
    memmove(at + 1, at, (keeper->count - place) * sizeof(*at));
    keeper->count++;
    memset(at, 0, sizeof(*at));
    at->tenant = tenant;
    memcpy(at->name, name, strlen(name) + 1);
    return at;
}

void tps_audit_keeper_note(tps_audit_keeper *keeper, int64_t tenant, const char *name, int64_t revision,
                           uint64_t now_ms)
{
    watched *at = find(keeper, tenant);
    bool is_new = at == NULL;

    at = is_new ? add(keeper, tenant, name) : at;
    if (at == NULL || (!is_new && at->revision == revision)) {
        return;
    }
    at->signed_at = is_new ? revision : at->signed_at;
    at->revision = revision;
    if (!at->is_waiting) {
        at->is_waiting = true;
        at->due_ms = keeper->interval == 0 ? UINT64_MAX : now_ms + keeper->interval * UINT64_C(1000);
    }
    if (revision - at->signed_at >= TPS_AUDIT_KEEPER_CHANGES) {
        at->due_ms = now_ms;
    }
}

void tps_audit_keeper_forget(tps_audit_keeper *keeper, int64_t tenant)
{
    watched *at = find(keeper, tenant);

    if (at != NULL) {
        size_t place = (size_t)(at - keeper->all);

        keeper->count--;
        memmove(at, at + 1, (keeper->count - place) * sizeof(*at));
    }
}

/* ---- checkpoints ---- */

/*
 * In the writer's thread, within a group: nothing of the tenant in memory is touched. A tenant whose keys
 * cannot be used must not fail what others write in the same group: as long as nothing is appended that is an
 * answer.
 */
static tps_status make_checkpoint(tps_job *job, tps_store *store)
{
    checkpoint_job *c = (checkpoint_job *)job;
    tps_tenant_keys *keys = NULL;
    tps_status status = tps_tenant_build_keys(store, c->tenant, &keys);

    if (status == TPS_OK) {
        status = tps_audit_checkpoint_append(store, c->tenant, c->name, &keys->ring, (int64_t)time(NULL),
                                             &c->is_made);
    }
    tps_tenant_keys_free(keys);
    c->cause = status;
    return status == TPS_OK || status == TPS_STORE_FAILED || status == TPS_STORE_AWAY ? status
                                                                                      : TPS_NOT_FOUND;
}

static void checkpoint_done(tps_job *job, tps_status status)
{
    checkpoint_job *c = (checkpoint_job *)job;
    tps_audit_keeper *keeper = c->keeper;
    watched *at = find(keeper, c->tenant);

    keeper->under_way--;
    if (status == TPS_OK) {
        keeper->figures.made += c->is_made;
        tps_metrics_add(TPS_METRIC_AUDIT_CHECKPOINTS, TPS_RESULT_OK, c->is_made);
    } else if (at != NULL) { /* one that was removed meanwhile is no failure */
        keeper->figures.failed++;
        tps_metrics_add(TPS_METRIC_AUDIT_CHECKPOINTS, TPS_RESULT_FAILED, 1);
        at->is_waiting = true;
        at->due_ms = tps_now_ms() + RETRY_MS;
        tps_log_event(TPS_LOG_WARNING, "the audit log could not be signed", tps_log_text("tenant", c->name),
                      tps_log_cause(c->cause == TPS_OK ? status : c->cause));
    }
    free(c);
}

static bool submit(tps_audit_keeper *keeper, watched *at)
{
    checkpoint_job *c = calloc(1, sizeof(*c));

    if (c == NULL) {
        return false;
    }
    c->job.run = make_checkpoint;
    c->job.done = checkpoint_done;
    c->keeper = keeper;
    c->tenant = at->tenant;
    memcpy(c->name, at->name, sizeof(c->name));
    if (tps_job_submit(keeper->writer, &c->job) != TPS_OK) {
        free(c);
        return false;
    }
    keeper->under_way++;
    at->is_waiting = false;
    at->signed_at = at->revision;
    return true;
}

void tps_audit_keeper_tick(tps_audit_keeper *keeper, uint64_t now_ms)
{
    for (size_t i = 0; i < keeper->count && keeper->under_way == 0; i++) {
        if (keeper->all[i].is_waiting && keeper->all[i].due_ms <= now_ms) {
            (void)submit(keeper, &keeper->all[i]);
        }
    }
}

void tps_audit_keeper_finish(tps_audit_keeper *keeper)
{
    for (size_t i = 0; i < keeper->count; i++) {
        if (keeper->all[i].is_waiting && !submit(keeper, &keeper->all[i])) {
            return;
        }
    }
}
