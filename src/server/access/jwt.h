/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file jwt.h
 * Bearer tokens of an identity provider (OpenID Connect, OAuth 2.0): signed JWTs (RFC 7519; RFC 9068 or an ID
 * token), judged in three steps. tps_jwt_read() takes one apart and proves nothing: it tells whose keys to
 * ask. tps_jwt_verify() asks them. tps_jwt_check() holds its claims against what is expected. Only what
 * passed all three counts.
 *
 * Nothing of a token is ever repeated in an error: `why->detail` names the claim alone.
 */
#ifndef TPS_SERVER_ACCESS_JWT_H
#define TPS_SERVER_ACCESS_JWT_H

#include "server/access/jwks.h"
#include "tps/jws.h"

#define TPS_JWT_SIZE_MAX    16384u /**< characters of a token */
#define TPS_JWT_SUBJECT_MAX 255u   /**< bytes (OpenID Connect Core, 2) */
#define TPS_JWT_LEEWAY_S    60     /**< by how much the clocks of issuer and server may differ */

/** A token taken apart. Large: not for the stack. The spans point into it, and into the text. */
typedef struct {
    tps_jws jws;
    tps_span alg, kid;
    tps_span claims;          /**< the payload: one JSON object, checked */
    tps_span issuer, subject; /**< "iss", "sub"; not empty */
    double expires;           /**< "exp": seconds since 1970 */
    double not_before;        /**< "nbf"; 0 without it */
    double issued;            /**< "iat"; 0 without it */
    uint8_t room[2 * TPS_JWT_SIZE_MAX];
} tps_jwt;

/** True when a text could be one: it has two dots. */
bool tps_jwt_is_meant(tps_span text);

/**
 * @brief Take a token apart. Nothing in it is proven yet.
 *
 * @param text      header.payload.signature; it must live as long as `out` is used.
 * @param[out] out  Undefined unless TPS_OK.
 * @param[out] why  Names what is wrong; may be NULL.
 * @retval TPS_OK
 * @retval TPS_SERVER_TOKEN_REFUSED  It is larger than TPS_JWT_SIZE_MAX, no JWS in compact form, its header or
 * claims are no JSON within 16 levels and 512 entries; `typ` is there and none of JWT, at+jwt and
 * application/at+jwt; it has cty or crit; iss, sub or exp is absent or of a wrong type; it has cnf: it is
 * bound to a key and must not be taken from whoever bears it (RFC 7800, 3).
 */
TPS_MUST_USE tps_status tps_jwt_read(tps_span text, tps_jwt *out, tps_error *why);

/**
 * Whether one of these keys signed it.
 * @retval TPS_OK
 * @retval TPS_COSE_NO_KEY           None has its kid: newer keys may.
 * @retval TPS_SERVER_TOKEN_REFUSED  Another algorithm than jwks.h lists, or than the key's; or a bad
 * signature.
 * @retval TPS_CRYPTO_FAILED, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_jwt_verify(const tps_jwt *jwt, tps_jwks *keys, tps_error *why);

/**
 * Whether it is from this issuer, for this audience ("aud": the text, or an array that has it), and of this
 * time, give or take TPS_JWT_LEEWAY_S.
 * @param now  Seconds since 1970.
 * @retval TPS_OK
 * @retval TPS_SERVER_CREDENTIAL_EXPIRED  "exp" has passed.
 * @retval TPS_SERVER_TOKEN_REFUSED       Another issuer or audience; "nbf" or "iat" is to come.
 */
TPS_MUST_USE tps_status tps_jwt_check(const tps_jwt *jwt, tps_span issuer, tps_span audience, int64_t now,
                                      tps_error *why);

/**
 * True when the claim `name` is the text `value`, or an array that has it. A name that begins with a slash is
 * a JSON pointer through objects (RFC 6901): "/realm_access/roles".
 */
bool tps_jwt_has(const tps_jwt *jwt, tps_span name, tps_span value);

#endif
