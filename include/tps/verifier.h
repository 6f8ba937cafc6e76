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

#include "tps/cose.h"
#include "tps/ear.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tps_verifier tps_verifier;

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

/**
 * Add the endorsements of a CoRIM (draft-ietf-rats-corim-10): reference values and attestation keys.
 *
 * A signed one must chain to an anchor (x5chain), or be signed by a key that was added. All or nothing is
 * taken; what was taken before adds nothing.
 *
 * @param corim     Tag 501, or a COSE_Sign1 around it. The verifier keeps a copy of what it needs.
 * @param now       Seconds since 1970: for validity of the CoRIM and of its signer's chain.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_CORIM_NOT_WELL_FORMED, TPS_CORIM_UNKNOWN_PROFILE, TPS_CORIM_UNSUPPORTED, TPS_CORIM_BAD_VALUE,
 * TPS_CBOR_*
 * @retval TPS_TOO_LARGE                 More than 4,096 reference values of one class, with those that are
 * known.
 * @retval TPS_CORIM_UNSIGNED            Nobody signed it, and that is not allowed here.
 * @retval TPS_CORIM_EXPIRED             Outside its validity.
 * @retval TPS_COSE_BAD_SIGNATURE, TPS_COSE_NO_KEY, TPS_CRYPTO_CHAIN_*  Its signer is not trusted.
 * @retval TPS_VERIFIER_DEMONSTRATION    Its signer is under the demonstration CA, and that is not allowed
 * here.
 * @retval TPS_CRYPTO_CHAIN_PURPOSE      Its signer's certificate is for another purpose, such as a device's
 * own.
 * @retval TPS_VERIFIER_CONFLICT         It contradicts what is known (another key for the same instance).
 * @retval TPS_VERIFIER_INSTANCE_OF_ANOTHER  It speaks of a device that another anchor's endorsements named
 * first.
 * @retval TPS_VERIFIER_CLASS_OF_ANOTHER It speaks of a class that another anchor's endorsements spoke of
 * first.
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
} tps_verifier_counts;

void tps_verifier_count(const tps_verifier *verifier, tps_verifier_counts *counts);

/** The schemes: how evidence is read and matched. */
enum { TPS_SCHEME_UNKNOWN = 0, TPS_SCHEME_PSA = 1, TPS_SCHEME_OPENTPS = 2 };

/** "PSA_IOT", "OPENTPS" or "UNKNOWN": the submodule's name in the EAR. */
const char *tps_scheme_name(uint32_t scheme);

/** What the evidence must answer to. */
typedef struct {
    tps_span nonce; /**< the nonce that was given out; empty: freshness is not judged, and so no appraisal is
                       affirming */
    tps_span
        aud; /**< who asks, as text: evidence that names another audience is refused; empty: not compared */
    int64_t now; /**< seconds since 1970 */
} tps_appraisal_request;

#define TPS_FINDINGS_MAX     16u
#define TPS_FINDING_TEXT_MAX 192u

/** One thing that is not affirming, for people: what, why, and what to do. Texts are UTF-8, zero-terminated,
 * cut to fit. */
typedef struct {
    uint32_t claim;    /**< TPS_EAR_INSTANCE_IDENTITY ... */
    int8_t value;      /**< what this finding makes of the claim */
    tps_status status; /**< the named error, when one stands behind it; else TPS_OK */
    char name[48];     /**< a stable name for programs, such as "executables.unknown-measurement" */
    char cause[TPS_FINDING_TEXT_MAX];
    char evidence[TPS_FINDING_TEXT_MAX]; /**< what the evidence says, such as a digest; empty when nothing
                                            adds to the cause */
    char known[TPS_FINDING_TEXT_MAX]; /**< what the endorsements have instead, such as versions; may be empty
                                       */
    char next_step[TPS_FINDING_TEXT_MAX];
} tps_finding;

/** The outcome of one appraisal. Plain data, about 14 KiB; copy it as you like. */
typedef struct {
    uint32_t scheme;               /**< TPS_SCHEME_* */
    int8_t vector[TPS_EAR_CLAIMS]; /**< values as in ear.h; an unset claim is 0 */
    uint8_t tier;                  /**< the status: no better than the worst claim */
    bool is_demonstration;         /**< trust came from the demonstration CA */
    bool is_mac;   /**< a shared key authenticated the evidence: this is no receipt for others */
    bool is_fresh; /**< the evidence answered the request's nonce */
    uint8_t
        evidence_sha256[32];   /**< of what was in a wrapper; of the wrapper, if it could not be taken off */
    uint8_t signer_sha256[32]; /**< of the SubjectPublicKeyInfo that verified; zeros if none did, or a shared
                                  key */
    uint8_t instance_id[33];   /**< ueid or PSA instance id */
    size_t instance_id_size;   /**< 0 when unknown */
    char device_class[96];     /**< endorsed vendor and model; empty when unknown */
    size_t finding_count;
    tps_finding findings[TPS_FINDINGS_MAX];
    tps_span payload; /**< the verified claims, inside the evidence; empty unless the signature is good */
} tps_appraisal;

/**
 * @brief Appraise evidence.
 *
 * Never fails for what the evidence is: malformed, forged or stale evidence gives an appraisal whose vector
 * and findings say so. Bad signatures and unreadable bytes set every claim to TPS_EAR_CRYPTO_FAILED or
 * TPS_EAR_UNEXPECTED's tier "contraindicated" (99), as existing verifiers do.
 *
 * PSA (RFC 9783): the signer must be endorsed for this very instance, and every software component must match
 * one reference value of its class in type, digest and signer, with every endorsed component present and none
 * pooled over devices.
 *
 * @param evidence  COSE_Sign1, or COSE_Mac0 if a shared key was added; at most 64 KiB.
 * @param request   What it must answer to.
 * @param[out] out  Filled always.
 */
void tps_verifier_appraise(tps_verifier *verifier, tps_span evidence, const tps_appraisal_request *request,
                           tps_appraisal *out);

/**
 * @brief Appraise evidence that may come in a wrapper (CMW, RFC 9999).
 *
 * A wrapper must hold one message: a record, a tag, or a collection with one of them. Its type must be one of
 *   application/eat+cwt                         (263), which leaves the profile open,
 *   application/eat+cwt; eat_profile="..."      with the profile of a PSA token (10003) or of opentps,
 *   application/eat-cwt; profile="http://arm.com/psa/2.0.0", application/psa-attestation-token.
 * What begins like no wrapper is evidence by itself. All else is as in tps_verifier_appraise(), to which what
 * is inside goes; a wrapper proves nothing. Findings of its own:
 *   evidence.malformed   the wrapper is none (TPS_CMW_*, TPS_CBOR_*, TPS_JSON_*), or it holds several
 * messages or one of another type (TPS_VERIFIER_WRAPPED_TYPE) evidence.other-type  the evidence's profile is
 * not what the type says (TPS_VERIFIER_TYPE_MISMATCH)
 *
 * @param bytes  What came.
 * @param room   For wrappers of JSON: as many bytes as `bytes` has are enough. It must stay as long as
 *               `out->payload` is used.
 */
void tps_verifier_appraise_wrapped(tps_verifier *verifier, tps_span bytes, tps_buf room,
                                   const tps_appraisal_request *request, tps_appraisal *out);

/**
 * @brief Whether evidence is of the profile that the media type beside it names.
 *
 * For evidence that comes without a wrapper, under a Content-Type: what a wrapper's type must agree with is
 * asked of it, too. Nothing is verified.
 *
 * @param evidence  COSE_Sign1 or COSE_Mac0.
 * @param type      One of the types of tps_verifier_appraise_wrapped(), as it came.
 * @retval TPS_OK                      They agree; or the type leaves the profile open, or the evidence names
 * none, or cannot be taken apart, of which the appraisal will tell.
 * @retval TPS_VERIFIER_TYPE_MISMATCH  The evidence names another profile.
 * @retval TPS_VERIFIER_WRAPPED_TYPE   The type is none of those.
 */
TPS_MUST_USE tps_status tps_verifier_check_type(tps_span evidence, tps_span type);

/** How to write a result. */
typedef struct {
    uint32_t generation;   /**< TPS_EAR_2023 by default */
    tps_span nonce;        /**< eat_nonce of the result: the session's; empty to leave out */
    const char *aud;       /**< for whom the result is; NULL to leave out */
    const char *issuer;    /**< iss; NULL to leave out */
    const char *key_id;    /**< kid in the JWT header; NULL to leave out */
    const char *policy_id; /**< NULL for "policy:" and the scheme's name */
    int64_t iat;           /**< seconds since 1970 */
    int64_t exp;           /**< seconds since 1970 */
} tps_ear_options;

/**
 * @brief Write an appraisal as a signed EAR in JWT form (RFC 7519; ES256).
 *
 * Beside the claims of ear.h's drafts it carries "ear.veraison.annotated-evidence" of verified evidence (its
 * bytes must still be where they were when they were appraised) and the claims of spec/ear-extensions.md.
 *
 * @param signer    Signs with TPS_ALG_ES256.
 * @param out       Takes the JWT's characters, no final zero. @param[out] size  Written, or needed if too
 * small.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, or the signer's failure.
 */
TPS_MUST_USE tps_status tps_ear_jwt(const tps_appraisal *appraisal, const tps_ear_options *options,
                                    const tps_cose_signer *signer, tps_buf out, size_t *size);

/**
 * @brief Write an appraisal as a signed EAR in CWT form (RFC 8392; a COSE_Sign1 with tag 18).
 *
 * As tps_ear_jwt(), in deterministic CBOR: the same claims under their labels, opentps's own under those of
 * spec/ear-extensions.md, and the claims of verified evidence as they came. tps_ear_verify_cwt() reads it.
 *
 * @param signer    Signs with any algorithm of COSE.
 */
TPS_MUST_USE tps_status tps_ear_cwt(const tps_appraisal *appraisal, const tps_ear_options *options,
                                    const tps_cose_signer *signer, tps_buf out, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
