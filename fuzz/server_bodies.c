/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the bodies of requests that change a tenant, under their handlers: the first byte says which. The
 * store takes everything and has nothing but the tenant; HTTP, queues and the service are played. Each
 * request has one answer, which is no failure of the server, and what is stored is what store.h allows.
 */
#include <stdlib.h>

#include "format/json/reader.h"
#include "server/access/scope.h"
#include "server/changes.h"

/* ---- a store ---- */

static const tps_store_tenant the_tenant = {.id = 1, .name = "default", .revision = 1};

static tps_status revision(tps_store *s, int64_t *out)
{
    (void)s;
    *out = 1;
    return TPS_OK;
}

static tps_status create_tenant(tps_store *s, const tps_store_tenant *tenant, int64_t now)
{
    (void)s;
    (void)now;
    return tps_store_tenant_name_is_valid(tenant->name) ? TPS_OK : TPS_BAD_ARGUMENT;
}

static tps_status find_tenant(tps_store *s, const char *name, tps_store_visit_tenant visit, void *context)
{
    (void)s;
    (void)name;
    return visit(context, &the_tenant);
}

static tps_status each_tenant(tps_store *s, tps_store_visit_tenant visit, void *context)
{
    (void)s;
    return visit(context, &the_tenant);
}

static void must_be_json(tps_span text, size_t most)
{
    json_limits limits = json_limits_file;

    if (text.size > most || json_check(text, &limits, NULL) != TPS_OK || text.data[0] != '{') {
        abort();
    }
}

static tps_status set_settings(tps_store *s, int64_t tenant, tps_span settings, int64_t expected)
{
    (void)s;
    (void)tenant;
    (void)expected;
    must_be_json(settings, TPS_STORE_SETTINGS_MAX);
    return TPS_OK;
}

static tps_status put_item(tps_store *s, int64_t tenant, const tps_store_item *item, int64_t expected,
                           int64_t now, int64_t *sequence)
{
    (void)s;
    (void)tenant;
    (void)expected;
    (void)now;
    must_be_json(item->attributes, TPS_STORE_ATTRIBUTES_MAX);
    if (!tps_store_item_name_is_valid(item->name) || item->body.size > TPS_STORE_BODY_MAX) {
        abort();
    }
    if (sequence != NULL) {
        *sequence = 2;
    }
    return TPS_OK;
}

static tps_status find_item(tps_store *s, int64_t tenant, uint32_t kind, tps_span name,
                            tps_store_visit_item visit, void *context)
{
    (void)s;
    (void)tenant;
    (void)kind;
    (void)name;
    (void)visit;
    (void)context;
    return TPS_NOT_FOUND;
}

static tps_status each_item(tps_store *s, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                            bool with_bodies, tps_store_visit_item visit, void *context)
{
    (void)s;
    (void)tenant;
    (void)kind;
    (void)after;
    (void)limit;
    (void)with_bodies;
    (void)visit;
    (void)context;
    return TPS_OK;
}

static tps_status append_audit(tps_store *s, int64_t tenant, int64_t time, tps_span entry,
                               tps_store_audit_entry *out)
{
    (void)s;
    (void)tenant;
    (void)time;
    (void)out;
    must_be_json(entry, TPS_STORE_AUDIT_ENTRY_MAX);
    return TPS_OK;
}

static const tps_store_ops ops = {.revision = revision,
                                  .create_tenant = create_tenant,
                                  .find_tenant = find_tenant,
                                  .each_tenant = each_tenant,
                                  .set_settings = set_settings,
                                  .put_item = put_item,
                                  .find_item = find_item,
                                  .each_item = each_item,
                                  .append_audit = append_audit};
static tps_store store = {&ops};

/* ---- what is played ---- */

static tps_http_request request;
static tps_span body;
static unsigned answers, answered;

tps_span __wrap_tps_http_exchange_body(const tps_http_exchange *exchange);
const tps_http_request *__wrap_tps_http_exchange_request(const tps_http_exchange *exchange);
const char *__wrap_tps_http_exchange_peer_address(const tps_http_exchange *exchange,
                                                  char out[TPS_HTTP_PEER_ADDRESS_MAX]);
void __wrap_tps_http_answer(tps_http_exchange *exchange, const tps_http_answer_message *message);
void __wrap_tps_http_answer_problem(tps_http_exchange *exchange, unsigned status, const char *cause,
                                    const char *next_step, const tps_http_answer_field *fields, size_t count);
void __wrap_tps_answer_status(tps_http_exchange *exchange, unsigned http_status, tps_status status);
tps_status __wrap_tps_job_submit(tps_job_queue *queue, tps_job *job);
void __wrap_tps_service_await(tps_service *service, tps_waiter *waiter);

tps_span __wrap_tps_http_exchange_body(const tps_http_exchange *exchange)
{
    (void)exchange;
    return body;
}

const char *__wrap_tps_http_exchange_peer_address(const tps_http_exchange *exchange,
                                                  char out[TPS_HTTP_PEER_ADDRESS_MAX])
{
    (void)exchange;
    memcpy(out, "192.0.2.1", sizeof("192.0.2.1"));
    return out;
}

const tps_http_request *__wrap_tps_http_exchange_request(const tps_http_exchange *exchange)
{
    (void)exchange;
    return &request;
}

static void note(unsigned status)
{
    answers++;
    answered = status;
}

void __wrap_tps_http_answer(tps_http_exchange *exchange, const tps_http_answer_message *message)
{
    (void)exchange;
    if (message->type != NULL && strcmp(message->type, TPS_TYPE_JSON) == 0) {
        must_be_json(message->body, SIZE_MAX);
    }
    if (message->release != NULL) {
        message->release(message->release_context);
    }
    note(message->status);
}

void __wrap_tps_http_answer_problem(tps_http_exchange *exchange, unsigned status, const char *cause,
                                    const char *next_step, const tps_http_answer_field *fields, size_t count)
{
    (void)exchange;
    (void)cause;
    (void)next_step;
    (void)fields;
    (void)count;
    note(status);
}

void __wrap_tps_answer_status(tps_http_exchange *exchange, unsigned http_status, tps_status status)
{
    (void)exchange;
    (void)status;
    note(http_status);
}

tps_status __wrap_tps_job_submit(tps_job_queue *queue, tps_job *job)
{
    (void)queue;
    job->done(job, job->run(job, &store));
    return TPS_OK;
}

void __wrap_tps_service_await(tps_service *service, tps_waiter *waiter)
{
    (void)service;
    waiter->done(waiter, TPS_OK);
}

/* ---- the requests ---- */

static const struct {
    void (*handle)(const tps_call *call);
    const char *type;
} targets[] = {
    {tps_handle_add_policy, "application/json"},
    {tps_handle_add_policy, "application/vnd.opentps.policy+lua"},
    {tps_handle_add_anchor, "application/json"},
    {tps_handle_add_anchor, "application/x-pem-file"},
    {tps_handle_add_anchor, "application/pkix-cert"},
    {tps_handle_add_crl, "application/pkix-crl"},
    {tps_handle_add_crl, "application/x-pem-file"},
    {tps_handle_put_revocations, "application/json"},
    {tps_handle_change_settings, "application/json"},
    {tps_handle_create_tenant, "application/json"},
    {tps_handle_create_token, "application/json"},
    {tps_handle_put_administrator, "application/json"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tps_principal who = {"token", "op", TPS_SCOPES_ALL};
    static tps_service *service;
    static tps_tenant *tenant;
    tps_call call = {.request = &request, .principal = &who, .request_id = "r"};
    size_t target;

    if (size == 0 || size > 65536) {
        return 0;
    }
    if (service == NULL) {
        service = calloc(1, sizeof(*service));
        tenant = tps_tenant_new(1, "default");
    }
    target = data[0] % (sizeof(targets) / sizeof(targets[0]));
    call.service = service;
    call.tenant = tenant;
    call.parts.parts[0] = TPS_SPAN_LITERAL("name");
    request = (tps_http_request){.method = TPS_HTTP_POST, .field_count = 1};
    request.fields[0] =
        (tps_http_field){TPS_SPAN_LITERAL("Content-Type"), tps_span_of_text(targets[target].type)};
    body = tps_span_make(data + 1, size - 1);
    answers = 0;
    targets[target].handle(&call);
    if (answers != 1 || answered >= 500) {
        abort();
    }
    return 0;
}
