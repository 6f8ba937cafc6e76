/* SPDX-License-Identifier: Apache-2.0 */
/* Submodules (RFC 9711, 4.2.18): what each is, and the walk through all that lie in each other. */
#include "format/eat/claims.h"
#include "format/eat/lists.h"
#include "tps/cose.h"

/* Tags of what may be nested as a token in CBOR, beside COSE's: RFC 9781, RFC 9711. */
enum { TAG_COSE_SIGN = 98, TAG_UCCS = 601, TAG_BUNDLE = 602 };

static bool is_token_tag(uint64_t tag)
{
    switch (tag) {
    case TPS_TAG_CWT:
    case TPS_TAG_COSE_SIGN1:
    case TPS_TAG_COSE_MAC0:
    case TPS_TAG_COSE_ENCRYPT0:
    case TPS_TAG_COSE_ENCRYPT:
    case TPS_TAG_COSE_MAC:
    case TAG_COSE_SIGN:
    case TAG_UCCS:
    case TAG_BUNDLE: return true;
    default: return false;
    }
}

/* The tag says what the token is, so there must be one (RFC 9711, 4.2.18.2). */
static void read_cbor_token(tps_cbor_reader *r, tps_eat_submodule *submodule)
{
    tps_span token = tps_cbor_get_bytes(r);
    tps_cbor_reader inside = tps_cbor_reader_init(token);

    submodule->kind = TPS_EAT_SUBMODULE_CBOR_TOKEN;
    submodule->content = token;
    submodule->tag = tps_cbor_get_tag(&inside);
    if (inside.status != TPS_OK || !is_token_tag(submodule->tag) ||
        tps_cbor_check(token, &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* An array in JSON; what is in it is for a reader of JSON to judge. */
static void read_json_token(tps_cbor_reader *r, tps_eat_submodule *submodule)
{
    tps_span text = tps_cbor_get_text(r);
    size_t at = 0;

    while (at < text.size && (text.data[at] == ' ' || text.data[at] == '\t' || text.data[at] == '\n' ||
                              text.data[at] == '\r')) {
        at++;
    }
    submodule->kind = TPS_EAT_SUBMODULE_JSON_TOKEN;
    submodule->content = text;
    if (at == text.size || text.data[at] != '[') {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

/* The size of a digest, or 0 where the algorithm is not known here. */
static size_t digest_size(int32_t alg)
{
    switch (alg) {
    case TPS_ALG_SHA256: return 32;
    case TPS_ALG_SHA384: return 48;
    case TPS_ALG_SHA512: return 64;
    default: return 0;
    }
}

static int32_t alg_of_name(tps_span name)
{
    if (tps_span_is_text(name, "SHA-256")) {
        return TPS_ALG_SHA256;
    }
    if (tps_span_is_text(name, "SHA-384")) {
        return TPS_ALG_SHA384;
    }
    return tps_span_is_text(name, "SHA-512") ? TPS_ALG_SHA512 : 0;
}

/* [algorithm, digest]: COSE's number or name (RFC 9711, 4.2.18.1.3). */
static void read_digest(tps_cbor_reader *r, tps_eat_submodule *submodule)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    int64_t alg = 0;
    size_t size;

    submodule->kind = TPS_EAT_SUBMODULE_DIGEST;
    if (tps_cbor_next(r, &list) && tps_cbor_peek(r) == TPS_CBOR_TEXT) {
        submodule->alg_name = tps_cbor_get_text(r);
        alg = alg_of_name(submodule->alg_name);
    } else {
        alg = tps_cbor_get_int(r);
    }
    if (alg < INT32_MIN || alg > INT32_MAX || !tps_cbor_next(r, &list)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
    submodule->alg = (int32_t)alg;
    submodule->digest = tps_cbor_get_bytes(r);
    size = digest_size(submodule->alg);
    if (submodule->digest.size == 0 || (size != 0 && submodule->digest.size != size) ||
        tps_cbor_next(r, &list)) {
        tps_cbor_fail(r, TPS_CBOR_OUT_OF_RANGE);
    }
}

void eat_submodule_read(tps_cbor_reader *r, tps_eat_submodule *submodule)
{
    tps_span name = tps_cbor_get_text(r);

    eat_submodule_read_value(r, submodule);
    submodule->name = name;
}

void eat_submodule_read_value(tps_cbor_reader *r, tps_eat_submodule *submodule)
{
    memset(submodule, 0, sizeof *submodule);
    switch (tps_cbor_peek(r)) {
    case TPS_CBOR_MAP:
        submodule->kind = TPS_EAT_SUBMODULE_CLAIMS;
        submodule->content = tps_cbor_skip(r);
        break;
    case TPS_CBOR_BYTES: read_cbor_token(r, submodule); break;
    case TPS_CBOR_TEXT: read_json_token(r, submodule); break;
    default: read_digest(r, submodule); break;
    }
}

bool tps_eat_find_submodule(const tps_eat_claims *claims, tps_span name, tps_eat_submodule *submodule)
{
    tps_eat_iterator it = tps_eat_each(&claims->submods);

    /* Others are passed over unread: a bundle asks once for each of its sets, and a token among them would be
     * checked as often. */
    while (tps_cbor_next(&it.reader, &it.list)) {
        tps_span found = tps_cbor_get_text(&it.reader);
        if (it.reader.status == TPS_OK && tps_span_equal(found, name)) {
            eat_submodule_read_value(&it.reader, submodule);
            submodule->name = found;
            return it.reader.status == TPS_OK;
        }
        tps_cbor_skip(&it.reader);
    }
    return false;
}

/* ---- the walk ---- */

/* Decodes a claims set and stands before its submodules. */
static tps_status enter(tps_span claims_set, tps_eat_iterator *it, tps_error *why)
{
    tps_eat_claims claims;

    TPS_TRY(tps_eat_decode(claims_set, &claims, why));
    *it = tps_eat_each(&claims.submods);
    return TPS_OK;
}

tps_status tps_eat_walk(tps_span claims_set, const tps_eat_visitor *visitor, tps_error *why)
{
    tps_eat_iterator levels[TPS_EAT_DEPTH_MAX];
    tps_eat_submodule submodule;
    uint32_t depth = 1;

    TPS_TRY(enter(claims_set, &levels[0], why));
    while (depth > 0) {
        tps_span claims = TPS_SPAN_EMPTY;
        if (!tps_eat_next_submodule(&levels[depth - 1], &submodule)) {
            depth--;
            continue;
        }
        if (submodule.kind == TPS_EAT_SUBMODULE_CLAIMS) {
            claims = submodule.content;
        }
        if (visitor != NULL) {
            TPS_TRY(visitor->visit(visitor->context, &submodule, depth, &claims));
        }
        if (claims.size == 0) {
            continue;
        }
        if (depth == TPS_EAT_DEPTH_MAX) {
            return tps_fail(why, TPS_CBOR_TOO_DEEP, 0, "submods");
        }
        TPS_TRY(enter(claims, &levels[depth], why));
        depth++;
    }
    return TPS_OK;
}
