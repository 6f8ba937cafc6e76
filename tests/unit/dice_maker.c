/* SPDX-License-Identifier: Apache-2.0 */
/* A maker of devices with DICE chains. */
#include "dice_maker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/x509.h"
#include "tps/base64.h"
#include "tps/eat.h"

/* Entries of a MultiTcbInfo, and bytes of what they are written to. */
enum { MULTI_MAX = 40, ROOM = 12288 };

#define PURPOSE_ATTESTATION "tag:opentps.org,2026:certificate:attestation"

static const uint8_t r_digest[32] = {0xd1};
static const uint8_t boot_digest[32] = {0xd2};
const uint8_t cbor_code[32] = {0xc0};
const uint8_t cbor_configuration[32] = {0xc1};
static const uint8_t authority[32] = {0xc2};

tps_span dice_ca(void)
{
    static uint8_t room[1024];
    static size_t size;

    if (size == 0) {
        tps_span der = make_ca("Lumen CA", device_key(KEY_CA), TPS_SPAN_EMPTY, NULL);
        size = der.size;
        memcpy(room, der.data, size);
    }
    return tps_span_make(room, size);
}

dice_device dice_lamp(void)
{
    dice_device device = {
        .info = {.present = ALL_OF_R,
                 .vendor = TPS_SPAN_LITERAL("Lumen"),
                 .model = TPS_SPAN_LITERAL("Lamp"),
                 .version = TPS_SPAN_LITERAL("1.0"),
                 .svn = 3,
                 .layer = 1,
                 .flags = 0,
                 .flags_mask = TPS_DICE_FLAG_NOT_CONFIGURED | TPS_DICE_FLAG_NOT_SECURE | TPS_DICE_FLAG_DEBUG,
                 .type = TPS_SPAN_LITERAL("opentps boot log")},
        .fwids = {{.alg = TPS_ALG_SHA256, .digest = TPS_SPAN_OF(r_digest)},
                  {.alg = TPS_ALG_SHA256, .digest = TPS_SPAN_OF(boot_digest)}},
        .fwid_count = 2,
        .class_id = TPS_SPAN_OF(lamp_class),
        .purpose = PURPOSE_ATTESTATION,
        .ca = device_key(KEY_CA),
        .ca_der = dice_ca(),
        .has_root = true,
    };

    device.layer_ueid = instance_of(device_key(1));
    device.ak_ueid = device.layer_ueid;
    return device;
}

/* ---- X.509 ---- */

static tps_span make(const tps_dice_certificate_plan *plan, tps_crypto_key *issuer_key, tps_buf room)
{
    tps_span made;

    assert_int_equal(tps_dice_certificate_make(plan, issuer_key, room, &made), TPS_OK);
    return made;
}

static tps_span name(const char *text)
{
    static uint8_t rooms[4][TPS_DICE_NAME_MAX];
    static size_t next;
    tps_span encoded;

    assert_int_equal(tps_dice_name_encode(tps_span_of_text(text), TPS_SPAN_EMPTY, TPS_SPAN_EMPTY,
                                          (tps_buf){rooms[next++ % 4], TPS_DICE_NAME_MAX}, &encoded),
                     TPS_OK);
    return encoded;
}

static tps_span ueid_extension(tps_span ueid, uint8_t room[128])
{
    uint8_t value_room[64];
    tps_span value;
    tps_span extension;

    assert_int_equal(tps_dice_octets_encode(ueid, TPS_BUF_OF(value_room), &value), TPS_OK);
    assert_int_equal(
        tps_dice_extension_encode(TPS_DICE_EXTENSION_UEID, false, value, (tps_buf){room, 128}, &extension),
        TPS_OK);
    return extension;
}

static tps_dice_input open_input(uint32_t mode)
{
    return (tps_dice_input){.present = 1u << TPS_DICE_CODE_HASH | 1u << TPS_DICE_CONFIGURATION_DESCRIPTOR |
                                       1u << TPS_DICE_AUTHORITY_HASH | 1u << TPS_DICE_MODE,
                            .mode = mode,
                            .value = {[TPS_DICE_CODE_HASH] = TPS_SPAN_OF(cbor_code),
                                      [TPS_DICE_CONFIGURATION_DESCRIPTOR] = TPS_SPAN_OF(cbor_configuration),
                                      [TPS_DICE_AUTHORITY_HASH] = TPS_SPAN_OF(authority)}};
}

static tps_span extension_of(uint32_t kind, tps_span value, tps_buf room)
{
    tps_span extension;

    assert_int_equal(tps_dice_extension_encode(kind, true, value, room, &extension), TPS_OK);
    return extension;
}

/* What the layer's certificate says of it. */
static tps_span tcb_extension(const dice_device *device, tps_buf room)
{
    static tps_dice_tcb_info infos[MULTI_MAX];
    static uint8_t value_room[ROOM];
    uint8_t fwids_room[512];
    const tps_dice_input input = open_input(TPS_DICE_MODE_NORMAL);
    tps_span fwids = TPS_SPAN_EMPTY;
    tps_span value;

    if (device->extension.size > 0) {
        return device->extension;
    }
    if (device->is_open) {
        assert_int_equal(tps_dice_input_encode(&input, TPS_BUF_OF(value_room), &value), TPS_OK);
        return extension_of(TPS_DICE_EXTENSION_OPEN, value, room);
    }
    if (device->fwid_count > 0) {
        assert_int_equal(
            tps_dice_fwids_encode(device->fwids, device->fwid_count, TPS_BUF_OF(fwids_room), &fwids), TPS_OK);
    }
    for (size_t i = 0; i < MULTI_MAX; i++) {
        infos[i] = device->info;
        infos[i].fwids = fwids;
        infos[i].present |= device->multi_count > 0 ? 1u << TPS_DICE_INDEX : 0;
        infos[i].index = i;
    }
    if (device->multi_count > 0) {
        assert_int_equal(
            tps_dice_multi_tcb_info_encode(infos, device->multi_count, TPS_BUF_OF(value_room), &value),
            TPS_OK);
        return extension_of(TPS_DICE_EXTENSION_MULTI_TCB_INFO, value, room);
    }
    assert_int_equal(tps_dice_tcb_info_encode(infos, TPS_BUF_OF(value_room), &value), TPS_OK);
    return extension_of(TPS_DICE_EXTENSION_TCB_INFO, value, room);
}

static tps_span subject_of(tps_span der)
{
    tps_dice_certificate certificate;

    assert_int_equal(tps_dice_certificate_read(der, &certificate, NULL), TPS_OK);
    return certificate.subject;
}

static tps_span certify_layer(const dice_device *device)
{
    static uint8_t room[2 * ROOM];
    static uint8_t tcb[ROOM];
    uint8_t ueid[128];
    tps_span extensions[2] = {tcb_extension(device, TPS_BUF_OF(tcb))};
    tps_dice_certificate_plan plan = {.issuer = name("DeviceID"),
                                      .subject = name("layer R"),
                                      .subject_key = device_key(KEY_LAYER),
                                      .authority_key_id = TPS_SPAN_LITERAL("12345678901234567890"),
                                      .is_ca = true,
                                      .path_length = 0,
                                      .extensions = extensions,
                                      .extension_count = 1};

    if (device->layer_ueid.size > 0) {
        extensions[plan.extension_count++] = ueid_extension(device->layer_ueid, ueid);
    }
    return make(&plan, device_key(KEY_DEVICE_ID), TPS_BUF_OF(room));
}

static tps_span certify_ak(const dice_device *device)
{
    static uint8_t room[2048];
    uint8_t ueid[128];
    char class_uri[128] = "tag:opentps.org,2026:class:";
    size_t at = strlen(class_uri);
    tps_span uris[2];
    tps_span extension;
    tps_dice_certificate_plan plan = {.issuer = name("layer R"),
                                      .subject = name("attestation"),
                                      .subject_key = device_key(KEY_AK),
                                      .authority_key_id = TPS_SPAN_LITERAL("12345678901234567890"),
                                      .is_ca = device->is_ak_ca,
                                      .uris = uris,
                                      .extensions = &extension};

    if (device->purpose != NULL) {
        uris[plan.uri_count++] = tps_span_of_text(device->purpose);
    }
    if (device->class_id.size > 0) {
        for (size_t i = 0; i < device->class_id.size; i++) {
            at += (size_t)snprintf(class_uri + at, sizeof class_uri - at, "%02x", device->class_id.data[i]);
        }
        uris[plan.uri_count++] = tps_span_of_text(class_uri);
    }
    if (device->ak_ueid.size > 0) {
        extension = ueid_extension(device->ak_ueid, ueid);
        plan.extension_count = 1;
    }
    return make(&plan, device_key(KEY_LAYER), TPS_BUF_OF(room));
}

static tps_span certify_device_id(const dice_device *device)
{
    static uint8_t room[2048];
    tps_dice_certificate_plan plan = {.issuer = subject_of(device->ca_der),
                                      .subject = name("DeviceID"),
                                      .subject_key = device_key(KEY_DEVICE_ID),
                                      .authority_key_id = TPS_SPAN_LITERAL("12345678901234567890"),
                                      .is_ca = true,
                                      .path_length = 1};

    return make(&plan, device->ca, TPS_BUF_OF(room));
}

const tps_span *chain_of(const dice_device *device, size_t *count)
{
    static tps_span chain[4];

    chain[0] = certify_ak(device);
    chain[1] = certify_layer(device);
    chain[2] = certify_device_id(device);
    chain[3] = device->ca_der;
    *count = device->has_root ? 4 : 3;
    return chain;
}

tps_span make_leaf_of(tps_span ueid)
{
    static uint8_t room[2048];
    const tps_x509_request request = {
        .common_name = "nobody", .not_before = NOW - 1000, .not_after = NOW + 1000, .ueid = ueid};
    size_t size;

    assert_int_equal(
        tps_x509_issue(&request, device_key(90), TPS_SPAN_EMPTY, device_key(90), TPS_BUF_OF(room), &size),
        TPS_OK);
    return tps_span_make(room, size);
}

/* ---- endorsements ---- */

static tps_span write_corim(const tps_corim_comid *comid, uint8_t *room, size_t size)
{
    const tps_corim_tag tag = {.tag = TPS_CORIM_TAG_COMID, .comid = comid};
    const tps_corim manifest = {.id = {.kind = TPS_CORIM_TEXT, .bytes = TPS_SPAN_LITERAL("layers")},
                                .tags = {.items = &tag, .count = 1}};
    tps_error why = {TPS_OK, 0, NULL};
    tps_span encoded;
    tps_status status = tps_corim_write(&manifest, (tps_buf){room, size}, &encoded, &why);

    if (status != TPS_OK) {
        fail_msg("%s: %s", tps_status_name(status), why.detail == NULL ? "" : why.detail);
    }
    return encoded;
}

tps_corim_measurement r_measurement(const dice_device *device)
{
    static tps_corim_digest digest;

    digest = (tps_corim_digest){.alg = TPS_ALG_SHA256, .value = device->fwids[0].digest};
    return (tps_corim_measurement){.version = device->info.version,
                                   .has_svn = true,
                                   .svn = device->info.svn,
                                   .digests = {.items = &digest, .count = 1},
                                   .flags_present =
                                       1u << TPS_CORIM_FLAG_CONFIGURED | 1u << TPS_CORIM_FLAG_DEBUG,
                                   .flags = 1u << TPS_CORIM_FLAG_CONFIGURED};
}

tps_span references(tps_corim_environment environment, const tps_corim_measurement *measurements,
                    size_t count)
{
    static uint8_t rooms[4][4096];
    static uint8_t next;
    uint8_t tag_id[16] = {0xd1, 0xce, next};
    const tps_corim_statement statement = {.environment = environment,
                                           .measurements = {.items = measurements, .count = count}};
    const tps_corim_comid comid = {.identity = {.id = {.kind = TPS_CORIM_UUID, .bytes = TPS_SPAN_OF(tag_id)}},
                                   .reference_values = {.items = &statement, .count = 1}};

    return write_corim(&comid, rooms[next++ % 4], 4096);
}

tps_span lamp_layer(void)
{
    dice_device device = dice_lamp();
    tps_corim_digest boot = {.alg = TPS_ALG_SHA256, .value = TPS_SPAN_OF(boot_digest)};
    tps_corim_measurement measurements[2] = {
        r_measurement(&device),
        {.key = {.kind = TPS_CORIM_UINT, .number = 1}, .digests = {.items = &boot, .count = 1}}};

    return references(
        (tps_corim_environment){
            .vendor = device.info.vendor, .model = device.info.model, .has_layer = true, .layer = 1},
        measurements, 2);
}

tps_span identities(const tps_corim_key_statement *statement)
{
    static uint8_t room[8192];
    static uint8_t tag_id[16] = {0x1d};
    const tps_corim_comid comid = {.identity = {.id = {.kind = TPS_CORIM_UUID, .bytes = TPS_SPAN_OF(tag_id)}},
                                   .identity_keys = {.items = statement, .count = 1}};

    tag_id[1]++;
    return write_corim(&comid, room, sizeof room);
}

tps_span identity_of(tps_corim_environment environment, const tps_corim_key *key)
{
    return identities(
        &(tps_corim_key_statement){.environment = environment, .keys = {.items = key, .count = 1}});
}

tps_span identity(tps_corim_environment environment, uint8_t key_number)
{
    uint8_t spki[128];
    char pem[512] = "-----BEGIN PUBLIC KEY-----\n";
    size_t size;
    size_t at = strlen(pem);
    tps_corim_key key = {.tag = TPS_CORIM_TAG_KEY_PEM};

    assert_int_equal(tps_crypto_key_spki(device_key(key_number), TPS_BUF_OF(spki), &size), TPS_OK);
    at += tps_base64_write(tps_span_make(spki, size), pem + at);
    (void)snprintf(pem + at, sizeof pem - at, "\n-----END PUBLIC KEY-----");
    key.value = tps_span_of_text(pem);
    return identity_of(environment, &key);
}

tps_span sign_corim(tps_span corim, uint8_t ca_number, tps_span ca_der)
{
    static uint8_t room[8192];
    tps_span chain[2];
    tps_corim_signer who = {.name = TPS_SPAN_LITERAL("Lumen"), .x5chain = chain, .x5chain_count = 2};
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(30), TPS_ALG_ESP256);
    tps_span message;

    chain[0] = make_leaf_for(TPS_X509_ENDORSEMENTS, TPS_SPAN_EMPTY, device_key(30), ca_der,
                             device_key(ca_number), NOW + 1000);
    chain[1] = ca_der;
    assert_int_equal(tps_corim_sign(corim, &who, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    return message;
}

/* ---- evidence ---- */

tps_span answer_claims(tps_span nonce, tps_span ueid, tps_span aud)
{
    static uint8_t room[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_span encoded;

    tps_cbor_put_map(&w, 1u + (nonce.size > 0) + (ueid.size > 0) + (aud.size > 0));
    if (aud.size > 0) {
        tps_cbor_put_int(&w, TPS_CWT_AUD);
        tps_cbor_put_text_span(&w, aud);
    }
    if (nonce.size > 0) {
        tps_cbor_put_int(&w, TPS_EAT_NONCE);
        tps_cbor_put_bytes(&w, nonce);
    }
    if (ueid.size > 0) {
        tps_cbor_put_int(&w, TPS_EAT_UEID);
        tps_cbor_put_bytes(&w, ueid);
    }
    tps_cbor_put_int(&w, TPS_EAT_PROFILE);
    tps_cbor_put_text(&w, TPS_DICE_PROFILE);
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static tps_span sign_with(tps_span claims, const tps_cose_make_options *options)
{
    static uint8_t room[4 * ROOM];
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(KEY_AK), TPS_ALG_ESP256);
    tps_span message;

    assert_int_equal(tps_cose_sign1_make(claims, options, &signer, TPS_BUF_OF(room), &message), TPS_OK);
    return message;
}

tps_span sign_under(tps_span claims, const tps_span *chain, size_t count)
{
    return sign_with(claims, &(tps_cose_make_options){.x5chain = chain, .x5chain_count = count});
}

tps_span sign_under_cbor(tps_span claims, const tps_span *chain, size_t count)
{
    uint8_t room[4096];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_cose_make_options options = {.more_protected_count = 1};

    tps_cbor_put_int(&w, TPS_DICE_HEADER_CHAIN);
    tps_cbor_put_array(&w, count);
    for (size_t i = 0; i < count; i++) {
        tps_cbor_put_bytes(&w, chain[i]);
    }
    assert_int_equal(tps_cbor_writer_finish(&w, &options.more_protected), TPS_OK);
    return sign_with(claims, &options);
}

/* ---- CBOR certificates ---- */

static tps_span make_cwt(const char *issuer, const char *subject, const tps_dice_input *input, uint32_t usage,
                         uint8_t key_number, uint8_t by_number, uint8_t room[1024])
{
    uint8_t key_room[128];
    uint8_t payload[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(key_room));
    tps_cose_signer signer = tps_cose_signer_of_key(device_key(by_number), TPS_ALG_ESP256);
    tps_dice_cwt_claims claims = {.issuer = tps_span_of_text(issuer),
                                  .subject = tps_span_of_text(subject),
                                  .input = *input,
                                  .key_usage = usage};
    tps_span made;

    assert_int_equal(tps_cose_key_put(&w, device_key(key_number)), TPS_OK);
    assert_int_equal(tps_cbor_writer_finish(&w, &claims.public_key), TPS_OK);
    assert_int_equal(tps_dice_cwt_make(&claims, &signer, TPS_BUF_OF(payload), TPS_BUF_MEASURE,
                                       (tps_buf){room, 1024}, &made),
                     TPS_OK);
    return made;
}

const tps_span *cbor_chain(uint32_t mode, size_t *count)
{
    static uint8_t rooms[2][1024];
    static tps_span chain[2];
    const tps_dice_input nothing = {.present = 0};
    const tps_dice_input input = open_input(mode);

    chain[0] =
        make_cwt("uds", "layer", &input, TPS_DICE_USAGE_KEY_CERT_SIGN, KEY_LAYER, KEY_DEVICE_ID, rooms[0]);
    chain[1] =
        make_cwt("layer", "ak", &nothing, TPS_DICE_USAGE_DIGITAL_SIGNATURE, KEY_AK, KEY_LAYER, rooms[1]);
    *count = 2;
    return chain;
}

/* ---- a verifier ---- */

tps_verifier *dice_verifier(void)
{
    tps_verifier *v = make_verifier((tps_verifier_options){.require_key = false});
    tps_corim_manifest lamp = lamp_manifest();

    assert_int_equal(tps_verifier_add_anchor(v, dice_ca()), TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, sign_corim(encode(&lamp), KEY_CA, dice_ca()), NOW, NULL),
                     TPS_OK);
    assert_int_equal(tps_verifier_add_corim(v, sign_corim(lamp_layer(), KEY_CA, dice_ca()), NOW, NULL),
                     TPS_OK);
    return v;
}
