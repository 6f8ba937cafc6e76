/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a file is: text (PEM, JWT, JSON) or binary (DER, CBOR and what is built on it), by its first bytes and
 * then by its structure. A file that is nothing of these gets the fault of what it resembles most.
 */
#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"

#include <inttypes.h>

#include "format/text/utf8.h"
#include "tps/cose.h"
#include "tps/jws.h"

/* ---- binary ---- */

static void explain_claims(inspect_document *document, tps_span map, uint32_t kind, bool is_uccs)
{
    inspect_is(document, "claims", "%s: %s",
               is_uccs ? "Unprotected claims (UCCS, RFC 9781)" : "Claims without a signature",
               claims_title(kind));
    claims_explain(inspect_object(inspect_fields(document), "claims"), map);
    claims_judge(document, map, kind);
    inspect_warn(document, "nobody signed it: whoever had it in hand could change it");
}

static void explain_plain_cbor(inspect_document *document, tps_span file)
{
    tps_cbor_reader r = tps_cbor_reader_init(file);
    uint64_t tag = tps_cbor_peek(&r) == TPS_CBOR_TAG ? tps_cbor_get_tag(&r) : UINT64_MAX;
    const char *name = tag == UINT64_MAX ? NULL : name_of_tag(tag);

    if (name != NULL) {
        inspect_is(document, "cbor", "CBOR with tag %" PRIu64 " (%s); its content is not explained", tag,
                   name);
    } else {
        inspect_is(document, "cbor", "CBOR of no kind known here");
    }
    inspect_cbor(inspect_fields(document), "content", file);
}

static void explain_cbor(inspect_document *document, tps_span file)
{
    tps_cbor_reader r = tps_cbor_reader_init(file);
    bool is_claims_set = tps_cbor_take_tag(&r, 601);
    tps_span inner = tps_span_make(r.at, (size_t)(r.end - r.at));

    if (eat_explain_bundle(document, file)) {
        return;
    }
    if (corim_is(file)) {
        corim_explain(document, file);
    } else if (cose_is_message(file)) {
        cose_explain(document, file);
    } else if (identity_is(file)) {
        identity_explain(document, file);
    } else if (chain_is(file)) {
        chain_explain(document, file);
    } else if (cose_key_is(file)) {
        inspect_is(document, "cose-key", "Key (COSE_Key)");
        cose_key_explain(inspect_fields(document), file);
    } else if (cmw_is(document, file)) {
        cmw_explain(document, file);
    } else if (is_claims_set || claims_kind(file) != CLAIMS_NONE) {
        explain_claims(document, inner, claims_kind(inner), is_claims_set);
    } else {
        explain_plain_cbor(document, file);
    }
}

static void explain_binary(inspect_document *document, tps_span file)
{
    tps_error why = {TPS_OK, 0, NULL};

    if (der_is(file)) {
        der_explain(document, file);
        return;
    }
    if (tps_cbor_check(file, &tps_cbor_limits_file, NULL, &why) != TPS_OK) {
        inspect_fail(document, why.status, why.offset,
                     why.detail == NULL ? "read as CBOR, because it is neither text nor DER" : why.detail);
        return;
    }
    explain_cbor(document, file);
}

/* ---- text ---- */

/* JSON, PEM and JWT begin in ASCII; what does not is binary, even if it happens to be UTF-8. */
static bool is_text(tps_span file)
{
    if (file.data[0] >= 0x80) {
        return false;
    }
    for (size_t i = 0; i < file.size; i++) {
        uint8_t c = file.data[i];
        if (c < 0x20 && c != '\n' && c != '\r' && c != '\t') {
            return false;
        }
    }
    return utf8_is_valid(file);
}

static uint8_t first_character(tps_span file)
{
    for (size_t i = 0; i < file.size; i++) {
        if (strchr(" \n\r\t", file.data[i]) == NULL || file.data[i] == 0) {
            return file.data[i];
        }
    }
    return 0;
}

static bool holds(tps_span file, const char *text)
{
    return memmem(file.data, file.size, text, strlen(text)) != NULL;
}

/* Two dots or more between characters of base64url, as a token has; its beginning is that of {"  in base 64.
 */
static bool resembles_jwt(tps_span file)
{
    tps_jws jws;

    return tps_jws_parse(file, &jws) == TPS_OK || (file.size > 3 && memcmp(file.data, "eyJ", 3) == 0);
}

/* Short items of CBOR can look like text: what is well-formed CBOR and no other text is taken for that. */
static void explain_text(inspect_document *document, tps_span file)
{
    uint8_t first = first_character(file);

    if (holds(file, "-----BEGIN ")) {
        pem_explain(document, file);
    } else if (first == '{' || first == '[') {
        json_explain(document, file);
    } else if (resembles_jwt(file)) {
        jwt_explain(document, file);
    } else if (tps_cbor_check(file, &tps_cbor_limits_file, NULL, NULL) == TPS_OK) {
        explain_cbor(document, file);
    } else if (json_is_any(file)) {
        json_explain(document, file);
    } else {
        inspect_fail(document, TPS_UNKNOWN_FORMAT, 0,
                     "text, but neither PEM nor JWT nor JSON: read it as it is");
    }
}

inspect_document *inspect_file(tps_span file, int64_t now)
{
    inspect_document *document = inspect_new(now);

    if (document == NULL) {
        return NULL;
    }
    if (file.size == 0) {
        inspect_fail(document, TPS_UNKNOWN_FORMAT, 0, "the file is empty");
    } else if (file.size > INSPECT_SIZE_MAX) {
        inspect_fail(document, TPS_TOO_LARGE, INSPECT_SIZE_MAX, NULL);
    } else if (tpm_is(file)) {
        tpm_explain(document, file);
    } else if (is_text(file)) {
        explain_text(document, file);
    } else {
        explain_binary(document, file);
    }
    inspect_run_steps(document);
    return document;
}
