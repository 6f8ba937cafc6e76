/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM, signed or not: what a maker says of its devices. Read by tps_corim_*; shown triple by triple. */
#include "tps/corim.h"

#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"
#include "tps/crypto.h"

#include <inttypes.h>

/* What the visitor fills. */
typedef struct {
    const tps_corim *corim;
    inspect_node *comids;
    inspect_node *comid; /* the one under way */
    inspect_node *references;
    inspect_node *attest_keys;
    inspect_node *identity_keys;
    size_t comid_count;
    size_t reference_count;
    size_t key_count;
} visit;

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

bool corim_is(tps_span file)
{
    if (is_corim_tag(tag_of(file))) {
        return true;
    }
    return tag_of(file) == TPS_TAG_COSE_SIGN1 && is_corim_tag(tag_of(payload_of(file)));
}

static tps_span uuid_text(inspect_document *document, tps_span uuid)
{
    const uint8_t *u = uuid.data;

    return inspect_format(document, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                          u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
                          u[13], u[14], u[15]);
}

static void add_value(inspect_node *into, const char *name, const tps_corim_value *value)
{
    switch (value->kind) {
    case TPS_CORIM_ABSENT: break;
    case TPS_CORIM_TEXT: inspect_text(into, name, value->bytes); break;
    case TPS_CORIM_UINT: inspect_uint(into, name, value->number); break;
    case TPS_CORIM_UUID:
        if (value->bytes.size == 16) {
            inspect_means(inspect_text(into, name, uuid_text(into->document, value->bytes)), "a UUID");
        }
        break;
    case TPS_CORIM_OID:
        inspect_means(inspect_bytes(into, name, value->bytes), "an object identifier in DER");
        break;
    case TPS_CORIM_UEID: inspect_means(inspect_bytes(into, name, value->bytes), "a UEID: one device"); break;
    case TPS_CORIM_BYTES:
    case TPS_CORIM_IMPLEMENTATION_ID: claim_bytes(into, name, value->bytes); break;
    case TPS_CORIM_REFVAL_ID: inspect_cbor(into, name, value->bytes); break;
    case TPS_CORIM_KEY:
        inspect_means(inspect_bytes(into, name, value->bytes), tps_corim_tag_name(value->number));
        break;
    default: inspect_cbor(into, name, value->bytes); break;
    }
}

static void add_text(inspect_node *into, const char *name, tps_span text)
{
    if (text.size > 0) {
        inspect_text(into, name, text);
    }
}

static void add_validity(inspect_node *into, const char *name, const tps_corim_validity *validity)
{
    inspect_node *node;

    if (!validity->is_present) {
        return;
    }
    node = inspect_object(into, name);
    if (validity->has_not_before) {
        inspect_time(node, "not_before", validity->not_before);
    }
    inspect_time(node, "not_after", validity->not_after);
    if (tps_corim_validity_check(validity, inspect_now(into->document)) != TPS_OK) {
        inspect_warn(into->document, "the %s is over, or has not begun", name);
    }
}

static void add_environment(inspect_node *into, const tps_corim_environment *environment)
{
    inspect_node *node = inspect_object(into, "environment");

    add_value(node, "class_id", &environment->class_id);
    add_text(node, "vendor", environment->vendor);
    add_text(node, "model", environment->model);
    if (environment->has_layer) {
        inspect_uint(node, "layer", environment->layer);
    }
    if (environment->has_index) {
        inspect_uint(node, "index", environment->index);
    }
    add_value(node, "instance", &environment->instance);
    add_value(node, "group", &environment->group);
}

static tps_status take_comid(void *context, const tps_corim_comid *comid)
{
    visit *v = context;

    v->comid = inspect_object(v->comids, NULL);
    v->references = NULL;
    v->attest_keys = NULL;
    v->identity_keys = NULL;
    v->comid_count++;
    add_value(v->comid, "id", &comid->id);
    inspect_uint(v->comid, "version", comid->version);
    add_text(v->comid, "language", comid->language);
    add_text(v->comid, "entity", comid->entity_name);
    return TPS_OK;
}

static void add_digests(inspect_node *into, const tps_corim_measurement *measurement)
{
    inspect_node *list = inspect_list(into, "digests");

    for (size_t i = 0; i < measurement->digest_count; i++) {
        const char *alg = name_of_algorithm(measurement->digests[i].alg);
        inspect_means(inspect_bytes(list, NULL, measurement->digests[i].value),
                      alg == NULL || measurement->digests[i].alg == 0 ? "of another algorithm" : alg);
    }
}

/* Members as they stand, for what is no piece of software that a known profile describes. */
static void add_measurement(inspect_node *into, const tps_corim_measurement *measurement)
{
    add_value(into, "key", &measurement->key);
    add_text(into, "name", measurement->name);
    add_text(into, "version", measurement->version);
    if (measurement->has_svn) {
        inspect_means(inspect_uint(into, "svn", measurement->svn),
                      measurement->is_min_svn ? "this security version or a later one" : NULL);
    }
    if (measurement->digest_count > 0) {
        add_digests(into, measurement);
    }
    if (measurement->raw_value.size > 0) {
        claim_bytes(into, "raw_value", measurement->raw_value);
    }
}

static inspect_node *list_in(visit *v, inspect_node **list, const char *name)
{
    if (*list == NULL) {
        *list = inspect_list(v->comid == NULL ? v->comids : v->comid, name);
    }
    return *list;
}

static tps_status take_reference(void *context, const tps_corim_environment *environment,
                                 const tps_corim_measurement *measurement)
{
    visit *v = context;
    inspect_node *node = inspect_object(list_in(v, &v->references, "reference_values"), NULL);
    tps_corim_component component;

    v->reference_count++;
    if (tps_corim_component_of(measurement, v->corim->profile_kind, &component, NULL) == TPS_OK) {
        add_text(node, "component", component.name);
        add_text(node, "version", component.version);
        inspect_bytes(node, "digest", component.digest);
        if (component.signer_id.size > 0) {
            inspect_bytes(node, "signer_id", component.signer_id);
        }
    } else {
        add_measurement(node, measurement);
    }
    if (measurement->unsupported_count > 0) {
        inspect_uint(node, "further_members", measurement->unsupported_count);
    }
    add_environment(node, environment);
    return TPS_OK;
}

static void add_key(inspect_node *into, const tps_corim_key *key)
{
    struct tps_crypto_key *parsed = NULL;

    inspect_words(into, "kind", tps_corim_tag_name(key->tag));
    if (key->tag == TPS_CORIM_TAG_KEY_PEM || key->tag == TPS_CORIM_TAG_CERTIFICATE_PEM) {
        if (tps_crypto_key_from_pem(key->value, &parsed) != TPS_OK) {
            inspect_warn(into->document, "a key in PEM cannot be read");
            inspect_text(into, "value", key->value);
            return;
        }
        key_explain_kind(into, parsed);
        key_explain(into, parsed);
        if (tps_crypto_key_is_private(parsed)) {
            inspect_warn(into->document,
                         "a private key stands where a public one belongs: it must be taken for lost");
        }
        tps_crypto_key_free(parsed);
        return;
    }
    inspect_bytes(into, "value", key->value);
}

static tps_status take_keys(visit *v, inspect_node **list, const char *name,
                            const tps_corim_environment *environment, const tps_corim_key *keys, size_t count)
{
    inspect_node *node = inspect_object(list_in(v, list, name), NULL);
    inspect_node *key_list;

    add_environment(node, environment);
    key_list = inspect_list(node, "keys");
    for (size_t i = 0; i < count; i++) {
        add_key(inspect_object(key_list, NULL), &keys[i]);
        v->key_count++;
    }
    return TPS_OK;
}

static tps_status take_attest_keys(void *context, const tps_corim_environment *environment,
                                   const tps_corim_key *keys, size_t count)
{
    visit *v = context;

    return take_keys(v, &v->attest_keys, "attest_keys", environment, keys, count);
}

static tps_status take_identity_keys(void *context, const tps_corim_environment *environment,
                                     const tps_corim_key *keys, size_t count)
{
    visit *v = context;

    return take_keys(v, &v->identity_keys, "identity_keys", environment, keys, count);
}

static tps_status take_unsupported(void *context, const char *name)
{
    visit *v = context;

    inspect_warn(v->comids->document, "it also holds what is not read here: %s", name);
    return TPS_OK;
}

static void add_manifest(inspect_node *into, const tps_corim *corim)
{
    const char *uri = tps_corim_profile_uri(corim->profile_kind);

    add_value(into, "id", &corim->id);
    add_value(into, "profile", &corim->profile);
    if (corim->profile.kind == TPS_CORIM_ABSENT) {
        inspect_warn(into->document, "it names no profile");
    } else if (uri == NULL) {
        inspect_warn(into->document, "its profile is not known here: tps verify refuses it");
    } else if (corim->profile_kind == TPS_CORIM_PROFILE_PSA_IOT) {
        inspect_warn(into->document, "its profile is the older one of PSA; \"%s\" is newer",
                     TPS_CORIM_PROFILE_PSA_URI);
    }
    add_text(into, "entity", corim->entity_name);
    add_validity(into, "validity", &corim->validity);
    if (corim->dependent_rim_count > 0) {
        inspect_uint(into, "dependent_rims", corim->dependent_rim_count);
        inspect_warn(into->document, "it leans on %u other manifests, which are not followed",
                     (unsigned)corim->dependent_rim_count);
    }
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
    add_text(signer, "name", corim->signer_name);
    add_text(signer, "uri", corim->signer_uri);
    add_validity(signer, "signature_validity", &corim->signature_validity);
    (void)cose_envelope(inspect_object(root, "cose"), file, &payload, &is_detached);
    inspect_unchecked(document,
                      "the signature, and whether its signer may speak for these devices: use tps verify");
}

void corim_explain(inspect_document *document, tps_span file)
{
    tps_error why = {TPS_OK, 0, NULL};
    tps_corim corim;
    visit v = {.corim = &corim};
    tps_corim_visitor visitor = {
        &v, take_comid, take_reference, take_attest_keys, take_identity_keys, take_unsupported};
    tps_span body = tag_of(file) == TPS_TAG_COSE_SIGN1 ? payload_of(file) : file;
    tps_status status = tps_corim_decode(file, &corim, &why);

    if (status != TPS_OK) {
        bool is_in_body = status >> 16 == TPS_LAYER_CORIM || status >> 16 == TPS_LAYER_CBOR;
        inspect_fail(document, status, why.offset + (is_in_body ? offset_in(file, body) : 0), why.detail);
        return;
    }
    add_manifest(inspect_object(inspect_fields(document), "corim"), &corim);
    v.comids = inspect_list(inspect_fields(document), "comids");
    status = tps_corim_visit(&corim, &visitor, &why);
    if (status != TPS_OK) {
        inspect_warn(document, "it is not shown to its end: %s%s%s%s", tps_status_cause(status),
                     why.detail == NULL ? "" : " (", why.detail == NULL ? "" : why.detail,
                     why.detail == NULL ? "" : ")");
    }
    explain_signer(document, &corim, file);
    inspect_is(document, corim.is_signed ? "signed-corim" : "corim",
               "%s (endorsements of a device maker): %zu CoMID, %zu reference values, %zu keys",
               corim.is_signed ? "Signed CoRIM" : "CoRIM without a signature", v.comid_count,
               v.reference_count, v.key_count);
}
