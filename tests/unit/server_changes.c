/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handlers that change a tenant, over a store whose Nth call fails, for all N: there is one answer each time,
 * a failure is 503 and leaves nothing behind, and a change that is refused has written nothing, since its
 * group goes on. Threads, HTTP and the service are played; handlers, audit log and SQLite are real.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <unistd.h>

#include "server/access/scope.h"
#include "server/changes.h"
#include "store/sqlite/sqlite_store.h"

/* ---- the store, with a call that fails ---- */

static tps_store *store;
static const tps_store_ops *real;
static tps_store_ops failing;
static unsigned calls, fail_at;
static tps_status fail_with;
static bool wrote;

static bool is_due(void)
{
    return ++calls == fail_at;
}

#define FAIL_IF_DUE()         \
    do {                      \
        if (is_due()) {       \
            return fail_with; \
        }                     \
    } while (0)

static tps_status noted(tps_status status)
{
    wrote = wrote || status == TPS_OK;
    return status;
}

static tps_status f_revision(tps_store *s, int64_t *revision)
{
    FAIL_IF_DUE();
    return real->revision(s, revision);
}

static tps_status f_create_tenant(tps_store *s, const tps_store_tenant *tenant, int64_t now)
{
    FAIL_IF_DUE();
    return noted(real->create_tenant(s, tenant, now));
}

static tps_status f_find_tenant(tps_store *s, const char *name, tps_store_visit_tenant visit, void *context)
{
    FAIL_IF_DUE();
    return real->find_tenant(s, name, visit, context);
}

static tps_status f_each_tenant(tps_store *s, tps_store_visit_tenant visit, void *context)
{
    FAIL_IF_DUE();
    return real->each_tenant(s, visit, context);
}

static tps_status f_set_settings(tps_store *s, int64_t tenant, tps_span settings, int64_t expected)
{
    FAIL_IF_DUE();
    return noted(real->set_settings(s, tenant, settings, expected));
}

static tps_status f_remove_tenant(tps_store *s, int64_t tenant)
{
    FAIL_IF_DUE();
    return noted(real->remove_tenant(s, tenant));
}

static tps_status f_put_item(tps_store *s, int64_t tenant, const tps_store_item *item, int64_t expected,
                             int64_t now, int64_t *sequence)
{
    FAIL_IF_DUE();
    return noted(real->put_item(s, tenant, item, expected, now, sequence));
}

static tps_status f_remove_item(tps_store *s, int64_t tenant, uint32_t kind, tps_span name, int64_t expected)
{
    FAIL_IF_DUE();
    return noted(real->remove_item(s, tenant, kind, name, expected));
}

static tps_status f_find_item(tps_store *s, int64_t tenant, uint32_t kind, tps_span name,
                              tps_store_visit_item visit, void *context)
{
    FAIL_IF_DUE();
    return real->find_item(s, tenant, kind, name, visit, context);
}

static tps_status f_each_item(tps_store *s, int64_t tenant, uint32_t kind, int64_t after, size_t limit,
                              bool with_bodies, tps_store_visit_item visit, void *context)
{
    FAIL_IF_DUE();
    return real->each_item(s, tenant, kind, after, limit, with_bodies, visit, context);
}

static tps_status f_append_audit(tps_store *s, int64_t tenant, int64_t time, tps_span entry,
                                 tps_store_audit_entry *out)
{
    FAIL_IF_DUE();
    return noted(real->append_audit(s, tenant, time, entry, out));
}

static void remove_folder(const char *folder)
{
    static const char *const files[] = {"store", "store-wal", "store-shm"};
    char path[64];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static void open_store(void)
{
    char explanation[256];
    char folder[] = "/tmp/tps-changes-XXXXXX";
    char path[64];

    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/store", folder);
    assert_int_equal(tps_sqlite_store_open(path, &store, explanation, sizeof(explanation)), TPS_OK);
    remove_folder(folder); /* the store lives as long as its handle */
    real = store->ops;
    failing = *real;
    failing.revision = f_revision;
    failing.create_tenant = f_create_tenant;
    failing.find_tenant = f_find_tenant;
    failing.each_tenant = f_each_tenant;
    failing.set_settings = f_set_settings;
    failing.remove_tenant = f_remove_tenant;
    failing.put_item = f_put_item;
    failing.remove_item = f_remove_item;
    failing.find_item = f_find_item;
    failing.each_item = f_each_item;
    failing.append_audit = f_append_audit;
    store->ops = &failing;
}

/* ---- what is played: HTTP, queues, the service ---- */

static tps_http_request request;
static tps_span body;
static unsigned answers, answered;
static char location[256];

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
    (void)snprintf(out, TPS_HTTP_PEER_ADDRESS_MAX, "192.0.2.1");
    return out;
}

const tps_http_request *__wrap_tps_http_exchange_request(const tps_http_exchange *exchange)
{
    (void)exchange;
    return &request;
}

void __wrap_tps_http_answer(tps_http_exchange *exchange, const tps_http_answer_message *message)
{
    (void)exchange;
    answers++;
    answered = message->status;
    for (size_t i = 0; i < message->field_count; i++) {
        if (strcmp(message->fields[i].name, "Location") == 0) {
            (void)snprintf(location, sizeof(location), "%s", message->fields[i].value);
        }
    }
    if (message->release != NULL) {
        message->release(message->release_context);
    }
}

void __wrap_tps_http_answer_problem(tps_http_exchange *exchange, unsigned status, const char *cause,
                                    const char *next_step, const tps_http_answer_field *fields, size_t count)
{
    (void)exchange;
    (void)fields;
    (void)count;
    assert_non_null(cause);
    assert_non_null(next_step);
    answers++;
    answered = status;
}

void __wrap_tps_answer_status(tps_http_exchange *exchange, unsigned http_status, tps_status status)
{
    (void)exchange;
    assert_int_not_equal(status, TPS_OK);
    answers++;
    answered = http_status;
}

static bool is_full;

#define WRITER ((tps_job_queue *)(void *)&is_full) /* any address but the reader's */

/* As the queues do it, but at once: a group is kept when its work is done or is an answer. */
tps_status __wrap_tps_job_submit(tps_job_queue *queue, tps_job *job)
{
    tps_status status;

    if (is_full) {
        return TPS_SERVER_BUSY;
    }
    if (queue != WRITER) {
        job->done(job, job->run(job, store));
        return TPS_OK;
    }
    assert_int_equal(real->begin_group(store), TPS_OK);
    wrote = false;
    status = job->run(job, store);
    if (tps_job_status_is_answer(status)) {
        assert_false(wrote && status != TPS_OK); /* its group goes on, with what it wrote */
        assert_int_equal(real->commit_group(store), TPS_OK);
    } else {
        real->abandon_group(store);
    }
    job->done(job, status);
    return TPS_OK;
}

void __wrap_tps_service_await(tps_service *service, tps_waiter *waiter)
{
    (void)service;
    waiter->done(waiter, TPS_OK);
}

/* ---- requests ---- */

static tps_service *service;
static tps_tenant *tenant;
static const tps_principal the_operator = {"token", "op", TPS_SCOPES_ALL};

typedef struct {
    const char *name;
    void (*handle)(const tps_call *call);
    tps_http_method method;
    const char *part;  /* of the path; "*": the last part of the last Location */
    const char *part2; /* the same */
    const char *query, *type, *body;
    unsigned good;
} scenario;

static tps_span part_of(const char *part)
{
    const char *slash = strrchr(location, '/');

    if (part != NULL && strcmp(part, "*") == 0) {
        assert_non_null(slash);
        part = slash + 1;
    }
    return part == NULL ? TPS_SPAN_EMPTY : tps_span_of_text(part);
}

static unsigned ask(const scenario *s)
{
    tps_call call = {.service = service,
                     .tenant = tenant,
                     .request = &request,
                     .principal = &the_operator,
                     .request_id = "r"};
    char kept[sizeof(location)];

    memcpy(kept, location, sizeof(kept));
    request = (tps_http_request){.method = s->method,
                                 .query = s->query == NULL ? TPS_SPAN_EMPTY : tps_span_of_text(s->query)};
    if (s->type != NULL) {
        request.fields[request.field_count++] =
            (tps_http_field){TPS_SPAN_LITERAL("Content-Type"), tps_span_of_text(s->type)};
    }
    body = s->body == NULL ? TPS_SPAN_EMPTY : tps_span_of_text(s->body);
    call.parts.parts[0] = part_of(s->part);
    call.parts.parts[1] = part_of(s->part2);
    calls = 0;
    answers = 0;
    s->handle(&call);
    assert_int_equal(answers, 1);
    if (answered >= 300) {
        memcpy(location, kept, sizeof(location));
    }
    return answered;
}

static int64_t revision_now(void)
{
    int64_t revision;

    assert_int_equal(real->revision(store, &revision), TPS_OK);
    return revision;
}

static tps_status take_sequence(void *context, const tps_store_audit_entry *entry)
{
    *(int64_t *)context = entry->sequence;
    return TPS_OK;
}

static int64_t audited(void)
{
    int64_t last = 0;

    assert_int_equal(real->each_audit(store, tenant->id, 1, 0, take_sequence, &last), TPS_OK);
    return last;
}

/* ---- what must be true ---- */

static tps_status take_id(void *context, const tps_store_tenant *row)
{
    *(int64_t *)context = row->id;
    return TPS_OK;
}

static int set_up(void **state)
{
    tps_tenant_settings settings = tps_tenant_settings_defaults();
    tps_audit_origin origin = tps_audit_origin_make("server", NULL, NULL, NULL);
    tps_audit_note note = {.origin = &origin, .now = 1790000000};
    tps_verifier_options options = {.allow_unsigned_endorsements = true};
    int64_t id = 0;

    (void)state;
    fail_at = 0;
    open_store();
    assert_int_equal(tps_tenant_create(store, "default", &settings, &note), TPS_OK);
    settings.allow_unsigned = true;
    assert_int_equal(tps_tenant_create(store, "alice", &settings, &note), TPS_OK);
    assert_int_equal(real->find_tenant(store, "alice", take_id, &id), TPS_OK);
    service = calloc(1, sizeof(*service));
    assert_non_null(service);
    service->writer = WRITER;
    tenant = tps_tenant_new(id, "alice");
    assert_non_null(tenant);
    tenant->settings = settings;
    assert_int_equal(tps_verifier_new(&options, &tenant->verifier), TPS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tps_tenant_free(tenant);
    free(service);
    store->ops = real;
    real->close(store);
    return 0;
}

#define LUA(name) "policy { name = \"" name "\", version = \"1\" }"
#define LUA_TYPE  "application/vnd.opentps.policy+lua"
#define KEY                                                                                          \
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n" \
    "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n"

/* In this order: each finds what those before have left. */
static const scenario scenarios[] = {
    {"an anchor", tps_handle_add_anchor, TPS_HTTP_POST, NULL, NULL, NULL, "application/x-pem-file", KEY, 201},
    {"it again", tps_handle_add_anchor, TPS_HTTP_POST, NULL, NULL, NULL, "application/x-pem-file", KEY, 409},
    {"no anchor", tps_handle_remove_anchor, TPS_HTTP_DELETE, "*", NULL, NULL, NULL, NULL, 204},
    {"gone", tps_handle_remove_anchor, TPS_HTTP_DELETE, "*", NULL, NULL, NULL, NULL, 404},
    {"a list", tps_handle_put_revocations, TPS_HTTP_PUT, "list", NULL, NULL, "application/json",
     "{\"revoked\":[]}", 201},
    {"a policy", tps_handle_add_policy, TPS_HTTP_POST, NULL, NULL, NULL, "application/json",
     "{\"name\":\"a\",\"text\":\"policy { name = \\\"a\\\", version = \\\"1\\\" }\",\"active\":true,"
     "\"selector\":{\"scheme\":\"PSA_IOT\"}}",
     201},
    {"another in its place", tps_handle_add_policy, TPS_HTTP_POST, NULL, NULL, NULL, "application/json",
     "{\"name\":\"b\",\"text\":\"policy { name = \\\"b\\\", version = \\\"1\\\" }\",\"active\":true,"
     "\"selector\":{\"scheme\":\"PSA_IOT\"}}",
     201},
    {"one that waits", tps_handle_management_add, TPS_HTTP_POST, "PSA_IOT", NULL, NULL, LUA_TYPE, LUA("c"),
     201},
    {"no policy of the scheme", tps_handle_management_deactivate, TPS_HTTP_POST, "PSA_IOT", NULL, NULL, NULL,
     NULL, 200},
    {"one in its own words", tps_handle_add_policy, TPS_HTTP_POST, NULL, NULL, NULL, LUA_TYPE, LUA("d"), 201},
    {"it counts", tps_handle_activate_policy, TPS_HTTP_POST, "*", NULL, NULL, NULL, NULL, 200},
    {"it counts no more", tps_handle_deactivate_policy, TPS_HTTP_POST, "*", NULL, NULL, NULL, NULL, 200},
    {"no policy", tps_handle_remove_policy, TPS_HTTP_DELETE, "*", NULL, NULL, NULL, NULL, 204},
    {"a key", tps_handle_add_key, TPS_HTTP_POST, NULL, NULL, "active_in=0", NULL, NULL, 201},
    {"no key", tps_handle_remove_key, TPS_HTTP_DELETE, "*", NULL, NULL, NULL, NULL, 204},
    {"settings", tps_handle_change_settings, TPS_HTTP_PATCH, NULL, NULL, NULL, "application/json",
     "{\"annotated\":true,\"hosts\":[\"a.example\"]}", 200},
    {"a tenant", tps_handle_create_tenant, TPS_HTTP_POST, NULL, NULL, NULL, "application/json",
     "{\"name\":\"bob\",\"token\":\"first\",\"settings\":{\"hosts\":[\"b.example\"]}}", 201},
    {"its settings", tps_handle_change_tenant, TPS_HTTP_PATCH, "bob", NULL, NULL, "application/json",
     "{\"hosts\":null}", 200},
    {"no tenant", tps_handle_remove_tenant, TPS_HTTP_DELETE, "bob", NULL, NULL, NULL, NULL, 204},
};

#define SCENARIO_COUNT (sizeof(scenarios) / sizeof(scenarios[0]))

/* Fails each call with each status, then none; `check` sees each failure. */
static void play(const scenario *s, const tps_status *statuses, size_t count,
                 void (*check)(const scenario *s, int64_t revision, int64_t entries))
{
    for (size_t i = 0; i < count; i++) {
        for (fail_at = 1; fail_at < 100; fail_at++) {
            int64_t revision = revision_now();
            int64_t entries = audited();

            fail_with = statuses[i];
            (void)ask(s);
            if (calls < fail_at) {
                return; /* it came to its end without the failure */
            }
            check(s, revision, entries);
        }
    }
}

static void check_failure(const scenario *s, int64_t revision, int64_t entries)
{
    if (answered != 503) {
        fail_msg("%s, call %u: %u", s->name, fail_at, answered);
    }
    assert_int_equal(revision_now(), revision);
    assert_int_equal(audited(), entries);
}

static void a_failure_of_the_store_leaves_nothing_behind(void **state)
{
    static const tps_status failures[] = {TPS_STORE_FAILED, TPS_STORE_AWAY, TPS_OUT_OF_MEMORY};

    (void)state;
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        for (size_t f = 1; f < 3; f++) {
            fail_at = 1;
            fail_with = failures[f];
            assert_int_equal(ask(&scenarios[i]), 503);
        }
        play(&scenarios[i], failures, 1, check_failure);
        if (answered != scenarios[i].good) {
            fail_msg("%s: %u", scenarios[i].name, answered);
        }
    }
}

/* Whatever the store says: __wrap_tps_job_submit() sees that nothing was written before an answer. */
static void what_is_refused_has_written_nothing(void **state)
{
    static const tps_status said[] = {TPS_NOT_FOUND, TPS_STORE_CHANGED, TPS_STORE_EXISTS, TPS_BAD_ARGUMENT,
                                      TPS_TOO_LARGE};

    (void)state;
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        for (size_t status = 0; status < sizeof(said) / sizeof(said[0]); status++) {
            for (fail_at = 1; fail_at < 30; fail_at++) {
                fail_with = said[status];
                (void)ask(&scenarios[i]);
                assert_true(answered == 503 || answered < 500);
                if (calls < fail_at || answered < 300) {
                    break;
                }
            }
        }
        fail_at = 0;
        if (answered >= 300) {
            (void)ask(&scenarios[i]);
        }
    }
}

static void a_full_queue_is_answered_with_503(void **state)
{
    (void)state;
    fail_at = 0;
    is_full = true;
    for (size_t i = 0; i < SCENARIO_COUNT; i++) {
        memcpy(location, "/x/y", 5);
        assert_int_equal(ask(&scenarios[i]), 503);
    }
    is_full = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_failure_of_the_store_leaves_nothing_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_has_written_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_queue_is_answered_with_503, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
