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
#define TPS_KEYS_LABEL_DEVICE_ID  "device-id"
#define TPS_KEYS_LABEL_CDI_ATTEST "CDI_Attest"
#define TPS_KEYS_LABEL_CDI_SEAL   "CDI_Seal"
#define TPS_KEYS_LABEL_NEWEST     "opentps S(255)"
#define TPS_KEYS_LABEL_OLDER      "opentps S older"
#define TPS_KEYS_LABEL_LAYER      "layer-key"
#define TPS_KEYS_LABEL_AK         "ak"
#define TPS_KEYS_LABEL_INSTANCE   "opentps component instance"
#define TPS_KEYS_LABEL_IAK        "psa-iak"
#define TPS_KEYS_LABEL_FDO        "fdo"
#define TPS_KEYS_LABEL_AUTH       "auth"
#define TPS_KEYS_LABEL_SUEID      "sueid"
#define TPS_KEYS_LABEL_CONTEXT    "ctx"
#define TPS_KEYS_LABEL_MAC        "mac"
#define TPS_KEYS_LABEL_SEALED     "sealed message"

/** Bytes of S(v), of the CDIs and of what is derived from them, where nothing else is said. */
#define TPS_KEYS_SIZE 32u

/** The newest S(v): v is a security counter, 0 to this. */
#define TPS_KEYS_NEWEST 255u

/** Bytes of an instance identifier or a pairwise identifier: the type RAND (0x01) and 32 bytes. */
#define TPS_KEYS_UEID_SIZE 33u

/** What a CDI is derived from: the input values of the Open Profile for DICE, with SHA-256. */
typedef struct {
    uint8_t code[TPS_SHA256_SIZE];          /**< SHA-256 of R, the first image */
    uint8_t configuration[TPS_SHA256_SIZE]; /**< the boot digest, over all images; used as it is */
    uint8_t authority[TPS_SHA256_SIZE];     /**< SHA-256 of the identity: stays over updates */
    uint32_t mode;                          /**< TPS_DICE_MODE_*, tps/dice.h */
} tps_keys_inputs;

/** DeviceID, P-256: from the 48 bytes HKDF(unique secret, "device-id"). The caller frees `*key`. */
TPS_MUST_USE tps_status tps_keys_device_id(tps_span unique_secret, tps_crypto_key **key);

/** CDI_A(R), which changes with all that runs: HKDF(unique secret, salt = SHA-256(code, configuration,
 * authority, mode, hidden), "CDI_Attest"); mode is one byte, hidden 32 zeros. */
TPS_MUST_USE tps_status tps_keys_cdi_attest(tps_span unique_secret, const tps_keys_inputs *inputs,
                                            uint8_t cdi[TPS_KEYS_SIZE]);

/** CDI_S(R), which stays over updates: HKDF(unique secret, salt = SHA-256(authority, mode, hidden),
 * "CDI_Seal"). `code` and `configuration` are not used. */
TPS_MUST_USE tps_status tps_keys_cdi_seal(tps_span unique_secret, const tps_keys_inputs *inputs,
                                          uint8_t cdi[TPS_KEYS_SIZE]);

/** S(255) = HKDF(CDI_S, "opentps S(255)"). `newest` may be `cdi_seal`. */
TPS_MUST_USE tps_status tps_keys_newest(const uint8_t cdi_seal[TPS_KEYS_SIZE], uint8_t newest[TPS_KEYS_SIZE]);

/** S(u) from S(u + 1): HKDF(S(u + 1), "opentps S older"). `older` may be `newer`. */
TPS_MUST_USE tps_status tps_keys_older(const uint8_t newer[TPS_KEYS_SIZE], uint8_t older[TPS_KEYS_SIZE]);

/** S(u) from S(v), v - u steps of tps_keys_older(). @retval TPS_BAD_ARGUMENT  u is above v, or v above
 * TPS_KEYS_NEWEST: nobody derives what is newer. */
TPS_MUST_USE tps_status tps_keys_s(const uint8_t sv[TPS_KEYS_SIZE], uint32_t v, uint32_t u,
                                   uint8_t su[TPS_KEYS_SIZE]);

/** S(0) of a device from its unique secret: what the factory needs for the IAK of a device in normal mode.
 * `code` and `configuration` of `inputs` are not used. */
TPS_MUST_USE tps_status tps_keys_s0(tps_span unique_secret, const tps_keys_inputs *inputs,
                                    uint8_t s0[TPS_KEYS_SIZE]);

/** L_R, the layer key of R, P-256: from the 48 bytes HKDF(CDI_A, "layer-key"). It signs certificates only.
 * The caller frees `*key`. */
TPS_MUST_USE tps_status tps_keys_layer(const uint8_t cdi_attest[TPS_KEYS_SIZE], tps_crypto_key **key);

/** AK_0, the attestation key of what runs, P-256: from HKDF(CDI_A, "ak"). The caller frees `*key`. */
TPS_MUST_USE tps_status tps_keys_ak(const uint8_t cdi_attest[TPS_KEYS_SIZE], tps_crypto_key **key);

/**
 * AK_p, the attestation key towards one provider, P-256: from HKDF(CDI_A, "ak" P E).
 * @param provider  P: SHA-256 of the SubjectPublicKeyInfo of the provider's root.
 * @param owner     E: the owner's random secret. @param[out] key  The caller frees it.
 */
TPS_MUST_USE tps_status tps_keys_pairwise_ak(const uint8_t cdi_attest[TPS_KEYS_SIZE],
                                             const uint8_t provider[TPS_SHA256_SIZE],
                                             const uint8_t owner[TPS_KEYS_SIZE], tps_crypto_key **key);

/** The key for FDO, P-256: from HKDF(S(0), "fdo"). The caller frees `*key`. */
TPS_MUST_USE tps_status tps_keys_fdo(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key);

/** The context key of P under E: HKDF(S(v), "ctx" P E). */
TPS_MUST_USE tps_status tps_keys_context(const uint8_t sv[TPS_KEYS_SIZE],
                                         const uint8_t provider[TPS_SHA256_SIZE],
                                         const uint8_t owner[TPS_KEYS_SIZE], uint8_t key[TPS_KEYS_SIZE]);

/**
 * The key of an owner's sealed messages: HKDF(base, salt, "sealed message" owner).
 * @param base        S(v), or the context key of P under it.
 * @param cdi_attest  The salt of what is bound to the boot state; NULL: none.
 * @param owner       Whose messages: at most 32 bytes.
 */
TPS_MUST_USE tps_status tps_keys_sealed(const uint8_t base[TPS_KEYS_SIZE], const uint8_t *cdi_attest,
                                        tps_span owner, uint8_t key[TPS_KEYS_SIZE]);

/** MAC_p of this boot: HKDF(shared, salt = bootseed_p, "mac"), `shared` being ECDH(KEX_p, p's verifier). */
TPS_MUST_USE tps_status tps_keys_mac(tps_span shared, const uint8_t pairwise_bootseed[TPS_KEYS_SIZE],
                                     uint8_t key[TPS_KEYS_SIZE]);

/**
 * The initial attestation key (IAK), P-256: from the 48 bytes HKDF(S(0), "psa-iak").
 * @param[out] key  The caller frees it.
 */
TPS_MUST_USE tps_status tps_keys_iak(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key);

/** AUTH, the key that proves the device to a peer, P-256: from HKDF(S(0), "auth"). The caller frees `*key`.
 */
TPS_MUST_USE tps_status tps_keys_authentication(const uint8_t s0[TPS_KEYS_SIZE], tps_crypto_key **key);

/** AUTH_p, the same towards one provider: from HKDF(S(0), "auth" P E). The caller frees `*key`. */
TPS_MUST_USE tps_status tps_keys_pairwise_authentication(const uint8_t s0[TPS_KEYS_SIZE],
                                                         const uint8_t provider[TPS_SHA256_SIZE],
                                                         const uint8_t owner[TPS_KEYS_SIZE],
                                                         tps_crypto_key **key);

/**
 * The instance identifier of a P-256 attestation key: 0x01, then SHA-256 of the public key as the 65 bytes of
 * an uncompressed point (SEC 1, 2.3.3: 0x04, X, Y), which is what psa_export_public_key() gives.
 */
TPS_MUST_USE tps_status tps_keys_instance_id(const tps_crypto_key *key, uint8_t id[TPS_KEYS_UEID_SIZE]);

/** The device's identifier, which its IAK gives: tps_keys_instance_id() of tps_keys_iak(). */
TPS_MUST_USE tps_status tps_keys_ueid(const uint8_t s0[TPS_KEYS_SIZE], uint8_t id[TPS_KEYS_UEID_SIZE]);

/**
 * The public part of a key as a key of its own. A back end may compute the public part of a private key anew
 * whenever it is asked for, and on a small chip that takes as long as a signature: who asks more than once,
 * asks this one.
 * @param[out] public_part  The caller frees it. NULL unless TPS_OK.
 */
TPS_MUST_USE tps_status tps_keys_public_part(const tps_crypto_key *key, tps_crypto_key **public_part);

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
