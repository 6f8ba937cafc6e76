/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants in memory: sorted by name, with what the loader hands over put in place part by part. */
#include "server/tenants/tenants.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/access/principal.h"
#include "server/operation/log.h"
#include "server/operation/metrics.h"

/* ---- finding ---- */

static int compare_name(tps_span name, const char *other)
{
    size_t other_size = strlen(other);
    size_t common = name.size < other_size ? name.size : other_size;
    int order = common == 0 ? 0 : memcmp(name.data, other, common);

    return order != 0 ? order : (name.size > other_size) - (name.size < other_size);
}

/* Where the tenant of this name is, or would have to be, among the sorted ones. */
static size_t place_of(const tps_service *service, tps_span name, bool *found)
{
    size_t low = 0;
    size_t high = service->tenant_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_name(name, service->tenants[middle]->name);

        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    *found = false;
    return low;
}

tps_tenant *tps_tenants_find(const tps_service *service, tps_span name)
{
    bool found;
    size_t place = place_of(service, name, &found);

    return found ? service->tenants[place] : NULL;
}

tps_tenant *tps_tenants_find_id(const tps_service *service, int64_t id)
{
    for (size_t i = 0; i < service->tenant_count; i++) {
        if (service->tenants[i]->id == id) {
            return service->tenants[i];
        }
    }
    for (size_t i = 0; i < service->gone_count; i++) {
        if (service->gone[i]->id == id) {
            return service->gone[i];
        }
    }
    return NULL;
}

/* Takes /t/{tenant} off the path. False when the path has none. */
static bool split_prefix(tps_span *path, tps_span *name)
{
    const uint8_t *slash;

    if (path->size < 4 || memcmp(path->data, "/t/", 3) != 0) {
        return false;
    }
    slash = memchr(path->data + 3, '/', path->size - 3);
    if (slash == NULL) {
        return false;
    }
    *name = tps_span_make(path->data + 3, (size_t)(slash - path->data) - 3);
    *path = tps_span_make(slash, path->size - (size_t)(slash - path->data));
    return true;
}

static tps_span without_port(tps_span host)
{
    size_t size = host.size;

    while (size > 0 && host.data[size - 1] >= '0' && host.data[size - 1] <= '9') {
        size--;
    }
    return size > 1 && host.data[size - 1] == ':' ? tps_span_make(host.data, size - 1) : host;
}

static bool has_host(const tps_tenant *tenant, tps_span host)
{
    for (size_t i = 0; i < tenant->settings.host_count; i++) {
        if (tps_http_text_equal(host, tenant->settings.hosts[i])) {
            return true;
        }
    }
    return false;
}

/* Few servers have tenants with hosts, and none has many. */
static tps_tenant *find_host(const tps_service *service, tps_span host)
{
    tps_span bare = without_port(host);

    for (size_t i = 0; i < service->tenant_count && bare.size > 0; i++) {
        tps_tenant *t = service->tenants[i];

        if (t->settings.host_count > 0 && has_host(t, bare)) {
            return t;
        }
    }
    return NULL;
}

tps_tenant *tps_tenants_of_request(const tps_service *service, tps_span host, tps_span *path, bool *prefixed)
{
    tps_span name = TPS_SPAN_LITERAL(TPS_STORE_DEFAULT_TENANT);
    tps_tenant *of_host = find_host(service, host);
    tps_tenant *of_path;

    *prefixed = split_prefix(path, &name);
    if (!*prefixed) {
        return of_host != NULL ? of_host : tps_tenants_find(service, name);
    }
    of_path = tps_tenants_find(service, name);
    return of_host == NULL || of_host == of_path ? of_path : NULL;
}

/* ---- who waits for what ---- */

/* All of the store up to the revision is here, and no verifier of the tenant is still to come. */
static bool is_in_force(const tps_service *service, const tps_waiter *waiter)
{
    const tps_tenant *tenant = waiter->tenant;

    return waiter->revision <= service->revision &&
           (tenant == NULL || tenant->is_gone || tenant->built >= tenant->ordered);
}

static void call_waiters(tps_service *service, tps_status status)
{
    tps_waiter **at = &service->waiters;

    while (*at != NULL) {
        tps_waiter *waiter = *at;

        if (status == TPS_OK && !is_in_force(service, waiter)) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->done(waiter, status);
    }
}

/* ---- taking what was loaded ---- */

static tps_tenant *add_tenant(tps_service *service, const tps_loaded *loaded)
{
    tps_tenant **grown = realloc(service->tenants, (service->tenant_count + 1) * sizeof(tps_tenant *));
    tps_tenant *tenant;
    size_t place;
    bool found;

    if (grown == NULL) {
        return NULL;
    }
    service->tenants = grown;
    place = place_of(service, tps_span_of_text(loaded->name), &found);
    tenant = tps_tenant_new(loaded->tenant, loaded->name);
    if (tenant == NULL) {
        return NULL;
    }
    memmove(grown + place + 1, grown + place, (service->tenant_count - place) * sizeof(tps_tenant *));
    grown[place] = tenant;
    service->tenant_count++;
    tenant->metrics_label = tps_metrics_tenant(tenant->name);
    return tenant;
}

/* What is under way may point to it: it stays among those that are gone. A new one may take its name. */
static void end_tenant(tps_service *service, tps_tenant *tenant)
{
    tps_tenant **grown;
    bool found;
    size_t place = place_of(service, tps_span_of_text(tenant->name), &found);

    tenant->is_gone = true;
    tps_verifier_free(tenant->verifier);
    tps_tenant_keys_free(tenant->keys);
    tps_access_table_free(tenant->access);
    tenant->verifier = NULL;
    tenant->keys = NULL;
    tenant->access = NULL;
    grown = found ? realloc(service->gone, (service->gone_count + 1) * sizeof(tps_tenant *)) : NULL;
    if (grown == NULL) {
        return; /* it keeps its name, but nobody is let in, and nothing is appraised */
    }
    service->gone = grown;
    grown[service->gone_count++] = tenant;
    service->tenant_count--;
    memmove(service->tenants + place, service->tenants + place + 1,
            (service->tenant_count - place) * sizeof(tps_tenant *));
}

static void take_settings(tps_tenant *tenant, const tps_loaded *loaded)
{
    tenant->session_keys = loaded->session_keys;
    if (loaded->settings_stay && tenant->has_settings) {
        return;
    }
    if ((loaded->settings.open && !tenant->settings.open) ||
        (loaded->settings.allow_unsigned && !tenant->settings.allow_unsigned)) {
        tps_log_event(TPS_LOG_WARNING,
                      loaded->settings.open ? "a tenant takes endorsements from whoever reaches it"
                                            : "a tenant takes endorsements that nobody signed",
                      tps_log_text("tenant", tenant->name));
    }
    tenant->settings = loaded->settings;
    tenant->has_settings = !loaded->settings_stay;
}

static void take_verifier(tps_tenant *tenant, tps_verifier *verifier)
{
    if (tenant->verifier != NULL) {
        tps_verifier_take_established(verifier, tenant->verifier, tps_calendar_ms() / 1000);
        tps_verifier_free(tenant->verifier);
    }
    tenant->verifier = verifier;
    tenant->generation++;
}

static void end_verifier(tps_tenant *tenant)
{
    tps_verifier_free(tenant->verifier);
    tenant->verifier = NULL;
    tenant->generation++;
    tps_log_event(TPS_LOG_ERROR, "a tenant has no verifier: nothing is appraised until all can be read again",
                  tps_log_text("tenant", tenant->name));
}

static void take_added(tps_service *service, tps_tenant *tenant, const tps_loaded *loaded)
{
    int64_t now = tps_calendar_ms() / 1000;

    for (size_t i = 0; tenant->verifier != NULL && i < loaded->added_count; i++) {
        tps_error why = {TPS_OK, 0, NULL};
        tps_status status = tps_tenant_add_to_verifier(tenant->verifier, &loaded->added[i], now, &why);

        if (status != TPS_OK) {
            tps_tenants_complain(service, tenant->name, "something that was added", status, &why);
        }
    }
}

static void take_access(tps_tenant *tenant, tps_access_table *access)
{
    const char *name;
    const char *detail;
    tps_status status;
    size_t faults = tps_access_table_fault(access, &name, &status, &detail);

    tps_access_table_free(tenant->access);
    tenant->access = access;
    if (faults > 0) {
        tps_log_event(TPS_LOG_WARNING, "left out", tps_log_text("tenant", tenant->name),
                      tps_log_text("what", name), tps_log_cause(status), tps_log_text("detail", detail),
                      tps_log_number("all", (int64_t)faults));
    }
}

void tps_tenants_take(void *context, tps_loaded *loaded)
{
    tps_service *service = context;
    tps_tenant *tenant = tps_tenants_find_id(service, loaded->tenant);

    if (tenant == NULL && !loaded->is_gone) {
        tenant = add_tenant(service, loaded);
    }
    if (tenant == NULL || (tenant->is_gone && !loaded->is_gone)) {
        tps_verifier_free(loaded->verifier);
        tps_tenant_keys_free(loaded->keys);
        tps_access_table_free(loaded->access);
        return;
    }
    if (loaded->is_gone) {
        if (!tenant->is_gone) {
            tps_audit_keeper_forget(service->keeper, tenant->id);
            end_tenant(service, tenant);
            call_waiters(service, TPS_OK);
        }
        return;
    }
    if (loaded->has_settings) {
        take_settings(tenant, loaded);
        tenant->ordered = loaded->ordered;
    }
    if (loaded->verifier != NULL) {
        take_verifier(tenant, loaded->verifier);
    } else if (loaded->verifier_ends) {
        end_verifier(tenant);
    }
    take_added(service, tenant, loaded);
    if (loaded->keys != NULL) {
        tps_tenant_keys_free(tenant->keys);
        tenant->keys = loaded->keys;
    }
    if (loaded->access != NULL) {
        take_access(tenant, loaded->access);
    }
    tenant->revision = loaded->revision;
    tps_audit_keeper_note(service->keeper, tenant->id, tenant->name, tenant->revision, tps_now_ms());
    if (loaded->built != 0) {
        tenant->built = loaded->built;
        call_waiters(service, TPS_OK);
    }
}

void tps_tenants_in_step(void *context, int64_t revision, const char *generation, tps_status status)
{
    tps_service *service = context;

    if (status == TPS_OK) {
        service->revision = revision;
        tps_job_queue_set_generation(service->writer, generation);
        service->in_step_ms = tps_now_ms();
    } else if (service->in_step == TPS_OK) {
        tps_log_event(TPS_LOG_ERROR, "the store cannot be read: what was loaded before still counts",
                      tps_log_cause(status));
    }
    if (status == TPS_OK && service->in_step != TPS_OK) {
        tps_log_line(TPS_LOG_INFO, "the store can be read again");
    }
    service->in_step = status;
    call_waiters(service, status);
}

void tps_tenants_end_waiting(tps_service *service)
{
    call_waiters(service, TPS_STORE_AWAY);
}

void tps_service_await(tps_service *service, tps_waiter *waiter)
{
    if (is_in_force(service, waiter)) {
        waiter->done(waiter, TPS_OK);
        return;
    }
    waiter->next = service->waiters;
    service->waiters = waiter;
    tps_loader_look(service->loader);
}

void tps_tenants_complain(void *context, const char *tenant, const char *what, tps_status status,
                          const tps_error *why)
{
    (void)context;
    tps_log_event(TPS_LOG_WARNING, "left out", tps_log_text("tenant", tenant), tps_log_text("what", what),
                  tps_log_cause(status), tps_log_text("detail", why == NULL ? NULL : why->detail),
                  tps_log_text("next_step", tps_status_next_step(status)));
}

void tps_tenants_free(tps_service *service)
{
    for (size_t i = 0; i < service->tenant_count; i++) {
        tps_tenant_free(service->tenants[i]);
    }
    for (size_t i = 0; i < service->gone_count; i++) {
        tps_tenant_free(service->gone[i]);
    }
    free(service->tenants);
    free(service->gone);
}
