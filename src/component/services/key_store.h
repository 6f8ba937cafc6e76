/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file key_store.h
 * The key store service: P-256 keys that are made in the component, sign there, and never leave it. Each
 * belongs to the login that made it (tps_login_owner()); no other login sees it.
 *
 * At rest a private scalar is sealed with AES-256-GCM under a key of S(0), bound to owner, name and kind; a
 * key made as "bound" is sealed under CDI_A instead, so that other firmware cannot use it.
 *
 * Messages in spec/key-store.cddl: tags 10 generate, 11 sign, 12 public key, 13 list, 14 destroy.
 */
#ifndef TPS_COMPONENT_KEY_STORE_H
#define TPS_COMPONENT_KEY_STORE_H

#include "component/services/key_table.h"

/** Errors in responses. */
enum {
    TPS_KEY_ERROR_UNKNOWN = 1, /**< this login has no such key */
    TPS_KEY_ERROR_EXISTS = 2,  /**< this login has a key of that name */
    TPS_KEY_ERROR_FULL = 3,    /**< no room: destroy one first */
    TPS_KEY_ERROR_NAME = 4,    /**< the name is empty or longer than TPS_KEY_NAME_MAX bytes */
    TPS_KEY_ERROR_BOUND = 5    /**< the key is bound to firmware that does not run now */
};

/** The service's memory, about 28 KiB. */
typedef struct {
    tps_key_table table;
} tps_key_store_state;

extern const tps_service tps_key_store_service;

#endif
