/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file make.h
 * How keys come into the key store: made here, imported wrapped, derived, agreed. Each answers its call once
 * the key is kept: it is made whole or not at all.
 *
 * All return TPS_OK with the answer written, or a status of service.h's handle(), or, with call->error set, a
 * refusal.
 */
#ifndef TPS_COMPONENT_KEY_MAKE_H
#define TPS_COMPONENT_KEY_MAKE_H

#include "component/services/keys/message.h"

/** A new random key. */
TPS_MUST_USE tps_status tps_key_generate(tps_key_call *call);

/**
 * A key from outside: a COSE_Encrypt for the public key of an import key, with ECDH-ES and a key wrap (RFC
 * 9053, 6.4.1), whose content is a COSE_Key. A use of the import key is counted first, then the new key is
 * kept: power lost between leaves an import key with one use less, and nothing else.
 */
TPS_MUST_USE tps_status tps_key_import(tps_key_call *call);

/** A symmetric key by HKDF-SHA-256 from a secret of the store (RFC 5869). Counted as tps_key_import(). The
 * info "mac" is MAC_p's (spec/keys.md) and refused: with it an application could make the key that evidence
 * is authenticated with. */
TPS_MUST_USE tps_status tps_key_derive(tps_key_call *call);

/** An HKDF secret: the x-coordinate of ECDH with a peer's public key (SP 800-56A). Counted as
 * tps_key_import(). */
TPS_MUST_USE tps_status tps_key_agree(tps_key_call *call);

#endif
