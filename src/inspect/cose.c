/* SPDX-License-Identifier: Apache-2.0 */
/*
 * COSE_Sign1 and COSE_Mac0 (RFC 9052): headers of both buckets in words, then what the payload is. Walked
 * without the strictness of tps_cose_sign1_parse(), so that odd messages are shown, too; what that one
 * refuses is a warning.
 */
#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"

#include <inttypes.h>

#include "tps/cose.h"
#include "tps/crypto.h"

typedef struct {
    uint64_t tag; /* 17, 18, or 0 */
    bool is_cwt;
    tps_span protected_raw;
    tps_span unprotected;
    tps_span payload;
    bool is_detached;
    tps_span signature;
    tps_span content_type; /* as text */
    int64_t alg;           /* 0 when absent */
    bool is_alg_protected;
} message;

/* What the headers say of the rest. */
static void read_headers(message *m)
{
    m->content_type = walk_string(walk_find(m->protected_raw, TPS_HEADER_CONTENT_TYPE));
    m->is_alg_protected = walk_int(walk_find(m->protected_raw, TPS_HEADER_ALG), &m->alg);
    if (!m->is_alg_protected && !walk_int(walk_find(m->unprotected, TPS_HEADER_ALG), &m->alg)) {
        m->alg = 0;
    }
}

static bool read_message(tps_span file, message *out, size_t *offset)
{
    tps_cbor_reader r = tps_cbor_reader_init(file);
    tps_cbor_list list;

    *out = (message){.tag = 0};
    out->is_cwt = tps_cbor_take_tag(&r, TPS_TAG_CWT);
    if (tps_cbor_take_tag(&r, TPS_TAG_COSE_SIGN1)) {
        out->tag = TPS_TAG_COSE_SIGN1;
    } else if (tps_cbor_take_tag(&r, TPS_TAG_COSE_MAC0)) {
        out->tag = TPS_TAG_COSE_MAC0;
    }
    list = tps_cbor_enter_array(&r);
    if (r.status == TPS_OK && list.left != 4) {
        tps_cbor_fail(&r, TPS_CBOR_UNEXPECTED_TYPE);
    }
    out->protected_raw = tps_cbor_get_bytes(&r);
    if (tps_cbor_peek(&r) != TPS_CBOR_MAP) {
        tps_cbor_fail(&r, TPS_CBOR_UNEXPECTED_TYPE);
    }
    out->unprotected = tps_cbor_skip(&r);
    if (tps_cbor_peek(&r) == TPS_CBOR_SIMPLE) {
        tps_cbor_get_null(&r);
        out->is_detached = true;
    } else {
        out->payload = tps_cbor_get_bytes(&r);
    }
    out->signature = tps_cbor_get_bytes(&r);
    *offset = tps_cbor_offset(&r);
    if (r.status == TPS_OK) {
        read_headers(out);
    }
    return r.status == TPS_OK;
}

bool cose_is_message(tps_span file)
{
    message m;
    size_t offset;
    bool is_whole = read_message(file, &m, &offset);

    return is_whole || m.tag != 0;
}

/* ---- headers ---- */

static void show_alg(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_cbor(into, name, item);
    int64_t alg;

    if (walk_int(item, &alg)) {
        inspect_means(node, name_of_algorithm(alg));
    }
}

static void show_content_type(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_cbor(into, name, item);
    int64_t format;

    if (walk_int(item, &format) && format >= 0) {
        inspect_means(node, name_of_content_format((uint64_t)format));
    }
}

static void show_x5chain(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_list(into, name);
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list;

    if (tps_cbor_peek(&r) == TPS_CBOR_BYTES) {
        certificate_explain(inspect_object(node, NULL), walk_string(item));
        return;
    }
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        certificate_explain(inspect_object(node, NULL), walk_string(tps_cbor_skip(&r)));
    }
}

static void show_claims(inspect_node *into, const char *name, tps_span item)
{
    inspect_later(inspect_object(into, name), claims_explain, item);
}

/* A byte string that holds CBOR. */
static void show_wrapped(inspect_node *into, const char *name, tps_span item)
{
    tps_span content = walk_string(item);

    if (content.size > 0 && tps_cbor_check(content, &tps_cbor_limits_message, NULL, NULL) == TPS_OK) {
        inspect_cbor(into, name, content);
    } else {
        inspect_cbor(into, name, item);
    }
}

static const struct {
    int64_t label;
    const char *name;
    void (*show)(inspect_node *into, const char *name, tps_span item);
} headers[] = {
    {TPS_HEADER_ALG, "alg", show_alg},
    {TPS_HEADER_CRIT, "crit", claim_plain},
    {TPS_HEADER_CONTENT_TYPE, "content_type", show_content_type},
    {TPS_HEADER_KID, "kid", claim_plain},
    {5, "iv", claim_plain},
    {6, "partial_iv", claim_plain},
    {TPS_HEADER_CORIM_META, "corim_meta", show_wrapped},
    {10, "kid_context", claim_plain},
    {TPS_HEADER_CWT_CLAIMS, "cwt_claims", show_claims},
    {TPS_HEADER_TYP, "typ", show_content_type},
    {32, "x5bag", show_x5chain},
    {TPS_HEADER_X5CHAIN, "x5chain", show_x5chain},
    {34, "x5t", claim_plain},
    {35, "x5u", claim_plain},
    {394, "receipts", claim_plain},
};

static void show_header(inspect_node *bucket, inspect_node **unknown, const walk_entry *entry)
{
    inspect_node *one;

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        if (headers[i].label == entry->label) {
            headers[i].show(bucket, headers[i].name, entry->value);
            return;
        }
    }
    if (*unknown == NULL) {
        *unknown = inspect_list(bucket, "unknown_headers");
    }
    one = inspect_object(*unknown, NULL);
    inspect_cbor(one, "label", entry->key);
    inspect_cbor(one, "value", entry->value);
}

static void show_bucket(inspect_node *into, const char *name, tps_span map)
{
    inspect_node *bucket = inspect_object(into, name);
    inspect_node *unknown = NULL;
    tps_cbor_reader r = tps_cbor_reader_init(map);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    walk_entry entry;

    while (walk_next(&r, &list, &entry)) {
        show_header(bucket, &unknown, &entry);
    }
}

static const char *structure_of(const message *m)
{
    if (m->tag == TPS_TAG_COSE_MAC0 || (m->tag == 0 && is_mac_algorithm(m->alg))) {
        return "COSE_Mac0";
    }
    return "COSE_Sign1";
}

static void judge_envelope(inspect_document *document, tps_span file, const message *m)
{
    bool is_mac = strcmp(structure_of(m), "COSE_Mac0") == 0;
    bool is_signature_known = m->alg >= INT32_MIN && m->alg <= INT32_MAX;
    size_t expected = is_signature_known ? tps_crypto_alg_signature_size((int32_t)m->alg) : 0;
    tps_error why = {TPS_OK, 0, NULL};
    tps_cose_sign1 strict;
    tps_status status = tps_cose_sign1_parse(file, &strict, &why);

    if (m->alg == 0) {
        inspect_warn(document, "no algorithm (alg) is named by a number");
    } else if (!m->is_alg_protected) {
        inspect_warn(document,
                     "the algorithm (alg) is not protected by the signature: it could be exchanged");
    }
    if (m->tag == 0 && !dice_is_claims(m->payload)) {
        inspect_warn(document, "the message has no tag: that it is a %s is a guess", structure_of(m));
    }
    if (is_mac) {
        inspect_warn(document,
                     "a MAC is made with a key that both ends hold: whoever can check it can forge it");
    } else if (expected != 0 && m->signature.size != expected) {
        inspect_warn(document, "the signature has %zu bytes; this algorithm makes %zu", m->signature.size,
                     expected);
    }
    if (status != TPS_OK) {
        inspect_warn(document, "tps verify refuses the envelope: %s%s%s%s", tps_status_cause(status),
                     why.detail == NULL ? "" : " (", why.detail == NULL ? "" : why.detail,
                     why.detail == NULL ? "" : ")");
    }
}

static void show_envelope(inspect_node *into, tps_span file, const message *m)
{
    inspect_words(into, "structure", structure_of(m));
    if (m->protected_raw.size > 0 &&
        tps_cbor_check(m->protected_raw, &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        inspect_warn(into->document, "the protected headers are not well-formed CBOR");
        inspect_bytes(into, "protected", m->protected_raw);
    } else {
        show_bucket(into, "protected", m->protected_raw);
    }
    show_bucket(into, "unprotected", m->unprotected);
    inspect_bytes(into, strcmp(structure_of(m), "COSE_Mac0") == 0 ? "mac" : "signature", m->signature);
    judge_envelope(into->document, file, m);
}

bool cose_envelope(inspect_node *into, tps_span file, tps_span *payload, bool *is_detached)
{
    message m;
    size_t offset;

    if (!read_message(file, &m, &offset)) {
        inspect_fail(into->document, TPS_COSE_NOT_WELL_FORMED, offset,
                     "expected [protected, unprotected, payload, signature]");
        return false;
    }
    show_envelope(into, file, &m);
    *payload = m.payload;
    *is_detached = m.is_detached;
    return true;
}

/* ---- the whole ---- */

static void explain_claims(inspect_document *document, const message *m, inspect_node *claims, uint32_t kind)
{
    const char *alg = name_of_algorithm(m->alg);
    tps_span short_name = tps_span_of_text(alg);
    const uint8_t *colon = alg == NULL ? NULL : memchr(alg, ':', strlen(alg));

    if (colon != NULL) {
        short_name.size = (size_t)(colon - short_name.data);
    }
    inspect_is(document, claims_word(kind), "%s in a %s, algorithm %.*s", claims_title(kind), structure_of(m),
               alg == NULL ? 7 : (int)short_name.size, alg == NULL ? "unknown" : alg);
    claims_explain(claims, m->payload);
    claims_judge(document, m->payload, kind);
}

static void explain_payload(inspect_document *document, tps_span file, const message *m, inspect_node *node)
{
    tps_error why = {TPS_OK, 0, NULL};

    if (tps_span_is_text(m->content_type, "application/vnd.opentps.release+cbor") &&
        manifest_is(m->payload)) {
        manifest_explain(document, inspect_object(node, "manifest"), m->payload);
        return;
    }
    if (cmw_explain_signed(document, m->content_type, m->payload)) {
        return;
    }
    if (dice_is_claims(m->payload)) {
        dice_explain_cwt(document, inspect_object(node, "certificate"), file, m->payload);
        return;
    }
    if (m->is_detached) {
        inspect_is(document, "cose", "%s without its payload, which is detached", structure_of(m));
        return;
    }
    if (tps_cbor_check(m->payload, &tps_cbor_limits_file, NULL, &why) == TPS_OK) {
        const char *tag = NULL;
        tps_cbor_reader r = tps_cbor_reader_init(m->payload);
        if (tps_cbor_peek(&r) == TPS_CBOR_TAG) {
            tag = name_of_tag(tps_cbor_get_tag(&r));
        }
        inspect_is(document, "cose", "%s around CBOR%s%s%s", structure_of(m), tag == NULL ? "" : " (",
                   tag == NULL ? "" : tag, tag == NULL ? "" : ")");
        inspect_cbor(node, "payload", m->payload);
        return;
    }
    inspect_is(document, "cose", "%s around %zu bytes that are no CBOR", structure_of(m), m->payload.size);
    claim_bytes(node, "payload", m->payload);
}

static void explain_what_is_unchecked(inspect_document *document, const message *m, uint32_t kind)
{
    if (strcmp(structure_of(m), "COSE_Mac0") == 0) {
        inspect_unchecked(document, "the MAC: only a holder of its key can check it");
    } else if (strcmp(inspect_kind(document), "release-manifest") == 0) {
        inspect_unchecked(document, "the signature: the device checks it before it believes the image");
    } else {
        inspect_unchecked(document, "the signature%s", kind == CLAIMS_NONE ? "" : ": use tps verify");
    }
}

void cose_explain(inspect_document *document, tps_span file)
{
    inspect_node *root = inspect_fields(document);
    message m;
    size_t offset;
    uint32_t kind = CLAIMS_NONE;

    if (!read_message(file, &m, &offset)) {
        inspect_fail(document, TPS_COSE_NOT_WELL_FORMED, offset,
                     "expected [protected, unprotected, payload, signature]");
        return;
    }
    if (tps_cbor_check(m.payload, &tps_cbor_limits_file, NULL, NULL) == TPS_OK) {
        kind = dice_is_claims(m.payload) ? CLAIMS_NONE : claims_kind(m.payload);
    }
    if (kind == CLAIMS_NONE) {
        explain_payload(document, file, &m, root);
    } else {
        explain_claims(document, &m, inspect_object(root, "claims"), kind);
    }
    show_envelope(inspect_object(root, "cose"), file, &m);
    explain_what_is_unchecked(document, &m, kind);
}
