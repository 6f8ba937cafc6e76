/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file storage.h
 * The sealed storage service: values under names, each put whole or not at all, readable by their owner on
 * this device alone; and sealing without storing (sealing.h).
 *
 * A value belongs to tps_session_owner(): the login, and the provider that the session is bound to, if any.
 * It lies in the vault, sealed with tps_session_sealing(). What can go wrong with it there has a number of
 * its own (kept.h), so that an application can act: full, corrupt, rolled back, newer, bound.
 *
 * Each put gives the value a new version, eight random bytes. Who puts or deletes may say which version he
 * saw, or that there was none, and is refused if another writer came first. A version says nothing of what
 * others do, as a number that counts would.
 *
 * Flags: bound to the exact boot state; written once, and then neither replaced nor deleted by anybody (it
 * ends with the provider's context, or with the storage); readable by every named login that knows the
 * owner's id and speaks for the same provider. Nobody but the owner writes.
 *
 * Every change is one put or one delete in the vault: after a power cut the old or the new state is there.
 *
 * Messages in spec/sealed-storage.cddl: tags 10 put, 11 get, 12 delete, 13 list, 14 describe, 15 seal, 16
 * unseal. All logins but PUBLIC may ask.
 */
#ifndef TPS_COMPONENT_STORAGE_H
#define TPS_COMPONENT_STORAGE_H

#include "component/services/kept.h"
#include "component/services/sealing.h"

/** Bytes of a name (text), at most. */
#define TPS_SEALED_NAME_MAX TPS_VAULT_NAME_MAX
/** Bytes that stand before a value in the vault: format, flags, version. */
#define TPS_SEALED_HEAD_SIZE 10u
/** Bytes of a value, at most. */
#define TPS_SEALED_VALUE_MAX (TPS_VAULT_VALUE_MAX - TPS_SEALED_HEAD_SIZE)
/** Bytes of a version. */
#define TPS_SEALED_VERSION_SIZE 8u
/** Values of one owner, and bytes of all of them. */
#ifndef TPS_SEALED_PER_OWNER
#define TPS_SEALED_PER_OWNER 16u
#endif
#ifndef TPS_SEALED_BYTES_PER_OWNER
#define TPS_SEALED_BYTES_PER_OWNER 16384u
#endif
/** Values of all owners: what is left in the vault is for the other services. */
#ifndef TPS_SEALED_MAX
#define TPS_SEALED_MAX (TPS_VAULT_VALUES_MAX / 2)
#endif
/** Values of one login, over all the providers that it speaks for (core/shares.h). Its bytes: half of such a
 * share of what the vault holds, or one owner's where that is more. */
#define TPS_SEALED_PER_LOGIN TPS_SHARE_OF_LOGIN(TPS_SEALED_MAX)
/** Names in one answer to a list. */
#define TPS_SEALED_PAGE 8u

/** Flags of a value. Sent and stored; never change a bit. */
enum {
    TPS_SEALED_BOUND = 1u << 0,    /**< readable only while the same images run */
    TPS_SEALED_ONCE = 1u << 1,     /**< never replaced, never deleted */
    TPS_SEALED_READABLE = 1u << 2, /**< by every named login, by the owner's id */
    TPS_SEALED_FLAGS = 7u
};

/** Errors in responses, beside those of kept.h. Sent; never change a number. */
enum {
    TPS_SEALED_ERROR_UNKNOWN = 1, /**< there is no such value, or it is not for this login */
    TPS_SEALED_ERROR_ONCE = 2,  /**< the value is written once; or a value that is to be has the name taken */
    TPS_SEALED_ERROR_NAME = 3,  /**< the name is empty or longer than TPS_SEALED_NAME_MAX bytes */
    TPS_SEALED_ERROR_SIZE = 4,  /**< the value, or the additional data, is too large */
    TPS_SEALED_ERROR_QUOTA = 5, /**< this owner, or its login, has its share: delete something */
    TPS_SEALED_ERROR_CHANGED = 6, /**< another version is there than was expected */
    TPS_SEALED_ERROR_MESSAGE = 7  /**< no sealed message of this owner, or not with this additional data */
};

extern const tps_service tps_storage_service;

#endif
