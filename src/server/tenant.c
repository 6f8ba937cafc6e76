/* SPDX-License-Identifier: Apache-2.0 */
/* Tenants in memory: from the store's rows to a verifier, a signer and a JWK. */
#include "server/tenant.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tps/secret.h"

/* ---- the verifier ---- */

typedef struct {
    tps_verifier *verifier;
    tps_tenant_complaint complain;
    void *context;
    const char *name;
} loading;

/* What is wrong with one entry does not stop the others; that there is no memory stops all. */
static tps_status complain_of(const loading *l, const char *what, tps_status status, const tps_error *why)
{
    if (status == TPS_OUT_OF_MEMORY) {
        return status;
    }
    if (status != TPS_OK && l->complain != NULL) {
        l->complain(l->context, l->name, what, status, why);
    }
    return TPS_OK;
}

static tps_status load_anchor(void *context, tps_span der)
{
    const loading *l = context;

    return complain_of(l, "a trust anchor", tps_verifier_add_anchor(l->verifier, der), NULL);
}

static tps_status load_endorsement(void *context, tps_span corim)
{
    const loading *l = context;
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status = tps_verifier_add_corim(l->verifier, corim, (int64_t)time(NULL), &why);

    return complain_of(l, "an endorsement", status, &why);
}

tps_status tps_tenant_build_verifier(tps_store *store, int64_t tenant, const char *name,
                                     const tps_verifier_options *options, tps_tenant_complaint complain,
                                     void *context, tps_verifier **verifier)
{
    loading l = {.complain = complain, .context = context, .name = name};
    tps_status status = tps_verifier_new(options, &l.verifier);

    if (status == TPS_OK) {
        status = store->ops->each_anchor(store, tenant, load_anchor, &l);
    }
    if (status == TPS_OK) {
        status = store->ops->each_endorsement(store, tenant, load_endorsement, &l);
    }
    if (status != TPS_OK) {
        tps_verifier_free(l.verifier);
        return status;
    }
    *verifier = l.verifier;
    return TPS_OK;
}

/* ---- the signing key ---- */

tps_status tps_tenant_new(const tps_store_tenant *stored, size_t sessions_max, tps_tenant **tenant)
{
    tps_tenant *t = calloc(1, sizeof(*t));
    tps_status status;

    if (t == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    t->id = stored->id;
    t->allow_unsigned = stored->allow_unsigned;
    memcpy(t->name, stored->name, sizeof(t->name));
    t->sessions = tps_session_table_new(sessions_max);
    status = t->sessions == NULL
                 ? TPS_OUT_OF_MEMORY
                 : tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(stored->signing_key), &t->key);
    if (status == TPS_OK) {
        status = tps_result_keys_add(&t->keys, t->key, 0);
    }
    if (status != TPS_OK) {
        tps_tenant_free(t);
        return status;
    }
    *tenant = t;
    return TPS_OK;
}

void tps_tenant_free(tps_tenant *tenant)
{
    if (tenant == NULL) {
        return;
    }
    tps_verifier_free(tenant->verifier);
    tps_session_table_free(tenant->sessions);
    tps_crypto_key_free(tenant->key);
    free(tenant);
}

tps_status tps_tenant_create(tps_store *store, const char *name, bool allow_unsigned)
{
    tps_store_tenant tenant = {.allow_unsigned = allow_unsigned};
    tps_crypto_key *key = NULL;
    tps_status status = TPS_BAD_ARGUMENT;

    if (!tps_store_tenant_name_is_valid(name)) {
        return status;
    }
    (void)snprintf(tenant.name, sizeof(tenant.name), "%s", name);
    status = tps_crypto_key_generate(TPS_CURVE_P256, &key);
    if (status == TPS_OK) {
        status = tps_crypto_key_scalar(key, TPS_BUF_OF(tenant.signing_key));
    }
    if (status == TPS_OK) {
        status = store->ops->create_tenant(store, &tenant, (int64_t)time(NULL));
    }
    tps_crypto_key_free(key);
    tps_wipe(&tenant, sizeof(tenant));
    return status;
}
