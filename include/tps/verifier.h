/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file verifier.h
 * The verifier (RFC 9334): takes evidence, endorsements, trust anchors and a nonce, and says what may be
 * believed of the device and why not, as a trustworthiness vector with findings and as a signed EAR.
 *
 * A verifier is built once (anchors, keys, endorsements are added), then used for any number of appraisals.
 * To change what it knows, build another and put it in its place. Building and appraising use the heap at the
 * edges only: after warm-up an appraisal allocates nothing of ours.
 *
 * Threads: one verifier serves one thread at a time (its keys keep contexts for reuse). Distinct verifiers
 * are independent.
 */
#ifndef TPS_VERIFIER_H
#define TPS_VERIFIER_H

#include "tps/anchor.h"
#include "tps/appraisal.h"
#include "tps/attestation_result.h"
#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a verifier is to judge. Zero-initialise; zeros are the strict choice. */
typedef struct {
    bool allow_unsigned_endorsements; /**< take CoRIMs that nobody signed: named on a command line, or a
                                         tenant's setting */
    bool allow_demonstration; /**< take the demonstration CA, whose private key is public. For demonstrations
                                 only. Its certificate is then an anchor from the start. */
    bool require_key; /**< evidence must be signed by a key that was added (tps_verifier_add_key()); an
                         endorsed key must be the same. For a person who says which key to expect. */
} tps_verifier_options;

/** A new verifier that knows nothing. @retval TPS_OUT_OF_MEMORY */
TPS_MUST_USE tps_status tps_verifier_new(const tps_verifier_options *options, tps_verifier **verifier);

/** Ends a verifier. NULL is allowed. */
void tps_verifier_free(tps_verifier *verifier);

/**
 * Trust a certificate authority of a device maker: it may certify device keys and sign endorsements.
 *
 * @param certificates  One or more X.509 certificates, PEM, or one in DER.
 * @retval TPS_CRYPTO_BAD_CERTIFICATE
 * @retval TPS_VERIFIER_DEMONSTRATION  It is, or was issued by, the demonstration CA, and that is not allowed
 * here.
 */
TPS_MUST_USE tps_status tps_verifier_add_anchor(tps_verifier *verifier, tps_span certificates);

/**
 * @brief As tps_verifier_add_anchor(), within a scope.
 *
 * What lies outside of it is refused when it is loaded, or appraised: TPS_VERIFIER_OUT_OF_SCOPE. The same
 * anchor may be added several times: what one of its scopes permits as a whole is permitted. Scopes go with
 * the key, whichever certificate it comes in. Of several anchors above one another, the one that a chain
 * meets first decides.
 *
 * What is not told is not within a scope that restricts by it: an endorsement without an instance speaks of
 * them all, so a scope with instances permits only those that name one; and a certificate tells a class by
 * its id, whose vendor and model are known once endorsements told them.
 *
 * A public key is as good an anchor as a certificate of it: it signs endorsements, issues certificates, is
 * the root of chains. It does not sign evidence itself; for that, see tps_verifier_add_key().
 *
 * @param anchor  X.509 certificates, PEM, or one in DER; or a public key in a form of tps_verifier_add_key().
 * @retval TPS_OK
 * @retval TPS_BAD_ARGUMENT  More than TPS_SCOPE_ENTRIES_MAX entries, or a range whose ends differ in size or
 * order.
 * @retval TPS_TOO_LARGE     There are 1,024 certificates, 64 keys, or 4,096 scopes already.
 * @retval TPS_CRYPTO_BAD_KEY, TPS_CRYPTO_BAD_CERTIFICATE, TPS_VERIFIER_DEMONSTRATION, TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_verifier_add_scoped_anchor(tps_verifier *verifier, tps_span anchor,
                                                       const tps_anchor_scope *scope);

/**
 * @brief As tps_verifier_add_scoped_anchor(), with the scopes of a file: JSON (RFC 8259), at most 64 KiB.
 *
 *     {"scopes": [{"uses": ["endorses"], "triples": ["reference", "endorsed"],
 *                  "classes": [{"vendor": "Lumen AG", "model": "Bulb 100"}, {"id": "3f0e..."}]},
 *                 {"uses": ["certifies"], "instances": [{"first": "0100...", "last": "01ff..."}]}]}
 *
 * `uses`: "certifies", "dice", "tpm", "endorses". `triples`, as the draft's CDDL names them: "reference",
 * "endorsed", "identity", "attest-key", "dependency", "membership", "coswid",
 * "conditional-endorsement-series", "conditional-endorsement". Ids have two hexadecimal digits a byte. What a
 * scope leaves out is not restricted by it; empty lists and unknown members are refused, so that no mistake
 * widens a scope. There is at least one. All are added, or nothing.
 *
 * @param[out] why  Where the file is wrong; may be NULL.
 * @retval TPS_JSON_*        It is no JSON, or a value is of another type.
 * @retval TPS_BAD_ARGUMENT  A word or member is unknown, a list is empty or has more than
 *                           TPS_SCOPE_ENTRIES_MAX entries; and as there.
 */
TPS_MUST_USE tps_status tps_verifier_add_anchor_with_scopes(tps_verifier *verifier, tps_span anchor,
                                                            tps_span scopes, tps_error *why);

/**
 * Trust one public key to sign evidence (an attestation key, for example of tests). It proves who signed, not
 * what the device is: without endorsements that speak of the device, no appraisal is affirming.
 *
 * What a COSE_Key or JWK says of its use is obeyed, here and in each appraisal (RFC 9052, 7.1; RFC 7517, 4.2
 * to 4.4): a message of another algorithm is refused, "evidence.key-use". A JWK's alg is the mathematics, so
 * "ES256" permits -7 and -9; a COSE_Key's is the name. What says nothing may be used for all that fits. The
 * exception: a public JWK whose use is "enc", without key_ops, is taken, because the keys that are published
 * with PSA tokens in the field say so.
 *
 * @param key  PEM (public key or certificate), a JWK (EC, OKP with Ed25519, RSA), a COSE_Key, a DER
 * SubjectPublicKeyInfo, an uncompressed point, or the 32 bytes of an Ed25519 key. Curves: P-256, P-384,
 * P-521. RSA keys of 2,048 to 4,096 bits verify PS256. A private part in PEM or JWK is not used.
 * @retval TPS_COSE_KEY_USE  By its own words the key verifies no signatures: its key_ops lack "verify", its
 * use is neither "sig" nor (see above) "enc", or its alg is none that fits it.
 * @retval TPS_CRYPTO_BAD_KEY, TPS_CRYPTO_BAD_CERTIFICATE, TPS_JWK_BAD_KEY (a symmetric one, too),
 * TPS_JSON_*, TPS_COSE_BAD_KEY, TPS_VERIFIER_DEMONSTRATION
 * @retval TPS_TOO_LARGE  There are 64 already. @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_verifier_add_key(tps_verifier *verifier, tps_span key);

/**
 * @brief Trust a secret that is shared with a device to authenticate evidence (COSE_Mac0; RFC 9783, 5.2).
 *
 * Whoever can check a MAC can make one. So such evidence convinces the holders of the key alone: use this
 * where there is a single verifier, which keeps the key as it would keep a private one. **A result from a MAC
 * is never a receipt**: a third party learns from it only what this verifier chose to say. The appraisal says
 * so (`is_mac`), and so does the result ("opentps.mac").
 *
 * It proves who sent the evidence, not what the device is: without endorsements that speak of the device's
 * class, no appraisal is affirming. Evidence of an instance whose attestation key is endorsed must be signed
 * by that key: a MAC for it is refused, TPS_VERIFIER_INSTANCE_MISMATCH.
 *
 * @param key          The bytes of the secret, 32 to 128; a COSE_Key of kty Symmetric, or a JWK of kty "oct",
 *                     of 16 to 128 bytes, whose alg (of HMAC), use and key_ops are obeyed. A public key in
 *                     any form that tps_verifier_add_key() takes is no secret, and is refused; so is what is
 *                     text (hexadecimal digits are not the bytes that they spell), is DER, has the form of a
 *                     compressed point (bytes of a secret that happen to have it can be given as COSE_Key),
 *                     or is a point's two coordinates. 32 bytes are taken at your word: nothing tells a
 *                     secret from an Ed25519 key. It is copied; the verifier wipes its copy in the end.
 * @param instance_id  The one instance (ueid, PSA instance id) that the key is for, at most 33 bytes; empty:
 *                     for every one. A key that several devices hold lets each speak for all.
 *
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_KEY  Too short, too long, a public key, or PEM, which is no form of a secret.
 * @retval TPS_COSE_KEY_USE    By its own words it checks no authentication codes.
 * @retval TPS_COSE_BAD_KEY    A COSE_Key of another kind.
 * @retval TPS_JWK_BAD_KEY, TPS_JSON_*  A JWK of another kind, or none.
 * @retval TPS_BAD_ARGUMENT    `instance_id` is too long.
 * @retval TPS_TOO_LARGE       There are 64 already. @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_verifier_add_mac_key(tps_verifier *verifier, tps_span key, tps_span instance_id);

/** The most keys that are established with instances at once. */
#define TPS_ESTABLISHED_MAX ((size_t)1 << 20)

/**
 * @brief Take further evidence of one instance under a key that was established with it (COSE_Mac0).
 *
 * For a device that attests again and again: after evidence that was signed and affirmed, device and verifier
 * agree on a key for this boot (spec/keys.md, MAC_p), and a MAC under it costs a tenth of a signature or
 * less. Unlike tps_verifier_add_mac_key() it may speak for an instance whose attestation key is endorsed,
 * because the caller made sure, by that very key, with whom it was agreed. Whoever can check the MAC can make
 * it:
 * **such a result is never a receipt**, and says so.
 *
 * The key speaks for the device as it was then: evidence under it that claims another class is refused
 * (instance-identity.other-class), and so is all of it once endorsements say that the instance, or its class,
 * is of another class or maker (instance-identity.class-of-another). Where a device is known by a certificate
 * alone, nothing else would hold it to its class. Appraisals are as of signed evidence in all else. May be
 * called between appraisals at any time.
 *
 * @param basis  The appraisal after which the key was agreed on, of this verifier: affirming, fresh, no
 * MAC's, and it names an instance of 1 to 33 bytes and a class (class_id). Of what was signed by the device
 * itself: claims in a token of another device are that one's word.
 * @param key    32 bytes, for HMAC 256/256; copied, and wiped in the end.
 * @param until  Seconds since 1970: from then on the key is not taken. Let it be short.
 *
 * @retval TPS_OK            A key that was there for the instance is replaced.
 * @retval TPS_BAD_ARGUMENT  `basis` is no such appraisal, or the key has another size.
 * @retval TPS_TOO_LARGE     TPS_ESTABLISHED_MAX are there already.
 * @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY
 */
TPS_MUST_USE tps_status tps_verifier_establish_key(tps_verifier *verifier, const tps_appraisal *basis,
                                                   tps_span key, int64_t until);

/** Forgets the key that was established with an instance: its next evidence must be signed. */
void tps_verifier_dismiss_key(tps_verifier *verifier, tps_span instance_id);

/**
 * Moves established keys from one verifier to the one that takes its place, but for those that have ended.
 * Those that `verifier` had are forgotten. Where keys or certificates are revoked in `verifier` that were not
 * in `from`, all are forgotten, as by tps_verifier_revoke(): each device signs once more.
 */
void tps_verifier_take_established(tps_verifier *verifier, tps_verifier *from, int64_t now);

/**
 * @brief Add the endorsements of a CoRIM (draft-ietf-rats-corim-10).
 *
 * A signed one must chain to an anchor (x5chain), or be signed by a key that is an anchor or was added. All
 * or nothing is taken; what was taken before adds nothing.
 *
 * **Content**: CoMIDs with triples of every kind, CoSWIDs, CoTLs. Pieces of software and attestation keys in
 * a profile that is known (the PSA profiles, opentps: spec/endorsements.md) have an index of their own; all
 * else, and all of a CoRIM without a profile, is kept in the draft's general form. What nobody here would
 * compare (members, flags, types and elements of an unknown kind, keys under conditions) is refused by name:
 * half a manifest could say the opposite of the whole.
 *
 * **Tags** belong to the maker, that is the trust anchor; to the signing key where there is no anchor. Their
 * versions never fall: what an older version said counts no more, nor what a linked CoMID replaces, even when
 * it comes later. The same version has one content. Where a CoTL stands in the manifest, only what a CoTL of
 * the same maker lists counts, while that is valid; all that it lists must be known.
 *
 * **Contradictions** are refused: another key or class for an instance; another digest for the same name,
 * version and signer of software; endorsed values of one environment and element that differ. What is
 * superseded, or whose signer is withdrawn, contradicts nothing. A withdrawn signer (revocation.h) signs
 * nothing more; what it said before does not count at appraisals, nor what it replaced.
 *
 * @param corim     Tag 501, or a COSE_Sign1 around it. The verifier keeps a copy of what it needs.
 * @param now       Seconds since 1970: for validity of the CoRIM and of its signer's chain.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_CORIM_NOT_WELL_FORMED, TPS_CORIM_UNKNOWN_PROFILE, TPS_CORIM_UNSUPPORTED, TPS_CORIM_BAD_VALUE,
 * TPS_CBOR_*
 * @retval TPS_TOO_LARGE                 More than 4,096 reference values of one class, or triples of one kind
 * and subject, with those that are known.
 * @retval TPS_CORIM_UNSIGNED            Nobody signed it, and that is not allowed here.
 * @retval TPS_CORIM_EXPIRED             It, its signature or a CoTL in it is outside its validity.
 * @retval TPS_COSE_BAD_SIGNATURE, TPS_COSE_NO_KEY, TPS_CRYPTO_CHAIN_*  Its signer is not trusted.
 * @retval TPS_VERIFIER_OUT_OF_SCOPE     It says more than its signer's anchor is trusted for (anchor.h).
 * @retval TPS_VERIFIER_SIGNER_WITHDRAWN, TPS_VERIFIER_CRL_OUTDATED  A key or certificate of its signer's
 * chain is revoked, or may be.
 * @retval TPS_VERIFIER_DEMONSTRATION    Its signer is under the demonstration CA, and that is not allowed
 * here.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE      Its signer's certificate is for another purpose, such as a device's
 * own.
 * @retval TPS_VERIFIER_CONFLICT         It contradicts what is known.
 * @retval TPS_VERIFIER_TAG_OLDER        A newer version of a tag is known, or what replaced it.
 * @retval TPS_VERIFIER_TAG_CHANGED      The same version of a tag is known with another content.
 * @retval TPS_VERIFIER_INSTANCE_OF_ANOTHER  It speaks of a device that another anchor's endorsements named
 * first.
 * @retval TPS_VERIFIER_CLASS_OF_ANOTHER It speaks of a class that another anchor's endorsements spoke of
 * first.
 * @retval TPS_OUT_OF_MEMORY, TPS_CRYPTO_NO_ENTROPY
 */
TPS_MUST_USE tps_status tps_verifier_add_corim(tps_verifier *verifier, tps_span corim, int64_t now,
                                               tps_error *why);

/**
 * @brief As tps_verifier_add_corim(), and tell what was signed apart from how it is wrapped.
 *
 * Whoever has a signed CoRIM can make any number of others of it that are as good: ECDSA signatures can be
 * turned into another one (n - s), and what is unprotected can be anything. So a CoRIM is known by its signer
 * and by what was signed, and one that is known is taken once: keep it under this identity.
 *
 * @param[out] identity  SHA-256 of the signer's key, the protected header and the payload. Set if TPS_OK.
 */
TPS_MUST_USE tps_status tps_verifier_add_corim_once(tps_verifier *verifier, tps_span corim, int64_t now,
                                                    uint8_t identity[32], tps_error *why);

/** What a verifier holds, for logs and people. */
typedef struct {
    size_t anchors;
    size_t keys;
    size_t mac_keys; /**< shared secrets */
    size_t corims;
    size_t reference_values; /**< measured pieces of software */
    size_t devices;          /**< endorsed attestation keys */
    size_t statements;       /**< triples in the general form */
    size_t bytes;            /**< of memory that all of this takes, but for what the crypto library has */
} tps_verifier_counts;

void tps_verifier_count(const tps_verifier *verifier, tps_verifier_counts *counts);

#ifdef __cplusplus
}
#endif

#endif
