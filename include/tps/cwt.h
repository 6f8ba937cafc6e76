/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cwt.h
 * The claims of a CBOR Web Token (RFC 8392): decoded strictly, encoded deterministically, and the judgement
 * of its times. The same claims stand in a JSON Web Token (RFC 7519); eat.h says how one becomes the other.
 * The protection around them is COSE's (cose.h); cwt_token.h takes it off.
 *
 * An absent text or byte string has `data` NULL. Nothing here is shared between calls: thread-safe for
 * distinct outputs. Stack on a Cortex-M33: at most 1.2 KiB, the checker's included.
 */
#ifndef TPS_CWT_H
#define TPS_CWT_H

#include "tps/cbor.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Claim labels (RFC 8392, 4; cnf: RFC 8747; scope: RFC 8693 and RFC 9200; cnonce: RFC 9200). */
enum {
    TPS_CWT_ISS = 1,
    TPS_CWT_SUB = 2,
    TPS_CWT_AUD = 3,
    TPS_CWT_EXP = 4,
    TPS_CWT_NBF = 5,
    TPS_CWT_IAT = 6,
    TPS_CWT_CTI = 7,
    TPS_CWT_CNF = 8,
    TPS_CWT_SCOPE = 9,
    TPS_CWT_CNONCE = 39
};

/** A number that may be an integer or a float: a NumericDate (RFC 8392, 2), a place (RFC 9711, 4.2.10). */
typedef struct {
    bool is_float;
    union {
        int64_t integer; /**< unless `is_float` */
        double real;     /**< if `is_float`; finite */
    } value;
} tps_number;

/** Bits of tps_cwt_claims.present, for claims whose value alone cannot say that they are absent. */
enum { TPS_CWT_HAS_EXP = 1u << 0, TPS_CWT_HAS_NBF = 1u << 1, TPS_CWT_HAS_IAT = 1u << 2 };

/** The registered claims. Spans point into the encoded claims. */
typedef struct {
    uint32_t present;     /**< TPS_CWT_HAS_* */
    bool is_scope_binary; /**< scope is a byte string */
    tps_span iss;         /**< text */
    tps_span sub;         /**< text */
    tps_span aud;         /**< encoded: a text, or an array of texts; ask tps_cwt_is_for() */
    tps_span cti;         /**< bytes; in JSON the text "jti" */
    tps_span cnf;         /**< encoded: the map that tps_cwt_confirmation_decode() takes */
    tps_span scope;       /**< text, or bytes if `is_scope_binary` (RFC 9200, 5.8.1) */
    tps_span cnonce;      /**< bytes (RFC 9200, 5.3.1) */
    tps_number exp;       /**< seconds since 1970 */
    tps_number nbf;       /**< seconds since 1970 */
    tps_number iat;       /**< seconds since 1970 */
} tps_cwt_claims;

/**
 * @brief Decode and check the registered claims of a CWT.
 *
 * RFC 8392 has one audience, as a text; RFC 7519, whose rules it takes over, has several, too, and such
 * tokens exist: both are taken. A NumericDate is an integer or a finite float, without the tag 1 (RFC 8392,
 * 2).
 *
 * @param encoded   One CBOR map, at most 64 KiB; keys in any order. Claims that are not registered above are
 * skipped.
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @param[out] why  `detail` names the claim; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_BAD_TYPE   A claim has another type than RFC 8392 says (a string in chunks, too); or it
 * is no map.
 * @retval TPS_CLAIM_BAD_VALUE  A date is no number, infinite, or beyond 2^62 seconds; an audience list is
 * empty; cnf as tps_cwt_confirmation_decode().
 * @retval TPS_CBOR_*           From tps_cbor_check() under tps_cbor_limits_message.
 *
 * RFC 8392, 3 and 4.
 */
TPS_MUST_USE tps_status tps_cwt_decode(tps_span encoded, tps_cwt_claims *out, tps_error *why);

/** As tps_cwt_decode(), of what tps_cbor_check() took before under tps_cbor_limits_message: it is not checked
 * again. */
TPS_MUST_USE tps_status tps_cwt_read(tps_span encoded, tps_cwt_claims *out, tps_error *why);

/**
 * Encode claims deterministically; checked first, as in decoding, with the same errors, and
 * TPS_CBOR_NOT_DETERMINISTIC where `aud` or `cnf`, which are put as they are, are not in that form.
 *
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed; TPS_BUF_MEASURE only
 * measures. Empty after any other error.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_CBOR_BAD_UTF8  iss, sub or scope.
 * @retval TPS_CBOR_TOO_LONG  More than the 64 KiB that a decoder takes.
 * @retval TPS_BAD_ARGUMENT  `present` has a bit that is none of TPS_CWT_HAS_*.
 */
TPS_MUST_USE tps_status tps_cwt_encode(const tps_cwt_claims *claims, tps_buf out, tps_span *encoded,
                                       tps_error *why);

/**
 * Judge `exp` and `nbf` (RFC 7519, 4.1.4 and 4.1.5). Claims that are absent permit everything: whether they
 * must be there is the profile's business.
 *
 * @param now     Seconds since 1970.
 * @param leeway  Seconds that the clocks may differ.
 * @param[out] why  Which claim; may be NULL.
 * @retval TPS_OK
 * @retval TPS_CLAIM_EXPIRED        `now` is at or behind `exp` and the leeway.
 * @retval TPS_CLAIM_NOT_YET_VALID  `now` and the leeway are before `nbf`.
 */
TPS_MUST_USE tps_status tps_cwt_check_time(const tps_cwt_claims *claims, int64_t now, uint32_t leeway,
                                           tps_error *why);

/** True when `audience` is the audience of the token or one of them, byte by byte (RFC 7519, 4.1.3). False
 * when the token names none. */
bool tps_cwt_is_for(const tps_cwt_claims *claims, tps_span audience);

/** The least integer that is not below the number: 2 for 1.5, -1 for -1.5; beyond the range of an int64_t its
 * limit. */
int64_t tps_number_ceiling(tps_number number);

/** How cnf names the key that the presenter must prove to hold (RFC 8747, 3.1; RFC 9679, 5.6). */
enum {
    TPS_CWT_CONFIRMATION_UNKNOWN = 0,       /**< no member that is known here */
    TPS_CWT_CONFIRMATION_KEY = 1,           /**< a COSE_Key */
    TPS_CWT_CONFIRMATION_ENCRYPTED_KEY = 2, /**< a COSE_Key inside a COSE_Encrypt or COSE_Encrypt0 */
    TPS_CWT_CONFIRMATION_KEY_ID = 3,        /**< kid */
    TPS_CWT_CONFIRMATION_THUMBPRINT = 5     /**< ckt: the SHA-256 thumbprint of a COSE_Key */
};

/** A confirmation: one key, named in one way. */
typedef struct {
    uint32_t kind;  /**< TPS_CWT_CONFIRMATION_*: the label of the member that is there */
    tps_span value; /**< of KEY and ENCRYPTED_KEY: encoded; of KEY_ID: the bytes; of THUMBPRINT: 32 bytes */
    uint32_t unknown_count; /**< members that are not known here, skipped */
} tps_cwt_confirmation;

/**
 * Decode a confirmation (RFC 8747, 3). It names one key in one way: a token that offers two leaves open which
 * one was meant, and is refused.
 *
 * @param encoded  The value of cnf.
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @param[out] why  May be NULL.
 * @retval TPS_OK
 * @retval TPS_CLAIM_BAD_TYPE   It is no map, or a member has another type than its standard says.
 * @retval TPS_CLAIM_BAD_VALUE  More than one of the members above; an empty map; a thumbprint whose size is
 * not 32 bytes; an empty kid.
 * @retval TPS_CBOR_*           From tps_cbor_check() under tps_cbor_limits_message.
 */
TPS_MUST_USE tps_status tps_cwt_confirmation_decode(tps_span encoded, tps_cwt_confirmation *out,
                                                    tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
