/* SPDX-License-Identifier: Apache-2.0 */
/* A verifier's life: keys that were added, and the imported keys of devices. (Anchors: trust/anchors.c.) */
#include "tps/verifier.h"

#include <stdlib.h>

#include "verifier/policy/policy.h"
#include "verifier/state.h"
#include "verifier/trust/dice.h"
#include "verifier/trust/key_read.h"
#include "verifier/trust/mac.h"
#include "verifier/trust/tpm.h"

enum { ADDED_KEYS_MAX = 64 };

tps_status tps_verifier_new(const tps_verifier_options *options, tps_verifier **verifier)
{
    tps_verifier *v = calloc(1, sizeof *v);
    tps_status status = TPS_OK;

    *verifier = NULL;
    if (v == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    v->options = *options;
    v->accepted = calloc(1, sizeof *v->accepted);
    if (v->accepted == NULL) {
        status = TPS_OUT_OF_MEMORY;
    } else if (options->allow_demonstration) {
        status = anchors_add_demonstration(v);
    }
    if (status != TPS_OK) {
        tps_verifier_free(v);
        return status;
    }
    *verifier = v;
    return TPS_OK;
}

void tps_verifier_free(tps_verifier *v)
{
    if (v == NULL) {
        return;
    }
    tps_crypto_key_free(v->device_key.key);
    free(v->accepted);
    dice_free(v);
    tpm_free(v);
    policies_free(v->policies);
    free(v->scratch.data);
    knowledge_free(&v->knowledge);
    for (size_t i = 0; i < v->key_count; i++) {
        tps_crypto_key_free(v->keys[i].key);
    }
    free(v->keys);
    mac_free(v);
    established_free(&v->established);
    anchors_free(v);
    revocation_free(v->revoked);
    crl_free(&v->crls);
    chain_cache_free(v->chains);
    tps_crypto_key_free(v->chain_key);
    free(v);
}

tps_status tps_verifier_add_key(tps_verifier *v, tps_span key)
{
    added_key made = {.key = NULL};
    found_key found;
    added_key *keys;
    tps_status status;

    if (v->key_count == ADDED_KEYS_MAX) {
        return TPS_TOO_LARGE;
    }
    TPS_TRY(key_read(key, &found));
    made.key = found.key;
    made.algs = found.algs;
    status = found.is_demonstration && !v->options.allow_demonstration ? TPS_VERIFIER_DEMONSTRATION
                                                                       : key_digest(made.key, made.digest);
    keys = status == TPS_OK ? realloc(v->keys, (v->key_count + 1) * sizeof *keys) : NULL;
    if (keys == NULL) {
        tps_crypto_key_free(made.key);
        return status == TPS_OK ? TPS_OUT_OF_MEMORY : status;
    }
    v->keys = keys;
    v->keys[v->key_count++] = made;
    return TPS_OK;
}

void tps_verifier_count(const tps_verifier *v, tps_verifier_counts *counts)
{
    *counts = (tps_verifier_counts){
        .anchors = v->anchor_count + v->key_anchor_count,
        .keys = v->key_count,
        .mac_keys = v->mac_count,
        .corims = v->corim_count,
        .reference_values = v->knowledge.reference_count,
        .devices = v->knowledge.device_table.count,
        .statements = v->knowledge.statement_count,
        .bytes = v->knowledge.bytes,
    };
}

const char *tps_scheme_name(uint32_t scheme)
{
    switch (scheme) {
    case TPS_SCHEME_PSA: return "PSA_IOT";
    case TPS_SCHEME_OPENTPS: return "OPENTPS";
    case TPS_SCHEME_DICE: return "DICE";
    case TPS_SCHEME_TPM: return "TPM2";
    default: return "UNKNOWN";
    }
}

void verifier_forget_keys(tps_verifier *v)
{
    v->device_key.device = KNOWLEDGE_NONE;
    chain_cache_clear(v->chains); /* its scopes were asked with what was known of classes */
}

tps_status verifier_device_key(tps_verifier *v, uint32_t device, const ready_key **key)
{
    ready_key *ready = &v->device_key;

    if (ready->key == NULL || ready->device != device) {
        tps_crypto_point point;

        ready->device = KNOWLEDGE_NONE;
        knowledge_device_point(&v->knowledge.devices[device], &point);
        TPS_TRY(tps_crypto_key_change_point(&ready->key, &point));
        TPS_TRY(key_digest(ready->key, ready->digest));
        ready->device = device;
    }
    *key = ready;
    return TPS_OK;
}
