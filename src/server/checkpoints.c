/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints of audit logs: a job a tenant, which reads the tenant's keys for itself, as those in memory are
 * the event loop's. */
#include "server/checkpoints.h"

#include <stdlib.h>

#include "server/audit_checkpoint.h"
#include "server/operation/log.h"

typedef struct {
    tps_job job; /* first */
    int64_t tenant;
    int64_t now;
    char name[TPS_STORE_TENANT_NAME_MAX + 1];
} checkpoint_job;

static tps_status append(tps_job *job, tps_store *store)
{
    checkpoint_job *c = (checkpoint_job *)(void *)job;
    tps_tenant_keys *keys = NULL;
    tps_status status = tps_tenant_build_keys(store, c->tenant, &keys);
    bool made;

    if (status == TPS_OK) {
        status = tps_audit_checkpoint_append(store, c->tenant, c->name, &keys->ring, c->now, &made);
    }
    tps_tenant_keys_free(keys);
    return status;
}

static void appended(tps_job *job, tps_status status)
{
    const checkpoint_job *c = (const checkpoint_job *)(void *)job;

    if (status != TPS_OK && status != TPS_NOT_FOUND) {
        tps_log_event(TPS_LOG_WARNING, "no checkpoint of the audit log could be made",
                      tps_log_text("tenant", c->name), tps_log_cause(status));
    }
    free(job);
}

void tps_checkpoints_make(tps_service *service)
{
    for (size_t i = 0; i < service->tenant_count; i++) {
        checkpoint_job *c = calloc(1, sizeof(*c));

        if (c == NULL) {
            return;
        }
        c->job = (tps_job){.run = append, .done = appended};
        c->tenant = service->tenants[i]->id;
        c->now = tps_calendar_ms() / 1000;
        memcpy(c->name, service->tenants[i]->name, sizeof(c->name));
        if (tps_job_submit(service->writer, &c->job) != TPS_OK) {
            free(c);
            return;
        }
    }
}
