/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file members.h
 * What many services do with their messages: read a request's map by a table of its members, answer an error,
 * and ask for room before anything is changed. Private to the services.
 */
#ifndef TPS_COMPONENT_MEMBERS_H
#define TPS_COMPONENT_MEMBERS_H

#include "component/core/service.h"
#include "tps/crypto.h"

/** What a member may be. */
enum {
    TPS_MEMBER_UINT = 1, /**< `number`, min..max */
    TPS_MEMBER_INT = 2,  /**< `integer`, not judged */
    TPS_MEMBER_BOOL = 3, /**< `number`, 0 or 1 */
    TPS_MEMBER_BYTES = 4,
    TPS_MEMBER_TEXT = 5,
    TPS_MEMBER_ITEM = 6,    /**< any one item, as it is encoded */
    TPS_MEMBER_ANY_UINT = 7 /**< `number`, not judged */
};

/** The most members of a request. */
#define TPS_MEMBERS_MAX 12u

/** One member of a request. */
typedef struct {
    uint8_t key; /**< 0..255 */
    uint8_t kind;
    bool is_optional;
    uint32_t min; /**< of the number; of bytes, text and items the least bytes */
    uint32_t max; /**< and the most */
} tps_member_rule;

/** What was found for a rule. */
typedef struct {
    bool is_there;
    union {
        uint64_t number;
        int64_t integer; /**< of TPS_MEMBER_INT */
    };
    tps_span bytes; /**< inside the message */
} tps_member;

/**
 * Read a request.
 *
 * @param rules    In any order, `count` of them, at most TPS_MEMBERS_MAX.
 * @param[out] out What was found, by the index of its rule.
 *
 * @retval TPS_COMPONENT_BAD_MESSAGE  No map, an unknown member, one that is missing, or of a wrong type or
 * size.
 */
TPS_MUST_USE tps_status tps_members_read(tps_span body, const tps_member_rule *rules, size_t count,
                                         tps_member *out, tps_error *why);

/** Which members were found: bit n is the one of rule n. For services whose messages differ in what they must
 * have. */
uint32_t tps_members_present(const tps_member *found, size_t count);

/** Answers {2: error}. */
TPS_MUST_USE tps_status tps_answer_error(tps_request *request, uint32_t error);

/** Answers an empty map. */
TPS_MUST_USE tps_status tps_answer_empty(tps_request *request);

/** Bytes of an answer that is an empty map or an error. */
#define TPS_ANSWER_SMALL 8u

/**
 * Before something is changed: is there room for an answer of `size` bytes?
 * @retval TPS_BUFFER_TOO_SMALL  Return it; the request says how much is needed.
 */
TPS_MUST_USE tps_status tps_answer_needs(tps_request *request, size_t size);

/**
 * Puts {1: COSE_Key, `spki_label`: DER SubjectPublicKeyInfo} of a key that is not RSA, as two pairs of a map.
 * @return TPS_OK, or of crypto.h.
 */
TPS_MUST_USE tps_status tps_answer_put_key(tps_cbor_writer *writer, const tps_crypto_key *key,
                                           int32_t spki_label);

/** What keys are named by: SHA-256 of the DER SubjectPublicKeyInfo, of a key of any kind. */
TPS_MUST_USE tps_status tps_key_id_of(const tps_crypto_key *key, uint8_t id[TPS_SHA256_SIZE]);

#endif
