/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file key_table.h
 * The key store's table: which keys there are, whose they are, and their sealed private parts. It is kept as
 * one value in storage, so that every change is whole or not there at all.
 */
#ifndef TPS_COMPONENT_KEY_TABLE_H
#define TPS_COMPONENT_KEY_TABLE_H

#include "component/core/service.h"
#include "tps/crypto.h"

/** Keys of one component. A full table must fit into TPS_STORAGE_VALUE_MAX. */
#ifndef TPS_KEYS_MAX
#define TPS_KEYS_MAX 64u
#endif
/** Keys of one owner. */
#ifndef TPS_KEYS_PER_OWNER
#define TPS_KEYS_PER_OWNER 16u
#endif
/** Bytes of a key's name, at most. */
#define TPS_KEY_NAME_MAX 32u
/** What seals a scalar, and its sizes in bytes. */
#define TPS_KEY_SEAL_ALG        TPS_ALG_A256GCM
#define TPS_KEY_SEAL_KEY_SIZE   32u
#define TPS_KEY_SEAL_NONCE_SIZE 12u
#define TPS_KEY_SEAL_TAG_SIZE   16u
/** Bytes of a sealed scalar with its tag. */
#define TPS_KEY_SEALED_SIZE (32u + TPS_KEY_SEAL_TAG_SIZE)

/** Where the table lies in storage. */
#define TPS_KEY_TABLE_NAME "key-store"

/** One key. Nothing of it is secret: the private part is sealed. */
typedef struct {
    uint8_t owner[TPS_LOGIN_OWNER_SIZE];
    uint8_t name_size; /**< 0: this entry is free */
    uint8_t name[TPS_KEY_NAME_MAX];
    bool is_bound; /**< sealed to the firmware that runs (CDI_A) */
    uint8_t nonce[TPS_KEY_SEAL_NONCE_SIZE];
    uint8_t sealed[TPS_KEY_SEALED_SIZE];
    uint8_t x[32];
    uint8_t y[32];
} tps_key_entry;

typedef struct {
    tps_key_entry entries[TPS_KEYS_MAX];
    uint8_t encoded[TPS_STORAGE_VALUE_MAX]; /**< work space of load and save */
} tps_key_table;

/** A span of an entry's name. */
static inline tps_span tps_key_entry_name(const tps_key_entry *entry)
{
    return tps_span_make(entry->name, entry->name_size);
}

/** The entry of this owner with this name, or NULL. */
tps_key_entry *tps_key_table_find(tps_key_table *table, const uint8_t owner[TPS_LOGIN_OWNER_SIZE],
                                  tps_span name);

/** A free entry, or NULL: the table is full, or this owner has TPS_KEYS_PER_OWNER. */
tps_key_entry *tps_key_table_free_entry(tps_key_table *table, const uint8_t owner[TPS_LOGIN_OWNER_SIZE]);

/**
 * Read the table from storage; nothing stored is an empty table.
 * @retval TPS_COMPONENT_STORAGE  It cannot be read, or is no table.
 */
TPS_MUST_USE tps_status tps_key_table_load(tps_key_table *table, const tps_platform *platform);

/** Write the table to storage, at once. @retval TPS_COMPONENT_STORAGE  The stored one stands. */
TPS_MUST_USE tps_status tps_key_table_save(tps_key_table *table, const tps_platform *platform);

#endif
