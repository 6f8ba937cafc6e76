/* SPDX-License-Identifier: Apache-2.0 */
/* Detached EAT bundles (RFC 9711, 5) in CBOR; unprotected claims (RFC 9781). */
#include "tps/eat_bundle.h"

#include "format/eat/claims.h"
#include "format/eat/lists.h"
#include "tps/crypto.h"

static void read_detached(tps_cbor_reader *r, tps_eat_detached *detached)
{
    detached->name = tps_cbor_get_text(r);
    detached->content = tps_cbor_get_bytes(r);
}

/* {+ name => bytes} */
static tps_eat_list read_list(tps_cbor_reader *r)
{
    tps_cbor_reader start = *r;
    tps_cbor_list map = tps_cbor_enter_map(r);
    tps_eat_detached detached;
    uint32_t count = 0;

    while (tps_cbor_next(r, &map)) {
        read_detached(r, &detached);
        count++;
    }
    if (count == 0) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    return (tps_eat_list){tps_span_make(start.at, (size_t)(r->at - start.at)), count};
}

static void read_main(tps_cbor_reader *r, tps_eat_bundle *out)
{
    tps_eat_submodule token;

    if (tps_cbor_peek(r) != TPS_CBOR_BYTES && tps_cbor_peek(r) != TPS_CBOR_TEXT) {
        tps_cbor_fail(r, TPS_CBOR_UNEXPECTED_TYPE);
    }
    eat_submodule_read_value(r, &token);
    out->main_kind = token.kind;
    out->main_tag = token.tag;
    out->main_token = token.content;
}

tps_status tps_eat_bundle_read(tps_span encoded, tps_eat_bundle *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list list;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    memset(out, 0, sizeof *out);
    tps_cbor_take_tag(&r, TPS_TAG_EAT_BUNDLE);
    list = tps_cbor_enter_array(&r);
    TPS_TRY(claim_read_status(&r, "bundle", why));
    if (tps_cbor_next(&r, &list)) {
        read_main(&r, out);
        TPS_TRY(claim_read_status(&r, "main token", why));
    }
    if (!tps_cbor_next(&r, &list)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(&r), "bundle: it has two parts");
    }
    out->detached = read_list(&r);
    TPS_TRY(claim_read_status(&r, "detached claims sets", why));
    if (tps_cbor_next(&r, &list)) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(&r), "bundle: it has two parts");
    }
    return TPS_OK;
}

bool tps_eat_next_detached(tps_eat_iterator *it, tps_eat_detached *detached)
{
    if (!tps_cbor_next(&it->reader, &it->list)) {
        return false;
    }
    read_detached(&it->reader, detached);
    return it->reader.status == TPS_OK;
}

/* ---- the comparison ---- */

static bool find_detached(const tps_eat_bundle *bundle, tps_span name, tps_eat_detached *detached)
{
    tps_eat_iterator it = tps_eat_each(&bundle->detached);

    while (tps_eat_next_detached(&it, detached)) {
        if (tps_span_equal(detached->name, name)) {
            return true;
        }
    }
    return false;
}

static bool is_known_hash(int32_t alg)
{
    return alg == TPS_ALG_SHA256 || alg == TPS_ALG_SHA384 || alg == TPS_ALG_SHA512;
}

/* The verdict on a digest of the token. */
static tps_status judge(const tps_eat_bundle *bundle, const tps_eat_submodule *submodule, uint32_t *verdict)
{
    tps_eat_detached detached;
    tps_digest digest;

    if (!find_detached(bundle, submodule->name, &detached)) {
        *verdict = TPS_EAT_DETACHED_MISSING;
        return TPS_OK;
    }
    if (!is_known_hash(submodule->alg)) {
        *verdict = TPS_EAT_DETACHED_UNKNOWN_HASH;
        return TPS_OK;
    }
    TPS_TRY(tps_crypto_hash_of(submodule->alg, detached.content, &digest));
    *verdict = tps_span_equal(tps_span_make(digest.bytes, digest.size), submodule->digest)
                   ? TPS_EAT_DETACHED_GOOD
                   : TPS_EAT_DETACHED_MISMATCH;
    return TPS_OK;
}

/* Which verdicts there were, a bit each. */
static void tell(const tps_eat_bundle_reporter *reporter, tps_span name, uint32_t verdict, uint32_t *seen)
{
    *seen |= 1u << verdict;
    if (reporter != NULL) {
        reporter->report(reporter->context, name, verdict);
    }
}

static tps_status judge_digests(const tps_eat_bundle *bundle, const tps_eat_claims *claims,
                                const tps_eat_bundle_reporter *reporter, uint32_t *seen)
{
    tps_eat_iterator it = tps_eat_each(&claims->submods);
    tps_eat_submodule submodule;
    uint32_t verdict = TPS_EAT_DETACHED_GOOD;

    while (tps_eat_next_submodule(&it, &submodule)) {
        if (submodule.kind == TPS_EAT_SUBMODULE_DIGEST) {
            TPS_TRY(judge(bundle, &submodule, &verdict));
            tell(reporter, submodule.name, verdict, seen);
        }
    }
    return TPS_OK;
}

static void judge_extras(const tps_eat_bundle *bundle, const tps_eat_claims *claims,
                         const tps_eat_bundle_reporter *reporter, uint32_t *seen)
{
    tps_eat_iterator it = tps_eat_each(&bundle->detached);
    tps_eat_submodule submodule;
    tps_eat_detached detached;

    while (tps_eat_next_detached(&it, &detached)) {
        if (!tps_eat_find_submodule(claims, detached.name, &submodule) ||
            submodule.kind != TPS_EAT_SUBMODULE_DIGEST) {
            tell(reporter, detached.name, TPS_EAT_DETACHED_EXTRA, seen);
        }
    }
}

tps_status tps_eat_bundle_check(const tps_eat_bundle *bundle, tps_span claims_set,
                                const tps_eat_bundle_reporter *reporter, tps_error *why)
{
    static const struct {
        uint32_t verdict;
        tps_status status;
    } worst[] = {
        {TPS_EAT_DETACHED_MISMATCH, TPS_CLAIM_DIGEST_MISMATCH},
        {TPS_EAT_DETACHED_MISSING, TPS_CLAIM_DETACHED_MISSING},
        {TPS_EAT_DETACHED_EXTRA, TPS_CLAIM_DETACHED_EXTRA},
        {TPS_EAT_DETACHED_UNKNOWN_HASH, TPS_CRYPTO_ALG_REFUSED},
    };
    tps_eat_claims claims;
    uint32_t seen = 0;

    TPS_TRY(tps_eat_decode(claims_set, &claims, why));
    TPS_TRY(judge_digests(bundle, &claims, reporter, &seen));
    judge_extras(bundle, &claims, reporter, &seen);
    for (size_t i = 0; i < sizeof worst / sizeof worst[0]; i++) {
        if ((seen & 1u << worst[i].verdict) != 0) {
            return tps_fail(why, worst[i].status, 0, "submods");
        }
    }
    return TPS_OK;
}

/* ---- making ---- */

/* What was put must be what reading takes: `encoded` when it was written, else its parts by themselves. */
static tps_status check_parts(const tps_eat_bundle *bundle, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(bundle->detached.encoded);

    if (bundle->is_json) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "a bundle that was read from JSON");
    }
    TPS_TRY(claim_is_deterministic(bundle->detached.encoded, "detached claims sets", why));
    (void)read_list(&r);
    return claim_read_status(&r, "detached claims sets", why);
}

static tps_status put_main(tps_cbor_writer *w, const tps_eat_bundle *bundle, tps_error *why)
{
    tps_cbor_reader inside = tps_cbor_reader_init(bundle->main_token);

    if (bundle->main_kind == TPS_EAT_SUBMODULE_JSON_TOKEN) {
        TPS_TRY(claim_is_utf8(bundle->main_token, "main token", why));
        tps_cbor_put_text_span(w, bundle->main_token);
        return TPS_OK;
    }
    if (tps_cbor_peek(&inside) != TPS_CBOR_TAG) {
        return tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, "main token");
    }
    TPS_TRY(tps_cbor_check(bundle->main_token, &tps_cbor_limits_message, NULL, why));
    tps_cbor_put_bytes(w, bundle->main_token);
    return TPS_OK;
}

tps_status tps_eat_bundle_write(const tps_eat_bundle *bundle, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(check_parts(bundle, why));
    tps_cbor_put_tag(&w, TPS_TAG_EAT_BUNDLE);
    tps_cbor_put_array(&w, 2);
    TPS_TRY(put_main(&w, bundle, why));
    tps_cbor_put_raw(&w, bundle->detached.encoded);
    return claims_finish(&w, encoded, why);
}

tps_status tps_eat_put_digest(tps_cbor_writer *w, int32_t alg, tps_span claims_set)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(alg, claims_set, &digest));
    tps_cbor_put_array(w, 2);
    tps_cbor_put_int(w, alg);
    tps_cbor_put_bytes(w, tps_span_make(digest.bytes, digest.size));
    return TPS_OK;
}

/* ---- claims without protection ---- */

tps_status tps_uccs_read(tps_span encoded, tps_uccs *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    if (!tps_cbor_take_tag(&r, TPS_TAG_UCCS) || tps_cbor_peek(&r) != TPS_CBOR_MAP) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, tps_cbor_offset(&r), "unprotected claims");
    }
    out->unprotected_claims = tps_cbor_skip(&r);
    return TPS_OK;
}

tps_status tps_uccs_write(const tps_uccs *claims, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);
    tps_cbor_reader r = tps_cbor_reader_init(claims->unprotected_claims);

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(claim_is_deterministic(claims->unprotected_claims, "unprotected claims", why));
    if (tps_cbor_peek(&r) != TPS_CBOR_MAP) {
        return tps_fail(why, TPS_CLAIM_BAD_TYPE, 0, "unprotected claims");
    }
    tps_cbor_put_tag(&w, TPS_TAG_UCCS);
    tps_cbor_put_raw(&w, claims->unprotected_claims);
    return claims_finish(&w, encoded, why);
}
