/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tpm.h
 * What a TPM 2.0 says of its platform (TCG, Trusted Platform Module Library, Part 2): quotes, signatures and
 * public keys; the firmware's event log (TCG, PC Client Platform Firmware Profile, 10); and evidence that
 * holds them together (spec/tpm-evidence.md). Read in place, without a heap.
 *
 * SHA-1 is read, so that it can be named, and proves nothing: a bank, a signature, a log or a name that rests
 * on SHA-1 alone is refused as such.
 *
 * Nothing here trusts anybody: verify the quote's signature (src/verifier) under a key that somebody vouches
 * for.
 *
 * Thread-safe for distinct outputs.
 */
#ifndef TPS_TPM_H
#define TPS_TPM_H

#include "tps/cbor.h"
#include "tps/crypto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** TPM_ALG_ID (Part 2, 6.3), as far as names are needed. */
enum {
    TPS_TPM_ALG_RSA = 0x0001,
    TPS_TPM_ALG_SHA1 = 0x0004,
    TPS_TPM_ALG_AES = 0x0006,
    TPS_TPM_ALG_SHA256 = 0x000b,
    TPS_TPM_ALG_SHA384 = 0x000c,
    TPS_TPM_ALG_SHA512 = 0x000d,
    TPS_TPM_ALG_NULL = 0x0010,
    TPS_TPM_ALG_SM3 = 0x0012,
    TPS_TPM_ALG_RSASSA = 0x0014,
    TPS_TPM_ALG_RSAES = 0x0015,
    TPS_TPM_ALG_RSAPSS = 0x0016,
    TPS_TPM_ALG_OAEP = 0x0017,
    TPS_TPM_ALG_ECDSA = 0x0018,
    TPS_TPM_ALG_ECDAA = 0x001a,
    TPS_TPM_ALG_ECC = 0x0023,
    TPS_TPM_ALG_CFB = 0x0043
};

/** "sha256", "rsassa", ...; "unknown". */
const char *tps_tpm_alg_name(uint32_t alg);

/** The size of a digest of a hash in bytes: 20, 32, 48, 64; 0 if `alg` is no hash that is known here. */
size_t tps_tpm_digest_size(uint32_t alg);

/** Whether a hash is one to rest on. @retval TPS_OK @retval TPS_TPM_SHA1  It is SHA-1. @retval
 * TPS_TPM_UNSUPPORTED  It is another one that is not taken here, such as SM3; or no hash. */
TPS_MUST_USE tps_status tps_tpm_hash_check(uint32_t alg);

/** COSE's number of a hash (TPS_ALG_SHA256 ...); TPS_ALG_NONE of SHA-1 and all that is no hash. */
int32_t tps_tpm_hash_alg(uint32_t alg);

/** Registers of a PC client's TPM are 0 to 23; a selection has room for as many as this. */
#define TPS_TPM_PCR_MAX 32u
/** The most banks of a selection, a log or a list of values. */
#define TPS_TPM_BANKS_MAX 8u

/* ---- what was signed ---- */

/** Registers of one bank. */
typedef struct {
    uint32_t alg;  /**< TPS_TPM_ALG_SHA256 ... */
    uint32_t pcrs; /**< bits 1 << number */
} tps_tpm_selection;

/** A quote: TPMS_ATTEST of the type TPM_ST_ATTEST_QUOTE (Part 2, 10.12.8 and 10.12.12). */
typedef struct {
    tps_span signer_name; /**< qualified name of the key that signed: at most 66 bytes */
    tps_span extra_data;  /**< qualifying data: what the TPM was asked with; at most 64 bytes, may be empty */
    uint64_t clock;       /**< milliseconds that the TPM was powered */
    uint32_t reset_count; /**< starts since its owner was changed */
    uint32_t restart_count; /**< resumes since then */
    bool is_clock_safe;
    uint64_t firmware_version; /**< the TPM's own; 0 where it is hidden from the key */
    size_t selection_count;
    tps_tpm_selection selections[TPS_TPM_BANKS_MAX]; /**< in the order of the digest; no bank twice */
    tps_span pcr_digest; /**< over the selected values, with the hash of the signature */
} tps_tpm_quote;

/**
 * @brief Read a quote.
 * @param attest    TPMS_ATTEST, as tpm2_quote writes it.
 * @param[out] out  Points into `attest`; undefined unless TPS_OK.
 * @param[out] why  Offset and the field's name; may be NULL.
 * @retval TPS_TPM_TRUNCATED, TPS_TPM_TRAILING
 * @retval TPS_TPM_NOT_FROM_TPM  The magic number is not a TPM's: the key signed something from outside.
 * @retval TPS_TPM_NOT_A_QUOTE   Another kind of statement; `why` names it.
 * @retval TPS_TPM_BAD_VALUE     A field has a value or a size that it cannot have.
 */
TPS_MUST_USE tps_status tps_tpm_quote_decode(tps_span attest, tps_tpm_quote *out, tps_error *why);

/** TPMT_SIGNATURE (Part 2, 11.3.4). */
typedef struct {
    uint32_t scheme; /**< TPS_TPM_ALG_RSASSA, _RSAPSS, _ECDSA */
    uint32_t hash;   /**< TPS_TPM_ALG_SHA1 ... */
    tps_span value;  /**< of RSA */
    tps_span r;      /**< of ECDSA: at most 66 bytes, as they stand */
    tps_span s;
} tps_tpm_signature;

/** @retval TPS_TPM_TRUNCATED, TPS_TPM_TRAILING, TPS_TPM_BAD_VALUE @retval TPS_TPM_UNSUPPORTED  Another
 * scheme or hash; `why` names it. */
TPS_MUST_USE tps_status tps_tpm_signature_decode(tps_span encoded, tps_tpm_signature *out, tps_error *why);

/** Attributes of a key: bits (Part 2, 8.3). */
enum {
    TPS_TPM_FIXED_TPM = 1 << 1,
    TPS_TPM_ST_CLEAR = 1 << 2,
    TPS_TPM_FIXED_PARENT = 1 << 4,
    TPS_TPM_SENSITIVE_DATA_ORIGIN = 1 << 5,
    TPS_TPM_USER_WITH_AUTH = 1 << 6,
    TPS_TPM_ADMIN_WITH_POLICY = 1 << 7,
    TPS_TPM_NO_DA = 1 << 10,
    TPS_TPM_ENCRYPTED_DUPLICATION = 1 << 11,
    TPS_TPM_RESTRICTED = 1 << 16,
    TPS_TPM_DECRYPT = 1 << 17,
    TPS_TPM_SIGN = 1 << 18,
    TPS_TPM_X509_SIGN = 1 << 19
};

/** The public area of a key: TPMT_PUBLIC (Part 2, 12.2.4). */
typedef struct {
    tps_span encoded; /**< the TPMT_PUBLIC, of which the name is the hash */
    uint32_t type;    /**< TPS_TPM_ALG_RSA or _ECC */
    uint32_t name_alg;
    uint32_t attributes;
    tps_span policy;
    uint32_t symmetric; /**< of a storage key: TPS_TPM_ALG_AES; else _NULL */
    uint32_t symmetric_bits;
    uint32_t symmetric_mode;
    uint32_t scheme;      /**< _NULL: any */
    uint32_t scheme_hash; /**< 0 without */
    uint32_t bits;        /**< of RSA */
    uint32_t exponent;    /**< of RSA: 65537 for the default */
    int32_t curve;        /**< TPS_CURVE_* of ECC */
    tps_span n;           /**< of RSA */
    tps_span x;           /**< of ECC; at most as long as the curve has it */
    tps_span y;
} tps_tpm_public;

/**
 * @brief Read a public area: TPMT_PUBLIC, or a TPM2B_PUBLIC around it (tpm2_createak -u, tpm2_readpublic -o).
 * @retval TPS_TPM_TRUNCATED, TPS_TPM_TRAILING, TPS_TPM_BAD_VALUE
 * @retval TPS_TPM_UNSUPPORTED  Neither RSA nor ECC, or an algorithm or curve that is not known here.
 */
TPS_MUST_USE tps_status tps_tpm_public_decode(tps_span encoded, tps_tpm_public *out, tps_error *why);

/**
 * Whether a key signs nothing but what its TPM made (Part 1, 25.1): fixedTPM, fixedParent,
 * sensitiveDataOrigin, restricted, sign, not decrypt, with a scheme of its own that signs.
 * @retval TPS_TPM_KEY_ATTRIBUTES  It does not; `why` names the attribute.
 * @retval TPS_TPM_SHA1            It signs, or is named, by SHA-1.
 * @retval TPS_TPM_UNSUPPORTED     By another hash that is not taken here.
 */
TPS_MUST_USE tps_status tps_tpm_public_is_attestation(const tps_tpm_public *key, tps_error *why);

/** Whether a key decrypts only what is for its TPM: fixedTPM, fixedParent, restricted, decrypt, not sign: an
 * endorsement key. Errors as above. */
TPS_MUST_USE tps_status tps_tpm_public_is_endorsement(const tps_tpm_public *key, tps_error *why);

/** The key for use. The caller frees it. @retval TPS_CRYPTO_* */
TPS_MUST_USE tps_status tps_tpm_public_key(const tps_tpm_public *key, tps_crypto_key **out);

#define TPS_TPM_NAME_MAX 66u
/** The Name of a key: its name algorithm and the hash of its public area (Part 1, 16). @retval TPS_TPM_SHA1
 * @retval TPS_CRYPTO_FAILED */
TPS_MUST_USE tps_status tps_tpm_public_name(const tps_tpm_public *key, uint8_t name[TPS_TPM_NAME_MAX],
                                            size_t *size);

#define TPS_TPM_INSTANCE_SIZE 33u
/** The instance id that goes with an attestation key: 0x01 and SHA-256 of the public area
 * (spec/tpm-evidence.md). @retval TPS_OK, TPS_CRYPTO_FAILED */
TPS_MUST_USE tps_status tps_tpm_instance_of(const tps_tpm_public *key,
                                            uint8_t instance[TPS_TPM_INSTANCE_SIZE]);

/* ---- values of registers ---- */

/** A list of values that is being walked. */
typedef struct {
    tps_cbor_reader reader;
    tps_cbor_list banks;
    tps_cbor_list pcrs;
    uint32_t alg;
} tps_tpm_pcr_walk;

typedef struct {
    uint32_t alg;
    uint32_t pcr;
    tps_span digest;
} tps_tpm_pcr;

/* ---- the event log ---- */

/** Types of events (PC Client Platform Firmware Profile, 10.4.1). */
enum {
    TPS_TPM_EV_POST_CODE = 0x1,
    TPS_TPM_EV_NO_ACTION = 0x3,
    TPS_TPM_EV_SEPARATOR = 0x4,
    TPS_TPM_EV_ACTION = 0x5,
    TPS_TPM_EV_EVENT_TAG = 0x6,
    TPS_TPM_EV_S_CRTM_CONTENTS = 0x7,
    TPS_TPM_EV_S_CRTM_VERSION = 0x8,
    TPS_TPM_EV_PLATFORM_CONFIG_FLAGS = 0xa,
    TPS_TPM_EV_TABLE_OF_DEVICES = 0xb,
    TPS_TPM_EV_COMPACT_HASH = 0xc,
    TPS_TPM_EV_IPL = 0xd,
    TPS_TPM_EV_IPL_PARTITION_DATA = 0xe,
    TPS_TPM_EV_NONHOST_CODE = 0xf,
    TPS_TPM_EV_NONHOST_CONFIG = 0x10,
    TPS_TPM_EV_NONHOST_INFO = 0x11,
    TPS_TPM_EV_OMIT_BOOT_DEVICE_EVENTS = 0x12,
    TPS_TPM_EV_POST_CODE2 = 0x13
};
/** Those of UEFI. */
#define TPS_TPM_EV_EFI_VARIABLE_DRIVER_CONFIG    0x80000001u
#define TPS_TPM_EV_EFI_VARIABLE_BOOT             0x80000002u
#define TPS_TPM_EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003u
#define TPS_TPM_EV_EFI_BOOT_SERVICES_DRIVER      0x80000004u
#define TPS_TPM_EV_EFI_RUNTIME_SERVICES_DRIVER   0x80000005u
#define TPS_TPM_EV_EFI_GPT_EVENT                 0x80000006u
#define TPS_TPM_EV_EFI_ACTION                    0x80000007u
#define TPS_TPM_EV_EFI_PLATFORM_FIRMWARE_BLOB    0x80000008u
#define TPS_TPM_EV_EFI_HANDOFF_TABLES            0x80000009u
#define TPS_TPM_EV_EFI_PLATFORM_FIRMWARE_BLOB2   0x8000000au
#define TPS_TPM_EV_EFI_HANDOFF_TABLES2           0x8000000bu
#define TPS_TPM_EV_EFI_VARIABLE_BOOT2            0x8000000cu
#define TPS_TPM_EV_EFI_GPT_EVENT2                0x8000000du
#define TPS_TPM_EV_EFI_HCRTM_EVENT               0x80000010u
#define TPS_TPM_EV_EFI_VARIABLE_AUTHORITY        0x800000e0u
#define TPS_TPM_EV_EFI_SPDM_FIRMWARE_BLOB        0x800000e1u
#define TPS_TPM_EV_EFI_SPDM_FIRMWARE_CONFIG      0x800000e2u

/** "EV_SEPARATOR", ...; "an event of an unknown type". */
const char *tps_tpm_event_name(uint32_t type);

/** The most events of a log, and the most bytes of one and of all of it. */
#define TPS_TPM_EVENTS_MAX     4096u
#define TPS_TPM_EVENT_SIZE_MAX 0x20000u
#define TPS_TPM_LOG_SIZE_MAX   0xc0000u

/** A crypto-agile event log that was checked. Private, but for its banks. */
typedef struct {
    tps_span encoded;
    size_t first; /**< private: where the first event behind the header is */
    size_t event_count;
    size_t bank_count;
    uint32_t banks[TPS_TPM_BANKS_MAX]; /**< TPS_TPM_ALG_*, SHA-1 and unknown ones among them */
    uint16_t sizes[TPS_TPM_BANKS_MAX]; /**< of their digests */
} tps_tpm_log;

/** One event. */
typedef struct {
    uint32_t number; /**< in the log, as people count it: the header is 0 */
    uint32_t pcr;
    uint32_t type;    /**< TPS_TPM_EV_* */
    tps_span digests; /**< private */
    tps_span data;    /**< what the firmware says that it measured: proves nothing by itself */
} tps_tpm_event;

/**
 * @brief Read a log to its last byte.
 * @param encoded   As firmware and kernel give it (/sys/kernel/security/tpm0/binary_bios_measurements).
 * @param[out] out  Points into `encoded`; undefined unless TPS_OK.
 * @retval TPS_TPM_TRUNCATED, TPS_TPM_BAD_VALUE
 * @retval TPS_TPM_LOG_LEGACY  It has SHA-1 digests only: the form of TPM 1.2.
 * @retval TPS_TOO_LARGE       A limit above is passed.
 */
TPS_MUST_USE tps_status tps_tpm_log_decode(tps_span encoded, tps_tpm_log *out, tps_error *why);

/** A walk over the events behind the header. */
typedef struct {
    const tps_tpm_log *log;
    size_t at;
    uint32_t number;
} tps_tpm_event_walk;

tps_tpm_event_walk tps_tpm_events(const tps_tpm_log *log);
bool tps_tpm_next_event(tps_tpm_event_walk *walk, tps_tpm_event *out);

/** The event's digest in a bank; empty when the log has no such bank. */
tps_span tps_tpm_event_digest(const tps_tpm_log *log, const tps_tpm_event *event, uint32_t bank);

/** Values of the registers of one bank. */
typedef struct {
    uint32_t bank;
    size_t size;       /**< of each digest */
    uint32_t extended; /**< bits 1 << number: those that some event extended, or began otherwise than at 0 */
    uint8_t values[TPS_TPM_PCR_MAX][TPS_HASH_SIZE_MAX];
} tps_tpm_registers;

/**
 * @brief Compute the registers that a log leads to (Part 1, 17.3): each event is extended in its order. What
 * begins otherwise than at zero is known: PCR 0 after a start from another locality (StartupLocality), PCR 17
 * to 22, all ones until a dynamic start.
 * @retval TPS_TPM_LOG_BANK  The log has no such bank, or it is one of SHA-1 or unknown.
 * @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_tpm_log_replay(const tps_tpm_log *log, uint32_t bank, tps_tpm_registers *out);

#define TPS_TPM_EVENT_TEXT_MAX 120u
/**
 * What an event says that it is, for people: the name of a variable, the path of a program, a text.
 * Firmware's own word: true only where tps_tpm_event_is_told() says so. UTF-8, printable, zero-terminated,
 * cut to fit; empty when it says nothing.
 */
void tps_tpm_event_describe(const tps_tpm_event *event, char text[TPS_TPM_EVENT_TEXT_MAX]);

/** True when the event's data is what was measured: its digest in `bank` is the hash of the data. */
bool tps_tpm_event_is_told(const tps_tpm_log *log, const tps_tpm_event *event, uint32_t bank);

/* ---- evidence ---- */

/** The profile that stands in evidence, and its media type. */
#define TPS_TPM_PROFILE    "tag:opentps.org,2026:tpm2-quote"
#define TPS_TPM_MEDIA_TYPE "application/vnd.opentps.tpm2-quote+cbor"

/** The most bytes of evidence, its log included. */
#define TPS_TPM_EVIDENCE_MAX 0x100000u

/** The most certificates of a chain, leaf first. */
#define TPS_TPM_CHAIN_MAX 6u

/** How evidence came. */
enum {
    TPS_TPM_FORM_NONE = 0,
    TPS_TPM_FORM_MAP = 1,    /**< spec/tpm-evidence.cddl */
    TPS_TPM_FORM_TOKEN = 2,  /**< EnactTrust's: a node's UUID, a quote, its signature */
    TPS_TPM_FORM_KEYLIME = 3 /**< keylime's text: quote, signature, values in base 64 */
};

/** What evidence holds, as bytes: nothing of it is verified. Members that are absent are empty. */
typedef struct {
    uint32_t form;
    tps_span attest;                   /**< TPMS_ATTEST */
    tps_span signature;                /**< TPMT_SIGNATURE */
    tps_span ak;                       /**< TPMT_PUBLIC of the key that signed */
    tps_span chain[TPS_TPM_CHAIN_MAX]; /**< DER: its certificates */
    size_t chain_count;
    tps_span ek_chain[TPS_TPM_CHAIN_MAX]; /**< DER: those of the TPM's endorsement key */
    size_t ek_chain_count;
    tps_span pcrs;        /**< encoded: see tps_tpm_pcrs() */
    tps_span event_log;   /**< see tps_tpm_log_decode() */
    tps_span instance;    /**< the device's instance id, 7 to 33 bytes, or a node's UUID; empty: the AK's */
    tps_span nonce;       /**< where the quote holds a hash of it */
    tps_span aud;         /**< for whom: text */
    tps_span aud_encoded; /**< the same as it is encoded; of no meaning when written */
} tps_tpm_evidence;

/** Which form bytes have, by how they begin. */
uint32_t tps_tpm_evidence_form(tps_span bytes);

/**
 * @brief Take evidence apart.
 *
 * @param room      For keylime's text only: twice as many bytes as `bytes` has are enough. TPS_BUF_MEASURE
 * refuses that text.
 * @param[out] out  Points into `bytes`, or `room`; undefined unless TPS_OK.
 * @retval TPS_TPM_BAD_EVIDENCE  It breaks spec/tpm-evidence.cddl, or the form that it has.
 * @retval TPS_TOO_LARGE         More than TPS_TPM_EVIDENCE_MAX.
 * @retval TPS_BUFFER_TOO_SMALL, TPS_BAD_BASE64, TPS_CBOR_*
 */
TPS_MUST_USE tps_status tps_tpm_evidence_decode(tps_span bytes, tps_buf room, tps_tpm_evidence *out,
                                                tps_error *why);

/** Writes the map, deterministically. `pcrs` must be as tps_tpm_pcrs_encode() gives it. @retval
 * TPS_BUFFER_TOO_SMALL, TPS_BAD_ARGUMENT */
TPS_MUST_USE tps_status tps_tpm_evidence_encode(const tps_tpm_evidence *evidence, tps_buf out,
                                                tps_span *encoded);

/** The values that stand in evidence: sorted, no register twice. */
tps_tpm_pcr_walk tps_tpm_pcrs(tps_span encoded);
bool tps_tpm_next_pcr(tps_tpm_pcr_walk *walk, tps_tpm_pcr *out);

/** The value of one register; empty when it is not there. */
tps_span tps_tpm_pcr_of(tps_span encoded, uint32_t bank, uint32_t pcr);

/**
 * Whether values are those that were quoted: all that are selected are there, no other is, and their hash is
 * the quote's.
 * @param hash  The hash of the quote's signature.
 * @retval TPS_TPM_BAD_VALUE  There is a value of a register, or of a bank, that is not selected: nobody
 * signed it.
 * @retval TPS_TPM_PCR_MISSING, TPS_TPM_PCR_DIGEST, TPS_TPM_SHA1, TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_tpm_pcrs_check(const tps_tpm_quote *quote, tps_span pcrs, uint32_t hash,
                                           tps_error *why);

/**
 * @brief Values as tpm2-tools write them (tpm2_quote -o; -F serialized or values) as those of evidence.
 * @param quote  Says which registers `values` are, where they are bare.
 * @retval TPS_TPM_BAD_VALUE  They are of another selection, or in neither form.
 * @retval TPS_BUFFER_TOO_SMALL
 */
TPS_MUST_USE tps_status tps_tpm_pcrs_encode(const tps_tpm_quote *quote, tps_span values, tps_buf out,
                                            tps_span *encoded);

/**
 * The qualifying data for a nonce (spec/tpm-evidence.md): the nonce itself where there is no audience and it
 * has at most 32 bytes; else SHA-256 of the CBOR array [nonce, aud] (aud left out without one).
 * @param[out] data  Room for 32 bytes. @param[out] size  8 to 32.
 * @retval TPS_BAD_ARGUMENT  The nonce has not 8 to 64 bytes, or the audience more than 256.
 * @retval TPS_CRYPTO_FAILED
 */
TPS_MUST_USE tps_status tps_tpm_qualifying_data(tps_span nonce, tps_span aud, uint8_t data[TPS_SHA256_SIZE],
                                                size_t *size);

#ifdef __cplusplus
}
#endif

#endif
