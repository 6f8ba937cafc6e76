/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM, signed or not: what a maker says of its devices. Read by tps_corim_*; shown triple by triple. */
#include "tps/corim.h"

#include "inspect/corim_tags.h"
#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"
#include "tps/crypto.h"

static uint64_t tag_of(tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);

    return tps_cbor_peek(&r) == TPS_CBOR_TAG ? tps_cbor_get_tag(&r) : UINT64_MAX;
}

static bool is_corim_tag(uint64_t tag)
{
    return tag == TPS_CORIM_TAG_CORIM || tag == TPS_CORIM_TAG_LEGACY || tag == TPS_CORIM_TAG_LEGACY_SIGNED;
}

static tps_span payload_of(tps_span file)
{
    tps_cbor_reader r = tps_cbor_reader_init(file);

    tps_cbor_take_tag(&r, TPS_TAG_COSE_SIGN1);
    tps_cbor_enter_array(&r);
    tps_cbor_skip(&r);
    tps_cbor_skip(&r);
    return tps_cbor_get_bytes(&r);
}

/* The manifest is elsewhere; the protected header says what it is (draft-10, 4.2.1). */
static bool is_signature_of_corim(tps_span file)
{
    tps_cose_message message;
    tps_span type = TPS_SPAN_EMPTY;
    tps_cbor_reader r;

    if (tps_cose_sign1_parse(file, &message, NULL) != TPS_OK) {
        return false;
    }
    if (!message.is_detached && !tps_cose_header_find(message.protected_raw, 259, &type)) {
        return false;
    }
    if (message.is_detached) {
        return tps_span_is_text(message.headers.content_type, TPS_CORIM_CONTENT_TYPE);
    }
    r = tps_cbor_reader_init(type);
    return tps_span_is_text(tps_cbor_get_text(&r), TPS_CORIM_CONTENT_TYPE);
}

bool corim_is(tps_span file)
{
    if (is_corim_tag(tag_of(file))) {
        return true;
    }
    return tag_of(file) == TPS_TAG_COSE_SIGN1 &&
           (is_corim_tag(tag_of(payload_of(file))) || is_signature_of_corim(file));
}

static void add_dependents(inspect_node *into, const tps_corim *corim)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(corim->dependents);
    tps_corim_locator locator;
    inspect_node *list;

    if (corim->dependents.count == 0) {
        return;
    }
    list = inspect_list(into, "dependent_rims");
    while (tps_corim_next_locator(&cursor, &locator)) {
        tps_corim_cursor uris = TPS_CORIM_WALK(locator.uris);
        tps_span uri;
        inspect_node *node = inspect_object(list, NULL);
        inspect_node *places = inspect_list(node, "uris");
        while (tps_corim_next_uri(&uris, &uri)) {
            inspect_text(places, NULL, uri);
        }
        corim_add_digests(node, "thumbprints", &locator.thumbprints);
    }
    inspect_warn(into->document, "it leans on %zu other manifests, which are not followed",
                 corim->dependents.count);
}

static void add_manifest(inspect_node *into, const tps_corim *corim)
{
    const char *uri = tps_corim_profile_uri(corim->profile_kind);

    corim_add_value(into, "id", &corim->id);
    corim_add_value(into, "profile", &corim->profile);
    if (corim->profile.kind == TPS_CORIM_ABSENT) {
        inspect_warn(into->document, "it names no profile");
    } else if (uri == NULL) {
        inspect_warn(into->document, "its profile is not known here");
    } else if (corim->profile_kind == TPS_CORIM_PROFILE_PSA_IOT) {
        inspect_warn(into->document, "its profile is the older one of PSA; \"%s\" is newer",
                     TPS_CORIM_PROFILE_PSA_URI);
    }
    corim_add_entities(into, &corim->entities, true);
    corim_add_validity(into, "validity", &corim->validity);
    add_dependents(into, corim);
    corim_add_extensions(into, &corim->extensions);
}

static void explain_signer(inspect_document *document, const tps_corim *corim, tps_span file)
{
    inspect_node *root = inspect_fields(document);
    tps_span payload;
    bool is_detached;
    inspect_node *signer;

    if (!corim->is_signed) {
        inspect_warn(document, "nobody signed it: whoever had it in hand could change it");
        return;
    }
    signer = inspect_object(root, "signer");
    corim_add_text(signer, "name", corim->signer_name);
    corim_add_text(signer, "uri", corim->signer_uri);
    corim_add_text(signer, "subject", corim->subject);
    corim_add_extensions(signer, &corim->signer_extensions);
    corim_add_validity(signer, "signature_validity", &corim->signature_validity);
    (void)cose_envelope(inspect_object(root, "cose"), file, &payload, &is_detached);
    inspect_unchecked(document,
                      "the signature, and whether its signer may speak for these devices: use tps verify");
}

/* A signature that comes without its manifest: what there is to say of it. */
static void explain_detached(inspect_document *document, const tps_corim *corim, tps_span file)
{
    inspect_node *root = inspect_fields(document);

    if (corim->hash_alg != 0) {
        inspect_means(inspect_int(root, "hash_algorithm", corim->hash_alg),
                      name_of_algorithm(corim->hash_alg));
        inspect_bytes(root, "hash", corim->envelope.payload);
        corim_add_text(root, "location", corim->location);
    }
    explain_signer(document, corim, file);
    inspect_is(document, "signed-corim",
               "Signature of a CoRIM (endorsements of a device maker) that is elsewhere");
}

void corim_explain(inspect_document *document, tps_span file)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_corim corim;
    corim_counts counts;
    tps_span body = tag_of(file) == TPS_TAG_COSE_SIGN1 ? payload_of(file) : file;
    tps_status status = tps_corim_decode(file, &corim, &why);

    if (status == TPS_COSE_DETACHED) {
        explain_detached(document, &corim, file);
        return;
    }
    if (status != TPS_OK) {
        bool is_in_body = status >> 16 == TPS_LAYER_CORIM || status >> 16 == TPS_LAYER_CBOR;
        inspect_fail(document, status, why.offset + (is_in_body ? offset_in(file, body) : 0), why.detail);
        return;
    }
    add_manifest(inspect_object(inspect_fields(document), "corim"), &corim);
    counts = corim_tags_explain(inspect_fields(document), &corim);
    explain_signer(document, &corim, file);
    inspect_is(document, corim.is_signed ? "signed-corim" : "corim",
               "%s (endorsements of a device maker): %zu CoMID, %zu reference values, %zu keys%s",
               corim.is_signed ? "Signed CoRIM" : "CoRIM without a signature", counts.comids,
               counts.reference_values, counts.keys, counts.others > 0 ? " and more" : "");
}
