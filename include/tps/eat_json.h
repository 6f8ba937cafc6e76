/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file eat_json.h
 * The JSON encoding of Entity Attestation Tokens (RFC 9711, 7.2): claims of a JWT become those of a CWT,
 * which eat.h decodes, and the other way. There is one model of claims, and one judge of them:
 * tps_eat_decode().
 *
 *     tps_jws jws;                                              ... a token "eyJ....eyJ....abc"
 *     TPS_TRY(tps_jws_parse(token, &jws));
 *     TPS_TRY(tps_jws_verify(&jws, key));                       ... jws.payload in base64url: json
 *     TPS_TRY(tps_eat_from_json(json, TPS_BUF_OF(room), &claims_set, &why));
 *     TPS_TRY(tps_eat_decode(claims_set, &claims, &why));
 *
 * What has the same meaning is turned, claim by claim:
 *
 * | claim                      | JSON                                    | CBOR                       |
 * |----------------------------|-----------------------------------------|----------------------------|
 * | names                      | "eat_nonce", "ueid", ...                | labels 10, 256, ...        |
 * | bytes                      | base64url without padding               | byte strings               |
 * | eat_nonce; jti; kid        | base64url; any other text as its UTF-8  | byte strings               |
 * | dbgstat, intuse, measres   | "disabled", "csr", "success", ...       | 1, 4, 1, ...               |
 * | a known version scheme     | "multipartnumeric", "semver", ...       | 1, 16384, ...              |
 * | location                   | "latitude", ...                         | labels 1 ... 9             |
 * | eat_profile, an OID        | "1.3.6.1.4.1.4128"                      | byte string                |
 * | manifests, content         | base64url, or a text that is none       | byte string, or that text  |
 * | cnf                        | "jwk" (EC, OKP), "kid"                  | COSE_Key (1), kid (3)      |
 * | submods: claims            | object                                  | map                        |
 * | submods: token in CBOR     | ["CBOR", base64url]                     | byte string                |
 * | submods: token in JSON     | ["JWT", ...], ["BUNDLE", ...],          | that JSON as text          |
 * |                            | ["UJCS", ...] (RFC 9781)                |                            |
 * | submods: digest            | ["DIGEST", [algorithm, base64url]]      | [algorithm, byte string]   |
 * | everything else            | as it is                                | as it is                   |
 *
 * Claims that are unknown here keep their names, as texts. CBOR -> JSON -> CBOR gives the same bytes back,
 * for claims in deterministic form, with two exceptions that lie in RFC 9711: whether the id of a measurement
 * result was text or bytes is lost, and so is white space around a nested JSON token.
 *
 * No heap, no recursion. Thread-safe for distinct outputs and rooms.
 */
#ifndef TPS_EAT_JSON_H
#define TPS_EAT_JSON_H

#include "tps/eat.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The most members that the objects which lie in each other may have together. */
#define TPS_EAT_JSON_MEMBERS_MAX 128u

/**
 * @brief Turn a claims set in JSON into CBOR, deterministically (RFC 8949, 4.2.1).
 *
 * Types and values are not judged here but for what cannot be turned: give the result to tps_eat_decode().
 *
 * @param json       One JSON object, UTF-8; at most 64 KiB.
 * @param out        Room; TPS_BUF_MEASURE only measures. Most often less than `json.size` is needed; numbers
 * with fractions may need up to three times their text.
 * @param[out] claims_set  Inside `out`; with too little room its `size` is the size needed.
 * @param[out] why   `detail` names the claim; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_BAD_TYPE   It is no object.
 * @retval TPS_CLAIM_BAD_VALUE  A name or member of a claim is none that has a meaning there ("dbgstat":
 * "off"; a private key in cnf), an OID has an arc beyond 64 bits or TPS_EAT_OID_TEXT_MAX characters, or a
 * submodule's array is none of those above.
 * @retval TPS_BAD_BASE64       Bytes are not in base64url without padding.
 * @retval TPS_JSON_OUT_OF_RANGE  A whole number is beyond 64 bits, or one with fraction beyond a double.
 * @retval TPS_JSON_TOO_MANY    More than TPS_EAT_JSON_MEMBERS_MAX members are open at once.
 * @retval TPS_JSON_*           The text is no JSON within the limits of 64 KiB, 16 levels, 512 entries.
 * @retval TPS_BUFFER_TOO_SMALL
 *
 * Time is linear in the text times its depth. Stack on a Cortex-M33: 3.9 KiB. RFC 9711, 7.2.
 */
TPS_MUST_USE tps_status tps_eat_from_json(tps_span json, tps_buf out, tps_span *claims_set, tps_error *why);

/**
 * @brief Turn a claims set in CBOR into JSON, in the order in which its claims stand.
 *
 * The claims, and those of submodules, are judged first (tps_eat_walk()).
 *
 * @param claims_set  One CBOR map.
 * @param out         Room for the text, no final zero; TPS_BUF_MEASURE only measures.
 * @param[out] size   Characters written, or needed if too small.
 * @param[out] why    `detail` names the claim; may be NULL.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_CLAIM_NO_JSON  Something has no form in JSON, or one that would be read as something else: a
 * label without a name, bytes or a tag in an unknown claim, an infinite number, a text under an unknown claim
 * called "ueid", a thumbprint or an encrypted key in cnf.
 * @retval others             As tps_eat_walk().
 *
 * Stack on a Cortex-M33: 2.7 KiB, the walk's included. RFC 9711, 7.2.
 */
TPS_MUST_USE tps_status tps_eat_to_json(tps_span claims_set, tps_buf out, size_t *size, tps_error *why);

/** What a token in JSON is, by the first element of its array (RFC 9711, 7.3.3; UJCS: RFC 9781). */
enum {
    TPS_EAT_JSON_JWT = 1,  /**< a JWT in compact form: text */
    TPS_EAT_JSON_CBOR = 2, /**< a token in CBOR: bytes, tagged */
    TPS_EAT_JSON_BUNDLE =
        3,                /**< a detached bundle: the text of a JSON array, for tps_eat_bundle_read_json() */
    TPS_EAT_JSON_UJCS = 4 /**< an unprotected claims set: the text of a JSON object. Nobody vouches for it */
};

/** A token in JSON that was taken apart. */
typedef struct {
    uint32_t kind; /**< TPS_EAT_JSON_* */
    tps_span content;
} tps_eat_json_token;

/**
 * Take apart what TPS_EAT_SUBMODULE_JSON_TOKEN holds, or a whole file of that form: [type, token].
 *
 * @param text      JSON.
 * @param room      Takes the bytes of a token in CBOR (3 for 4 characters), and a JWT that was written with
 *                  escapes; otherwise `content` points into `text`.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_BAD_VALUE   The array has not two elements, or its type is none of the above.
 * @retval TPS_CLAIM_BAD_TYPE    The second element is not what its type says.
 * @retval TPS_BAD_BASE64        A token in CBOR is not in base64url.
 * @retval TPS_JWT_NOT_WELL_FORMED  A JWT is not three parts of base64url.
 * @retval TPS_BUFFER_TOO_SMALL  `room`.
 * @retval TPS_JSON_*            As tps_eat_from_json().
 *
 * Stack on a Cortex-M33: 2.2 KiB.
 */
TPS_MUST_USE tps_status tps_eat_json_token_read(tps_span text, tps_buf room, tps_eat_json_token *out,
                                                tps_error *why);

#ifdef __cplusplus
}
#endif

#endif
