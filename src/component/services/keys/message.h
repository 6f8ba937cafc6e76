/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file message.h
 * The key store's messages (spec/key-store.cddl): requests taken apart, answers put together, and what the
 * service's files share while they answer one.
 */
#ifndef TPS_COMPONENT_KEY_MESSAGE_H
#define TPS_COMPONENT_KEY_MESSAGE_H

#include "component/services/keys/entry.h"
#include "component/services/members.h"

/** Tags of the messages. */
enum {
    TPS_KEY_TAG_GENERATE = 10,
    TPS_KEY_TAG_SIGN = 11,
    TPS_KEY_TAG_PUBLIC_KEY = 12,
    TPS_KEY_TAG_LIST = 13,
    TPS_KEY_TAG_DESTROY = 14,
    TPS_KEY_TAG_DESCRIBE = 15,
    TPS_KEY_TAG_IMPORT = 16,
    TPS_KEY_TAG_DERIVE = 17,
    TPS_KEY_TAG_AGREE = 18,
    TPS_KEY_TAG_MAC = 19,
    TPS_KEY_TAG_VERIFY_MAC = 20,
    TPS_KEY_TAG_ENCRYPT = 21,
    TPS_KEY_TAG_DECRYPT = 22
};

/** Members of requests, and of what is told of a key. */
enum {
    TPS_KEY_NAME = 1,
    TPS_KEY_BOUND = 2,
    TPS_KEY_DIGEST = 3,
    TPS_KEY_DATA = 4,
    TPS_KEY_KIND = 5,
    TPS_KEY_USAGES = 6,
    TPS_KEY_LIFETIME = 7,
    TPS_KEY_SHARED = 8,
    TPS_KEY_LIMIT = 9,
    TPS_KEY_SOURCE = 10, /**< the name of the key that another is made with */
    TPS_KEY_WRAPPED = 11,
    TPS_KEY_PEER = 12,
    TPS_KEY_SALT = 13,
    TPS_KEY_INFO = 14,
    TPS_KEY_AAD = 15,
    TPS_KEY_NONCE = 16,
    TPS_KEY_MAC = 17,
    TPS_KEY_SCRUB = 18,
    /* of what is told */
    TPS_KEY_ORIGIN = 19,
    TPS_KEY_USES = 20,
    TPS_KEY_EXPORTABLE = 21,
    TPS_KEY_PUBLIC = 22,
    TPS_KEY_TROUBLE = 23
};

/** Members of answers. */
enum { TPS_KEY_RESULT = 1, TPS_KEY_ERROR = 2 /* tps_answer_error() */, TPS_KEY_SPKI = 3 };

/** Errors in answers. */
enum {
    TPS_KEY_ERROR_UNKNOWN = 1,  /**< this login has no such key */
    TPS_KEY_ERROR_EXISTS = 2,   /**< there is a key of that name */
    TPS_KEY_ERROR_FULL = 3,     /**< no room: destroy one first */
    TPS_KEY_ERROR_NAME = 4,     /**< a name is empty or longer than TPS_KEY_NAME_MAX bytes */
    TPS_KEY_ERROR_BOUND = 5,    /**< the key is bound to firmware that does not run now; or it shall be bound,
                                   and the device was not made */
    TPS_KEY_ERROR_USE = 6,      /**< the key is not for this use */
    TPS_KEY_ERROR_KIND = 7,     /**< there is no such kind, or it cannot be made so */
    TPS_KEY_ERROR_POLICY = 8,   /**< these attributes do not go together, or this login may not have them */
    TPS_KEY_ERROR_USED_UP = 9,  /**< the key has had all of its uses */
    TPS_KEY_ERROR_DATA = 10,    /**< the data are longer than TPS_KEY_DATA_MAX, or of a wrong size */
    TPS_KEY_ERROR_WRAPPED = 11, /**< what was wrapped cannot be opened, or is no key of this kind */
    TPS_KEY_ERROR_PEER = 12,    /**< the peer's public key is none for this */
    TPS_KEY_ERROR_REFUSED = 13, /**< the ciphertext was changed, or is of another key */
    TPS_KEY_ERROR_CORRUPT = 14, /**< the stored key cannot be read: destroy it */
    TPS_KEY_ERROR_NEWER = 15,   /**< newer firmware stored the key */
    TPS_KEY_ERROR_MAKER = 16    /**< a shared key is destroyed by the login that made it */
    /* 17 to 22: the whole storage, as TPS_KEPT_* (kept.h) */
};

/** A request of any tag, taken apart. Spans point into the message. */
typedef struct {
    uint32_t present; /**< bit n: member n is there */
    tps_span name;
    tps_span source;
    tps_span digest;
    tps_span data;
    tps_span wrapped;
    tps_span peer; /**< an encoded COSE_Key */
    tps_span salt;
    tps_span info;
    tps_span aad;
    tps_span nonce;
    tps_span mac;
    tps_key_wish wish;
    bool is_scrub;
} tps_key_asked;

/** One message while it is answered. */
typedef struct {
    tps_request *request;
    tps_key_store_state *state;
    tps_key_work *work;
    tps_key_asked asked;
    tps_key_asker asker;
    uint32_t error; /**< TPS_KEY_ERROR_*: the answer, if a step was refused */
} tps_key_call;

/** The bit of a member in `present`. */
#define TPS_KEY_MEMBER(member) (1u << (member))

/** True when the request has this member. */
static inline bool tps_key_has(const tps_key_call *call, uint32_t member)
{
    return (call->asked.present & TPS_KEY_MEMBER(member)) != 0;
}

/**
 * Take a request apart: the members of its tag, all that it needs, none that it does not have.
 * @retval TPS_COMPONENT_BAD_MESSAGE  Anything else, an unknown tag, too.
 */
TPS_MUST_USE tps_status tps_key_asked_read(const tps_request *request, tps_key_asked *asked, tps_error *why);

/** The call is answered by this error. Returns a status that is not TPS_OK, to end its steps. */
TPS_MUST_USE static inline tps_status tps_key_refuse(tps_key_call *call, uint32_t error)
{
    call->error = error;
    return TPS_COMPONENT_DENIED;
}

/** The same for what the vault said of a key; a status that no answer has is returned as it is. */
TPS_MUST_USE tps_status tps_key_refuse_for(tps_key_call *call, tps_status status);

/**
 * The answer will have at most `size` bytes: asked before anything is changed.
 * @retval TPS_BUFFER_TOO_SMALL  It may not fit, and the client is told `size`.
 */
TPS_MUST_USE tps_status tps_key_need_room(const tps_key_call *call, size_t size);

/**
 * The same for an answer with a byte string of `size` bytes, and of an encryption with a nonce.
 * @param[out] room  Where the bytes will stand in the response. They may be made there; what an error leaves
 * in it is not sent.
 */
TPS_MUST_USE tps_status tps_key_need_room_for_bytes(const tps_key_call *call, size_t size, tps_buf *room);

/** Answers, beside those of members.h: {1: bytes, ? 16: nonce}; {1: true or false}; {1: public key, 3: SPKI}.
 */
TPS_MUST_USE tps_status tps_key_answer_bytes(tps_key_call *call, tps_span bytes, tps_span nonce);
TPS_MUST_USE tps_status tps_key_answer_bool(tps_key_call *call, bool result);
TPS_MUST_USE tps_status tps_key_answer_public(tps_key_call *call, const tps_key_entry *entry);

/** Puts the map of what a key is; with its public key if `is_whole`. */
TPS_MUST_USE tps_status tps_key_put_attributes(tps_cbor_writer *writer, const tps_key_entry *entry,
                                               bool is_whole);

#endif
