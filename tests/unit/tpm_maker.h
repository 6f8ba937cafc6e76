/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device with a TPM, its certificates and what its maker says of it, for the tests of the verifier. What is
 * made lies in static memory: the last 64 of them.
 */
#ifndef TPS_TEST_TPM_MAKER_H
#define TPS_TEST_TPM_MAKER_H

#include "tpm_support.h"
#include "tps/corim.h"
#include "verifier_support.h"

#define ONE(pointer)                   \
    {                                  \
        .items = (pointer), .count = 1 \
    }

/** The class of the device. */
extern const uint8_t tpm_class[32];

/** A device that was started: PCR 0 and 4 are quoted, of the SHA-256 bank. Its members may be changed before
 * tpm_answer(). */
typedef struct {
    tps_crypto_key *key; /**< the attestation key */
    int32_t hash;        /**< of its signatures, by COSE's number */
    tps_span qualifying; /**< what the quote is asked with */
    uint8_t values[2][32];
    builder ak;
    builder log;
    builder quote;
    builder signature;
    builder pcrs;
    tps_tpm_evidence evidence;
} tpm_device;

/** Starts a device whose AK is device_key(1), with a log of three events. */
void tpm_start(tpm_device *d);

/** The AK's own instance id. */
tps_span tpm_instance(const tpm_device *d);

/** Quotes with the nonce of appraise(), and writes the evidence. */
tps_span tpm_answer(tpm_device *d);

/** The same, signed by `sign`: it writes a TPMT_SIGNATURE over what it is given. */
tps_span tpm_answer_by(tpm_device *d, void (*sign)(builder *b, tps_span attest));

/** Writes the evidence again, with the quote that it has. */
tps_span tpm_wrap(const tpm_device *d);

/** What a maker says: keys, and that the registers are those of `registers` for `values_of`. */
typedef struct {
    const tps_corim_key_statement *attest;
    size_t attest_count;
    const tps_corim_key_statement *identity;
    size_t identity_count;
    const tpm_device *registers;
    tps_corim_environment values_of;
    const tps_corim_measurement *measurements; /**< beside the registers */
    size_t measurement_count;
    int64_t not_after; /**< of the manifest; 0: it has no validity */
} tpm_words;

/** Adds it, unsigned, as a manifest with a name of its own. */
void tpm_endorse(tps_verifier *v, const tpm_words *words);

/** The class as an environment; with an instance (UEID) unless it is empty. */
tps_corim_environment tpm_environment(tps_span instance);

/** A certificate: extended key usages and key usage as OpenSSL's configuration has them; NULL for none. */
typedef struct {
    const char *extended;
    const char *usage;
    bool has_class; /**< tpm_class */
    int64_t not_after;
} tpm_plan;

extern const tpm_plan tpm_plan_ak; /**< of an attestation key, with its class */
extern const tpm_plan tpm_plan_ek; /**< of an endorsement key of a curve */

tps_span tpm_certify(tpm_plan plan, tps_crypto_key *subject, tps_span issuer, tps_crypto_key *issuer_key);

/** "-----BEGIN label-----" and so on. */
tps_span tpm_pem(tps_span der, const char *label);

/** SubjectPublicKeyInfo. */
tps_span tpm_spki(const tps_crypto_key *key);

/** A hash, by COSE's number. */
tps_span tpm_hash(int32_t alg, tps_span bytes);

/** A public key in PEM, for a triple. */
tps_corim_key tpm_key(const tps_crypto_key *key);

#endif
