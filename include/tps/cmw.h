/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file cmw.h
 * The Conceptual Message Wrapper (CMW, RFC 9999): evidence, results, endorsements and other messages with
 * their type, one by one (records, CBOR tags) or many under labels (collections, nested), in CBOR and in
 * JSON; signed, or in a certificate. Without a heap: what is read points into the input, but for what JSON
 * escapes, which goes into the caller's room.
 *
 * A wrapper protects nothing. What stands around a message (its type, its label, its company) is as good as
 * whoever signed the wrapper, and nobody if nobody did.
 *
 * Tunnels between the encodings ("#cmw-c2j-tunnel") were in drafts only: they are refused as a type.
 *
 * Thread-safe for distinct outputs, rooms, walks, writers and key objects.
 */
#ifndef TPS_CMW_H
#define TPS_CMW_H

#include "tps/jws.h"

#ifdef __cplusplus
extern "C" {
#endif

/** The largest wrapper taken, in bytes. */
#define TPS_CMW_SIZE_MAX (16u << 20)

/** How deep collections may be nested. */
#define TPS_CMW_DEPTH_MAX 8u

/** The longest media type and type of a collection, in bytes. */
#define TPS_CMW_TYPE_MAX 512u

/** How a wrapper is encoded. */
enum {
    TPS_CMW_UNKNOWN = 0, /**< no wrapper */
    TPS_CMW_CBOR_RECORD = 1,
    TPS_CMW_CBOR_TAG = 2,
    TPS_CMW_CBOR_COLLECTION = 3,
    TPS_CMW_JSON_RECORD = 4,
    TPS_CMW_JSON_COLLECTION = 5
};

/** What a message is: bits of the indicator (RFC 9999, 3.1.1). */
enum {
    TPS_CMW_REFERENCE_VALUES = 1,
    TPS_CMW_ENDORSEMENTS = 2,
    TPS_CMW_EVIDENCE = 4,
    TPS_CMW_RESULTS = 8,
    TPS_CMW_POLICY = 16,
    TPS_CMW_INDICATORS = 31 /**< all that have a meaning */
};

/** CoAP content formats of messages that this library knows (IANA's registry). */
enum {
    TPS_CONTENT_FORMAT_EAT_CWT = 263,
    TPS_CONTENT_FORMAT_EAT_JWT = 264,
    TPS_CONTENT_FORMAT_CMW_CBOR = 273,
    TPS_CONTENT_FORMAT_CMW_JSON = 274,
    TPS_CONTENT_FORMAT_CMW_COSE = 275,
    TPS_CONTENT_FORMAT_CMW_JWS = 276,
    TPS_CONTENT_FORMAT_PSA = 10003,       /**< RFC 9783 */
    TPS_CONTENT_FORMAT_PSA_LEGACY = 10004 /**< profile PSA_IOT_PROFILE_1 */
};

/** `content_format` of a wrapper whose type is text. */
#define TPS_CMW_NO_CONTENT_FORMAT UINT32_MAX

/** A wrapper: a record or tag with one message, or a collection of wrappers. */
typedef struct {
    uint32_t form;            /**< TPS_CMW_CBOR_RECORD ... */
    tps_span encoded;         /**< all of it, inside the input */
    tps_span type;            /**< the message's media type with its parameters; empty when it is a number */
    uint32_t content_format;  /**< the type as CoAP content format, or TPS_CMW_NO_CONTENT_FORMAT */
    tps_span value;           /**< the message; in JSON as base64url: see tps_cmw_message() */
    uint32_t indicator;       /**< TPS_CMW_EVIDENCE ...; 0: it does not say */
    tps_span collection_type; /**< of a collection: absolute URI or object identifier; empty when absent */
    uint32_t count;           /**< of a collection: entries, 1 or more; else 0 */
} tps_cmw;

/** The encoding by the first byte (behind white space, for JSON), without looking further: RFC 9999, 3.4. */
uint32_t tps_cmw_form(tps_span bytes);

/** True for the two collections. */
bool tps_cmw_is_collection(const tps_cmw *cmw);

/**
 * @brief Read a wrapper, and check all that lies within it but the messages themselves.
 *
 * @param input     The wrapper and nothing else; at most TPS_CMW_SIZE_MAX bytes.
 * @param room      For what JSON escapes in types and labels: taken from its front, at most as many bytes as
 *                  the text has; may be NULL for CBOR, and to refuse escapes (TPS_JSON_BAD_ESCAPE).
 * @param[out] out  Points into `input` and `room`; untouched unless TPS_OK.
 * @param[out] why  Offset and part; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CMW_NOT_WELL_FORMED      No wrapper, or a record without two or three members.
 * @retval TPS_CMW_BAD_TYPE             No media type (RFC 6838, 4.2) of at most TPS_CMW_TYPE_MAX bytes, and
 * no number up to 65,535; in JSON a number; a tunnel of the drafts.
 * @retval TPS_CMW_BAD_VALUE            The message is no byte string (in JSON no base64url without padding),
 * or empty.
 * @retval TPS_CMW_BAD_INDICATOR        0, or other bits than TPS_CMW_INDICATORS.
 * @retval TPS_CMW_BAD_TAG              No tag from 1668546817 to 1668612095 that RFC 9277 gives to a content
 * format.
 * @retval TPS_CMW_BAD_LABEL            Empty, or neither text nor (in CBOR) an integer of 64 bits with sign.
 * @retval TPS_CMW_EMPTY_COLLECTION     A collection without entry.
 * @retval TPS_CMW_BAD_COLLECTION_TYPE  "__cmwc_t" is no text with an absolute URI (RFC 3986, 4.3) or an
 * object identifier.
 * @retval TPS_CMW_TOO_DEEP             More than TPS_CMW_DEPTH_MAX collections one in another.
 * @retval TPS_CBOR_*, TPS_JSON_*       From tps_cbor_check() or its counterpart: labels that stand twice,
 * too.
 * @retval TPS_BUFFER_TOO_SMALL         The room.
 *
 * Stack, on a Cortex-M33: at most 2.9 KiB, the checkers included. No recursion. RFC 9999, 3.
 */
TPS_MUST_USE tps_status tps_cmw_read(tps_span input, tps_buf *room, tps_cmw *out, tps_error *why);

/**
 * @brief The message in a record or tag.
 *
 * @param room          JSON: its base64url is decoded into the front, which shrinks by what was taken (3
 * bytes for every 4 characters). CBOR: not used, may be NULL.
 * @param[out] message  In the input (CBOR) or in `room`.
 *
 * @retval TPS_OK
 * @retval TPS_BAD_ARGUMENT      It is a collection, or was not filled by tps_cmw_read() or tps_cmw_next().
 * @retval TPS_BUFFER_TOO_SMALL  `message->size` is the size needed, `data` NULL.
 */
TPS_MUST_USE tps_status tps_cmw_message(const tps_cmw *cmw, tps_buf *room, tps_span *message);

/** What an entry of a collection is called. */
typedef struct {
    bool is_int;    /**< CBOR only */
    int64_t number; /**< if is_int */
    tps_span text;  /**< otherwise; UTF-8, not empty */
} tps_cmw_label;

/** The order of labels in deterministic CBOR (RFC 8949, 4.2.1): below 0, 0 or above. */
int tps_cmw_label_compare(const tps_cmw_label *a, const tps_cmw_label *b);

/** A walk over the entries of a collection; private. */
typedef struct {
    tps_span rest;
    uint32_t left;
    bool is_json;
    bool has_entry;
} tps_cmw_walk;

/** A walk over the entries of a wrapper that was read; over none if it is no collection. */
tps_cmw_walk tps_cmw_entries(const tps_cmw *collection);

/**
 * @brief The next entry.
 *
 *     tps_cmw_walk walk = tps_cmw_entries(&collection);
 *     while (tps_cmw_next(&walk, &room, &label, &entry)) { ... entry may be a collection itself ... }
 *
 * @param room        As in tps_cmw_read().
 * @param[out] label  May be NULL.
 * @param[out] entry  As tps_cmw_read() would fill it; all of it was checked by the read.
 *
 * @return false behind the last entry; before it only when the room is too small, so that tps_cmw_left() is
 * not 0.
 */
bool tps_cmw_next(tps_cmw_walk *walk, tps_buf *room, tps_cmw_label *label, tps_cmw *entry);

/** Entries that were not read yet. */
uint32_t tps_cmw_left(const tps_cmw_walk *walk);

/* ---- types ---- */

/** The CBOR tag of a content format (RFC 9277, appendix B), or 0 if it has none (above 65,024). */
uint64_t tps_cmw_tag_of(uint32_t content_format);

/** The content format of a CBOR tag, or TPS_CMW_NO_CONTENT_FORMAT if it stands for none. */
uint32_t tps_cmw_content_format_of(uint64_t tag);

/** The media type of a content format that this library knows; NULL otherwise. */
const char *tps_cmw_media_type(uint32_t content_format);

/** The content format that is registered for exactly this media type (case of names and space around
 * parameters do not matter), as far as this library knows it; otherwise TPS_CMW_NO_CONTENT_FORMAT. */
uint32_t tps_cmw_content_format(tps_span media_type);

/** True when both are the same media type with the same parameters in the same order: the case of names and
 * space around parameters do not matter, and quotes around a value do not make another one. */
bool tps_cmw_type_equal(tps_span a, tps_span b);

/** True when the text is a media type with parameters as RFC 9999's Content-Type has it. */
bool tps_cmw_type_is_valid(tps_span media_type);

/** True when the text is an absolute URI (no fragment), or an object identifier in dotted decimals. */
bool tps_cmw_collection_type_is_valid(tps_span text);

/** Names of the indicator's bits, lowest first: "reference values" for bit 0; NULL for a bit without
 * meaning. */
const char *tps_cmw_indicator_name(uint32_t bit);

/* ---- writing ---- */

/** What goes into a record or a tag. */
typedef struct {
    tps_span type;           /**< media type; if empty, `content_format` is the type */
    uint32_t content_format; /**< looked at if `type` is empty */
    tps_span message;        /**< the bytes; not empty */
    uint32_t indicator;      /**< 0 leaves it out */
} tps_cmw_record;

/**
 * A writer of wrappers; in CBOR deterministic (RFC 8949, 4.2). With TPS_BUF_MEASURE it measures. It keeps its
 * first error for tps_cmw_writer_finish(). Treat as private.
 */
typedef struct {
    tps_cbor_writer cbor;
    uint64_t json[6];
    bool is_json;
    bool has_label; /**< a label was put; its entry follows */
    bool is_whole;  /**< the outermost wrapper is complete */
    tps_status status;
    uint32_t depth;
    struct {
        tps_span type; /**< of the collection; empty when it is absent, or put already */
        uint64_t left; /**< entries that must follow */
        tps_cmw_label last;
        bool has_last;
    } open[TPS_CMW_DEPTH_MAX];
} tps_cmw_writer;

/** A writer of CBOR or of JSON. */
tps_cmw_writer tps_cmw_writer_init(tps_buf out, bool is_json);

/**
 * Puts a record. In JSON a type that is a number becomes its media type, as JSON has no numbers there.
 * Errors, told by tps_cmw_writer_finish(): TPS_CMW_BAD_TYPE (also: a number without a media type that is
 * known here, in JSON), TPS_CMW_BAD_VALUE, TPS_CMW_BAD_INDICATOR.
 */
void tps_cmw_put_record(tps_cmw_writer *writer, const tps_cmw_record *record);

/** Puts a message under the CBOR tag of its content format. TPS_CMW_BAD_TAG: it has none; TPS_UNSUPPORTED: in
 * JSON. */
void tps_cmw_put_tag(tps_cmw_writer *writer, uint32_t content_format, tps_span message);

/**
 * Opens a collection of `count` entries (1 or more), with a type or TPS_SPAN_EMPTY; each entry is a label and
 * a wrapper, and it closes behind the last one. Labels of CBOR must come in ascending order
 * (tps_cmw_label_compare()); the type finds its place between them by itself, and is kept as span until then.
 * Errors: TPS_CMW_BAD_COLLECTION_TYPE, TPS_CMW_EMPTY_COLLECTION, TPS_CMW_TOO_DEEP.
 */
void tps_cmw_put_collection(tps_cmw_writer *writer, tps_span type, uint32_t count);

/** Puts an entry's label; its text must live until the next one at this level. TPS_CMW_BAD_LABEL: empty,
 * "__cmwc_t", or a number in JSON; TPS_BAD_ARGUMENT: not in its order, or no collection is open. */
void tps_cmw_put_label(tps_cmw_writer *writer, const tps_cmw_label *label);

/**
 * @brief End writing.
 * @param[out] size  Bytes written, or needed.
 * @retval TPS_OK, TPS_BUFFER_TOO_SMALL, the first error; TPS_BAD_ARGUMENT when the wrapper is not complete.
 */
TPS_MUST_USE tps_status tps_cmw_writer_finish(const tps_cmw_writer *writer, size_t *size);

/** One record by itself: init, put, finish. */
TPS_MUST_USE tps_status tps_cmw_write_record(const tps_cmw_record *record, bool is_json, tps_buf out,
                                             size_t *size);

/* ---- signed, and in certificates ---- */

/**
 * @brief Verify a wrapper of CBOR in a COSE_Sign1 (application/cmw+cose), and read it.
 *
 * @retval TPS_OK
 * @retval TPS_CMW_NOT_SIGNED_CMW  The protected header does not say application/cmw+cbor or 273.
 * @retval TPS_CMW_NOT_WELL_FORMED  What was signed is JSON.
 * @retval others                  As tps_cose_sign1_verify(), or (of what was signed) tps_cmw_read().
 *
 * Parameters as there; `out` points into `message`. Stack, on a Cortex-M33: 3.2 KiB of ours; so for JWS. RFC
 * 9999, 4.1.
 */
TPS_MUST_USE tps_status tps_cmw_verify_cose(tps_span message, const tps_cose_key_finder *keys, tps_cmw *out,
                                            tps_error *why);

/**
 * @brief Sign a wrapper of CBOR: tps_cose_sign1_make() with the content type application/cmw+cbor.
 *
 * @param cmw  Encoded wrapper of CBOR; read before it is signed. Other parameters and errors as
 *             tps_cose_sign1_make(); `options` may be NULL; what it says of a content type is not looked
 *             at.
 *
 * @retval TPS_CMW_*, TPS_CBOR_*  As tps_cmw_read(): nothing that is refused when read is signed.
 */
TPS_MUST_USE tps_status tps_cmw_sign_cose(tps_span cmw, const tps_cose_sign1_options *options,
                                          const tps_cose_signer *signer, tps_buf out, tps_span *encoded);

/**
 * @brief Verify a wrapper of JSON in a compact JWS (application/cmw+jws), and read it.
 *
 * @param text      The JWS.
 * @param key       Must have signed it; the key decides which algorithms fit.
 * @param room      What was signed is decoded into it: as many bytes as the text has are enough, for the
 *                  header and for escapes, too. Shrinks from its front.
 * @param[out] out  Points into `room`.
 * @param[out] why  May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_CMW_NOT_SIGNED_CMW    The header's cty is neither application/cmw+json nor cmw+json.
 * @retval TPS_CMW_NOT_WELL_FORMED   What was signed is CBOR.
 * @retval TPS_CRYPTO_BAD_SIGNATURE, TPS_COSE_ALG_REFUSED, TPS_CRYPTO_ALG_REFUSED, TPS_CRYPTO_FAILED
 *                                   As tps_jws_verify_as().
 * @retval TPS_BAD_BASE64            The header or the payload.
 * @retval TPS_BUFFER_TOO_SMALL      `room`.
 * @retval others                    As tps_jws_parse(), tps_jws_read_header() and tps_cmw_read().
 *
 * RFC 9999, 4.2.
 */
TPS_MUST_USE tps_status tps_cmw_verify_jws(tps_span text, struct tps_crypto_key *key, tps_buf *room,
                                           tps_cmw *out, tps_error *why);

/** Sign a wrapper of JSON: tps_jws_make_with() with the cty application/cmw+json. `cmw` is checked before it
 * is signed, with `room` for what it escapes. `key_id` may be NULL. Errors as there, and of tps_cmw_read().
 */
TPS_MUST_USE tps_status tps_cmw_sign_jws(tps_span cmw, const char *key_id, const tps_cose_signer *signer,
                                         tps_buf *room, tps_buf out, size_t *size);

/**
 * @brief The wrapper in a certificate's extension 1.3.6.1.5.5.7.1.35.
 *
 * The certificate is taken apart, not verified: what it holds is as good as its chain, which is the caller's
 * to check first.
 *
 * @param certificate  X.509, DER.
 * @param[out] cmw     The encoded wrapper, inside `certificate`: for tps_cmw_read().
 * @param[out] why     May be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_NOT_FOUND            The certificate has no such extension.
 * @retval TPS_CMW_NOT_WELL_FORMED  The extension holds neither UTF8String (JSON) nor OCTET STRING (CBOR), or
 * the encoding within is the other one.
 * @retval TPS_DER_*, TPS_CRYPTO_BAD_CERTIFICATE  The certificate, or the extension, is no DER, or no X.509.
 *
 * RFC 9999, 4.4.
 */
TPS_MUST_USE tps_status tps_cmw_find_in_certificate(tps_span certificate, tps_span *cmw, tps_error *why);

/** The extension's value (extnValue's content) around an encoded wrapper. @param[out] size  Bytes written, or
 * needed. @retval TPS_OK, TPS_BUFFER_TOO_SMALL, TPS_CMW_NOT_WELL_FORMED, TPS_TOO_LARGE (16 MiB or more) */
TPS_MUST_USE tps_status tps_cmw_extension_value(tps_span cmw, tps_buf out, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
