/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates, registry and endorsements of devices: what is the same for all, whoever made their keys. */
#include "factory/batch.h"

#include <stdio.h>
#include <stdlib.h>

#include "component/boot/certify.h"
#include "factory/endorse.h"
#include "factory/pem.h"
#include "format/der/certificate.h"
#include "tps/dice.h"

enum { HOUR = 3600 };

#define CHAIN_MAX (2 * FACTORY_CERTIFICATE_MAX + 16)

tps_status factory_batch_write(const factory_batch *b, const char *folder, const char *file, unsigned mode,
                               tps_span content)
{
    char path[TPS_FACTORY_PATH_MAX];

    TPS_TRY(factory_path(path, b->problem, "%s/%s", folder, file));
    TPS_TRY(factory_write(path, mode, content, b->problem));
    return factory_set_mode(path, mode, b->problem);
}

/** A folder that the component's user may enter. */
tps_status factory_batch_make_public(const factory_batch *b, const char *path)
{
    TPS_TRY(factory_make_folder(path, 0755, b->problem));
    return factory_set_mode(path, 0755, b->problem);
}

/** The subject and the key identifier of the maker's CA. */
static tps_status read_ca(const factory_batch *b, tps_dice_certificate_plan *plan)
{
    static const uint8_t subject_key_identifier[] = {0x55, 0x1d, 0x0e};
    der_certificate ca;
    der_extension extension;
    der_reader r;

    TPS_TRY(der_certificate_read(b->maker->ca.der, &ca, NULL));
    plan->issuer = ca.subject;
    if (der_extension_find(&ca, TPS_SPAN_OF(subject_key_identifier), &extension)) {
        r = der_reader_init(extension.value);
        plan->authority_key_id = der_get(&r, DER_OCTET_STRING);
        return der_reader_finish(&r);
    }
    return TPS_OK;
}

/** DeviceID's certificate: a CA's, under the name that the first stage knows, for one layer key below it. */
static tps_status issue_device_id(const factory_batch *b, const tps_device_identity *identity,
                                  const tps_crypto_key *key, tps_buf out, tps_span *der)
{
    uint8_t name[TPS_DICE_NAME_MAX];
    char class_uri[TPS_CLASS_URI_SIZE];
    const tps_span uri = tps_class_uri(identity->class_id, class_uri);
    tps_dice_certificate_plan plan = {
        .subject_key = key, .is_ca = true, .path_length = 1, .uris = &uri, .uri_count = 1};

    TPS_TRY(read_ca(b, &plan));
    TPS_TRY(tps_device_id_name(identity, TPS_BUF_OF(name), &plan.subject));
    return tps_dice_certificate_make(&plan, b->maker->ca.key, out, der);
}

/** device-id.cbor: the chain of DeviceID, leaf first. */
tps_status factory_batch_certify_device_id(const factory_batch *b, const char *folder, const char *serial,
                                           const tps_crypto_key *key)
{
    uint8_t encoded[CHAIN_MAX];
    uint8_t room[FACTORY_CERTIFICATE_MAX];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_device_identity identity = {.vendor = tps_span_of_text(b->maker->name),
                                    .model = tps_span_of_text(b->request->model),
                                    .class_id = TPS_SPAN_OF(b->class_id),
                                    .serial = tps_span_of_text(serial)};
    tps_span der;
    tps_span content;
    tps_status status = issue_device_id(b, &identity, key, TPS_BUF_OF(room), &der);

    if (status == TPS_OK) {
        tps_cbor_put_array(&w, 2);
        tps_cbor_put_bytes(&w, der);
        tps_cbor_put_bytes(&w, b->maker->ca.der);
        status = tps_cbor_writer_finish(&w, &content);
    }
    return status == TPS_OK ? factory_batch_write(b, folder, "device-id.cbor", 0644, content)
                            : factory_fail_status(b->problem, status, serial);
}

/** certificates.cbor for the component, certificates.pem for people and their tools; leaf first. */
static tps_status write_chain(const factory_batch *b, const char *folder, tps_span leaf)
{
    uint8_t encoded[CHAIN_MAX];
    char pem[2 * FACTORY_PEM_SIZE(FACTORY_CERTIFICATE_MAX)];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(encoded));
    tps_span content;
    size_t size = factory_pem_write("CERTIFICATE", leaf, pem);

    size += factory_pem_write("CERTIFICATE", b->maker->ca.der, pem + size);
    tps_cbor_put_array(&w, 2);
    tps_cbor_put_bytes(&w, leaf);
    tps_cbor_put_bytes(&w, b->maker->ca.der);
    if (tps_cbor_writer_finish(&w, &content) != TPS_OK) {
        return factory_fail(b->problem, TPS_TOO_LARGE, "use a shorter name",
                            "the certificates are too large");
    }
    TPS_TRY(factory_batch_write(b, folder, "certificates.cbor", 0644, content));
    return factory_batch_write(b, folder, "certificates.pem", 0644, tps_span_make(pem, size));
}

tps_status factory_batch_certify(const factory_batch *b, const char *folder, const char *serial,
                                 const tps_crypto_key *key)
{
    uint8_t der[FACTORY_CERTIFICATE_MAX];
    char name[TPS_FACTORY_MODEL_MAX + 16];
    tps_x509_request request = {
        .common_name = name,
        .organization = b->maker->name,
        .serial_number = serial,
        .path_length = -1,
        .purpose = TPS_X509_ATTESTATION,
        .class_id = TPS_SPAN_OF(b->class_id),
        .not_before = factory_now() - HOUR,
        .not_after = INT64_MAX, /* a device may outlive every guess (IEEE 802.1AR, 8.7) */
    };
    size_t size;
    tps_status status;

    (void)snprintf(name, sizeof(name), "%s attestation", b->request->model);
    status = tps_x509_issue(&request, key, b->maker->ca.der, b->maker->ca.key, TPS_BUF_OF(der), &size);
    if (status != TPS_OK) {
        return factory_fail_status(b->problem, status, serial);
    }
    return write_chain(b, folder, tps_span_make(der, size));
}

tps_status factory_batch_describe(const factory_batch *b, const char *serial, const tps_crypto_key *key,
                                  factory_endorsed *out)
{
    tps_status status = tps_keys_instance_id(key, out->instance_id);

    if (status == TPS_OK) {
        status = tps_crypto_key_spki(key, TPS_BUF_OF(out->spki), &out->spki_size);
    }
    return status == TPS_OK ? TPS_OK : factory_fail_status(b->problem, status, serial);
}

void factory_instance_hex(const uint8_t id[TPS_KEYS_UEID_SIZE], char hex[2 * TPS_KEYS_UEID_SIZE + 1])
{
    for (size_t i = 0; i < TPS_KEYS_UEID_SIZE; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", id[i]);
    }
}

/** One line of devices.csv: serial, model, instance id, time. */
tps_status factory_batch_record(const factory_batch *b, const char *serial, const factory_endorsed *device)
{
    char path[TPS_FACTORY_PATH_MAX];
    char line[256];
    char hex[2 * TPS_KEYS_UEID_SIZE + 1] = "";

    if (device != NULL) {
        factory_instance_hex(device->instance_id, hex);
    }
    (void)snprintf(line, sizeof(line), "%s,%s,%s,%lld\n", serial, b->request->model, hex,
                   (long long)factory_now());
    TPS_TRY(factory_path(path, b->problem, "%s/devices.csv", b->request->folder));
    return factory_append(path, line, b->problem);
}

tps_status factory_batch_endorse(const factory_batch *b, size_t count, tps_factory_made *out)
{
    tps_corim_device *devices = calloc(count, sizeof(*devices));
    char title[64];
    factory_endorsement endorsement = {
        .model = b->request->model, .title = title, .devices = devices, .device_count = count};
    tps_status status;

    if (devices == NULL) {
        return factory_fail_status(b->problem, TPS_OUT_OF_MEMORY, "endorsements");
    }
    for (size_t i = 0; i < count; i++) {
        devices[i] = (tps_corim_device){.instance_id = TPS_SPAN_OF(b->devices[i].instance_id),
                                        .spki = tps_span_make(b->devices[i].spki, b->devices[i].spki_size)};
    }
    (void)snprintf(title, sizeof(title), "%s-devices-%04zu", b->request->model, b->first_number);
    status = factory_endorse(b->maker, &endorsement, out->psa, out->opentps, b->problem);
    free(devices);
    return status;
}
