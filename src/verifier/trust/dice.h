/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evidence under a DICE chain: X.509 certificates with DiceTcbInfo or inputs of the Open Profile, or CBOR
 * certificates of the Open Profile. Who is at its end, what it says of the device, and its layers.
 */
#ifndef TPS_VERIFIER_TRUST_DICE_H
#define TPS_VERIFIER_TRUST_DICE_H

#include "tps/corim.h"
#include "tps/dice.h"
#include "verifier/trust/trust.h"

/** Layers of one chain at most, and what all of them together may list. */
#define DICE_LAYERS_MAX    32u
#define DICE_DIGESTS_MAX   256u
#define DICE_REGISTERS_MAX 128u

/** A chain that was verified, with room for what its layers say in the general form (evidence/accept.c). */
typedef struct dice_chain {
    bool is_cbor;         /**< of CBOR certificates */
    tps_span ueid;        /**< of the device, as certificates say; empty when none does */
    bool are_states_told; /**< every layer says whether it is configured, and being debugged */
    size_t layer_count;
    tps_dice_layer layers[DICE_LAYERS_MAX]; /**< the first layer first */
    uint8_t scratch[8192];                  /**< for EdDSA of CBOR certificates */
    size_t digest_count;
    tps_corim_digest digests[DICE_DIGESTS_MAX];
    size_t register_count;
    tps_corim_register registers[DICE_REGISTERS_MAX];
} dice_chain;

/**
 * Whether evidence comes under a DICE chain: an X.509 certificate in x5chain holds an extension of DICE that
 * measures, or there are CBOR certificates. A look at the bytes that costs some nanoseconds; trust_dice()
 * reads them.
 */
bool dice_is_under(const tps_cose_sign1 *message);

/**
 * @brief Find who vouches for the key by its chain of DICE, and check the signature.
 *
 * The chain ends at an anchor that may be the root of DICE chains (TPS_ANCHOR_DICE), or at the identity key
 * that is endorsed for the instance (triple 2). Every certificate that has a Ueid names the same one, and the
 * evidence's instance, if it names one, is that. The class is what the leaf says (spec/keys.md); profiles
 * that claim a class need it, for TPS_SCHEME_DICE it may be absent: then layers say vendor and model, and
 * only statements of the anchor's own maker count for them.
 *
 * @param[in,out] out  `device` is set already; digest, class, maker and `dice` are filled. What `dice` points
 * to is the verifier's, until the next appraisal.
 *
 * @retval TPS_OK
 * @retval TPS_CRYPTO_CHAIN_UNTRUSTED      It ends at no anchor that is known for that.
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  Certificates name another instance than the evidence, or than each
 * other; or the instance is one that another maker endorsed.
 * @retval TPS_VERIFIER_CLASS_UNPROVEN     The leaf does not say the class that the profile needs.
 * @retval TPS_VERIFIER_CLASS_OF_ANOTHER   The class is another maker's.
 * @retval TPS_TOO_LARGE                   More than DICE_LAYERS_MAX layers.
 * @retval TPS_DICE_*, TPS_DER_*, TPS_COSE_*, TPS_CRYPTO_*  See dice.h.
 */
TPS_MUST_USE tps_status trust_dice(tps_verifier *v, const tps_cose_sign1 *message, const evidence_claims *e,
                                   int64_t now, trust *out);

/**
 * @brief Whether a certificate's key is of the instance that evidence names, for chains without layers.
 *
 * Direct evidence: the instance is that of the key (key_check_instance()). Pairwise evidence: it is the Ueid
 * of the certificate, which the attestation CA issued for 7 days at most (spec/keys.md).
 *
 * @param leaf  The signer's certificate, DER, of a chain that was verified.
 * @retval TPS_VERIFIER_INSTANCE_MISMATCH  It is another's.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE        It is valid for longer than a certificate of a pairwise identity
 * may be.
 * @retval TPS_DER_*, TPS_CRYPTO_BAD_CERTIFICATE
 */
TPS_MUST_USE tps_status dice_check_instance(tps_span leaf, const tps_crypto_point *key,
                                            const evidence_claims *e);

/** Gives back the room. */
void dice_free(tps_verifier *v);

#endif
