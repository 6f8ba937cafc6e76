/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file eat_bundle.h
 * Tokens whose claims lie beside them: detached EAT bundles (RFC 9711, 5), in CBOR (tag 602) and in JSON; and
 * claims that nothing protects: UCCS (RFC 9781, tag 601).
 *
 *     tps_eat_bundle bundle;
 *     TPS_TRY(tps_eat_bundle_read(file, &bundle, &why));
 *     ... verify bundle.main_token; its payload is claims_set ...
 *     TPS_TRY(tps_eat_bundle_check(&bundle, claims_set, NULL, &why));
 *     ... from here on the detached sets may be believed as much as the main token
 *
 * No heap. Thread-safe for distinct outputs and rooms. Stack on a Cortex-M33: at most 1 KiB for a bundle or
 * claims in CBOR, 2.2 KiB for a bundle in JSON, 1.9 KiB for the comparison.
 */
#ifndef TPS_EAT_BUNDLE_H
#define TPS_EAT_BUNDLE_H

#include "tps/eat.h"

#ifdef __cplusplus
extern "C" {
#endif

/** CBOR tags (RFC 9781, 5; RFC 9711, 10.4). */
enum { TPS_TAG_UCCS = 601, TPS_TAG_EAT_BUNDLE = 602 };

/* ---- bundles ---- */

/** A bundle that was taken apart. Nothing of it is verified. */
typedef struct {
    bool is_json;          /**< it was read from JSON, and so are the detached claims sets */
    uint32_t main_kind;    /**< TPS_EAT_SUBMODULE_CBOR_TOKEN or TPS_EAT_SUBMODULE_JSON_TOKEN */
    uint64_t main_tag;     /**< of a CBOR token: 61, 18, ... */
    tps_span main_token;   /**< as tps_eat_submodule.content has it */
    tps_eat_list detached; /**< see tps_eat_next_detached() */
} tps_eat_bundle;

/**
 * Take a bundle in CBOR apart.
 *
 * @param encoded   [main token, {+ name => claims set as bytes}], with tag 602 or without; at most 64 KiB.
 * @param[out] out  Points into `encoded`.
 * @param[out] why  `detail` names the part; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_BAD_TYPE   A part is of another type.
 * @retval TPS_CLAIM_BAD_VALUE  The main token has no tag of a token; there is no detached set; there is a
 * third part.
 * @retval TPS_CBOR_*           From tps_cbor_check() under tps_cbor_limits_message.
 */
TPS_MUST_USE tps_status tps_eat_bundle_read(tps_span encoded, tps_eat_bundle *out, tps_error *why);

/**
 * Take a bundle in JSON apart.
 *
 * @param json      [[type, token], {name: base64url, ...}].
 * @param room      Takes the detached sets, as bytes; at most `json.size` are needed.
 * @param[out] out  `main_token` points into `json` (tps_eat_json_token_read() takes it apart), the rest into
 * `room`.
 * @param[out] why  `detail` names the part; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_BAD_TYPE, TPS_CLAIM_BAD_VALUE  As tps_eat_bundle_read().
 * @retval TPS_BAD_BASE64        A detached set is not in base64url.
 * @retval TPS_BUFFER_TOO_SMALL  `room`.
 * @retval TPS_JSON_*            The text is no JSON within the limits of tps_eat_from_json().
 */
TPS_MUST_USE tps_status tps_eat_bundle_read_json(tps_span json, tps_buf room, tps_eat_bundle *out,
                                                 tps_error *why);

/** A claims set of a bundle. */
typedef struct {
    tps_span name;    /**< text: that of the submodule */
    tps_span content; /**< the claims set: CBOR, or JSON if the bundle is */
} tps_eat_detached;

/** The next detached set of `tps_eat_each(&bundle.detached)`. false behind the last one. */
bool tps_eat_next_detached(tps_eat_iterator *iterator, tps_eat_detached *detached);

/** What tps_eat_bundle_check() found of one name. */
enum {
    TPS_EAT_DETACHED_GOOD = 0,        /**< the digest is that of the set */
    TPS_EAT_DETACHED_MISMATCH = 1,    /**< it is another */
    TPS_EAT_DETACHED_MISSING = 2,     /**< the token has a digest, the bundle no set */
    TPS_EAT_DETACHED_EXTRA = 3,       /**< the bundle has a set, the token no digest of it */
    TPS_EAT_DETACHED_UNKNOWN_HASH = 4 /**< the digest's algorithm is not SHA-256, SHA-384 or SHA-512 */
};

/** Is told of each name that has a digest in the token or a set in the bundle. */
typedef struct {
    void (*report)(void *context, tps_span name, uint32_t verdict);
    void *context;
} tps_eat_bundle_reporter;

/**
 * @brief Compare each detached claims set with its digest in the token's submodules (RFC 9711, 4.2.18.1.3).
 *
 * All are looked at, whatever is found of the first; only if every set has its digest and every digest its
 * set is the bundle whole. Digests within submodules of submodules are not looked for.
 *
 * @param claims_set  Claims of the main token, **verified**, in CBOR (a JWT's: tps_eat_from_json()).
 * @param reporter    May be NULL.
 * @param[out] why    May be NULL.
 *
 * @retval TPS_OK                       All match.
 * @retval TPS_CLAIM_DIGEST_MISMATCH, TPS_CLAIM_DETACHED_MISSING, TPS_CLAIM_DETACHED_EXTRA  The first of
 * these, in this order, that any name has.
 * @retval TPS_CRYPTO_ALG_REFUSED       A digest of another hash, and nothing of the above.
 * @retval TPS_CRYPTO_FAILED            A hash; the reporter has then not been told of all.
 * @retval others                       As tps_eat_decode() on `claims_set`.
 */
TPS_MUST_USE tps_status tps_eat_bundle_check(const tps_eat_bundle *bundle, tps_span claims_set,
                                             const tps_eat_bundle_reporter *reporter, tps_error *why);

/**
 * Write a bundle in CBOR, with its tag. `detached.encoded` must be a map of texts to byte strings in
 * deterministic form.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed; TPS_BUF_MEASURE only
 * measures. Empty after any other error.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_CBOR_NOT_DETERMINISTIC
 * @retval TPS_BAD_ARGUMENT   It was read from JSON.
 * @retval TPS_CBOR_TOO_LONG  More than 64 KiB.
 * @retval others             As tps_eat_bundle_read().
 */
TPS_MUST_USE tps_status tps_eat_bundle_write(const tps_eat_bundle *bundle, tps_buf out, tps_span *encoded,
                                             tps_error *why);

/**
 * Put the digest of a claims set as a submodule's value: [alg, digest].
 * @param alg  TPS_ALG_SHA256, TPS_ALG_SHA384 or TPS_ALG_SHA512.
 * @retval TPS_OK
 * @retval TPS_CRYPTO_ALG_REFUSED, TPS_CRYPTO_FAILED  Nothing was put.
 */
TPS_MUST_USE tps_status tps_eat_put_digest(tps_cbor_writer *writer, int32_t alg, tps_span claims_set);

/* ---- claims without protection ---- */

/**
 * Claims that nobody signed (RFC 9781). They are as good as the channel that they came through, and no
 * evidence of anything beyond it: no function that takes verified claims takes this type.
 */
typedef struct {
    tps_span unprotected_claims; /**< encoded: for tps_cwt_decode() or tps_eat_decode() */
} tps_uccs;

/**
 * Take the tag 601 off.
 * @retval TPS_OK, TPS_CLAIM_BAD_TYPE (no tag 601, or no map in it), TPS_CBOR_*
 */
TPS_MUST_USE tps_status tps_uccs_read(tps_span encoded, tps_uccs *out, tps_error *why);

/** Put the tag 601 before claims in deterministic form. @retval TPS_OK, TPS_BUFFER_TOO_SMALL,
 * TPS_CLAIM_BAD_TYPE, TPS_CBOR_* */
TPS_MUST_USE tps_status tps_uccs_write(const tps_uccs *claims, tps_buf out, tps_span *encoded,
                                       tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
