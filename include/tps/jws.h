/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file jws.h
 * JSON Web Signatures in compact form (RFC 7515), as far as signed tokens, results and wrappers need them:
 * ES256, ES384, ES512, EdDSA and Ed25519, and PS256 to verify (RFC 7518, 3.1; RFC 8037; RFC 9864). Which of
 * them there are is the crypto back end's to say.
 *
 * No heap. Thread-safe for distinct outputs, rooms and key objects. Stack on a Cortex-M33: 2.2 KiB of ours to
 * read a header, less than 0.9 KiB for all others.
 */
#ifndef TPS_JWS_H
#define TPS_JWS_H

#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @brief Write header.payload.signature with the header {"alg":"ES256","kid":...,"typ":"JWT"}.
 *
 * @param payload    JSON, as it is to be signed: not looked at. It may not lie in `out`.
 * @param key_id     "kid"; NULL leaves it out. Printable characters of ASCII without spaces, quotes or
 *                   backslashes.
 * @param signer     Signs with TPS_ALG_ES256; not called when only measuring.
 * @param out        Room; no final zero is written. TPS_BUF_MEASURE measures.
 * @param[out] size  Characters written, or needed if TPS_BUFFER_TOO_SMALL.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_BAD_ARGUMENT      `key_id` has other characters, or too many: TPS_JWS_NAMES_MAX.
 * @retval TPS_COSE_ALG_REFUSED  The signer has another algorithm.
 * @retval TPS_CRYPTO_FAILED     The hash.
 * @retval others                What the signer returned; what `out` then holds is undefined.
 *
 * RFC 7515, 3.1 and 7.1.
 */
TPS_MUST_USE tps_status tps_jws_make(tps_span payload, const char *key_id, const tps_cose_signer *signer,
                                     tps_buf out, size_t *size);

/** What goes into the header beside alg; NULL leaves a member out. Printable characters of ASCII without
 * spaces, quotes or backslashes. */
typedef struct {
    const char *kid;
    const char *typ;
    const char *cty;
} tps_jws_options;

/** kid, typ and cty may have so many characters together; more are TPS_BAD_ARGUMENT. */
#define TPS_JWS_NAMES_MAX 256u

/**
 * @brief Write header.payload.signature with the header {"alg":...,"kid":...,"typ":...,"cty":...}.
 *
 * As tps_jws_make(), with any algorithm of ECDSA (ES256, ES384, ES512, by either of its names in COSE), and
 * EdDSA and Ed25519 if the signer signs messages. Errors as there; TPS_COSE_ALG_REFUSED: JOSE has no name for
 * the algorithm, or the signer cannot do it.
 */
TPS_MUST_USE tps_status tps_jws_make_with(tps_span payload, const tps_jws_options *options,
                                          const tps_cose_signer *signer, tps_buf out, size_t *size);

/** The parts of a compact JWS, still in base64url, inside the text. */
typedef struct {
    tps_span header;
    tps_span payload;
    tps_span signature;
    tps_span signed_part; /**< header, dot, payload: what the signature covers */
} tps_jws;

/**
 * Take a compact JWS apart. White space around it (a file's last line break) is no part of it.
 * @param[out] out  Points into `text`; undefined unless TPS_OK.
 * @retval TPS_OK
 * @retval TPS_JWT_NOT_WELL_FORMED  Not three parts of base64url characters, each of one at least. Whether
 * they are base64url is seen where they are read.
 */
TPS_MUST_USE tps_status tps_jws_parse(tps_span text, tps_jws *out);

/** What a header says; absent members are empty. */
typedef struct {
    tps_span alg;
    tps_span kid;
    tps_span typ;
    tps_span cty;
} tps_jws_header;

/**
 * @brief Read the header of a JWS.
 *
 * @param room  The header is decoded into its front, and what it escapes unescaped behind: at most as many
 *              bytes as `jws->header` has characters are taken.
 * @param[out] out  Points into `room`.
 * @param[out] why  Offsets count within the decoded header; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_JWT_NOT_WELL_FORMED  No object, or without a text "alg"; or a known member that is no text.
 * @retval TPS_COSE_CRIT_UNKNOWN    It has "crit": no extension is understood here (RFC 7515, 4.1.11).
 * @retval TPS_BAD_BASE64           The header is none.
 * @retval TPS_JSON_*               It is no JSON within the limits of 64 KiB, 16 levels, 512 entries.
 * @retval TPS_BUFFER_TOO_SMALL     `room`.
 *
 * Members that are not known are passed over (RFC 7515, 4). Keys in the header (jwk, x5c) are never used.
 */
TPS_MUST_USE tps_status tps_jws_read_header(const tps_jws *jws, tps_buf *room, tps_jws_header *out,
                                            tps_error *why);

/** The algorithm (TPS_ALG_*) that a header's "alg" names; TPS_ALG_NONE for "none" and all that is not known
 * here. */
int32_t tps_jws_algorithm(tps_span alg);

/**
 * Check the signature as the algorithm that the header names (tps_jws_algorithm()). RFC 7515, 5.2.
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_SIGNATURE  It does not match, has the wrong size, or is not base64url.
 * @retval TPS_COSE_ALG_REFUSED      `alg` is unknown, or "none".
 * @retval TPS_CRYPTO_ALG_REFUSED    It does not fit the key, or the back end lacks it.
 * @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_jws_verify_as(const tps_jws *jws, tps_span alg, struct tps_crypto_key *key);

/**
 * Check the signature as ES256. Whether the header says so is the caller's to look at.
 * @retval TPS_OK, TPS_CRYPTO_BAD_SIGNATURE, TPS_CRYPTO_ALG_REFUSED (no P-256 key), TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_jws_verify(const tps_jws *jws, struct tps_crypto_key *key);

#ifdef __cplusplus
}
#endif

#endif
