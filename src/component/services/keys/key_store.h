/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file key_store.h
 * The key store service: keys that are made in the component, or come in wrapped, are used there, and never
 * leave it. No answer holds a private part, and no request but an import, wrapped for the component.
 *
 * A key belongs to tps_session_owner(): to the login that made it, in the name of the provider that its
 * session is bound to; for all others it is not there. A shared key (of a USER or GROUP login) is there for
 * every such login of its group, too. Each key has attributes that never change (policy.h): kind, usages,
 * lifetime, whether it is bound to the firmware that runs, a limit of uses, and where it came from.
 *
 *   policy.c     which kinds there are, which attributes go together
 *   entry.c      a key as it is kept: a value of the vault, or memory
 *   message.c    requests taken apart, answers put together
 *   make.c       generate, import, derive, agree
 *   use.c        sign, mac, encrypt ..., and the counting of uses
 *   key_store.c  the service, and what is told of keys
 *
 * Messages in spec/key-store.cddl. Permissions: every login but PUBLIC, for its own keys.
 *
 * Storage: each change of a persistent key is one change of the vault: after a power cut the key is as before
 * or as after. Where a message makes a key with another whose uses are limited, the use is counted first.
 */
#ifndef TPS_COMPONENT_KEY_STORE_H
#define TPS_COMPONENT_KEY_STORE_H

#include "component/services/keys/message.h"

/** What the component vouches for of a key; nothing of it is secret. */
typedef struct {
    uint32_t kind;          /**< TPS_KEY_P256_SIGN ... */
    uint32_t usages;        /**< TPS_KEY_USE() of each */
    uint32_t lifetime;      /**< TPS_KEY_PERSISTENT ... */
    uint32_t origin;        /**< TPS_KEY_GENERATED: it was made here, and was never anywhere else */
    bool is_bound;          /**< to the firmware that runs (CDI_A) */
    bool is_shared;         /**< with the logins of the group */
    bool is_exportable;     /**< always false: no message gives a private part */
    uint32_t limit;         /**< uses; 0: none */
    bool has_public_key;    /**< it is asymmetric */
    tps_crypto_point point; /**< the public key; of a cnf claim, too */
    uint8_t owner[TPS_LOGIN_OWNER_SIZE]; /**< tps_session_owner() of those who have it */
    tps_binding binding;                 /**< of the session that asked: whom the key speaks for */
} tps_key_facts;

/**
 * @brief What is true of a key of this session's owner, for a service that attests it.
 *
 * The session may be one of another service: with the same login and binding it has the same keys, but for
 * those that live in a session.
 *
 * @param name      At most TPS_KEY_NAME_MAX bytes.
 * @param[out] out  Zeros unless TPS_OK.
 *
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND                  There is no such key for this session.
 * @retval TPS_COMPONENT_STORAGE_CORRUPT, TPS_COMPONENT_STORAGE_BOUND, TPS_COMPONENT_STORAGE_NEWER and others
 * of tps_vault_get(); and of tps_component_vault(), tps_session_owner(), tps_session_sealing().
 *
 * Stack: about 1 KiB beside the vault's. RFC 9334's attester: the answer is as good as what runs here.
 */
TPS_MUST_USE tps_status tps_key_store_describe(const tps_component *component, const tps_session *session,
                                               tps_span name, tps_key_facts *out);

extern const tps_service tps_key_store_service;

#endif
