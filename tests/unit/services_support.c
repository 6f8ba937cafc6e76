/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "services_support.h"
#include "support/vectors.h"
#include "tps/eat.h"

enum { FAKE_FLASH_SIZE = 65536, FAKE_FLASH_SECTOR = 4096, FAKE_FLASH_UNIT = 16 };

/* ---- the platform ---- */

static bool fails(device *d)
{
    return ++d->calls == d->fail_at;
}

static tps_status fake_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    device *d = context;

    if (fails(d) || d->is_locked) {
        return TPS_COMPONENT_NO_SECRET;
    }
    memcpy(secret, d->secret, sizeof(d->secret));
    return TPS_OK;
}

static tps_status fake_lock(void *context)
{
    device *d = context;

    d->is_locked = true;
    return fails(d) ? TPS_COMPONENT_NOT_LOCKED : TPS_OK;
}

static uint32_t fake_debug(void *context)
{
    const device *d = context;

    return d->is_open ? TPS_EAT_DEBUG_ENABLED : TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

static tps_status fake_entropy(void *context, tps_buf out)
{
    return fails(context) ? TPS_CRYPTO_NO_ENTROPY : tps_crypto_random(out);
}

static tps_status fake_counter_read(void *context, uint32_t counter, uint64_t *value)
{
    device *d = context;

    if (fails(d)) {
        return TPS_COMPONENT_STORAGE;
    }
    *value = d->counters[counter];
    return TPS_OK;
}

static tps_status fake_counter_increase(void *context, uint32_t counter, uint64_t *value)
{
    device *d = context;

    if (fails(d)) {
        return TPS_COMPONENT_STORAGE;
    }
    if (d->has_no_counters) {
        return TPS_UNSUPPORTED;
    }
    return flash_count(&d->flash, &d->counters[counter], value);
}

static tps_status fake_raw_read(void *context, uint32_t offset, tps_buf out)
{
    device *d = context;

    return fails(d) ? TPS_COMPONENT_STORAGE : flash_read(&d->flash, offset, out);
}

static tps_status fake_raw_write(void *context, uint32_t offset, tps_span bytes)
{
    device *d = context;

    return fails(d) ? TPS_COMPONENT_STORAGE : flash_write(&d->flash, offset, bytes);
}

static tps_status fake_raw_erase(void *context, uint32_t offset)
{
    device *d = context;

    return fails(d) ? TPS_COMPONENT_STORAGE : flash_erase(&d->flash, offset);
}

static tps_span provided(const device *d, uint32_t part, const char *image)
{
    bool is_application = image != NULL && strcmp(image, "application") == 0;
    bool is_component = image != NULL && strcmp(image, "component") == 0;

    if (is_component) {
        return part == TPS_PROVIDED_IMAGE ? tps_span_make(d->r_image, d->r_image_size)
                                          : tps_span_make(d->r_manifest, d->r_manifest_size);
    }
    switch (part) {
    case TPS_PROVIDED_IDENTITY: return tps_span_make(d->identity, d->identity_size);
    case TPS_PROVIDED_IMAGE: return is_application ? tps_span_make(d->image, d->image_size) : TPS_SPAN_EMPTY;
    case TPS_PROVIDED_MANIFEST:
        return is_application ? tps_span_make(d->manifest, d->manifest_size) : TPS_SPAN_EMPTY;
    default: return tps_span_make(d->certificates, d->certificates_size);
    }
}

static tps_status fake_provided(void *context, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                                size_t *size)
{
    device *d = context;
    tps_span content = provided(d, part, image);

    if (fails(d)) {
        return TPS_COMPONENT_STORAGE;
    }
    if (content.size == 0) {
        return TPS_NOT_FOUND;
    }
    *size = offset >= content.size ? 0 : content.size - (size_t)offset;
    *size = *size < out.size ? *size : out.size;
    memcpy(out.data, content.data + (offset < content.size ? offset : 0), *size);
    return TPS_OK;
}

static tps_status fake_time(void *context, uint64_t *seconds)
{
    (void)context;
    (void)seconds;
    return TPS_UNSUPPORTED;
}

/* Root's user login owns the device. */
static bool fake_is_administrator(void *context, uint32_t method, uint32_t uid, uint32_t gid,
                                  const uint8_t *application)
{
    (void)context;
    (void)gid;
    (void)application;
    return method == TPSC_LOGIN_USER && uid == 0;
}

static void fake_reset(void *context)
{
    device *d = context;

    d->resets++;
}

static void fake_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

/* ---- the device ---- */

static const uint8_t class_id[32] = {0xc1};

/* Puts a text where a text of one byte ends the array of images, whatever it is. */
static void replace_name(device *d, size_t size, tps_span name)
{
    static const char before[] = "component\x61q";
    uint8_t *at = d->identity;
    size_t head = name.size < 24 ? 1 : 2;

    while (memcmp(at, before, sizeof(before) - 1) != 0) {
        at++;
        assert_true((size_t)(at - d->identity) + sizeof(before) < size);
    }
    at += sizeof(before) - 3;
    memmove(at + head + name.size, at + 2, size - (size_t)(at + 2 - d->identity));
    at[0] = head == 1 ? (uint8_t)(0x60 + name.size) : 0x78;
    at[head - 1] = head == 1 ? at[0] : (uint8_t)name.size;
    memcpy(at + head, name.data, name.size);
    d->identity_size = size - 2 + head + name.size;
}

void device_name_image(device *d, tps_span name)
{
    static const uint8_t oemid[16] = {0x0e};
    uint8_t key[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(key));
    tps_device_identity identity = {
        .vendor = TPS_SPAN_LITERAL("Acme"),
        .model = TPS_SPAN_LITERAL("bulb"),
        .oemid = TPS_SPAN_OF(oemid),
        .class_id = TPS_SPAN_OF(class_id),
        .hwversion = TPS_SPAN_LITERAL("1.0"),
        .serial = TPS_SPAN_LITERAL("bulb-0001"),
        .image_count = 2,
        .images = {TPS_SPAN_LITERAL("component"), TPS_SPAN_LITERAL("q")},
        .release_key_count = 1,
    };
    tps_span encoded;

    assert_int_equal(tps_cose_key_put(&w, d->release_key), TPS_OK);
    identity.release_keys[0] = tps_span_make(key, w.size);
    assert_int_equal(tps_identity_encode(&identity, TPS_BUF_OF(d->identity), &encoded, NULL), TPS_OK);
    replace_name(d, encoded.size, name);
}

tps_manifest device_manifest(const char *version)
{
    return (tps_manifest){.image = TPS_SPAN_LITERAL("application"),
                          .version = tps_span_of_text(version),
                          .class_id = TPS_SPAN_OF(class_id),
                          .model = TPS_SPAN_LITERAL("bulb")};
}

void device_sign_manifest(device *d, tps_manifest manifest)
{
    tps_digest digest;
    tps_span encoded;

    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(d->image, d->image_size), &digest),
                     TPS_OK);
    manifest.size = d->image_size;
    manifest.digest = tps_span_make(digest.bytes, 32);
    assert_int_equal(tps_manifest_make(&manifest, d->release_key, TPS_BUF_OF(d->manifest), &encoded, NULL),
                     TPS_OK);
    d->manifest_size = encoded.size;
}

void device_sign_component(device *d, uint32_t security_counter)
{
    tps_manifest manifest = device_manifest("3.1.0");
    tps_digest digest;
    tps_span encoded;

    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(d->r_image, d->r_image_size), &digest),
                     TPS_OK);
    manifest.image = TPS_SPAN_LITERAL("component");
    manifest.size = d->r_image_size;
    manifest.digest = tps_span_make(digest.bytes, 32);
    manifest.security_counter = security_counter;
    assert_int_equal(tps_manifest_make(&manifest, d->release_key, TPS_BUF_OF(d->r_manifest), &encoded, NULL),
                     TPS_OK);
    d->r_manifest_size = encoded.size;
}

void device_sign_image(device *d, const char *version)
{
    device_sign_manifest(d, device_manifest(version));
}

device *device_new(void)
{
    device *d = calloc(1, sizeof(*d));

    assert_non_null(d);
    flash_make(&d->flash, FAKE_FLASH_SIZE, FAKE_FLASH_SECTOR, FAKE_FLASH_UNIT);
    d->platform = (tps_platform){.version = TPS_PLATFORM_VERSION,
                                 .properties = TPS_PLATFORM_INSECURE,
                                 .context = d,
                                 .unique_secret = fake_secret,
                                 .lock_secret = fake_lock,
                                 .debug_status = fake_debug,
                                 .entropy = fake_entropy,
                                 .storage_size = FAKE_FLASH_SIZE,
                                 .sector_size = FAKE_FLASH_SECTOR,
                                 .unit_size = FAKE_FLASH_UNIT,
                                 .storage_read = fake_raw_read,
                                 .storage_write = fake_raw_write,
                                 .storage_erase = fake_raw_erase,
                                 .counter_read = fake_counter_read,
                                 .counter_increase = fake_counter_increase,
                                 .provided_read = fake_provided,
                                 .is_administrator = fake_is_administrator,
                                 .reset = fake_reset,
                                 .time = fake_time,
                                 .log = fake_log};
    for (size_t i = 0; i < sizeof(d->secret); i++) {
        d->secret[i] = (uint8_t)i;
    }
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &d->release_key), TPS_OK);
    d->counters[TPS_COUNTER_PROVISIONED] = TPS_LIFECYCLE_SECURED;
    memset(d->image, 0x5a, sizeof(d->image));
    d->image_size = 3000;
    memset(d->r_image, 0x52, sizeof(d->r_image));
    d->r_image_size = sizeof(d->r_image);
    device_name_image(d, TPS_SPAN_LITERAL("application"));
    device_sign_component(d, 0);
    device_sign_image(d, "1.0.0");
    return d;
}

void device_free(device *d)
{
    device_stop(d);
    tps_crypto_key_free(d->release_key);
    flash_free(&d->flash);
    free(d);
}

tps_status device_try_start(device *d)
{
    tps_service_slot *slots = d->slots;
    size_t count = 0;
    tps_status status;

    device_stop(d);
    slots[count++] = (tps_service_slot){&tps_measurement_service, &d->measurement, sizeof(d->measurement)};
    slots[count++] = (tps_service_slot){&tps_attestation_service, &d->attestation, sizeof(d->attestation)};
    slots[count++] = (tps_service_slot){&tps_identification_service, NULL, 0};
    slots[count++] = (tps_service_slot){&tps_key_store_service, &d->key_store, sizeof(d->key_store)};
    slots[count++] = (tps_service_slot){&tps_storage_service, NULL, 0};
    slots[count++] = (tps_service_slot){&tps_counters_service, NULL, 0};
    slots[count++] = (tps_service_slot){&tps_random_service, NULL, 0};
    slots[count++] = (tps_service_slot){&tps_update_service, &d->update, sizeof(d->update)};
    slots[count++] = (tps_service_slot){&tps_authentication_service, NULL, 0};
    slots[count++] = (tps_service_slot){&tps_verification_service, NULL, 0};
    slots[count++] = (tps_service_slot){&tps_lifecycle_service, NULL, 0};
    d->is_locked = false;
    status = tps_boot(&d->platform, &d->handover, NULL);
    if (status == TPS_OK) {
        status = tps_component_init(&d->component, &d->platform, &d->handover,
                                    (TPSC_UUID)TPSC_UUID_SC_TYPE_INSECURE_TEST, slots, count, NULL);
    }
    d->is_running = status == TPS_OK;
    return status;
}

void device_start(device *d)
{
    assert_int_equal(device_try_start(d), TPS_OK);
}

int device_setup(void **state)
{
    *state = device_new();
    device_start(*state);
    return 0;
}

int device_teardown(void **state)
{
    device_free(*state);
    return 0;
}

void device_stop(device *d)
{
    if (d->is_running) {
        tps_component_finish(&d->component);
    }
    d->is_running = false;
}

/* ---- messages ---- */

tps_login user(uint32_t uid)
{
    return (tps_login){.method = TPSC_LOGIN_USER, .uid = uid};
}

static void trace(device *d, tps_span bytes)
{
    if (bytes.size > 0 && bytes.size <= TRACE_MAX - d->trace_size) {
        memcpy(d->trace + d->trace_size, bytes.data, bytes.size);
        d->trace_size += bytes.size;
    }
}

tps_status ask(device *d, const tps_service *service, const tps_login *login, tps_span message, tps_buf room,
               tps_span *answer)
{
    TPSC_ServiceIdentifier services[TPS_COMPONENT_SERVICES_MAX];
    size_t count;
    size_t size = 0;
    uint32_t session = 0;
    tps_status status = TPS_COMPONENT_NO_SERVICE;

    *answer = TPS_SPAN_EMPTY;
    assert_int_equal(tps_component_discover(&d->component, services, TPS_COMPONENT_SERVICES_MAX, &count),
                     TPS_OK);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(&services[i].service_id, &service->id, sizeof(TPSC_UUID)) == 0) {
            status = tps_component_open(&d->component, 1, login, &services[i].service_instance, &session);
        }
    }
    if (status != TPS_OK) {
        return status;
    }
    trace(d, message);
    status = tps_component_execute(&d->component, 1, session, message, room, &size, NULL);
    *answer = tps_span_make(room.data, size);
    if (status == TPS_OK) {
        trace(d, *answer);
    }
    assert_int_equal(tps_component_close(&d->component, 1, session), TPS_OK);
    return status;
}

tps_span ask_hex(device *d, const tps_service *service, const tps_login *login, const char *hex)
{
    static uint8_t room[16384];
    tps_buf message = bytes_from_hex(hex);
    tps_span answer;

    assert_int_equal(ask(d, service, login, span_of(message), TPS_BUF_OF(room), &answer), TPS_OK);
    free(message.data);
    assert_int_equal(tps_cbor_check(answer, &tps_cbor_limits_message, NULL, NULL), TPS_OK);
    return answer;
}

tps_span member(tps_span answer, uint64_t key)
{
    tps_cbor_reader r = tps_cbor_reader_init(answer);
    tps_cbor_list map;
    tps_span found = TPS_SPAN_EMPTY;

    (void)tps_cbor_get_tag(&r);
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) != key) {
            (void)tps_cbor_skip(&r);
            continue;
        }
        found = tps_cbor_peek(&r) == TPS_CBOR_BYTES  ? tps_cbor_get_bytes(&r)
                : tps_cbor_peek(&r) == TPS_CBOR_TEXT ? tps_cbor_get_text(&r)
                                                     : tps_cbor_skip(&r);
    }
    assert_int_equal(r.status, TPS_OK);
    assert_true(found.size > 0);
    return found;
}

uint64_t error_of(tps_span answer)
{
    tps_cbor_reader r = tps_cbor_reader_init(answer);
    tps_cbor_list map;
    uint64_t error = 0;

    (void)tps_cbor_get_tag(&r);
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) == 2) {
            error = tps_cbor_get_uint(&r);
        } else {
            (void)tps_cbor_skip(&r);
        }
    }
    assert_int_equal(r.status, TPS_OK);
    return error;
}
