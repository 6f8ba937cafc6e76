/* SPDX-License-Identifier: Apache-2.0 */
/* The services that speak for the device, with keys in the key store. The first byte says what the rest is
 * (its lower bits), under which login, and whether it is one message or a row of them, each behind its size
 * in two bytes: messages to a service in one session; or what a maker or a disk hands over: identity,
 * manifest, certificates, a key as it is stored. */
#include "component/boot/boot.h"
#include "component/services/attestation/attestation.h"
#include "component/services/identification.h"
#include "component/services/keys/entry.h"
#include "component/services/keys/key_store.h"
#include "component/services/measurement.h"
#include "device.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SERVICES = 4, AS_IDENTITY = 4, AS_MANIFEST = 5, AS_CERTIFICATES = 6, AS_KEY = 7, CHOICES = 8 };
enum { BY_OWNER = 0x40, AS_ROW = 0x80 };

static tps_measurement_state measurement;
static tps_attestation_state attestation;
static tps_key_store_state key_store;
static tps_component component;
static const tps_service_slot slots[SERVICES] = {
    {&tps_measurement_service, &measurement, sizeof(measurement)},
    {&tps_attestation_service, &attestation, sizeof(attestation)},
    {&tps_identification_service, NULL, 0},
    {&tps_key_store_service, &key_store, sizeof(key_store)}};

static tps_handover handover;
static device_memory made; /* once, with its keys */

static tps_login user(bool is_owner)
{
    return (tps_login){.method = TPSC_LOGIN_USER, .uid = is_owner ? 0 : 1};
}

/* A persistent key of each kind, named by a letter: "A" is of kind 1. */
static void make_keys(const tps_login *login)
{
    uint32_t session = device_open(&component, 3, login);

    for (uint8_t kind = TPS_KEY_P256_SIGN; kind <= TPS_KEY_P256_IMPORT; kind++) {
        uint8_t generate[] = {0xca, 0xa2, 1, 0x61, (uint8_t)('A' + kind - 1), 5, kind};

        must(device_ask(&component, session, TPS_SPAN_OF(generate)).size > 0);
    }
    must(tps_component_close(&component, 1, session) == TPS_OK);
}

static void make_once(void)
{
    tps_login login = user(false);

    device_erase();
    device_make();
    must(tps_boot(&device_platform, &handover, NULL) == TPS_OK);
    device_start(&component, &handover, slots, SERVICES);
    make_keys(&login);
    tps_component_finish(&component);
    made = device;
}

static void read_identity(tps_span content)
{
    static uint8_t again[TPS_IDENTITY_MAX * 2];
    tps_device_identity identity;
    tps_span encoded;

    if (tps_identity_decode(content, &identity, NULL) == TPS_OK) {
        must(tps_identity_encode(&identity, TPS_BUF_OF(again), &encoded, NULL) == TPS_OK);
    }
}

/* What is read as a key is written as one that is read as the same. */
static void read_key(tps_span content)
{
    uint8_t first[TPS_KEY_ENCODED_MAX];
    uint8_t second[TPS_KEY_ENCODED_MAX];
    tps_key_entry entry = {0};
    tps_span encoded;
    tps_span again;

    if (tps_key_entry_decode(content, &entry) == TPS_OK) {
        must(tps_key_entry_encode(&entry, TPS_BUF_OF(first), &encoded) == TPS_OK);
        must(tps_key_entry_decode(encoded, &entry) == TPS_OK);
        must(tps_key_entry_encode(&entry, TPS_BUF_OF(second), &again) == TPS_OK);
        must(tps_span_equal(encoded, again));
    }
}

/* The device as if its maker had put this onto it: booted anew, and asked for evidence. */
static void boot_with(uint32_t part, tps_span content)
{
    static tps_handover other;
    tps_login login = user(false);
    uint32_t session;

    device.provided[part] = content;
    if (tps_boot(&device_platform, &other, NULL) != TPS_OK) {
        return;
    }
    if (tps_component_init(&component, &device_platform, &other, (TPSC_UUID)TPSC_UUID_SC_TYPE_INSECURE_TEST,
                           slots, SERVICES, NULL) != TPS_OK) {
        return; /* its certificates are none */
    }
    session = device_open(&component, 1, &login);
    (void)device_ask(&component, session,
                     TPS_SPAN_LITERAL("\xca\xa2\x01\x02\x02\x48\x01\x02\x03\x04\x05\x06\x07\x08"));
    (void)device_ask(&component, session, TPS_SPAN_LITERAL("\xcc\xa0"));
    tps_component_finish(&component);
}

static void talk(uint8_t first, tps_span content)
{
    tps_login login = user((first & BY_OWNER) != 0);
    uint32_t session;

    device_start(&component, &handover, slots, SERVICES);
    session = device_open(&component, first % CHOICES, &login);
    while ((first & AS_ROW) != 0 && content.size > 2) {
        size_t size = content.data[0] | (size_t)content.data[1] << 8;

        size = size < content.size - 2 ? size : content.size - 2;
        (void)device_ask(&component, session, tps_span_make(content.data + 2, size));
        content = tps_span_make(content.data + 2 + size, content.size - 2 - size);
    }
    if ((first & AS_ROW) == 0) {
        (void)device_ask(&component, session, content);
    }
    tps_component_finish(&component);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span content;

    if (size == 0) {
        return 0;
    }
    if (!handover.is_made) {
        make_once();
    }
    device = made;
    content = tps_span_make(data + 1, size - 1);
    switch (data[0] % CHOICES) {
    case AS_IDENTITY:
        read_identity(content);
        boot_with(TPS_PROVIDED_IDENTITY, content);
        break;
    case AS_MANIFEST: boot_with(TPS_PROVIDED_MANIFEST, content); break;
    case AS_CERTIFICATES: boot_with(TPS_PROVIDED_CERTIFICATES, content); break;
    case AS_KEY: read_key(content); break;
    default: talk(data[0], content); break;
    }
    return 0;
}
