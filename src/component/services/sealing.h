/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file sealing.h
 * Sealing without storing: bytes become a COSE_Encrypt0 that its owner keeps wherever he likes, and that this
 * device opens for this owner alone. Confidentiality and integrity of GlobalPlatform's Root of Trust; it
 * cannot tell an old sealed message from a newer one: what must not come back goes into the storage, or names
 * a counter.
 *
 * The key is HKDF(K, salt, "sealed message", owner), K being S(v), or the context key of P for a session that
 * is bound; the salt is CDI_A for what is bound to the boot state, else empty (spec/keys.md). v is the
 * security counter of the code that sealed; it stands in the protected header, as kid: three bytes, which are
 * 1, the flags and v. Newer code opens what older code sealed, and older code nothing that is newer.
 *
 * Each message has a random nonce of 96 bits under the key of its owner, who therefore must not seal more
 * than 2^32 messages (NIST SP 800-38D, 8.3); they are not counted, since that would cost a write each. An
 * owner who seals more than some thousand in a second for days takes an AES-GCM key of the key store, which
 * counts.
 */
#ifndef TPS_COMPONENT_SEALING_H
#define TPS_COMPONENT_SEALING_H

#include "component/core/service.h"

/** Bytes that can be sealed, at most. */
#ifndef TPS_SEAL_MAX
#define TPS_SEAL_MAX 4096u
#endif
/** Bytes that a sealed message has beyond what is in it, at most. */
#define TPS_SEAL_OVERHEAD 64u
/** Bytes of the caller's additional data, at most. */
#define TPS_SEAL_AAD_MAX 64u

/** Flags in the kid. */
enum { TPS_SEAL_BOUND = 1u << 0 };

/**
 * @brief Seal for the owner of a session.
 *
 * @param plain     At most TPS_SEAL_MAX bytes; not in `out`.
 * @param aad       At most TPS_SEAL_AAD_MAX bytes, which are not put in: opening needs the same.
 * @param is_bound  To be opened only while exactly these images run.
 * @param out       Room; wiped on failure.
 * @param[out] sealed  Inside `out`.
 *
 * @retval TPS_COMPONENT_STORAGE_BOUND   `is_bound`, and the device was not made: it has no boot state.
 * @retval TPS_COMPONENT_DECOMMISSIONED  The device has no keys any more.
 * @retval TPS_CRYPTO_NO_ENTROPY, TPS_BUFFER_TOO_SMALL, others of crypto.h and tps_session_sealing().
 */
TPS_MUST_USE tps_status tps_sealing_seal(const tps_request *request, tps_span plain, tps_span aad,
                                         bool is_bound, tps_buf out, tps_span *sealed);

/**
 * @brief Open what tps_sealing_seal() made for the same owner.
 *
 * @param sealed  Untrusted.
 * @param room    At least `sealed.size` bytes; not where `sealed` lies. Wiped on failure; wipe it after use.
 *
 * @retval TPS_COSE_BAD_TAG              Changed, or sealed elsewhere, for another owner or with another aad.
 * @retval TPS_COMPONENT_STORAGE_NEWER   Code with a higher security counter sealed it, or says so.
 * @retval TPS_COMPONENT_STORAGE_BOUND   As TPS_COSE_BAD_TAG, of what says that it is bound: mostly the images
 * are others.
 * @retval TPS_COMPONENT_DECOMMISSIONED, TPS_COSE_* (it is no such message), others as above.
 */
TPS_MUST_USE tps_status tps_sealing_open(const tps_request *request, tps_span sealed, tps_span aad,
                                         tps_buf room, tps_span *plain);

#endif
