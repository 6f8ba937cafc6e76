/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: writing a manifest of one class of devices, deterministically, and signing it. */
#include "format/corim/comid_component.h"
#include "tps/base64.h"
#include "tps/corim.h"
#include "tps/crypto.h"

enum { TAG_EPOCH_TIME = 1, TAG_URI = 32 };
enum { DIGEST_SHA256 = 1, DIGEST_SHA384 = 7, DIGEST_SHA512 = 8 }; /* named information registry */
enum { ROLE_CREATOR = 1 };

/* The limits keep corim-meta and one PEM key within buffers on the stack. */
enum { NAME_MAX_SIZE = 128, URI_MAX_SIZE = 256, SPKI_MAX_SIZE = 192, PEM_LINE = 48 };

static bool is_hash_size(size_t size)
{
    return size == 32 || size == 48 || size == 64;
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

static void put_time(tps_cbor_writer *w, int64_t time)
{
    tps_cbor_put_tag(w, TAG_EPOCH_TIME);
    tps_cbor_put_int(w, time);
}

static void put_validity(tps_cbor_writer *w, const tps_corim_validity *validity)
{
    tps_cbor_put_map(w, validity->has_not_before ? 2 : 1);
    if (validity->has_not_before) {
        tps_cbor_put_uint(w, 0);
        put_time(w, validity->not_before);
    }
    tps_cbor_put_uint(w, 1);
    put_time(w, validity->not_after);
}

/* [{0: name, 2: [creator]}] */
static void put_entities(tps_cbor_writer *w, tps_span name)
{
    tps_cbor_put_array(w, 1);
    tps_cbor_put_map(w, 2);
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_text_span(w, name);
    tps_cbor_put_uint(w, 2);
    tps_cbor_put_array(w, 1);
    tps_cbor_put_uint(w, ROLE_CREATOR);
}

/* {0: {0: class id, ? 1: vendor, ? 2: model}, ? 1: instance} */
static void put_environment(tps_cbor_writer *w, const tps_corim_manifest *m, tps_span instance)
{
    tps_cbor_put_map(w, instance.size == 0 ? 1 : 2);
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_map(w, 1u + (m->vendor.size != 0) + (m->model.size != 0));
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_tag(w, TPS_CORIM_TAG_BYTES);
    tps_cbor_put_bytes(w, m->class_id);
    if (m->vendor.size != 0) {
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_text_span(w, m->vendor);
    }
    if (m->model.size != 0) {
        tps_cbor_put_uint(w, 2);
        tps_cbor_put_text_span(w, m->model);
    }
    if (instance.size != 0) {
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_tag(w, TPS_CORIM_TAG_UEID);
        tps_cbor_put_bytes(w, instance);
    }
}

/* [[alg, digest]] with the algorithm's number: the readers in the field take numbers alone. */
static void put_digests(tps_cbor_writer *w, tps_span digest)
{
    tps_cbor_put_array(w, 1);
    tps_cbor_put_array(w, 2);
    tps_cbor_put_uint(w, digest.size == 32   ? DIGEST_SHA256
                         : digest.size == 48 ? DIGEST_SHA384
                                             : DIGEST_SHA512);
    tps_cbor_put_bytes(w, digest);
}

static void put_component(tps_cbor_writer *w, const tps_corim_manifest *m,
                          const tps_corim_component *component)
{
    tps_cbor_put_map(w, 2);
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_text(w, m->profile_kind == TPS_CORIM_PROFILE_PSA ? COMID_PSA_COMPONENT
                                                                  : COMID_OPENTPS_COMPONENT);
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_map(w, 1u + (component->version.size != 0) + (component->name.size != 0) +
                            (component->signer_id.size != 0));
    if (component->version.size != 0) {
        tps_cbor_put_uint(w, 0);
        tps_cbor_put_map(w, 1);
        tps_cbor_put_uint(w, 0);
        tps_cbor_put_text_span(w, component->version);
    }
    tps_cbor_put_uint(w, 2);
    put_digests(w, component->digest);
    if (component->name.size != 0) {
        tps_cbor_put_uint(w, 11);
        tps_cbor_put_text_span(w, component->name);
    }
    if (component->signer_id.size != 0) {
        tps_cbor_put_uint(w, 13);
        tps_cbor_put_array(w, 1);
        tps_cbor_put_tag(w, TPS_CORIM_TAG_BYTES);
        tps_cbor_put_bytes(w, component->signer_id);
    }
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
        put_entities(w, m->entity_name);
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
    tps_cbor_put_tag(w, TAG_URI);
    tps_cbor_put_text(w, tps_corim_profile_uri(m->profile_kind));
    if (m->validity.is_present) {
        tps_cbor_put_uint(w, 4);
        put_validity(w, &m->validity);
    }
    if (m->entity_name.size != 0) {
        tps_cbor_put_uint(w, 5);
        put_entities(w, m->entity_name);
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

/* corim-meta: {0: {0: name, ? 1: uri}, ? 1: validity} */
static void put_meta(tps_cbor_writer *w, const tps_corim_signer *who)
{
    tps_cbor_put_map(w, who->validity.is_present ? 2 : 1);
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_map(w, who->uri.size == 0 ? 1 : 2);
    tps_cbor_put_uint(w, 0);
    tps_cbor_put_text_span(w, who->name);
    if (who->uri.size != 0) {
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_tag(w, TAG_URI);
        tps_cbor_put_text_span(w, who->uri);
    }
    if (who->validity.is_present) {
        tps_cbor_put_uint(w, 1);
        put_validity(w, &who->validity);
    }
}

tps_status tps_corim_sign(tps_span corim, const tps_corim_signer *who, const tps_cose_signer *signer,
                          tps_buf out, tps_span *encoded)
{
    uint8_t room[NAME_MAX_SIZE + URI_MAX_SIZE + 64];
    tps_cbor_writer writer = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_cose_sign1_options options = {
        .content_type = TPS_SPAN_LITERAL(TPS_CORIM_CONTENT_TYPE),
        .kid = who->kid,
        .x5chain = who->x5chain,
        .x5chain_count = who->x5chain_count,
        .is_x5chain_protected = true,
    };

    *encoded = TPS_SPAN_EMPTY;
    if (who->name.size == 0 || who->name.size > NAME_MAX_SIZE || who->uri.size > URI_MAX_SIZE) {
        return TPS_BAD_ARGUMENT;
    }
    put_meta(&writer, who);
    TPS_TRY(tps_cbor_writer_finish(&writer, &options.corim_meta));
    return tps_cose_sign1_make(corim, &options, signer, out, encoded);
}
