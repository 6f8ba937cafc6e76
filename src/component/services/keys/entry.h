/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file entry.h
 * A key of the key store, and where it is kept: persistent ones sealed in the vault, one value a key; the
 * others in the service's memory. Whoever asks finds only what is theirs.
 *
 * All of it is for the service's files; other services use key_store.h.
 */
#ifndef TPS_COMPONENT_KEY_ENTRY_H
#define TPS_COMPONENT_KEY_ENTRY_H

#include "component/core/service.h"
#include "component/core/shares.h"
#include "component/services/keys/policy.h"

/** Persistent keys of one component, 24..255. Each is a value of the vault. */
#ifndef TPS_KEYS_MAX
#define TPS_KEYS_MAX 64u
#endif
/** Persistent keys of one owner, or shared by one group, 1..23. */
#ifndef TPS_KEYS_PER_OWNER
#define TPS_KEYS_PER_OWNER 16u
#endif
/** Keys in memory, 1..23: of all, and of one owner or group. Each takes about 300 bytes. */
#ifndef TPS_KEYS_VOLATILE_MAX
#define TPS_KEYS_VOLATILE_MAX 16u
#endif
#ifndef TPS_KEYS_VOLATILE_PER_OWNER
#define TPS_KEYS_VOLATILE_PER_OWNER 8u
#endif
/** Keys of one login, or shared by one group, over all the providers that it speaks for (core/shares.h). */
#define TPS_KEYS_PER_LOGIN          TPS_SHARE_OF_LOGIN(TPS_KEYS_MAX)
#define TPS_KEYS_VOLATILE_PER_LOGIN TPS_SHARE_OF_LOGIN(TPS_KEYS_VOLATILE_MAX)
/** Bytes of a message to sign, encrypt or authenticate, at most, 256..65,000; a wrapped key, too. */
#ifndef TPS_KEY_DATA_MAX
#define TPS_KEY_DATA_MAX 16384u
#endif

/** Bytes of a key's name, at most. */
#define TPS_KEY_NAME_MAX 32u
/** Bytes of a private part (HMAC512), and of a public one (P-384: x, then y), at most. */
#define TPS_KEY_SECRET_MAX 64u
#define TPS_KEY_PUBLIC_MAX 96u
/** Bytes of a key that comes in wrapped, when it is opened: a COSE_Key, with what else may stand in it. */
#define TPS_KEY_OPENED_MAX 1024u
/** Bytes of an encoded entry, at most. */
#define TPS_KEY_ENCODED_MAX 256u

/** Bytes of the nonce of an encryption. */
#define TPS_KEY_NONCE_SIZE 12u
/** Encryptions under one key, as each has a random nonce of 96 bits (NIST SP 800-38D, 8.3). */
#define TPS_KEY_ENCRYPTIONS_MAX 0x100000000u
/** They are counted in storage in blocks of this many, ahead of their use. */
#define TPS_KEY_ENCRYPTIONS_BLOCK 256u
/** Keys of which a begun block is remembered; more at once cost more writes. */
#define TPS_KEY_BLOCKS 8u

/** One key. Secret: wipe it. */
typedef struct {
    uint8_t owner[TPS_LOGIN_OWNER_SIZE]; /**< whose name it is: a login's, or a group's if shared */
    uint8_t maker[TPS_LOGIN_OWNER_SIZE]; /**< the login that made it */
    uint8_t name[TPS_KEY_NAME_MAX];
    uint8_t name_size; /**< 0: this entry is free */
    bool is_bound;
    bool is_shared;
    uint8_t secret_size;
    uint8_t secret[TPS_KEY_SECRET_MAX]; /**< a scalar, a seed or a symmetric key */
    uint8_t public_size;
    uint8_t public_key[TPS_KEY_PUBLIC_MAX]; /**< x, then y */
    uint32_t kind;                          /**< TPS_KEY_* */
    uint32_t usages;
    uint32_t lifetime;
    uint32_t origin;
    uint32_t limit;      /**< uses; 0: none */
    uint64_t uses;       /**< begun, or set aside; counted with a limit, and for encryption */
    uint32_t session;    /**< TPS_KEY_SESSION: the one that it lives in */
    uint8_t context[16]; /**< in memory only: the sealing that it was made under; see tps_key_asker */
} tps_key_entry;

/** Encryptions that are counted and not yet done. */
typedef struct {
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    uint8_t name[TPS_KEY_NAME_MAX];
    uint8_t name_size; /**< 0: free */
    uint32_t left;
} tps_key_block;

/** The key that signed last, open: to make it of its scalar takes as long as to sign with it. */
typedef struct {
    tps_crypto_key *key; /**< NULL: none */
    uint32_t kind;
    uint8_t secret_size;
    uint8_t secret[TPS_KEY_SECRET_MAX]; /**< what it was made of */
} tps_key_signer;

/** The key store's memory: 0.6 KiB, and 0.3 KiB for each key in memory. */
typedef struct {
    tps_key_signer signer; /**< until another key signs, a key is destroyed or a session ends */
    tps_key_entry volatile_keys[TPS_KEYS_VOLATILE_MAX];
    tps_key_block blocks[TPS_KEY_BLOCKS];
    uint32_t next_block; /**< the next to be given up */
} tps_key_store_state;

/** What it needs while it answers a message: of the component's work area, which is wiped afterwards. */
typedef struct {
    tps_key_entry entry;                /**< the key in use */
    tps_key_entry made;                 /**< the key that is being made */
    uint8_t opened[TPS_KEY_OPENED_MAX]; /**< what was wrapped */
} tps_key_work;

/** Who asks, and what is theirs. Secret: ended by tps_key_asker_end(). */
typedef struct {
    tps_vault *vault;
    tps_key_store_state *state; /**< NULL: no keys in memory */
    const tps_component *component;
    const tps_session *from; /**< who asks; both must outlive this */
    uint32_t session;
    uint8_t owner[TPS_LOGIN_OWNER_SIZE]; /**< tps_session_owner() */
    uint8_t group[TPS_LOGIN_OWNER_SIZE]; /**< of what the group shares: no login's own; if `has_group` */
    bool has_group;                      /**< USER and GROUP logins share with their group */
    uint8_t context[16];                 /**< a name of `sealing`; zeros if there is none */
    tps_vault_context room;
    const tps_vault_context *sealing; /**< NULL, or `room` */
} tps_key_asker;

/**
 * Find out who asks.
 * @param state  The key store's; NULL: keys in memory are not looked at.
 * @return TPS_OK, or why the vault, the owner or the owner's secret cannot be had: as service.h says.
 */
TPS_MUST_USE tps_status tps_key_asker_begin(tps_key_asker *asker, const tps_component *component,
                                            const tps_session *session, tps_key_store_state *state);

/** Wipes it. */
void tps_key_asker_end(tps_key_asker *asker);

/**
 * The key of this name: the asker's own before the group's.
 * @param[out] entry  Wiped on failure.
 * @retval TPS_NOT_FOUND  The asker has none: it is not there, or another's, which looks the same.
 * @retval TPS_COMPONENT_STORAGE_CORRUPT, _BOUND, _NEWER and others of tps_vault_get()
 */
TPS_MUST_USE tps_status tps_key_find(const tps_key_asker *asker, tps_span name, tps_key_entry *entry);

/** Whether there is a key of this owner and name, also one that cannot be opened. */
bool tps_key_exists(const tps_key_asker *asker, const uint8_t owner[TPS_LOGIN_OWNER_SIZE], tps_span name);

/**
 * Keep a new key, or the changed count of one. One change of the vault, or of memory.
 * @retval TPS_COMPONENT_FULL  It is a new one, and there is no room: TPS_KEYS_MAX and the like.
 * @retval others              As tps_vault_put().
 */
TPS_MUST_USE tps_status tps_key_put(const tps_key_asker *asker, const tps_key_entry *entry);

/**
 * Whether tps_key_put() has room for a new key of this owner and lifetime: for the owner, for the login over
 * all of its providers, and at all.
 * @retval TPS_COMPONENT_FULL  It has not. @retval others  Of crypto.h.
 */
TPS_MUST_USE tps_status tps_key_find_room(const tps_key_asker *asker, const tps_key_entry *entry);

/**
 * Destroy the key of this owner and name, in memory or in the vault.
 * @retval TPS_NOT_FOUND; others as tps_vault_delete()
 */
TPS_MUST_USE tps_status tps_key_remove(const tps_key_asker *asker, const uint8_t owner[TPS_LOGIN_OWNER_SIZE],
                                       tps_span name);

/**
 * Goes over the asker's keys, own ones and the group's, in memory and in the vault.
 * @param[in,out] place  {0, 0} to begin.
 * @param[out] owner, name  Whose and which.
 * @return false when there are no more. Do not change a key between two calls.
 */
typedef struct {
    uint32_t part;
    size_t at;
} tps_key_place;
bool tps_key_next(const tps_key_asker *asker, tps_key_place *place, tps_vault_id *id);

/** Read the key that tps_key_next() named. Errors as tps_key_find(). */
TPS_MUST_USE tps_status tps_key_read(const tps_key_asker *asker, const tps_vault_id *id,
                                     tps_key_entry *entry);

/** The public key of an entry of an asymmetric kind. @param[out] key The caller frees it. */
TPS_MUST_USE tps_status tps_key_entry_public(const tps_key_entry *entry, tps_crypto_key **key);

/** The same with its private part, for the one operation. @param[out] key The caller frees it. */
TPS_MUST_USE tps_status tps_key_entry_private(const tps_key_entry *entry, tps_crypto_key **key);

/** A span of an entry's name, and of its secret. */
static inline tps_span tps_key_entry_name(const tps_key_entry *entry)
{
    return tps_span_make(entry->name, entry->name_size);
}
static inline tps_span tps_key_entry_secret(const tps_key_entry *entry)
{
    return tps_span_make(entry->secret, entry->secret_size);
}

/**
 * An entry as it is stored (spec/key-store.cddl, stored-key); owner, name and lifetime are not in it.
 * @param[out] encoded  Inside `room`, which has TPS_KEY_ENCODED_MAX bytes. Secret.
 */
TPS_MUST_USE tps_status tps_key_entry_encode(const tps_key_entry *entry, tps_buf room, tps_span *encoded);

/**
 * Reads it. @param[in,out] entry  Owner and name are left as they are.
 * @retval TPS_COMPONENT_STORAGE_CORRUPT  It is none.
 */
TPS_MUST_USE tps_status tps_key_entry_decode(tps_span encoded, tps_key_entry *entry);

#endif
