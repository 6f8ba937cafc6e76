/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file eat.h
 * The claims of an Entity Attestation Token (RFC 9711), all of them: decoded strictly from CBOR, encoded
 * deterministically, and walked with their submodules. eat_json.h turns the JSON encoding into this one and
 * back, eat_bundle.h has detached bundles and unprotected claims, device_claims.h and psa.h have two
 * profiles.
 *
 *     tps_eat_claims claims;
 *     TPS_TRY(tps_eat_decode(payload, &claims, &why));
 *     tps_eat_iterator it = tps_eat_each(&claims.submods);
 *     while (tps_eat_next_submodule(&it, &submodule)) { ... }
 *
 * Claims without a bound (nonces, submodules, ...) are not copied: a tps_eat_list holds them as they are
 * encoded, checked already, with their number; an iterator gives them one at a time.
 *
 * An absent text or byte string has `data` NULL, an absent list `count` 0. Nothing here is shared between
 * calls: thread-safe for distinct outputs. No recursion.
 */
#ifndef TPS_EAT_H
#define TPS_EAT_H

#include "tps/cwt.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Claim labels (RFC 9711, 10.2); those of every CWT are TPS_CWT_*. */
enum {
    TPS_EAT_NONCE = 10,
    TPS_EAT_UEID = 256,
    TPS_EAT_SUEIDS = 257,
    TPS_EAT_OEMID = 258,
    TPS_EAT_HWMODEL = 259,
    TPS_EAT_HWVERSION = 260,
    TPS_EAT_UPTIME = 261,
    TPS_EAT_OEMBOOT = 262,
    TPS_EAT_DBGSTAT = 263,
    TPS_EAT_LOCATION = 264,
    TPS_EAT_PROFILE = 265,
    TPS_EAT_SUBMODS = 266,
    TPS_EAT_BOOTCOUNT = 267,
    TPS_EAT_BOOTSEED = 268,
    TPS_EAT_DLOAS = 269,
    TPS_EAT_SWNAME = 270,
    TPS_EAT_SWVERSION = 271,
    TPS_EAT_MANIFESTS = 272,
    TPS_EAT_MEASUREMENTS = 273,
    TPS_EAT_MEASRES = 274,
    TPS_EAT_INTUSE = 275
};

/** Values of dbgstat (RFC 9711, 4.2.9). */
enum {
    TPS_EAT_DEBUG_ENABLED = 0,
    TPS_EAT_DEBUG_DISABLED = 1,
    TPS_EAT_DEBUG_DISABLED_SINCE_BOOT = 2,
    TPS_EAT_DEBUG_DISABLED_PERMANENTLY = 3,
    TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY = 4,
    TPS_EAT_DEBUG_ABSENT = 0xff /**< the claim is not there */
};

/** Values of intuse (RFC 9711, 4.3.3): what the token is to be used for. */
enum {
    TPS_EAT_USE_ABSENT = 0, /**< the claim is not there */
    TPS_EAT_USE_GENERIC = 1,
    TPS_EAT_USE_REGISTRATION = 2,
    TPS_EAT_USE_PROVISIONING = 3,
    TPS_EAT_USE_CERTIFICATE_ISSUANCE = 4,
    TPS_EAT_USE_PROOF_OF_POSSESSION = 5
};

/** Kinds of oemid (RFC 9711, 4.2.3). */
enum {
    TPS_EAT_OEM_ABSENT = 0,
    TPS_EAT_OEM_PEN = 1,   /**< a private enterprise number of IANA */
    TPS_EAT_OEM_IEEE = 2,  /**< an OUI, CID or MA-L of IEEE: 3 bytes */
    TPS_EAT_OEM_RANDOM = 3 /**< 16 random bytes */
};

/** Results in measres (RFC 9711, 4.2.17). */
enum {
    TPS_EAT_RESULT_SUCCESS = 1,
    TPS_EAT_RESULT_FAIL = 2,
    TPS_EAT_RESULT_NOT_RUN = 3,
    TPS_EAT_RESULT_ABSENT = 4
};

/** Bits of tps_eat_claims.present, for claims whose value alone cannot say that they are absent. */
enum { TPS_EAT_HAS_UPTIME = 1u << 0, TPS_EAT_HAS_OEMBOOT = 1u << 1, TPS_EAT_HAS_BOOTCOUNT = 1u << 2 };

/** Entries of an array or a map, checked already, as they are encoded. */
typedef struct {
    tps_span encoded; /**< the whole array or map (of one nonce alone: the byte string) */
    uint32_t count;   /**< 0 when the claim is absent */
} tps_eat_list;

/** hwversion and swversion (RFC 9711, 4.2.5 and 4.2.7). */
typedef struct {
    tps_span version;     /**< text */
    bool has_scheme;      /**< a number or a name of a scheme (RFC 9393, 4.1) follows */
    int64_t scheme;       /**< such as 1, multipartnumeric; 0 when it has a name */
    tps_span scheme_name; /**< text, of a scheme without a number; else absent */
} tps_eat_version;

/** Members of a location (RFC 9711, 4.2.10), as indices and, one lower, as bits of `present`. */
enum {
    TPS_EAT_LATITUDE = 1,          /**< degrees, WGS84 */
    TPS_EAT_LONGITUDE = 2,         /**< degrees, WGS84 */
    TPS_EAT_ALTITUDE = 3,          /**< metres above the WGS84 ellipsoid */
    TPS_EAT_ACCURACY = 4,          /**< metres */
    TPS_EAT_ALTITUDE_ACCURACY = 5, /**< metres */
    TPS_EAT_HEADING = 6,           /**< degrees, clockwise from north */
    TPS_EAT_SPEED = 7,             /**< metres a second */
    TPS_EAT_TIMESTAMP = 8,         /**< seconds since 1970, an integer: when it was found */
    TPS_EAT_AGE = 9,               /**< seconds, a natural number: how old it is */
    TPS_EAT_LOCATION_MEMBERS = 10
};

/** A place. `member[TPS_EAT_LATITUDE]` is there when bit `1u << TPS_EAT_LATITUDE` of `present` is set. */
typedef struct {
    uint32_t present; /**< 0 when the claim is absent */
    tps_number member[TPS_EAT_LOCATION_MEMBERS];
} tps_eat_location;

/** The claims of one entity. Spans point into the encoded claims. About 1 KiB: it belongs to the caller. */
typedef struct {
    tps_cwt_claims cwt;        /**< iss, sub, aud, exp, nbf, iat (an integer here), cti, cnf, scope, cnonce */
    tps_eat_list nonces;       /**< eat_nonce: 8..64 bytes each */
    tps_span ueid;             /**< 7..33 bytes, the first its type (RFC 9711, 4.2.1) */
    tps_eat_list sueids;       /**< see tps_eat_next_sueid() */
    tps_span oemid;            /**< of the kinds IEEE and RANDOM */
    uint32_t oem_pen;          /**< of the kind PEN */
    uint8_t oem_kind;          /**< TPS_EAT_OEM_* */
    uint8_t dbgstat;           /**< TPS_EAT_DEBUG_*; TPS_EAT_DEBUG_ABSENT when absent, also to the encoder */
    uint8_t intuse;            /**< TPS_EAT_USE_* */
    bool oemboot;              /**< only the maker's software started: with TPS_EAT_HAS_OEMBOOT */
    bool is_profile_oid;       /**< eat_profile is an object identifier: the content of its BER encoding */
    uint32_t present;          /**< TPS_EAT_HAS_* */
    tps_span hwmodel;          /**< 1..32 bytes */
    tps_eat_version hwversion; /**< `version.data` NULL when absent */
    uint64_t uptime;           /**< seconds since the last boot */
    tps_eat_location location;
    tps_span profile; /**< eat_profile: a URI as text, or an OID (RFC 9090) */
    tps_eat_list submods;
    uint64_t bootcount;
    tps_span bootseed;
    tps_eat_list dloas;
    tps_span swname; /**< text */
    tps_eat_version swversion;
    tps_eat_list manifests;
    tps_eat_list measurements;
    tps_eat_list measres;
    tps_span others;        /**< an encoded map, or absent. Encoding puts of it the claims that have no member
                                 above, in their places; decoding sets it to the whole map */
    uint32_t unknown_count; /**< decoding: claims that have no member above */
} tps_eat_claims;

/**
 * @brief Decode and check a claims set of RFC 9711.
 *
 * What submodules hold is checked for its shape alone; the claims of each are decoded by another call, when
 * the iterator or tps_eat_walk() comes to it. No claim is mandatory (a profile says what is); claims that are
 * unknown here are skipped and counted (RFC 9711, 7.2.3).
 *
 * UEIDs are taken in every size from 7 to 33 bytes, for published tokens have sizes that 4.2.1.1 would not
 * permit for their type.
 *
 * @param encoded   One CBOR map, at most 64 KiB; keys in any order.
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @param[out] why  `detail` names the claim; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CLAIM_BAD_TYPE   A claim has another type than RFC 9711 says; a float for iat (4.3.1).
 * @retval TPS_CLAIM_BAD_VALUE  A claim's size or value is not allowed.
 * @retval others               As tps_cwt_decode(); TPS_CBOR_* from tps_cbor_check() under
 * tps_cbor_limits_message.
 *
 * Stack: on a Cortex-M33 1.1 KiB, the checker's included. RFC 9711, 4 and 7.
 */
TPS_MUST_USE tps_status tps_eat_decode(tps_span encoded, tps_eat_claims *out, tps_error *why);

/**
 * @brief Encode a claims set deterministically (RFC 8949, 4.2.1).
 *
 * The same checks as in decoding are made first, with the same errors. Lists, cwt.aud, cwt.cnf and `others`
 * are put as they are: make them with a tps_cbor_writer, each in deterministic form; `count` of a list must
 * be its number of entries. Start from `(tps_eat_claims){.dbgstat = TPS_EAT_DEBUG_ABSENT}`.
 *
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed; TPS_BUF_MEASURE only
 * measures. Empty after any other error.
 * @param[out] why      `detail` names the claim; may be NULL.
 * @retval TPS_OK
 * @retval TPS_CBOR_NOT_DETERMINISTIC  A part that is put as it is; `why->detail` names it.
 * @retval TPS_BAD_ARGUMENT            `present` has a bit that is none of TPS_EAT_HAS_*, or a kind, use or
 * debug status is none.
 * @retval TPS_CBOR_BAD_UTF8           A text is not UTF-8.
 * @retval TPS_BUFFER_TOO_SMALL, TPS_CBOR_TOO_LONG (more than the 64 KiB that a decoder takes)
 *
 * Stack: on a Cortex-M33 1.2 KiB, the checker's included.
 */
TPS_MUST_USE tps_status tps_eat_encode(const tps_eat_claims *claims, tps_buf out, tps_span *encoded,
                                       tps_error *why);

/* ---- lists ---- */

/** A place in a list. Treat the members as private. */
typedef struct {
    tps_cbor_reader reader;
    tps_cbor_list list;
    bool is_single;
} tps_eat_iterator;

/** Before the first entry of a list that a decoder has checked. An absent list has none. */
tps_eat_iterator tps_eat_each(const tps_eat_list *list);

/** The next nonce of `nonces`: 8..64 bytes. false behind the last one; so all of these. */
bool tps_eat_next_nonce(tps_eat_iterator *iterator, tps_span *nonce);

/** True when `nonce` is one of the token's. In constant time for each. */
bool tps_eat_answers(const tps_eat_claims *claims, tps_span nonce);

/** A semipermanent identifier: what it is for, and it. */
typedef struct {
    tps_span label; /**< text */
    tps_span ueid;  /**< 7..33 bytes */
} tps_eat_sueid;

bool tps_eat_next_sueid(tps_eat_iterator *iterator, tps_eat_sueid *sueid);

/** A digital letter of approval (RFC 9711, 4.2.14). */
typedef struct {
    tps_span registrar;   /**< text: a URI */
    tps_span platform;    /**< text */
    tps_span application; /**< text; absent when it is of the platform alone */
} tps_eat_dloa;

bool tps_eat_next_dloa(tps_eat_iterator *iterator, tps_eat_dloa *dloa);

/** An entry of manifests or measurements (RFC 9711, 4.2.15 and 4.2.16). */
typedef struct {
    uint16_t format; /**< CoAP content-format, such as 258: CoSWID */
    bool is_text;    /**< the content is text: of manifests alone, of formats that are not binary */
    tps_span content;
} tps_eat_manifest;

bool tps_eat_next_manifest(tps_eat_iterator *iterator, tps_eat_manifest *manifest);

/** The results of one measuring system (RFC 9711, 4.2.17). */
typedef struct {
    tps_span system; /**< text */
    tps_eat_list results;
} tps_eat_measurement_results;

bool tps_eat_next_measurement_results(tps_eat_iterator *iterator, tps_eat_measurement_results *results);

/** One result. */
typedef struct {
    tps_span id;
    bool is_id_binary; /**< the id is a byte string, and no text */
    uint8_t result;    /**< TPS_EAT_RESULT_* */
} tps_eat_result;

bool tps_eat_next_result(tps_eat_iterator *iterator, tps_eat_result *result);

/* ---- submodules ---- */

/** What a submodule is (RFC 9711, 4.2.18). */
enum {
    TPS_EAT_SUBMODULE_CLAIMS = 1,     /**< a claims set: `content` for tps_eat_decode() */
    TPS_EAT_SUBMODULE_CBOR_TOKEN = 2, /**< a token in CBOR: `content` is it, with its tag */
    TPS_EAT_SUBMODULE_JSON_TOKEN = 3, /**< a token in JSON: `content` is the text of [type, token] */
    TPS_EAT_SUBMODULE_DIGEST = 4      /**< the digest of a claims set that is kept elsewhere */
};

/** One submodule. */
typedef struct {
    tps_span name; /**< text */
    uint32_t kind; /**< TPS_EAT_SUBMODULE_* */
    tps_span content;
    uint64_t tag;      /**< of a CBOR token: 61, 18, 17, 16, 96, 97, 98, 601 or 602 */
    int32_t alg;       /**< of a digest: its number in COSE, such as TPS_ALG_SHA256; 0 of an unknown name */
    tps_span alg_name; /**< of a digest: text, when its algorithm has a name in place of its number */
    tps_span digest;   /**< of a digest */
} tps_eat_submodule;

bool tps_eat_next_submodule(tps_eat_iterator *iterator, tps_eat_submodule *submodule);

/** Find a submodule of a claims set by its name. false if there is none. */
bool tps_eat_find_submodule(const tps_eat_claims *claims, tps_span name, tps_eat_submodule *submodule);

/** How deep claims sets may lie in each other: the token's own set counts one. */
#define TPS_EAT_DEPTH_MAX 8u

/** Is shown each submodule of a token. */
typedef struct {
    /**
     * @param depth  1 for submodules of the token itself, 2 for theirs, ...
     * @param claims Set already to `submodule->content` if that is a claims set, else empty. Whatever it is
     * when the call returns is walked next, unless it is empty: who has verified a nested token gives its
     * claims here (in CBOR: tps_eat_from_json() makes them so), and who knows a detached set gives that. It
     * must stay alive until the walk is over.
     * @return TPS_OK, or a failure that ends the walk.
     */
    tps_status (*visit)(void *context, const tps_eat_submodule *submodule, uint32_t depth, tps_span *claims);
    void *context;
} tps_eat_visitor;

/**
 * @brief Walk all submodules of a claims set, depth first, across every encoding that the visitor can open.
 *
 * Each claims set is decoded (tps_eat_decode()) before its submodules are shown, so a token is known to be
 * good as a whole when this returns TPS_OK.
 *
 * @param claims_set  Encoded claims.
 * @param visitor     May be NULL: then the claims sets that lie inside are checked.
 * @param[out] why    May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CBOR_TOO_DEEP  More than TPS_EAT_DEPTH_MAX claims sets in each other.
 * @retval others             As tps_eat_decode(), or what the visitor returned.
 *
 * Stack: on a Cortex-M33 2 KiB, tps_eat_decode()'s included, beside the visitor's. RFC 9711, 4.2.18.
 */
TPS_MUST_USE tps_status tps_eat_walk(tps_span claims_set, const tps_eat_visitor *visitor, tps_error *why);

/* ---- names ---- */

/**
 * The profile claim (265) of any CBOR claims map, or the empty span: to choose a decoder. Takes anything: the
 * map is checked by the decoder that is chosen.
 */
tps_span tps_eat_profile_of(tps_span encoded);

/** The name of a claim of RFC 8392 or RFC 9711 in JSON: "eat_nonce" for 10, "jti" for 7, ...; NULL if it is
 * none. */
const char *tps_eat_claim_name(int64_t label);

/** dbgstat's name for people: "disabled since boot", ... */
const char *tps_eat_debug_name(uint8_t dbgstat);

/** intuse's name for people: "certificate issuance", ... */
const char *tps_eat_use_name(uint8_t intuse);

/** The name of a result in measres, as in JSON: "success", "fail", "not-run", "absent", or "unknown". */
const char *tps_eat_result_name(uint8_t result);

/** The name of a location's member, as in JSON: "latitude", ...; NULL if it is none. */
const char *tps_eat_location_name(uint32_t member);

/** Room for the text of an object identifier, with its final zero. */
#define TPS_EAT_OID_TEXT_MAX 128u

/**
 * The dotted text of an object identifier: "1.3.6.1.4.1.4128".
 * @param oid  The content of its BER encoding, as tps_eat_claims.profile has it.
 * @return false when it is none, or too long for `text`, which is then empty.
 */
bool tps_eat_oid_text(tps_span oid, char text[TPS_EAT_OID_TEXT_MAX]);

#ifdef __cplusplus
}
#endif

#endif
