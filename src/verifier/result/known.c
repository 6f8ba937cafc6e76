/* SPDX-License-Identifier: Apache-2.0 */
/* What a verifier knows, as digests. */
#include "verifier/result/known.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/state.h"

enum { ALLOWS_UNSIGNED = 1, ALLOWS_DEMONSTRATION = 2, REQUIRES_KEY = 4 };

/* One manifest may be several sources, which stand together: the index of the first behind those at `at`. */
static size_t next_manifest(const knowledge *k, size_t at)
{
    const uint8_t *identity = k->sources[at].identity;

    while (at < k->source_count && memcmp(k->sources[at].identity, identity, 32) == 0) {
        at++;
    }
    return at;
}

static size_t count_manifests(const knowledge *k)
{
    size_t count = 0;

    for (size_t at = 0; at < k->source_count; at = next_manifest(k, at)) {
        count++;
    }
    return count;
}

size_t known_count(const tps_verifier *v, uint32_t kind)
{
    switch (kind) {
    case TPS_RECEIPT_ANCHOR: return v->anchor_count + v->key_anchor_count;
    case TPS_RECEIPT_KEY: return v->key_count;
    default: return count_manifests(&v->knowledge);
    }
}

static tps_status digest_anchor(const tps_verifier *v, size_t index, uint8_t sha256[32])
{
    tps_digest digest;

    if (index >= v->anchor_count) {
        memcpy(sha256, v->key_anchors[index - v->anchor_count].digest, 32);
        return TPS_OK;
    }
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, v->anchors[index].der, &digest));
    memcpy(sha256, digest.bytes, 32);
    return TPS_OK;
}

tps_status known_next(const tps_verifier *v, uint32_t kind, size_t *at, uint8_t sha256[32])
{
    switch (kind) {
    case TPS_RECEIPT_ANCHOR: return digest_anchor(v, (*at)++, sha256);
    case TPS_RECEIPT_KEY: memcpy(sha256, v->keys[(*at)++].digest, 32); return TPS_OK;
    default:
        memcpy(sha256, v->knowledge.sources[*at].identity, 32);
        *at = next_manifest(&v->knowledge, *at);
        return TPS_OK;
    }
}

uint64_t known_option_bits(const tps_verifier *v)
{
    const tps_verifier_options *options = &v->options;

    return (options->allow_unsigned_endorsements ? ALLOWS_UNSIGNED : 0u) |
           (options->allow_demonstration ? ALLOWS_DEMONSTRATION : 0u) |
           (options->require_key ? REQUIRES_KEY : 0u);
}

tps_verifier_options known_options(uint64_t bits)
{
    return (tps_verifier_options){.allow_unsigned_endorsements = (bits & ALLOWS_UNSIGNED) != 0,
                                  .allow_demonstration = (bits & ALLOWS_DEMONSTRATION) != 0,
                                  .require_key = (bits & REQUIRES_KEY) != 0};
}

/* ---- rules: a set of things, each with a digest; the digest of the set does not tell their order ---- */

/* What a rule is about: the first byte under its digest. */
enum { RULE_OPTIONS = 0, RULE_SCOPE = 1, RULE_REVOCATION = 2, RULE_CRL = 3 };

static void absorb_number(tps_crypto_hash *hash, uint64_t number)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
    tps_crypto_hash_update(hash, TPS_SPAN_OF(bytes));
}

static tps_status finish(tps_crypto_hash *hash, uint8_t sha256[32])
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_finish(hash, &digest));
    memcpy(sha256, digest.bytes, 32);
    return TPS_OK;
}

static tps_status digest_options(const tps_verifier *v, uint8_t sha256[32])
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    absorb_number(&hash, RULE_OPTIONS);
    absorb_number(&hash, known_option_bits(v));
    return finish(&hash, sha256);
}

static tps_status digest_scope(const tps_verifier *v, size_t index, uint8_t sha256[32])
{
    tps_crypto_hash hash;
    uint8_t inner[32];

    TPS_TRY(scope_digest(&v->scopes, index, inner));
    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    absorb_number(&hash, RULE_SCOPE);
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(inner));
    return finish(&hash, sha256);
}

/* Its reason is words. */
static tps_status digest_revocation(const tps_revocation *revocation, uint8_t sha256[32])
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    absorb_number(&hash, RULE_REVOCATION);
    absorb_number(&hash, revocation->kind);
    absorb_number(&hash, (uint64_t)revocation->since);
    tps_crypto_hash_update(&hash, revocation->value);
    return finish(&hash, sha256);
}

static tps_status digest_crl(const issuer_crl *crl, uint8_t sha256[32])
{
    tps_crypto_hash hash;

    TPS_TRY(tps_crypto_hash_begin(&hash, TPS_ALG_SHA256));
    absorb_number(&hash, RULE_CRL);
    tps_crypto_hash_update(&hash, TPS_SPAN_OF(crl->issuer));
    absorb_number(&hash, (uint64_t)crl->this_update);
    absorb_number(&hash, (uint64_t)crl->next_update);
    for (size_t i = 0; i < crl->count; i++) {
        absorb_number(&hash, crl->serials[i].size);
        tps_crypto_hash_update(&hash, tps_span_make(crl->serials[i].bytes, crl->serials[i].size));
    }
    return finish(&hash, sha256);
}

static tps_status digest_all(const tps_verifier *v, uint8_t (*digests)[32])
{
    size_t at = 0;

    TPS_TRY(digest_options(v, digests[at++]));
    for (size_t i = 0; i < v->scopes.count; i++) {
        TPS_TRY(digest_scope(v, i, digests[at++]));
    }
    for (size_t i = 0; i < revocation_count(v->revoked); i++) {
        TPS_TRY(digest_revocation(revocation_get(v->revoked, i), digests[at++]));
    }
    for (size_t i = 0; i < v->crls.count; i++) {
        TPS_TRY(digest_crl(&v->crls.items[i], digests[at++]));
    }
    return TPS_OK;
}

static int compare_digests(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

tps_status known_rules(const tps_verifier *v, uint8_t sha256[32])
{
    size_t count = 1 + v->scopes.count + revocation_count(v->revoked) + v->crls.count;
    uint8_t(*digests)[32] = malloc(count * sizeof *digests);
    tps_digest digest;
    tps_status status;

    if (digests == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    status = digest_all(v, digests);
    if (status == TPS_OK) {
        qsort(digests, count, sizeof *digests, compare_digests);
        status =
            tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(*digests, count * sizeof *digests), &digest);
    }
    if (status == TPS_OK) {
        memcpy(sha256, digest.bytes, 32);
    }
    free(digests);
    return status;
}
