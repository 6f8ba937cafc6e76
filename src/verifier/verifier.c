/* SPDX-License-Identifier: Apache-2.0 */
/* A verifier's life: anchors, keys, and the imported keys of devices. */
#include "tps/verifier.h"

#include <stdlib.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "verifier/policy/policy.h"
#include "verifier/state.h"
#include "verifier/trust/dice.h"
#include "verifier/trust/key_read.h"
#include "verifier/trust/mac.h"

enum { ANCHORS_AT_ONCE = 16, ANCHOR_BYTES_MAX = 65536, ADDED_KEYS_MAX = 64, ANCHORS_MAX = 1024 };

static tps_status append_anchor(tps_verifier *v, tps_span der, bool is_demonstration)
{
    tps_span *anchors;
    bool *flags;
    uint8_t *copy;
    tps_status status;

    if (v->anchor_count == ANCHORS_MAX) {
        return TPS_TOO_LARGE;
    }
    anchors = realloc(v->anchors, (v->anchor_count + 1) * sizeof *anchors);
    if (anchors == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    v->anchors = anchors;
    flags = realloc(v->are_demonstration, (v->anchor_count + 1) * sizeof *flags);
    if (flags == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    v->are_demonstration = flags;
    copy = malloc(der.size);
    if (copy == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    memcpy(copy, der.data, der.size);
    status = tps_x509_anchors_add(&v->read_anchors, der);
    if (status != TPS_OK) {
        free(copy);
        return status;
    }
    v->anchors[v->anchor_count] = tps_span_make(copy, der.size);
    v->are_demonstration[v->anchor_count++] = is_demonstration;
    return TPS_OK;
}

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
        status = append_anchor(v, TPS_SPAN_OF(tps_demonstration_certificate), true);
    }
    if (status != TPS_OK) {
        tps_verifier_free(v);
        return status;
    }
    *verifier = v;
    return TPS_OK;
}

/* The anchors from index `from` on are forgotten. */
static void drop_anchors(tps_verifier *v, size_t from)
{
    tps_x509_anchors_cut(v->read_anchors, from);
    while (v->anchor_count > from) {
        v->anchor_count--;
        free((void *)(uintptr_t)v->anchors[v->anchor_count].data);
    }
}

void tps_verifier_free(tps_verifier *v)
{
    if (v == NULL) {
        return;
    }
    tps_crypto_key_free(v->device_key.key);
    free(v->accepted);
    dice_free(v);
    policies_free(v->policies);
    free(v->scratch.data);
    knowledge_free(&v->knowledge);
    for (size_t i = 0; i < v->key_count; i++) {
        tps_crypto_key_free(v->keys[i].key);
    }
    free(v->keys);
    mac_free(v);
    drop_anchors(v, 0);
    tps_x509_anchors_free(v->read_anchors);
    free(v->anchors);
    free(v->are_demonstration);
    free(v);
}

static tps_status add_one_anchor(tps_verifier *v, tps_span der)
{
    tps_crypto_key *key = NULL;
    bool is_demonstration = false;

    TPS_TRY(key_read_certificate(der, &key, &is_demonstration));
    tps_crypto_key_free(key);
    if (is_demonstration && !v->options.allow_demonstration) {
        return TPS_VERIFIER_DEMONSTRATION;
    }
    for (size_t i = 0; i < v->anchor_count; i++) {
        if (tps_span_equal(v->anchors[i], der)) {
            return TPS_OK;
        }
    }
    return append_anchor(v, der, is_demonstration);
}

static tps_status add_pem_anchors(tps_verifier *v, tps_span pem)
{
    uint8_t *room = malloc(ANCHOR_BYTES_MAX);
    tps_span ders[ANCHORS_AT_ONCE];
    size_t count = ANCHORS_AT_ONCE;
    tps_status status = room == NULL
                            ? TPS_OUT_OF_MEMORY
                            : tps_x509_from_pem(pem, (tps_buf){room, ANCHOR_BYTES_MAX}, ders, &count);

    for (size_t i = 0; status == TPS_OK && i < count; i++) {
        status = add_one_anchor(v, ders[i]);
    }
    free(room);
    return status;
}

tps_status tps_verifier_add_anchor(tps_verifier *v, tps_span certificates)
{
    size_t before = v->anchor_count;
    bool is_der = certificates.size > 0 && certificates.data[0] == 0x30;
    tps_status status = is_der ? add_one_anchor(v, certificates) : add_pem_anchors(v, certificates);

    if (status != TPS_OK) {
        drop_anchors(v, before);
    }
    return status;
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
        .anchors = v->anchor_count,
        .keys = v->key_count,
        .mac_keys = v->mac_count,
        .corims = v->corim_count,
        .reference_values = v->knowledge.reference_count,
        .devices = v->knowledge.device_table.count,
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

tps_status verifier_anchor_maker(const tps_verifier *v, size_t anchor, uint8_t maker[32])
{
    tps_x509_info info;

    if (anchor >= v->anchor_count) {
        return TPS_CRYPTO_BAD_CERTIFICATE;
    }
    TPS_TRY(tps_x509_describe(v->anchors[anchor], &info));
    memcpy(maker, info.spki_sha256, 32);
    return TPS_OK;
}

void verifier_forget_keys(tps_verifier *v)
{
    v->device_key.device = KNOWLEDGE_NONE;
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
