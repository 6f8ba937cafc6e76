/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file use.h
 * What keys of the key store are used for. Before a key is used, its policy is asked, and the use is counted
 * where it has a limit: a use counts once it is begun, whatever comes of it.
 *
 * All return TPS_OK with the answer written, or a status of service.h's handle(), or, with call->error set, a
 * refusal.
 */
#ifndef TPS_COMPONENT_KEY_USE_H
#define TPS_COMPONENT_KEY_USE_H

#include "component/services/keys/message.h"

/**
 * Find a key for one use, into call->work->entry; changes nothing.
 * @param op  TPS_KEY_OP_*
 */
TPS_MUST_USE tps_status tps_key_use_find(tps_key_call *call, tps_span name, uint32_t op);

/** Count one use of that key, if it is counted: at most one change of the vault. */
TPS_MUST_USE tps_status tps_key_use_count(tps_key_call *call, uint32_t op);

/** Closes the key that signed last. */
void tps_key_use_close_signer(tps_key_store_state *state);

/** Forgets what was set aside for a key that is no more, and closes the one that signed last. */
void tps_key_use_forget(tps_key_store_state *state, const uint8_t owner[TPS_LOGIN_OWNER_SIZE], tps_span name);

TPS_MUST_USE tps_status tps_key_sign(tps_key_call *call);
TPS_MUST_USE tps_status tps_key_mac(tps_key_call *call);
TPS_MUST_USE tps_status tps_key_verify_mac(tps_key_call *call);
TPS_MUST_USE tps_status tps_key_encrypt(tps_key_call *call);
TPS_MUST_USE tps_status tps_key_decrypt(tps_key_call *call);

#endif
