/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include <stdlib.h>

#include "component/boot/identity.h"
#include "component/boot/manifest.h"
#include "tps/crypto.h"
#include "tps/eat.h"

device_memory device;

void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* ---- the platform ---- */

static tps_status give_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE])
{
    (void)context;
    memset(secret, 0x42, TPS_UNIQUE_SECRET_SIZE);
    return TPS_OK;
}

static tps_status lock_secret(void *context)
{
    (void)context;
    return TPS_OK;
}

static tps_status give_entropy(void *context, tps_buf out)
{
    (void)context;
    memset(out.data, ++device.random_byte, out.size);
    return TPS_OK;
}

static bool is_in_raw(uint32_t offset, size_t size)
{
    return offset <= DEVICE_RAW_SIZE && size <= DEVICE_RAW_SIZE - offset;
}

static tps_status read_raw(void *context, uint32_t offset, tps_buf out)
{
    (void)context;
    must(is_in_raw(offset, out.size));
    memcpy(out.data, device.raw + offset, out.size);
    return TPS_OK;
}

static tps_status write_raw(void *context, uint32_t offset, tps_span bytes)
{
    (void)context;
    must(is_in_raw(offset, bytes.size));
    memcpy(device.raw + offset, bytes.data, bytes.size);
    return TPS_OK;
}

static tps_status erase_raw(void *context, uint32_t offset)
{
    (void)context;
    must(is_in_raw(offset, DEVICE_RAW_SECTOR));
    memset(device.raw + offset, 0xff, DEVICE_RAW_SECTOR);
    return TPS_OK;
}

static tps_status read_counter(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    *value = device.counters[counter];
    return TPS_OK;
}

static tps_status step_counter(void *context, uint32_t counter, uint64_t *value)
{
    (void)context;
    *value = ++device.counters[counter];
    return TPS_OK;
}

static tps_status read_provided(void *context, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                                size_t *size)
{
    tps_span what = part < DEVICE_PARTS ? device.provided[part] : TPS_SPAN_EMPTY;

    (void)context;
    (void)image;
    if (what.size == 0) {
        return TPS_NOT_FOUND;
    }
    *size = offset >= what.size ? 0 : what.size - (size_t)offset;
    *size = *size < out.size ? *size : out.size;
    if (*size > 0) {
        memcpy(out.data, what.data + offset, *size);
    }
    return TPS_OK;
}

static uint32_t tell_debug(void *context)
{
    (void)context;
    return TPS_EAT_DEBUG_DISABLED_SINCE_BOOT;
}

/* User 0 owns the device. */
static bool is_root(void *context, uint32_t method, uint32_t uid, uint32_t gid, const uint8_t *application)
{
    (void)context;
    (void)gid;
    (void)application;
    return method == TPSC_LOGIN_USER && uid == 0;
}

static tps_status tell_time(void *context, uint64_t *seconds)
{
    (void)context;
    *seconds = 1800000000;
    return TPS_OK;
}

static void no_log(void *context, uint32_t level, const char *text, tps_status status)
{
    (void)context;
    (void)level;
    (void)text;
    (void)status;
}

const tps_platform device_platform = {.version = TPS_PLATFORM_VERSION,
                                      .unique_secret = give_secret,
                                      .lock_secret = lock_secret,
                                      .debug_status = tell_debug,
                                      .entropy = give_entropy,
                                      .storage_size = DEVICE_RAW_SIZE,
                                      .sector_size = DEVICE_RAW_SECTOR,
                                      .unit_size = 16,
                                      .storage_read = read_raw,
                                      .storage_write = write_raw,
                                      .storage_erase = erase_raw,
                                      .counter_read = read_counter,
                                      .counter_increase = step_counter,
                                      .provided_read = read_provided,
                                      .is_administrator = is_root,
                                      .time = tell_time,
                                      .log = no_log};

/* ---- the maker ---- */

static const uint8_t class_id[TPS_CLASS_ID_SIZE];
static const uint8_t image[] = {'i', 'm', 'a', 'g', 'e'};

void device_erase(void)
{
    memset(device.raw, 0xff, sizeof(device.raw));
    memset(device.counters, 0, sizeof(device.counters));
    device.counters[TPS_COUNTER_PROVISIONED] = TPS_LIFECYCLE_SECURED;
    device.random_byte = 0;
}

static tps_crypto_key *release_key(void)
{
    static const uint8_t one[32] = {[31] = 1};
    tps_crypto_key *key = NULL;

    must(tps_crypto_key_from_scalar(TPS_CURVE_P256, TPS_SPAN_OF(one), &key) == TPS_OK);
    return key;
}

tps_span device_release_key(void)
{
    static uint8_t room[128];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    tps_crypto_key *key = release_key();

    must(tps_cose_key_put(&w, key) == TPS_OK);
    tps_crypto_key_free(key);
    return tps_span_make(room, w.size);
}

static tps_span make_identity(void)
{
    static uint8_t room[TPS_IDENTITY_MAX];
    tps_device_identity identity = {.vendor = TPS_SPAN_LITERAL("Acme"),
                                    .model = TPS_SPAN_LITERAL("bulb"),
                                    .oemid = TPS_SPAN_LITERAL("\x01\x02\x03"),
                                    .class_id = TPS_SPAN_OF(class_id),
                                    .hwversion = TPS_SPAN_LITERAL("1"),
                                    .serial = TPS_SPAN_LITERAL("1"),
                                    .image_count = 1,
                                    .images = {TPS_SPAN_LITERAL("a")},
                                    .release_key_count = 1,
                                    .release_keys = {device_release_key()}};
    tps_span encoded;

    must(tps_identity_encode(&identity, TPS_BUF_OF(room), &encoded, NULL) == TPS_OK);
    return encoded;
}

static tps_span make_manifest(void)
{
    static uint8_t room[TPS_MANIFEST_MAX];
    tps_crypto_key *key = release_key();
    tps_digest digest;
    tps_manifest manifest = {.image = TPS_SPAN_LITERAL("a"),
                             .version = TPS_SPAN_LITERAL("1"),
                             .size = sizeof(image),
                             .class_id = TPS_SPAN_OF(class_id),
                             .model = TPS_SPAN_LITERAL("bulb")};
    tps_span encoded;

    must(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(image), &digest) == TPS_OK);
    manifest.digest = tps_span_make(digest.bytes, 32);
    must(tps_manifest_make(&manifest, key, TPS_BUF_OF(room), &encoded, NULL) == TPS_OK);
    tps_crypto_key_free(key);
    return encoded;
}

void device_make(void)
{
    memset(device.provided, 0, sizeof(device.provided));
    device.provided[TPS_PROVIDED_IDENTITY] = make_identity();
    device.provided[TPS_PROVIDED_IMAGE] = TPS_SPAN_OF(image);
    device.provided[TPS_PROVIDED_MANIFEST] = make_manifest();
}

/* ---- the component ---- */

void device_start(tps_component *component, tps_handover *handover, const tps_service_slot *slots,
                  size_t count)
{
    must(tps_component_init(component, &device_platform, handover, (TPSC_UUID)TPSC_UUID_SC_TYPE_INSECURE_TEST,
                            slots, count, NULL) == TPS_OK &&
         component->vault_status == TPS_OK);
}

uint32_t device_open(tps_component *component, size_t service, const tps_login *login)
{
    uint32_t session = 0;

    must(tps_component_open(component, 1, login, &component->instances[service], &session) == TPS_OK);
    return session;
}

tps_span device_ask(tps_component *component, uint32_t session, tps_span message)
{
    static uint8_t room[TPS_COMPONENT_MESSAGE_MAX];
    size_t size = 0;

    if (tps_component_execute(component, 1, session, message, TPS_BUF_OF(room), &size, NULL) != TPS_OK) {
        return TPS_SPAN_EMPTY;
    }
    must(tps_cbor_check(tps_span_make(room, size), &tps_cbor_limits_message, NULL, NULL) == TPS_OK);
    return tps_span_make(room, size);
}
