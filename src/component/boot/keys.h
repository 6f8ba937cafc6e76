/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file keys.h
 * The key hierarchy of spec/keys.md: what is derived from the unique device secret, and under which label.
 * Every derivation is HKDF-SHA-256 (RFC 5869) and deterministic, so that the factory and the component of one
 * device come to the same keys.
 *
 * All functions return TPS_OK or what crypto.h returned, and then have wiped their outputs. Thread-safe.
 */
#ifndef TPS_COMPONENT_KEYS_H
#define TPS_COMPONENT_KEYS_H

#include "tps/crypto.h"

/** Labels: HKDF's `info`, or its beginning. spec/keys.md lists them with test vectors. */
#define TPS_KEYS_LABEL_S0         "opentps S(0)"
#define TPS_KEYS_LABEL_INSTANCE   "opentps component instance"
#define TPS_KEYS_LABEL_CDI_ATTEST "CDI_Attest"
#define TPS_KEYS_LABEL_IAK        "psa-iak"
#define TPS_KEYS_LABEL_SUEID      "sueid"
#define TPS_KEYS_LABEL_KEY_STORE  "key-store"

/** Bytes of S(v), of CDI_A and of what is derived from them, where nothing else is said. */
#define TPS_KEYS_SIZE 32u

/** Bytes of an instance identifier or a pairwise identifier: the type RAND (0x01) and 32 bytes. */
#define TPS_KEYS_UEID_SIZE 33u

/** S(0), the storage secret that is stable over updates: HKDF(unique secret, "opentps S(0)"). */
TPS_MUST_USE tps_status tps_keys_s0(tps_span unique_secret, uint8_t s0[TPS_KEYS_SIZE]);

/**
 * CDI_A(R), which changes with the firmware: HKDF(unique secret, salt = boot digest, "CDI_Attest"), as Open
 * DICE derives it.
 * @param boot_digest  What was measured: see tps_measured.boot_digest.
 */
TPS_MUST_USE tps_status tps_keys_cdi_attest(tps_span unique_secret,
                                            const uint8_t boot_digest[TPS_SHA256_SIZE],
                                            uint8_t cdi[TPS_KEYS_SIZE]);

/**
 * The initial attestation key (IAK), P-256: from the 48 bytes HKDF(S(0), "psa-iak").
 * @param[out] key  The caller frees it.
 */
TPS_MUST_USE tps_status tps_keys_iak(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key);

/**
 * The instance identifier of a P-256 attestation key: 0x01, then SHA-256 of the public key as the 65 bytes of
 * an uncompressed point (SEC 1, 2.3.3: 0x04, X, Y), which is what psa_export_public_key() gives.
 */
TPS_MUST_USE tps_status tps_keys_instance_id(const tps_crypto_key *key, uint8_t id[TPS_KEYS_UEID_SIZE]);

/**
 * SUEID_p, the pairwise identifier towards one provider: 0x01, then HKDF(S(0), "sueid" P E).
 * @param provider  P: SHA-256 of the SubjectPublicKeyInfo of the provider's root.
 * @param owner     E: the owner's random secret.
 */
TPS_MUST_USE tps_status tps_keys_sueid(const uint8_t s0[TPS_KEYS_SIZE],
                                       const uint8_t provider[TPS_SHA256_SIZE],
                                       const uint8_t owner[TPS_KEYS_SIZE], uint8_t id[TPS_KEYS_UEID_SIZE]);

/** bootseed_p, the boot seed that provider P sees: HKDF(boot seed, P). */
TPS_MUST_USE tps_status tps_keys_bootseed(const uint8_t boot_seed[TPS_KEYS_SIZE],
                                          const uint8_t provider[TPS_SHA256_SIZE],
                                          uint8_t pairwise[TPS_KEYS_SIZE]);

#endif
