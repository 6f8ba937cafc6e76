/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file jws.h
 * JSON Web Signatures in compact form (RFC 7515), as far as signed results (JWT, RFC 7519) need them: ES256
 * alone.
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
 * @param payload    JSON, as it is to be signed.
 * @param key_id     "kid"; NULL leaves it out. Printable characters without quotes or backslashes.
 * @param signer     Signs with TPS_ALG_ES256; not called when only measuring.
 * @param out        Room; no final zero is written. TPS_BUF_MEASURE measures.
 * @param[out] size  Characters written, or needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT (key_id), TPS_COSE_ALG_REFUSED (another algorithm),
 * or the signer's.
 */
TPS_MUST_USE tps_status tps_jws_make(tps_span payload, const char *key_id, const tps_cose_signer *signer,
                                     tps_buf out, size_t *size);

/** The parts of a compact JWS, still in base64url, inside the text. */
typedef struct {
    tps_span header;
    tps_span payload;
    tps_span signature;
    tps_span signed_part; /**< header, dot, payload: what the signature covers */
} tps_jws;

/**
 * Take a compact JWS apart. White space around it (a file's last line break) is no part of it.
 * @retval TPS_JWT_NOT_WELL_FORMED  Not three parts of base64url characters.
 */
TPS_MUST_USE tps_status tps_jws_parse(tps_span text, tps_jws *out);

/**
 * Check the signature as ES256. Whether the header says so is the caller's to look at.
 * @retval TPS_OK, TPS_CRYPTO_BAD_SIGNATURE, TPS_CRYPTO_ALG_REFUSED (no P-256 key)
 */
TPS_MUST_USE tps_status tps_jws_verify(const tps_jws *jws, struct tps_crypto_key *key);

#ifdef __cplusplus
}
#endif

#endif
