/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: writing a manifest of one class of devices, deterministically. */
#include "format/corim/comid_component.h"
#include "format/corim/put.h"
#include "tps/base64.h"
#include "tps/corim.h"
#include "tps/crypto.h"

enum { ROLE_CREATOR = 1 };

/* The limit keeps one PEM key within a buffer on the stack. */
enum { SPKI_MAX_SIZE = 192, PEM_LINE = 48 };

static bool is_hash_size(size_t size)
{
    return size == 32 || size == 48 || size == 64;
}

static int32_t algorithm_of(tps_span digest)
{
    return digest.size == 32 ? TPS_ALG_SHA256 : digest.size == 48 ? TPS_ALG_SHA384 : TPS_ALG_SHA512;
}

static tps_status check_component(const tps_corim_component *component, uint32_t profile_kind, tps_error *why)
{
    bool may_be_unsigned = profile_kind == TPS_CORIM_PROFILE_OPENTPS;

    if (!is_hash_size(component->digest.size)) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "a component's digest has no hash's size");
    }
    if (!is_hash_size(component->signer_id.size) && !(may_be_unsigned && component->signer_id.size == 0)) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "a component's signer id has no hash's size");
    }
    return TPS_OK;
}

static tps_status check_device(const tps_corim_device *device, tps_error *why)
{
    if (device->instance_id.size != 33 || device->instance_id.data[0] != 0x01) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "an instance id is not 0x01 and 32 bytes");
    }
    if (device->spki.size == 0 || device->spki.size > SPKI_MAX_SIZE) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "a device's key is missing or too large");
    }
    return TPS_OK;
}

static tps_status check_manifest(const tps_corim_manifest *m, tps_error *why)
{
    if (m->profile_kind != TPS_CORIM_PROFILE_PSA && m->profile_kind != TPS_CORIM_PROFILE_OPENTPS) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the profile is not one that is written");
    }
    if (m->id.size == 0 || m->tag_id.size != 16) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the manifest's id is empty or the tag's id is no UUID");
    }
    if (m->class_id.size != TPS_CORIM_CLASS_ID_SIZE) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the class id is not 32 bytes");
    }
    if (m->profile_kind == TPS_CORIM_PROFILE_OPENTPS && (m->vendor.size == 0 || m->model.size == 0)) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "vendor or model is missing");
    }
    if (m->model.size != 0 && m->vendor.size == 0) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "a model needs a vendor");
    }
    if (m->validity.is_present && m->validity.has_not_before &&
        m->validity.not_before > m->validity.not_after) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "the validity ends before it begins");
    }
    if (m->component_count == 0 && m->device_count == 0) {
        return tps_fail(why, TPS_BAD_ARGUMENT, 0, "there is nothing to say");
    }
    for (size_t i = 0; i < m->component_count; i++) {
        TPS_TRY(check_component(&m->components[i], m->profile_kind, why));
    }
    for (size_t i = 0; i < m->device_count; i++) {
        TPS_TRY(check_device(&m->devices[i], why));
    }
    return TPS_OK;
}

/* [{0: name, 2: [creator]}] */
static void put_entity(tps_cbor_writer *w, tps_span name)
{
    static const tps_corim_label creator = {ROLE_CREATOR, {NULL, 0}};
    tps_corim_entity entity = {.name = name, .roles = {&creator, 1, {NULL, 0}}};
    tps_corim_entities entities = {&entity, 1, {NULL, 0}};

    corim_put_entities(w, &entities);
}

/* The class, and with `instance` one device of it. */
static void put_environment(tps_cbor_writer *w, const tps_corim_manifest *m, tps_span instance)
{
    tps_corim_environment environment = {.class_id = {TPS_CORIM_BYTES, TPS_CORIM_TAG_BYTES, m->class_id},
                                         .vendor = m->vendor,
                                         .model = m->model};

    if (instance.size != 0) {
        environment.instance = (tps_corim_value){TPS_CORIM_UEID, TPS_CORIM_TAG_UEID, instance};
    }
    corim_put_environment(w, &environment);
}

static void put_component(tps_cbor_writer *w, const tps_corim_manifest *m,
                          const tps_corim_component *component)
{
    const char *element =
        m->profile_kind == TPS_CORIM_PROFILE_PSA ? COMID_PSA_COMPONENT : COMID_OPENTPS_COMPONENT;
    tps_corim_digest digest = {.alg = algorithm_of(component->digest), .value = component->digest};
    tps_corim_key signer = {.tag = TPS_CORIM_TAG_BYTES, .value = component->signer_id};
    tps_corim_measurement measurement = {.key = {TPS_CORIM_TEXT, 0, tps_span_of_text(element)},
                                         .version = component->version,
                                         .digests = {&digest, 1, {NULL, 0}},
                                         .name = component->name,
                                         .keys = {&signer, component->signer_id.size != 0, {NULL, 0}}};

    corim_put_measurement(w, &measurement);
}

static void put_references(tps_cbor_writer *w, const tps_corim_manifest *m)
{
    tps_cbor_put_array(w, 1);
    tps_cbor_put_array(w, 2);
    put_environment(w, m, TPS_SPAN_EMPTY);
    tps_cbor_put_array(w, m->component_count);
    for (size_t i = 0; i < m->component_count; i++) {
        put_component(w, m, &m->components[i]);
    }
}

static size_t append(char *to, size_t at, const char *text)
{
    size_t size = strlen(text);

    memcpy(to + at, text, size);
    return at + size;
}

/* PEM in lines of 64 characters, without a last line break, as the profile's example has it. */
static void put_pem(tps_cbor_writer *w, tps_span spki)
{
    char pem[TPS_BASE64_SIZE(SPKI_MAX_SIZE) + SPKI_MAX_SIZE / PEM_LINE + 64];
    size_t size = append(pem, 0, "-----BEGIN PUBLIC KEY-----\n");

    for (size_t at = 0; at < spki.size; at += PEM_LINE) {
        size_t left = spki.size - at;
        size +=
            tps_base64_write(tps_span_make(spki.data + at, left < PEM_LINE ? left : PEM_LINE), pem + size);
        pem[size++] = '\n';
    }
    size = append(pem, size, "-----END PUBLIC KEY-----");
    tps_cbor_put_text_span(w, tps_span_make(pem, size));
}

static void put_devices(tps_cbor_writer *w, const tps_corim_manifest *m)
{
    tps_cbor_put_array(w, m->device_count);
    for (size_t i = 0; i < m->device_count; i++) {
        tps_cbor_put_array(w, 2);
        put_environment(w, m, m->devices[i].instance_id);
        tps_cbor_put_array(w, 1);
        tps_cbor_put_tag(w, TPS_CORIM_TAG_KEY_PEM);
        put_pem(w, m->devices[i].spki);
    }
}

/* The CoMID: {1: {0: id, ? 1: version}, ? 2: entities, 4: triples}. */
static void put_comid(tps_cbor_writer *w, const tps_corim_manifest *m)
{
    tps_cbor_put_map(w, m->entity_name.size == 0 ? 2 : 3);
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_map(w, m->tag_version == 0 ? 1 : 2);
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_bytes(w, m->tag_id);
    if (m->tag_version != 0) {
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_uint(w, m->tag_version);
    }
    if (m->entity_name.size != 0) {
        tps_cbor_put_uint(w, 2);
        put_entity(w, m->entity_name);
    }
    tps_cbor_put_uint(w, 4);
    tps_cbor_put_map(w, (uint64_t)(m->component_count != 0) + (m->device_count != 0));
    if (m->component_count != 0) {
        tps_cbor_put_uint(w, 0);
        put_references(w, m);
    }
    if (m->device_count != 0) {
        tps_cbor_put_uint(w, 3);
        put_devices(w, m);
    }
}

static void put_manifest(tps_cbor_writer *w, const tps_corim_manifest *m)
{
    tps_cbor_writer comid = tps_cbor_writer_init(TPS_BUF_MEASURE);

    put_comid(&comid, m);
    tps_cbor_put_tag(w, TPS_CORIM_TAG_CORIM);
    tps_cbor_put_map(w, 3u + m->validity.is_present + (m->entity_name.size != 0));
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_text_span(w, m->id);
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_tag(w, TPS_CORIM_TAG_COMID);
    tps_cbor_put_bytes_head(w, comid.size);
    put_comid(w, m);
    tps_cbor_put_uint(w, 3);
    corim_put_uri(w, tps_span_of_text(tps_corim_profile_uri(m->profile_kind)));
    if (m->validity.is_present) {
        tps_cbor_put_uint(w, 4);
        corim_put_validity(w, &m->validity);
    }
    if (m->entity_name.size != 0) {
        tps_cbor_put_uint(w, 5);
        put_entity(w, m->entity_name);
    }
}

tps_status tps_corim_encode(const tps_corim_manifest *manifest, tps_buf out, tps_span *encoded,
                            tps_error *why)
{
    tps_cbor_writer writer = tps_cbor_writer_init(out);

    *encoded = TPS_SPAN_EMPTY;
    TPS_TRY(check_manifest(manifest, why));
    put_manifest(&writer, manifest);
    return tps_cbor_writer_finish(&writer, encoded);
}
