/* SPDX-License-Identifier: Apache-2.0 */
/* Taking trust anchors, all that one call gives or none. */
#include "verifier/trust/anchors.h"

#include <stdlib.h>

#include "crypto/demonstration.h"
#include "crypto/x509.h"
#include "verifier/state.h"
#include "verifier/trust/scope_read.h"

enum {
    ANCHORS_AT_ONCE = 16,
    ANCHOR_BYTES_MAX = 65536,
    ANCHORS_MAX = 1024,
    /* each may be asked whether it signed the end of a stranger's chain */
    KEY_ANCHORS_MAX = 64
};

static const tps_anchor_scope everything = {.uses = 0};

/* What there was, to go back to. */
typedef struct {
    size_t anchors;
    size_t keys;
    size_t scopes;
} mark;

static mark mark_now(const tps_verifier *v)
{
    return (mark){.anchors = v->anchor_count, .keys = v->key_anchor_count, .scopes = v->scopes.count};
}

static void go_back(tps_verifier *v, mark to)
{
    scope_cut(&v->scopes, to.scopes);
    tps_x509_anchors_cut(v->read_anchors, to.anchors);
    while (v->anchor_count > to.anchors) {
        free((void *)(uintptr_t)v->anchors[--v->anchor_count].der.data);
    }
    while (v->key_anchor_count > to.keys) {
        tps_crypto_key_free(v->key_anchors[--v->key_anchor_count].key);
    }
}

/* ---- certificates ---- */

static tps_status append_certificate(tps_verifier *v, const anchor_certificate *given)
{
    anchor_certificate *anchors;
    anchor_certificate made = *given;
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
    copy = malloc(given->der.size);
    if (copy == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    memcpy(copy, given->der.data, given->der.size);
    made.der = tps_span_make(copy, given->der.size);
    status = tps_x509_anchors_add(&v->read_anchors, made.der);
    if (status != TPS_OK) {
        free(copy);
        return status;
    }
    v->anchors[v->anchor_count++] = made;
    return TPS_OK;
}

static tps_status add_certificate(tps_verifier *v, tps_span der, const tps_anchor_scope *within)
{
    anchor_certificate made = {.der = der};
    tps_crypto_key *key = NULL;
    tps_x509_identity identity;
    bool is_known = false;

    TPS_TRY(key_read_certificate(der, &key, &made.is_demonstration));
    tps_crypto_key_free(key);
    if (made.is_demonstration && !v->options.allow_demonstration) {
        return TPS_VERIFIER_DEMONSTRATION;
    }
    TPS_TRY(tps_x509_identify(der, &identity));
    memcpy(made.maker, identity.spki_sha256, sizeof made.maker);
    for (size_t i = 0; i < v->anchor_count; i++) {
        is_known = is_known || tps_span_equal(v->anchors[i].der, der);
    }
    if (!is_known) {
        TPS_TRY(append_certificate(v, &made));
    }
    return scope_add(&v->scopes, made.maker, within);
}

static tps_status add_pem(tps_verifier *v, tps_span pem, const tps_anchor_scope *within)
{
    uint8_t *room = malloc(ANCHOR_BYTES_MAX);
    tps_span ders[ANCHORS_AT_ONCE];
    size_t count = ANCHORS_AT_ONCE;
    tps_status status = room == NULL
                            ? TPS_OUT_OF_MEMORY
                            : tps_x509_from_pem(pem, (tps_buf){room, ANCHOR_BYTES_MAX}, ders, &count);

    for (size_t i = 0; status == TPS_OK && i < count; i++) {
        status = add_certificate(v, ders[i], within);
    }
    free(room);
    return status;
}

static tps_status add_certificates(tps_verifier *v, tps_span given, const tps_anchor_scope *within)
{
    bool is_der = given.size > 0 && given.data[0] == 0x30;

    return is_der ? add_certificate(v, given, within) : add_pem(v, given, within);
}

/* ---- keys ---- */

static tps_status append_key(tps_verifier *v, const key_anchor *made)
{
    key_anchor *keys;

    for (size_t i = 0; i < v->key_anchor_count; i++) {
        if (memcmp(v->key_anchors[i].digest, made->digest, sizeof made->digest) == 0) {
            tps_crypto_key_free(made->key);
            return TPS_OK;
        }
    }
    keys = v->key_anchor_count == KEY_ANCHORS_MAX
               ? NULL
               : realloc(v->key_anchors, (v->key_anchor_count + 1) * sizeof *keys);
    if (keys == NULL) {
        tps_crypto_key_free(made->key);
        return v->key_anchor_count == KEY_ANCHORS_MAX ? TPS_TOO_LARGE : TPS_OUT_OF_MEMORY;
    }
    v->key_anchors = keys;
    v->key_anchors[v->key_anchor_count++] = *made;
    return TPS_OK;
}

static tps_status add_key(tps_verifier *v, tps_span given, const tps_anchor_scope *within)
{
    key_anchor made;
    found_key found;
    tps_status status;

    TPS_TRY(key_read(given, &found));
    made = (key_anchor){.key = found.key, .algs = found.algs};
    status = found.is_demonstration && !v->options.allow_demonstration ? TPS_VERIFIER_DEMONSTRATION
                                                                       : key_digest(made.key, made.digest);
    if (status != TPS_OK) {
        tps_crypto_key_free(made.key);
        return status;
    }
    TPS_TRY(append_key(v, &made));
    return scope_add(&v->scopes, made.digest, within);
}

/* ---- either ---- */

/* A DER sequence may be either; PEM says what it is. */
static bool is_certificate(tps_span given)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    tps_x509_identity identity;

    return memmem(given.data, given.size, begin, strlen(begin)) != NULL ||
           (given.data[0] == 0x30 && tps_x509_identify(given, &identity) == TPS_OK);
}

static tps_status finish(tps_verifier *v, mark before, tps_status status)
{
    if (status != TPS_OK) {
        go_back(v, before);
    }
    chain_cache_clear(v->chains);
    return status;
}

/* The first anchor brings the room for chains. */
static tps_status make_room(tps_verifier *v)
{
    return v->chains != NULL ? TPS_OK : chain_cache_new(&v->chains);
}

tps_status anchors_add_demonstration(tps_verifier *v)
{
    TPS_TRY(make_room(v));
    return add_certificate(v, TPS_SPAN_OF(tps_demonstration_certificate), &everything);
}

tps_status tps_verifier_add_anchor(tps_verifier *v, tps_span certificates)
{
    mark before = mark_now(v);

    TPS_TRY(make_room(v));
    return finish(v, before, add_certificates(v, certificates, &everything));
}

tps_status tps_verifier_add_scoped_anchor(tps_verifier *v, tps_span given, const tps_anchor_scope *within)
{
    mark before = mark_now(v);

    if (given.size == 0) {
        return TPS_CRYPTO_BAD_KEY;
    }
    TPS_TRY(make_room(v));
    return finish(v, before,
                  is_certificate(given) ? add_certificates(v, given, within) : add_key(v, given, within));
}

/* An anchor that is being added with each scope of a file. */
typedef struct {
    tps_verifier *verifier;
    tps_span given;
} addition;

static tps_status take_scope(void *context, const tps_anchor_scope *within)
{
    const addition *a = context;

    return tps_verifier_add_scoped_anchor(a->verifier, a->given, within);
}

tps_status tps_verifier_add_anchor_with_scopes(tps_verifier *v, tps_span given, tps_span scopes,
                                               tps_error *why)
{
    addition a = {.verifier = v, .given = given};
    mark before = mark_now(v);

    return finish(v, before, scope_read(scopes, take_scope, &a, why));
}

void anchors_free(tps_verifier *v)
{
    go_back(v, (mark){.anchors = 0});
    scope_free(&v->scopes);
    tps_x509_anchors_free(v->read_anchors);
    free(v->anchors);
    free(v->key_anchors);
}
