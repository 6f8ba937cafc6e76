/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dice.h
 * What certificates of DICE say about the layers of a device, without a heap:
 *
 * - X.509 (TCG, DICE Attestation Architecture 1.2): DiceTcbInfo, MultiTcbInfo, Ueid and the conceptual
 *   message wrapper, and the extension of the Open Profile for DICE. Read, written, and a chain of them as a
 *   list of layers.
 * - CBOR (Open Profile for DICE 2.6): certificates that are CWTs, read, made, and a chain of them verified.
 *
 * Everything that is read points into the input. All functions are thread-safe for distinct outputs and key
 * objects. `encoded` of an encoder lies inside `out`; measured, or with too little room, its `data` is NULL
 * and its `size` the size needed.
 */
#ifndef TPS_DICE_H
#define TPS_DICE_H

#include "tps/cose.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Limits: certificates in a chain (more are TPS_BAD_ARGUMENT), entries of one list (more are TPS_TOO_LARGE).
 */
#define TPS_DICE_CHAIN_MAX   16u
#define TPS_DICE_ENTRIES_MAX 64u

/** eat_profile of an answer below a DICE chain that says nothing else of the device (spec/dice-evidence.md).
 */
#define TPS_DICE_PROFILE "tag:opentps.org,2026:dice"

/** Header parameter of a COSE message: an array of CBOR certificates in byte strings, root side first, the
 * last for the key that signed (spec/dice-evidence.md). Private use (RFC 9052, 11.1: below -65536). */
#define TPS_DICE_HEADER_CHAIN (-80021)

/** True when the field of this number is among `present`. */
static inline bool tps_dice_has(uint32_t present, uint32_t field)
{
    return (present >> field & 1u) != 0;
}

/* ---- DiceTcbInfo: what one layer says of the next ---- */

/** The fields of a DiceTcbInfo, by the tags of the module (Appendix A). */
enum {
    TPS_DICE_VENDOR = 0,
    TPS_DICE_MODEL = 1,
    TPS_DICE_VERSION = 2,
    TPS_DICE_SVN = 3,
    TPS_DICE_LAYER = 4,
    TPS_DICE_INDEX = 5,
    TPS_DICE_FWIDS = 6,
    TPS_DICE_FLAGS = 7,
    TPS_DICE_VENDOR_INFO = 8,
    TPS_DICE_TYPE = 9,
    TPS_DICE_FLAGS_MASK = 10,
    TPS_DICE_REGISTERS = 11
};

/** Operational flags: bit n is bit n of the module. */
enum {
    TPS_DICE_FLAG_NOT_CONFIGURED = 1 << 0,
    TPS_DICE_FLAG_NOT_SECURE = 1 << 1,
    TPS_DICE_FLAG_RECOVERY = 1 << 2,
    TPS_DICE_FLAG_DEBUG = 1 << 3,
    TPS_DICE_FLAG_NOT_REPLAY_PROTECTED = 1 << 4,
    TPS_DICE_FLAG_NOT_INTEGRITY_PROTECTED = 1 << 5,
    TPS_DICE_FLAG_NOT_RUNTIME_MEASURED = 1 << 6,
    TPS_DICE_FLAG_NOT_IMMUTABLE = 1 << 7,
    TPS_DICE_FLAG_NOT_TCB = 1 << 8
};

/** A FWID: a digest of firmware, with its hash. */
typedef struct {
    int32_t alg;     /**< TPS_ALG_SHA256, _SHA384, _SHA512; 0 for any other, which `oid` names */
    tps_span oid;    /**< content of the OBJECT IDENTIFIER; when writing, may be empty if `alg` is not 0 */
    tps_span digest; /**< of the hash's size, if it is one of the three; else not empty */
} tps_dice_fwid;

/** A measurement register of a layer. At least one of name and number is there. */
typedef struct {
    tps_span name; /**< ASCII; `data` NULL when absent */
    bool has_number;
    uint64_t number;
    tps_span digests; /**< encoded FWIDs; see tps_dice_fwid_next() */
} tps_dice_register;

/** A DiceTcbInfo. A field counts when its bit is in `present`. */
typedef struct {
    uint32_t present;    /**< 1u << TPS_DICE_VENDOR, ... */
    uint32_t flags;      /**< TPS_DICE_FLAG_* */
    uint32_t flags_mask; /**< the flags that the layer knows of; without it, the module leaves open what a
                            flag that is not set means */
    uint64_t svn;
    uint64_t layer;
    uint64_t index;
    tps_span vendor;      /**< UTF-8 */
    tps_span model;       /**< UTF-8 */
    tps_span version;     /**< UTF-8 */
    tps_span vendor_info; /**< what the vendor likes */
    tps_span type;        /**< which kind of thing was measured */
    tps_span fwids;       /**< encoded; see tps_dice_fwid_next(), tps_dice_fwids_encode() */
    tps_span registers;   /**< encoded; see tps_dice_register_next(), tps_dice_registers_encode() */
} tps_dice_tcb_info;

/**
 * @brief Read a DiceTcbInfo (extension 2.23.133.5.4.1).
 *
 * @param encoded   DER of the sequence, and nothing behind it.
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @param[out] why  Offset into `encoded`, and the field; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_DER_*           It is no DER, or a field has another type. TPS_DER_TRAILING also: a field is
 * unknown, stands twice or out of order.
 * @retval TPS_DICE_BAD_VALUE  A list without entry, a digest that does not fit its hash, a register with
 * neither name nor number.
 * @retval TPS_TOO_LARGE       A list of more than TPS_DICE_ENTRIES_MAX entries.
 * @retval TPS_UNSUPPORTED     It is RIoT's CompositeDeviceID, which came under the same number before.
 *
 * Two liberties, because devices in the field take them: flags may have zero bits at their end (X.690, 11.2.2
 * forbids this of named bits), and integrityRegisters are taken under tag [10], too, as the text of version
 * 1.2 has them, against its Appendix A.
 *
 * Stack: about 320 bytes on a Cortex-M33. TCG DICE Attestation Architecture 1.2, 6.1.1 and Appendix A.
 */
TPS_MUST_USE tps_status tps_dice_tcb_info_decode(tps_span encoded, tps_dice_tcb_info *out, tps_error *why);

/**
 * @brief Check a MultiTcbInfo (extension 2.23.133.5.4.5) and get the list of its entries.
 *
 * @param[out] list   Inside `encoded`: for tps_dice_tcb_info_next().
 * @param[out] count  1..TPS_DICE_ENTRIES_MAX
 *
 * Errors as tps_dice_tcb_info_decode(). 6.1.2.
 */
TPS_MUST_USE tps_status tps_dice_multi_tcb_info_decode(tps_span encoded, tps_span *list, uint32_t *count,
                                                       tps_error *why);

/**
 * Walk a list that was decoded: gives the next entry and shortens `rest`; false at its end.
 *
 *     tps_span rest = info.fwids;
 *     while (tps_dice_fwid_next(&rest, &fwid)) { ... }
 */
bool tps_dice_tcb_info_next(tps_span *rest, tps_dice_tcb_info *out);
bool tps_dice_fwid_next(tps_span *rest, tps_dice_fwid *out);
bool tps_dice_register_next(tps_span *rest, tps_dice_register *out);

/**
 * @brief Write what stands in `fwids` of a tps_dice_tcb_info, `digests` of a tps_dice_register, or
 * `registers` of a tps_dice_tcb_info.
 *
 * @param out           Room; TPS_BUF_MEASURE only measures.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_BAD_ARGUMENT    No entry, or more than TPS_DICE_ENTRIES_MAX; an `alg` that is none of the three
 * and no `oid`.
 * @retval TPS_DICE_BAD_VALUE  As tps_dice_tcb_info_decode().
 */
TPS_MUST_USE tps_status tps_dice_fwids_encode(const tps_dice_fwid *fwids, size_t count, tps_buf out,
                                              tps_span *encoded);
TPS_MUST_USE tps_status tps_dice_registers_encode(const tps_dice_register *registers, size_t count,
                                                  tps_buf out, tps_span *encoded);

/**
 * @brief Write a DiceTcbInfo, or several as a MultiTcbInfo: the value of the extension.
 *
 * The result reads back with the decoders; flags come in their shortest form.
 *
 * @param out           Room; TPS_BUF_MEASURE only measures. Nothing that `info` points to may lie in it.
 * @param[out] encoded  Inside `out`; with too little room its `size` is the size needed.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT (no entry, or more than TPS_DICE_ENTRIES_MAX)
 * @retval others  As the decoders: a text that is not UTF-8, lists that tps_dice_*_encode() did not make.
 */
TPS_MUST_USE tps_status tps_dice_tcb_info_encode(const tps_dice_tcb_info *info, tps_buf out,
                                                 tps_span *encoded);
TPS_MUST_USE tps_status tps_dice_multi_tcb_info_encode(const tps_dice_tcb_info *infos, size_t count,
                                                       tps_buf out, tps_span *encoded);

/**
 * Write as tps_dice_fwids_encode() and tps_dice_tcb_info_encode() do, without reading it back: for a device
 * that tells of itself, whose texts are UTF-8 and whose lists come from tps_dice_fwids_write() with `alg`. It
 * does not link the readers.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT, TPS_DICE_BAD_VALUE (a digest's size)
 */
TPS_MUST_USE tps_status tps_dice_fwids_write(const tps_dice_fwid *fwids, size_t count, tps_buf out,
                                             tps_span *encoded);
TPS_MUST_USE tps_status tps_dice_tcb_info_write(const tps_dice_tcb_info *info, tps_buf out,
                                                tps_span *encoded);

/* ---- Open Profile for DICE: what a CDI was derived from ---- */

/** The input values, by the tags of the X.509 extension. */
enum {
    TPS_DICE_CODE_HASH = 0,
    TPS_DICE_CODE_DESCRIPTOR = 1,
    TPS_DICE_CONFIGURATION_HASH = 2,
    TPS_DICE_CONFIGURATION_DESCRIPTOR = 3,
    TPS_DICE_AUTHORITY_HASH = 4,
    TPS_DICE_AUTHORITY_DESCRIPTOR = 5,
    TPS_DICE_MODE = 6, /**< in `mode` */
    TPS_DICE_PROFILE_NAME = 7,
    TPS_DICE_INPUTS = 8 /**< how many there are */
};

/** Modes. Any other value means the first. */
enum {
    TPS_DICE_MODE_NOT_CONFIGURED = 0,
    TPS_DICE_MODE_NORMAL = 1,
    TPS_DICE_MODE_DEBUG = 2,
    TPS_DICE_MODE_RECOVERY = 3
};

/** Input values. One counts when its bit is in `present`. */
typedef struct {
    uint32_t present;                /**< 1u << TPS_DICE_CODE_HASH, ...; 0: a UDS certificate, without any */
    uint32_t mode;                   /**< TPS_DICE_MODE_* */
    tps_span value[TPS_DICE_INPUTS]; /**< by TPS_DICE_CODE_HASH ...; text of the profile's name */
} tps_dice_input;

/** The mode's name for people: "normal", "debug", "recovery", and "not configured" for all others. */
const char *tps_dice_mode_name(uint32_t mode);

/**
 * @brief Whether input values are as the profile wants them.
 *
 * @retval TPS_OK
 * @retval TPS_DICE_MISSING    Code hash, configuration descriptor, authority hash or mode is absent.
 * @retval TPS_DICE_BAD_VALUE  A hash is not of 32, 48 or 64 bytes; the configuration hash is not the hash
 * (SHA-256, -384, -512 by its size) of the configuration descriptor; an empty name; a mode above 255.
 * @retval TPS_CRYPTO_FAILED, TPS_CRYPTO_ALG_REFUSED  The back end failed, or lacks the hash.
 *
 * The profile's hashes have 64 bytes; Android's profile has the smaller ones, too.
 */
TPS_MUST_USE tps_status tps_dice_input_check(const tps_dice_input *input, tps_error *why);

/**
 * @brief Read and check the value of the extension 1.3.6.1.4.1.11129.2.1.24 (OpenDiceInput).
 *
 * The mode is taken as INTEGER, as the profile's text has it, and as ENUMERATED, as its own code writes it.
 *
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @param[out] why  Offset into `encoded`, and what; may be NULL.
 * @retval TPS_OK
 * @retval TPS_DER_*           It is no DER, or of another form; TPS_DER_TRAILING also: a field is unknown,
 * stands twice or out of order.
 * @retval TPS_DICE_BAD_VALUE  A mode above 3.
 * @retval others              As tps_dice_input_check().
 */
TPS_MUST_USE tps_status tps_dice_input_decode(tps_span encoded, tps_dice_input *out, tps_error *why);

/** Write the value of that extension, after tps_dice_input_check(). Output and errors as
 * tps_dice_tcb_info_encode(). */
TPS_MUST_USE tps_status tps_dice_input_encode(const tps_dice_input *input, tps_buf out, tps_span *encoded);

/* ---- the other extensions ---- */

/**
 * The value of the extension 2.23.133.5.4.4 (Ueid) or 2.23.133.5.4.9 (conceptual message wrapper; its older
 * name is tagged evidence): a SEQUENCE of one OCTET STRING.
 * @param content  Not empty. @param[out] encoded  Inside `out`, or the size needed.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT
 */
TPS_MUST_USE tps_status tps_dice_octets_encode(tps_span content, tps_buf out, tps_span *encoded);

/** The kinds of extensions that are read; their bits in `critical`. */
enum {
    TPS_DICE_EXTENSION_TCB_INFO = 0,       /**< 2.23.133.5.4.1 */
    TPS_DICE_EXTENSION_UEID = 1,           /**< 2.23.133.5.4.4 */
    TPS_DICE_EXTENSION_MULTI_TCB_INFO = 2, /**< 2.23.133.5.4.5 */
    TPS_DICE_EXTENSION_CMW = 3,            /**< 2.23.133.5.4.9 */
    TPS_DICE_EXTENSION_OPEN = 4,           /**< 1.3.6.1.4.1.11129.2.1.24 */
    TPS_DICE_EXTENSIONS = 5
};

/** The object identifier of one of these, encoded, without tag and length. */
tps_span tps_dice_extension_oid(uint32_t extension);

/**
 * One extension whole, as it stands in a certificate: for whoever builds one.
 * @param extension  TPS_DICE_EXTENSION_* @param value  From an encoder above.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT
 */
TPS_MUST_USE tps_status tps_dice_extension_encode(uint32_t extension, bool is_critical, tps_span value,
                                                  tps_buf out, tps_span *encoded);

/* ---- X.509 certificates ---- */

/** What DICE says in one certificate. */
typedef struct {
    uint32_t present;          /**< 1u << TPS_DICE_EXTENSION_TCB_INFO, ... */
    uint32_t critical;         /**< those of them that are marked critical */
    tps_span tcb_info;         /**< a list of one entry: tps_dice_tcb_info_next() */
    tps_span multi;            /**< entries of MultiTcbInfo */
    tps_span ueid;             /**< RFC 9711, 4.2.1; vendors put in identifiers of other forms, too */
    tps_span cmw;              /**< a CMW (RFC 9999) without the sequence around it */
    bool is_cmw_bare;          /**< it stood there without the sequence, as RA-TLS writes it */
    tps_dice_input input;      /**< of the Open Profile */
    tps_span serial;           /**< content of the INTEGER */
    tps_span issuer;           /**< Name, DER */
    tps_span subject;          /**< Name, DER */
    tps_span public_key;       /**< SubjectPublicKeyInfo, DER */
    bool is_ca;                /**< may issue: basicConstraints cA, and keyCertSign if there is a key usage */
    uint32_t path_length;      /**< how many issuing certificates may follow; UINT32_MAX without a limit */
    tps_span unknown_critical; /**< OID of a critical extension that nothing here understands; whoever does
                                  not either must refuse the certificate (RFC 5280, 4.2). Empty when there is
                                  none */
} tps_dice_certificate;

/**
 * @brief Read the DICE extensions of an X.509 certificate. Nothing is verified.
 *
 * @param certificate  DER.
 * @param[out] out  Points into `certificate`; undefined unless TPS_OK.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK           Also of a certificate without any: then `present` is 0.
 * @retval TPS_DER_*, TPS_CRYPTO_BAD_CERTIFICATE  It is no certificate, or has an extension twice; `why` holds
 * the offset into `certificate`.
 * @retval TPS_UNSUPPORTED  It has a MultiTcbInfoComp (2.23.133.5.4.8), which is not read here: to pass over
 * it would lose a layer.
 * @retval others           As the extensions' decoders.
 *
 * Stack: about 800 bytes on a Cortex-M33.
 */
TPS_MUST_USE tps_status tps_dice_certificate_read(tps_span certificate, tps_dice_certificate *out,
                                                  tps_error *why);

/** Bytes of a key identifier, and of the serial number that is made of it. */
#define TPS_DICE_KEY_ID_SIZE 20u
/** Bytes of a Name from tps_dice_name_encode(), at most. */
#define TPS_DICE_NAME_MAX 232u

/**
 * The identifier of a P-256 key: the first 20 bytes of SHA-256 of its point, uncompressed (RFC 7093, 2, 1).
 * @retval TPS_OK  @retval TPS_CRYPTO_ALG_REFUSED  Another curve.  @retval others  As crypto.h.
 */
TPS_MUST_USE tps_status tps_dice_key_id(const tps_crypto_key *key, uint8_t id[TPS_DICE_KEY_ID_SIZE]);

/**
 * @brief A Name of a common name, an organization and a serial number, in this order.
 *
 * The same texts always give the same bytes, so that who issues below a certificate can know its subject
 * without having it.
 *
 * @param common_name, organization, serial_number  UTF-8, at most 64 bytes each; what is empty is left out.
 * @param[out] encoded  Inside `out`; TPS_DICE_NAME_MAX bytes are enough.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL  @retval TPS_BAD_ARGUMENT  All are empty, or one is too large.
 */
TPS_MUST_USE tps_status tps_dice_name_encode(tps_span common_name, tps_span organization,
                                             tps_span serial_number, tps_buf out, tps_span *encoded);

/** What goes into an X.509 certificate that a device, or its maker for it, makes. */
typedef struct {
    tps_span issuer;                   /**< Name, DER: the subject of the issuer's certificate */
    tps_span subject;                  /**< Name, DER */
    const tps_crypto_key *subject_key; /**< P-256, its public part is enough; the serial number and the key
                                          identifier follow from it */
    tps_span authority_key_id;         /**< the issuer's key identifier; empty: computed, tps_dice_key_id() */
    bool is_ca;           /**< keyCertSign, and basicConstraints cA; else digitalSignature alone */
    uint32_t path_length; /**< of a CA: how many issuing certificates may follow */
    const tps_span *uris; /**< subject alternative names */
    size_t uri_count;
    const tps_span *extensions; /**< whole, from tps_dice_extension_encode() */
    size_t extension_count;
} tps_dice_certificate_plan;

/**
 * @brief Make an X.509 certificate, without a heap and without a clock.
 *
 * Version 3, ecdsa-with-SHA256. It is valid from 2026-01-01 without a well-defined end (99991231235959Z; RFC
 * 5280, 4.1.2.5), as a device without a clock knows no other times, and may outlive every guess.
 * Extensions: basicConstraints and keyUsage, critical; subjectKeyIdentifier, authorityKeyIdentifier,
 * subjectAltName; then those given.
 *
 * @param plan          What to say. Nothing that it points to may lie in `out`.
 * @param issuer_key    The issuer's private key, P-256.
 * @param out           Room; TPS_BUF_MEASURE only measures.
 * @param[out] encoded  Inside `out`. Measured, or with too little room, its `data` is NULL and its `size` is
 * enough: a signature's size varies by a few bytes.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_CRYPTO_ALG_REFUSED  A key is not on P-256.
 * @retval TPS_TOO_LARGE           64 KiB or more.
 * @retval others                  As tps_crypto_sign().
 *
 * RFC 5280, 4.1; RFC 5758, 3.2. Stack: about 0.5 KiB on a Cortex-M33, beside the crypto back end's.
 */
TPS_MUST_USE tps_status tps_dice_certificate_make(const tps_dice_certificate_plan *plan,
                                                  tps_crypto_key *issuer_key, tps_buf out, tps_span *encoded);

/** What a chain says of one measured thing. */
typedef struct {
    uint32_t certificate; /**< which certificate says it: index into the chain */
    bool has_tcb_info;    /**< else `input` is what it says */
    tps_dice_tcb_info tcb_info;
    tps_dice_input input;
} tps_dice_layer;

/**
 * @brief The layers that a chain of X.509 certificates speaks of, from the first layer on.
 *
 * Signatures and times are not verified here: tps_x509_chain_verify() does that on a host. What is checked:
 * each certificate's issuer is the next one's subject, whoever issues may, path lengths, no critical
 * extension is unknown.
 *
 * @param chain          DER certificates, leaf first, as in x5chain; `count` 1..TPS_DICE_CHAIN_MAX.
 * @param[out] layers    Room for `*layer_count` of them.
 * @param[in,out] layer_count  Room; then how many there are (or, with TPS_BUFFER_TOO_SMALL, would be).
 * @param[out] why       May be NULL.
 *
 * @retval TPS_OK                  `*layer_count` may be 0: certificates without DICE.
 * @retval TPS_DICE_CHAIN_BROKEN   A certificate was issued by another than the next.
 * @retval TPS_DICE_NOT_A_CA       The next may not issue certificates, or not so many below it.
 * @retval TPS_DICE_CRITICAL       A critical extension is not understood.
 * @retval TPS_BAD_ARGUMENT        `count`.
 * @retval TPS_BUFFER_TOO_SMALL    More layers than room.
 * @retval others                  As tps_dice_certificate_read(); `why` holds the offset into that
 * certificate.
 *
 * Stack: 1.3 KiB on a Cortex-M33.
 */
TPS_MUST_USE tps_status tps_dice_chain_layers(const tps_span *chain, size_t count, tps_dice_layer *layers,
                                              size_t *layer_count, tps_error *why);

/** What a chain is verified against: of X.509 certificates, or of CBOR ones. */
typedef struct {
    tps_crypto_key *root; /**< the key that signed the certificate nearest to the root: the maker's, or the
                             device's UDS */
    tps_span issuer;      /**< what that one must name as its issuer: a Name in DER, or a text; empty: any */
    int64_t now;          /**< seconds since 1970; 0 where there is no clock: times are not looked at */
    tps_buf scratch;      /**< for EdDSA of CBOR certificates; see tps_cose_terms */
} tps_dice_anchor;

/**
 * @brief Verify a chain of X.509 certificates, and list the layers that it speaks of.
 *
 * Critical extensions of DICE are understood here, which other verifiers refuse. Signatures: ECDSA with
 * SHA-256 on P-256, with SHA-384 on P-384, with SHA-512 on P-256, P-384 and P-521; Ed25519. The parameters of
 * ECDSA are absent (RFC 5758, 3.2), or NULL, as some devices write them.
 *
 * @param chain, count   As tps_dice_chain_layers().
 * @param anchor         Its `root` must have signed the last certificate.
 * @param layers, layer_count  As tps_dice_chain_layers(); to be believed only with TPS_OK.
 * @param[out] leaf      The key of the first certificate; the caller frees it. May be NULL.
 * @param[out] why       May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CRYPTO_BAD_SIGNATURE   A certificate was not signed by the next one's key.
 * @retval TPS_CRYPTO_ALG_REFUSED     Its algorithm is none of these, or does not fit the key.
 * @retval TPS_CRYPTO_CHAIN_EXPIRED   `anchor->now` is outside of its times.
 * @retval TPS_DICE_CHAIN_BROKEN      The last one names another issuer than `anchor->issuer`; or as below.
 * @retval TPS_CRYPTO_BAD_KEY         A key in the chain is of an unknown kind or curve.
 * @retval TPS_BAD_ARGUMENT           No root, or `count`.
 * @retval TPS_CRYPTO_FAILED
 * @retval others                     As tps_dice_chain_layers().
 *
 * Stack: about 1.6 KiB on a Cortex-M33, beside the crypto back end's. RFC 5280, 6.1, as far as DICE needs it:
 * no policies, name constraints or revocation.
 */
TPS_MUST_USE tps_status tps_dice_chain_verify(const tps_span *chain, size_t count,
                                              const tps_dice_anchor *anchor, tps_dice_layer *layers,
                                              size_t *layer_count, tps_crypto_key **leaf, tps_error *why);

/* ---- CBOR certificates ---- */

/** Claims of a CBOR certificate (Open Profile, CBOR CDI Certificates). */
enum {
    TPS_DICE_CLAIM_CODE_HASH = -4670545, /**< and so on downwards, as TPS_DICE_CODE_HASH ... to the mode */
    TPS_DICE_CLAIM_MODE = -4670551,
    TPS_DICE_CLAIM_SUBJECT_PUBLIC_KEY = -4670552,
    TPS_DICE_CLAIM_KEY_USAGE = -4670553,
    TPS_DICE_CLAIM_PROFILE_NAME = -4670554
};

/** Key usages: bit n is bit n of X.509's KeyUsage (RFC 5280, 4.2.1.3). */
enum { TPS_DICE_USAGE_DIGITAL_SIGNATURE = 1 << 0, TPS_DICE_USAGE_KEY_CERT_SIGN = 1 << 5 };

/** What a CBOR certificate says. */
typedef struct {
    tps_span issuer;      /**< text, not empty */
    tps_span subject;     /**< text, not empty */
    tps_dice_input input; /**< `present` is 0 for a UDS certificate */
    tps_span public_key;  /**< of the subject: encoded COSE_Key; see tps_cose_key_put() */
    uint32_t key_usage;   /**< TPS_DICE_USAGE_*, not 0 */
} tps_dice_cwt_claims;

/** A CBOR certificate that was taken apart, not yet verified. */
typedef struct {
    tps_cose_message message;
    tps_dice_cwt_claims claims;
    int64_t expiry;     /**< seconds since 1970; INT64_MAX when absent */
    int64_t not_before; /**< INT64_MIN when absent */
} tps_dice_cwt;

/**
 * @brief Take a CBOR certificate apart, without verifying it.
 *
 * @param certificate  An untagged COSE_Sign1, at most 64 KiB.
 * @param[out] out     Points into it; undefined unless TPS_OK.
 * @param[out] why     May be NULL; an offset is that into the certificate's payload, once that was reached.
 *
 * @retval TPS_OK
 * @retval TPS_DICE_MISSING     Issuer, subject, subject public key or key usage is absent; or there are input
 * values, but not all that a CDI certificate needs.
 * @retval TPS_DICE_BAD_VALUE   It is tagged; an empty name; a mode that is not one byte; a key usage of no or
 * more than two bytes; or as tps_dice_input_check().
 * @retval TPS_CLAIM_BAD_TYPE   A claim has another type.
 * @retval TPS_COSE_*, TPS_CBOR_*  As tps_cose_sign1_parse(); the payload is no single map.
 *
 * Claims that are unknown are passed over (RFC 8392, 3). Stack: 0.9 KiB on a Cortex-M33.
 */
TPS_MUST_USE tps_status tps_dice_cwt_read(tps_span certificate, tps_dice_cwt *out, tps_error *why);

/** One layer of a chain of CBOR certificates. */
typedef struct {
    tps_span subject;
    tps_dice_input input; /**< `present` is 0 for a UDS certificate */
} tps_dice_cwt_layer;

/**
 * @brief Verify a chain of CBOR certificates.
 *
 * Each is signed by the key that the one before it certifies, names it as its issuer, and that one may sign
 * certificates (keyCertSign) and do so with this algorithm.
 *
 * @param chain        Root side first, as devices send them; `count` 1..TPS_DICE_CHAIN_MAX.
 * @param[out] layers  Room for `count`, by index of the certificates; may be NULL.
 * @param[out] leaf    The key that the last one certifies; the caller frees it. May be NULL.
 * @param[out] why     May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_COSE_BAD_SIGNATURE   A certificate was not signed by the one before.
 * @retval TPS_DICE_CHAIN_BROKEN    Nor names it as its issuer.
 * @retval TPS_DICE_NOT_A_CA        The one before has no keyCertSign.
 * @retval TPS_CRYPTO_CHAIN_EXPIRED  Outside of its times.
 * @retval TPS_BAD_ARGUMENT         `count`, or no root.
 * @retval TPS_CRYPTO_FAILED
 * @retval others                   As tps_dice_cwt_read(), tps_cose_sign1_verify(), tps_cose_key_read_for().
 *
 * Chains in which X.509 and CBOR alternate are not taken. Stack: 2 KiB on a Cortex-M33, beside the
 * crypto back end's.
 */
TPS_MUST_USE tps_status tps_dice_cwt_chain_verify(const tps_span *chain, size_t count,
                                                  const tps_dice_anchor *anchor, tps_dice_cwt_layer *layers,
                                                  tps_crypto_key **leaf, tps_error *why);

/**
 * @brief Make a CBOR certificate, in deterministic form, without times.
 *
 * @param payload       Room for the encoded claims, until the certificate is made; it may not lie in `out`.
 * With TPS_BUF_MEASURE only they are measured, to `encoded->size`.
 * @param scratch       For EdDSA, see tps_cose_make_options; else TPS_BUF_MEASURE.
 * @param[out] encoded  The certificate, inside `out`; with too little room in `out` or `payload`, its size is
 * what that one needs.
 *
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL
 * @retval TPS_DICE_MISSING, TPS_DICE_BAD_VALUE  As tps_dice_cwt_read().
 * @retval others                                As tps_cose_sign1_make().
 */
TPS_MUST_USE tps_status tps_dice_cwt_make(const tps_dice_cwt_claims *claims, const tps_cose_signer *signer,
                                          tps_buf payload, tps_buf scratch, tps_buf out, tps_span *encoded);

#ifdef __cplusplus
}
#endif

#endif
