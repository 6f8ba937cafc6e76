/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants: from the store's items to a verifier and a ring of keys; and how a tenant is made. */
#include "server/tenants/tenant.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "format/json/reader.h"
#include "format/json/writer.h"
#include "format/text/hex.h"
#include "server/access/principal.h"
#include "tps/policy.h"
#include "tps/revocation.h"
#include "tps/secret.h"

/* ---- attributes of items ---- */

typedef struct {
    int64_t active_from, retired_at;
} key_times;

static tps_status read_key_times(tps_span attributes, key_times *times)
{
    json_reader r = json_reader_init(attributes);
    json_list list = json_enter_object(&r);

    *times = (key_times){0, INT64_MAX};
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (json_str_is(name, "active_from")) {
            times->active_from = json_get_int(&r);
        } else if (json_str_is(name, "retired_at") && json_peek(&r) == JSON_INTEGER) {
            times->retired_at = json_get_int(&r);
        } else {
            (void)json_skip(&r);
        }
    }
    return json_reader_finish(&r);
}

/* What a policy's attributes say; texts lie in the item's own. */
typedef struct {
    bool is_active, has_selector;
    tps_policy_selector selector;
    uint8_t class_id[128];
} policy_attributes;

static tps_span plain_text(json_reader *r)
{
    return json_get_text(r, NULL);
}

static uint32_t scheme_of(tps_span name)
{
    for (uint32_t scheme = TPS_SCHEME_PSA; scheme <= TPS_SCHEME_TPM; scheme++) {
        if (tps_span_is_text(name, tps_scheme_name(scheme))) {
            return scheme;
        }
    }
    return 0;
}

static void read_class_id(json_reader *r, policy_attributes *p)
{
    tps_span text = plain_text(r);
    size_t size = text.size / 2;

    if (text.size % 2 != 0 || size > sizeof(p->class_id)) {
        json_fail(r, TPS_BAD_ARGUMENT);
        return;
    }
    for (size_t i = 0; i < text.size; i++) {
        int digit = hex_digit(text.data[i]);

        if (digit < 0) {
            json_fail(r, TPS_BAD_ARGUMENT);
            return;
        }
        p->class_id[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : p->class_id[i / 2] | digit);
    }
    p->selector.class_id = tps_span_make(p->class_id, size);
}

static void read_selector(json_reader *r, policy_attributes *p)
{
    json_list list = json_enter_object(r);

    p->has_selector = true;
    while (json_next(r, &list)) {
        json_str name = json_get_name(r);

        if (json_str_is(name, "class_id")) {
            read_class_id(r, p);
        } else if (json_str_is(name, "vendor")) {
            p->selector.vendor = plain_text(r);
        } else if (json_str_is(name, "model")) {
            p->selector.model = plain_text(r);
        } else if (json_str_is(name, "service")) {
            p->selector.service = plain_text(r);
        } else if (json_str_is(name, "scheme")) {
            p->selector.scheme = scheme_of(plain_text(r));
        } else {
            json_fail(r, TPS_BAD_ARGUMENT);
        }
    }
}

static tps_status read_policy_attributes(tps_span attributes, policy_attributes *p)
{
    json_reader r = json_reader_init(attributes);
    json_list list = json_enter_object(&r);

    memset(p, 0, sizeof(*p));
    while (json_next(&r, &list)) {
        json_str name = json_get_name(&r);

        if (json_str_is(name, "active")) {
            p->is_active = json_get_bool(&r);
        } else if (json_str_is(name, "selector")) {
            read_selector(&r, p);
        } else {
            (void)json_skip(&r);
        }
    }
    return json_reader_finish(&r);
}

/* The value of "scopes" with its braces, as tps_verifier_add_anchor_with_scopes() wants it; empty: there is
 * none. */
static tps_span scopes_of(tps_span attributes)
{
    json_reader r = json_reader_init(attributes);
    json_list list = json_enter_object(&r);

    return json_next(&r, &list) ? attributes : TPS_SPAN_EMPTY;
}

/* ---- the verifier ---- */

typedef struct {
    tps_verifier *verifier;
    tps_tenant_complaint complain;
    void *context;
    const char *name;
    int64_t now;
    tps_status last; /* the last complaint, which is not repeated for each of a thousand items */
    const char *last_detail;
    size_t repeated;
} loading;

static tps_status add_anchor(tps_verifier *verifier, const tps_store_item *item, tps_error *why)
{
    tps_span scopes = scopes_of(item->attributes);

    if (scopes.size == 0) {
        return tps_verifier_add_anchor(verifier, item->body);
    }
    return tps_verifier_add_anchor_with_scopes(verifier, item->body, scopes, why);
}

static tps_status add_policy(tps_verifier *verifier, const tps_store_item *item)
{
    policy_attributes p;

    TPS_TRY(read_policy_attributes(item->attributes, &p));
    if (!p.is_active) {
        return TPS_OK;
    }
    return tps_verifier_add_policy(verifier, item->body, p.has_selector ? &p.selector : NULL, NULL);
}

tps_status tps_tenant_add_to_verifier(tps_verifier *verifier, const tps_store_item *item, int64_t now,
                                      tps_error *why)
{
    switch (item->kind) {
    case TPS_STORE_ANCHOR: return add_anchor(verifier, item, why);
    case TPS_STORE_ENDORSEMENT: return tps_verifier_add_corim(verifier, item->body, now, why);
    case TPS_STORE_POLICY: return add_policy(verifier, item);
    case TPS_STORE_REVOCATION: return tps_verifier_revoke_list(verifier, item->body, why);
    /* As it was when it came: one that is out of date by now must be known, so that its issuer is refused. */
    case TPS_STORE_CRL:
        return tps_verifier_add_crl(verifier, item->body, item->changed < now ? item->changed : now, why);
    default: return TPS_OK;
    }
}

/* Without these devices would be accepted that should not be. */
static bool must_be_taken(uint32_t kind)
{
    return kind == TPS_STORE_POLICY || kind == TPS_STORE_REVOCATION || kind == TPS_STORE_CRL;
}

static void complain_of_repeated(loading *l)
{
    char what[64];

    if (l->repeated > 0) {
        (void)snprintf(what, sizeof(what), "%zu more, for the same cause", l->repeated);
        l->complain(l->context, l->name, what, l->last, NULL);
    }
    l->repeated = 0;
}

static void complain_once(loading *l, const char *what, tps_status status, const tps_error *why)
{
    if (l->complain == NULL) {
        return;
    }
    if (status == l->last && why->detail == l->last_detail) {
        l->repeated++;
        return;
    }
    complain_of_repeated(l);
    l->last = status;
    l->last_detail = why->detail;
    l->complain(l->context, l->name, what, status, why);
}

/* One anchor or endorsement that is wrong does not stop the others; all else does. */
static tps_status load_item(void *context, const tps_store_item *item)
{
    static const char *const names[] = {[TPS_STORE_ANCHOR] = "a trust anchor",
                                        [TPS_STORE_ENDORSEMENT] = "an endorsement",
                                        [TPS_STORE_POLICY] = "a policy",
                                        [TPS_STORE_REVOCATION] = "a list of what is revoked",
                                        [TPS_STORE_CRL] = "an issuer's list of revoked certificates"};
    loading *l = context;
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status = tps_tenant_add_to_verifier(l->verifier, item, l->now, &why);

    if (status == TPS_OUT_OF_MEMORY) {
        return status;
    }
    if (status != TPS_OK) {
        complain_once(l, names[item->kind], status, &why);
    }
    return must_be_taken(item->kind) ? status : TPS_OK;
}

tps_status tps_tenant_build_verifier(tps_store *store, int64_t tenant, const char *name,
                                     const tps_verifier_options *options, tps_tenant_complaint complain,
                                     void *context, tps_verifier **verifier)
{
    /* Anchors before what they sign; what is revoked before what it would let in. */
    static const uint32_t order[] = {TPS_STORE_ANCHOR, TPS_STORE_REVOCATION, TPS_STORE_CRL, TPS_STORE_POLICY,
                                     TPS_STORE_ENDORSEMENT};
    loading l = {.complain = complain, .context = context, .name = name, .now = (int64_t)time(NULL)};
    tps_status status = tps_verifier_new(options, &l.verifier);

    for (size_t i = 0; status == TPS_OK && i < sizeof(order) / sizeof(order[0]); i++) {
        status = store->ops->each_item(store, tenant, order[i], 0, 0, true, load_item, &l);
    }
    complain_of_repeated(&l);
    if (status != TPS_OK) {
        tps_verifier_free(l.verifier);
        return status;
    }
    *verifier = l.verifier;
    return TPS_OK;
}

/* ---- the keys ---- */

static tps_status load_key(void *context, const tps_store_item *item)
{
    tps_tenant_keys *keys = context;
    tps_crypto_key *key = NULL;
    key_times times;
    tps_status status;

    if (keys->count == TPS_RESULT_KEYS_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(read_key_times(item->attributes, &times));
    TPS_TRY(tps_crypto_key_from_scalar(TPS_CURVE_P256, item->body, &key));
    status = tps_result_keys_add(&keys->ring, key, times.active_from);
    if (status != TPS_OK) {
        tps_crypto_key_free(key);
        return status;
    }
    keys->keys[keys->count++] = key;
    if (times.retired_at != INT64_MAX) {
        char id[TPS_RESULT_KEY_ID_SIZE];

        (void)snprintf(id, sizeof(id), "%.*s", (int)item->name.size, (const char *)item->name.data);
        return tps_result_keys_retire(&keys->ring, id, times.retired_at);
    }
    return TPS_OK;
}

void tps_tenant_keys_free(tps_tenant_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (size_t i = 0; i < keys->count; i++) {
        tps_crypto_key_free(keys->keys[i]);
    }
    free(keys);
}

tps_status tps_tenant_build_keys(tps_store *store, int64_t tenant, tps_tenant_keys **keys)
{
    tps_tenant_keys *made = calloc(1, sizeof(*made));
    tps_status status;

    if (made == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    status = store->ops->each_item(store, tenant, TPS_STORE_RESULT_KEY, 0, 0, true, load_key, made);
    if (status != TPS_OK) {
        tps_tenant_keys_free(made);
        return status;
    }
    *keys = made;
    return TPS_OK;
}

tps_status tps_tenant_add_key(tps_store *store, int64_t tenant, int64_t active_from,
                              const tps_audit_note *note, char id[TPS_RESULT_KEY_ID_SIZE])
{
    uint8_t scalar[32];
    char attributes[64];
    tps_result_keys ring = {.count = 0};
    tps_crypto_key *key = NULL;
    tps_status status = tps_crypto_key_generate(TPS_CURVE_P256, &key);
    tps_store_item item = {.kind = TPS_STORE_RESULT_KEY, .body = TPS_SPAN_OF(scalar)};

    if (status == TPS_OK) {
        status = tps_crypto_key_scalar(key, TPS_BUF_OF(scalar));
    }
    if (status == TPS_OK) {
        status = tps_result_keys_add(&ring, key, active_from);
    }
    if (status == TPS_OK) {
        (void)snprintf(attributes, sizeof(attributes), "{\"active_from\":%lld}", (long long)active_from);
        memcpy(id, ring.keys[0].id, TPS_RESULT_KEY_ID_SIZE);
        item.name = tps_span_of_text(id);
        item.attributes = tps_span_of_text(attributes);
        status = tps_audit_put_item(store, tenant, &item, TPS_STORE_NONE, note, NULL);
    }
    tps_crypto_key_free(key);
    tps_wipe(scalar, sizeof(scalar));
    return status;
}

/* ---- tenants ---- */

tps_tenant *tps_tenant_new(int64_t id, const char *name)
{
    tps_tenant *t = calloc(1, sizeof(*t));

    if (t != NULL) {
        t->id = id;
        (void)snprintf(t->name, sizeof(t->name), "%s", name);
        t->settings = tps_tenant_settings_defaults();
    }
    return t;
}

void tps_tenant_free(tps_tenant *tenant)
{
    if (tenant == NULL) {
        return;
    }
    tps_verifier_free(tenant->verifier);
    tps_tenant_keys_free(tenant->keys);
    tps_access_table_free(tenant->access);
    tps_wipe(&tenant->session_keys, sizeof(tenant->session_keys));
    free(tenant);
}

static tps_status create_in_group(tps_store *store, const tps_store_tenant *tenant,
                                  const tps_audit_note *note)
{
    char kid[TPS_RESULT_KEY_ID_SIZE];
    int64_t id = 0;
    tps_status status;

    TPS_TRY(tps_audit_create_tenant(store, tenant, note, &id));
    status = tps_tenant_add_key(store, id, note->now, note, kid);
    /* What is an answer by itself would keep half a tenant. */
    return status == TPS_OK || status == TPS_STORE_AWAY || status == TPS_OUT_OF_MEMORY ? status
                                                                                       : TPS_STORE_FAILED;
}

tps_status tps_tenant_create_in_group(tps_store *store, const char *name, const tps_tenant_settings *settings,
                                      const tps_audit_note *note)
{
    tps_store_tenant tenant = {.id = 0};
    uint8_t text[TPS_STORE_SETTINGS_MAX];
    size_t size;
    tps_status status;

    if (!tps_store_tenant_name_is_valid(name)) {
        return TPS_BAD_ARGUMENT;
    }
    (void)snprintf(tenant.name, sizeof(tenant.name), "%s", name);
    TPS_TRY(tps_tenant_settings_write(settings, TPS_BUF_OF(text), &size));
    tenant.settings = tps_span_make(text, size);
    TPS_TRY(tps_crypto_random(TPS_BUF_OF(tenant.secret)));
    status = create_in_group(store, &tenant, note);
    tps_wipe(&tenant, sizeof(tenant));
    return status;
}

tps_status tps_tenant_create(tps_store *store, const char *name, const tps_tenant_settings *settings,
                             const tps_audit_note *note)
{
    tps_status status;

    TPS_TRY(store->ops->begin_group(store));
    status = tps_tenant_create_in_group(store, name, settings, note);
    if (status == TPS_OK) {
        return store->ops->commit_group(store);
    }
    store->ops->abandon_group(store);
    return status;
}
