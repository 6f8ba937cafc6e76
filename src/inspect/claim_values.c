/* SPDX-License-Identifier: Apache-2.0 */
/* Values of claims in words (RFC 9711, RFC 9783, RFC 8747). What has another type than expected is shown as
 * it is. */
#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"

#include <inttypes.h>

#include "tps/device_claims.h"
#include "tps/psa.h"

inspect_node *claim_bytes(inspect_node *into, const char *name, tps_span bytes)
{
    inspect_node *node = inspect_bytes(into, name, bytes);

    if (walk_is_printable(bytes)) {
        node->meaning = inspect_format(into->document, "\"%.*s\"", (int)bytes.size, (const char *)bytes.data);
    }
    return node;
}

void claim_plain(inspect_node *into, const char *name, tps_span item)
{
    if (walk_type(item) == TPS_CBOR_BYTES) {
        claim_bytes(into, name, walk_string(item));
    } else {
        inspect_cbor(into, name, item);
    }
}

void claim_time(inspect_node *into, const char *name, tps_span item)
{
    int64_t seconds;

    if (walk_int(item, &seconds)) {
        inspect_time(into, name, seconds);
        return;
    }
    inspect_cbor(into, name, item);
    inspect_warn(into->document, "%s is no whole number of seconds", name);
}

/* A byte string, or an array of them. */
void claim_nonce(inspect_node *into, const char *name, tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_span nonce = walk_string(item);
    tps_cbor_list list;
    inspect_node *node;

    if (walk_type(item) != TPS_CBOR_ARRAY) {
        inspect_cbor(into, name, item);
        if (nonce.size < 8 || nonce.size > 64) {
            inspect_warn(into->document, "the nonce has %zu bytes; 8 to 64 are usual (RFC 9711, 4.1)",
                         nonce.size);
        }
        return;
    }
    node = inspect_list(into, name);
    list = tps_cbor_enter_array(&r);
    while (tps_cbor_next(&r, &list)) {
        inspect_cbor(node, NULL, tps_cbor_skip(&r));
    }
}

static const char *ueid_type(uint8_t first)
{
    switch (first) {
    case 1: return "type 1, RAND: a random number or a digest";
    case 2: return "type 2, EUI: an IEEE identifier";
    case 3: return "type 3, IMEI";
    default: return "of an unknown type";
    }
}

static void add_ueid(inspect_node *into, const char *name, tps_span ueid)
{
    inspect_node *node = inspect_bytes(into, name, ueid);

    if (ueid.size == 0) {
        inspect_warn(into->document, "%s is empty or no byte string", name);
        return;
    }
    inspect_means(node, ueid_type(ueid.data[0]));
    if (ueid.size < 7 || ueid.size > 33) {
        inspect_warn(into->document, "%s has %zu bytes; 7 to 33 are allowed (RFC 9711, 4.2.1)", name,
                     ueid.size);
    } else if (ueid.data[0] == 1 && ueid.size != 17 && ueid.size != 25 && ueid.size != 33) {
        inspect_warn(into->document, "%s has an unusual length: %zu bytes; type RAND has 17, 25 or 33", name,
                     ueid.size);
    }
}

void claim_ueid(inspect_node *into, const char *name, tps_span item)
{
    if (walk_type(item) == TPS_CBOR_BYTES) {
        add_ueid(into, name, walk_string(item));
    } else {
        inspect_cbor(into, name, item);
    }
}

void claim_sueids(inspect_node *into, const char *name, tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    inspect_node *node = inspect_list(into, name);
    walk_entry entry;

    while (walk_next(&r, &list, &entry)) {
        inspect_node *one = inspect_object(node, NULL);
        inspect_text(one, "for", walk_string(entry.key));
        add_ueid(one, "sueid", walk_string(entry.value));
    }
}

void claim_oemid(inspect_node *into, const char *name, tps_span item)
{
    tps_span id = walk_string(item);

    if (walk_type(item) != TPS_CBOR_BYTES) {
        inspect_means(inspect_cbor(into, name, item), "the maker's private enterprise number (IANA)");
        return;
    }
    inspect_means(inspect_bytes(into, name, id), id.size == 3    ? "the maker, by an IEEE identifier"
                                                 : id.size == 16 ? "the maker, by a random number"
                                                                 : "of an unknown kind");
}

void claim_version(inspect_node *into, const char *name, tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    tps_span version = tps_cbor_get_text(&r);
    inspect_node *node;
    int64_t scheme;

    if (r.status != TPS_OK || list.left == 0) {
        inspect_cbor(into, name, item);
        return;
    }
    node = inspect_text(into, name, version);
    if (walk_int(tps_cbor_skip(&r), &scheme)) {
        node->meaning = inspect_format(into->document, "a version of scheme %" PRId64, scheme);
    }
}

void claim_dbgstat(inspect_node *into, const char *name, tps_span item)
{
    int64_t value;

    if (!walk_int(item, &value) || value < 0 || value > TPS_EAT_DEBUG_DISABLED_FULLY_AND_PERMANENTLY) {
        inspect_cbor(into, name, item);
        return;
    }
    inspect_means(inspect_int(into, name, value), tps_eat_debug_name((uint8_t)value));
    if (value == TPS_EAT_DEBUG_ENABLED) {
        inspect_warn(into->document, "debugging is enabled: the device can be made to say anything");
    }
}

void claim_device_lifecycle(inspect_node *into, const char *name, tps_span item)
{
    static const char *const names[] = {"assembly", "provisioning", "secured", "debug", "decommissioned"};
    inspect_node *node = inspect_cbor(into, name, item);
    int64_t value;

    if (walk_int(item, &value) && value >= 0 && value <= TPS_DEVICE_LIFECYCLE_DECOMMISSIONED) {
        inspect_means(node, names[value]);
    }
}

void claim_binder_origin(inspect_node *into, const char *name, tps_span item)
{
    static const char *const names[] = {"component", "measured-app", "caller"};
    inspect_node *node = inspect_cbor(into, name, item);
    int64_t value;

    if (walk_int(item, &value) && value >= 1 && value <= TPS_DEVICE_BINDER_CALLER) {
        inspect_means(node, names[value - 1]);
    }
}

void claim_intuse(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_cbor(into, name, item);
    int64_t value;

    if (walk_int(item, &value) && value >= 1 && value <= 5) {
        inspect_means(node, tps_eat_use_name((uint8_t)value));
    }
}

void claim_lifecycle(inspect_node *into, const char *name, tps_span item)
{
    int64_t value;

    if (!walk_int(item, &value) || value < 0 || value > UINT16_MAX) {
        inspect_cbor(into, name, item);
        return;
    }
    inspect_means(inspect_hex(into, name, (uint64_t)value), tps_psa_lifecycle_name((uint16_t)value));
    if (value >> 8 != TPS_PSA_LIFECYCLE_SECURED) {
        inspect_warn(into->document, "the lifecycle is not \"secured\": the root of trust may be open");
    }
}

void claim_client_id(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_cbor(into, name, item);
    int64_t value;

    if (walk_int(item, &value)) {
        inspect_means(node, value > 0 ? "a caller in the secure processing environment"
                                      : "a caller outside of the secure processing environment");
    }
}

void claim_location(inspect_node *into, const char *name, tps_span item)
{
    static const char *const names[] = {
        "",        "latitude", "longitude", "altitude", "accuracy", "altitude_accuracy",
        "heading", "speed",    "timestamp", "age"};
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    inspect_node *node = inspect_object(into, name);
    walk_entry entry;

    while (walk_next(&r, &list, &entry)) {
        if (entry.label >= 1 && entry.label <= 9) {
            inspect_cbor(node, names[entry.label], entry.value);
        }
    }
}

void claim_profile(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_cbor(into, name, item);
    char oid[TPS_EAT_OID_TEXT_MAX];

    if (walk_type(item) == TPS_CBOR_BYTES && tps_eat_oid_text(walk_string(item), oid)) {
        node->meaning = inspect_format(into->document, "the object identifier %s", oid);
    } else if (tps_span_is_text(walk_string(item), TPS_PSA_PROFILE)) {
        inspect_means(node, "PSA, RFC 9783");
    } else if (tps_span_is_text(walk_string(item), TPS_PSA_PROFILE_2_0_0)) {
        inspect_means(node, "PSA 2.0.0, older than RFC 9783");
    } else if (tps_span_is_text(walk_string(item), TPS_DEVICE_PROFILE)) {
        inspect_means(node, "the opentps device profile");
    }
}

static void add_component(inspect_node *into, tps_span map)
{
    static const struct {
        int64_t label;
        const char *name;
    } members[] = {
        {TPS_PSA_COMPONENT_TYPE, "type"},
        {TPS_PSA_COMPONENT_MEASUREMENT, "measurement"},
        {TPS_PSA_COMPONENT_VERSION, "version"},
        {TPS_PSA_COMPONENT_SIGNER_ID, "signer_id"},
        {TPS_PSA_COMPONENT_DESCRIPTION, "description"},
    };

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        tps_span value = walk_find(map, members[i].label);
        if (value.size > 0) {
            inspect_cbor(into, members[i].name, value);
        }
    }
}

/* An object for each entry of an array. */
static void add_objects(inspect_node *into, const char *name, tps_span item,
                        void (*add)(inspect_node *, tps_span))
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    inspect_node *node;

    if (r.status != TPS_OK) {
        inspect_cbor(into, name, item);
        return;
    }
    node = inspect_list(into, name);
    while (tps_cbor_next(&r, &list)) {
        add(inspect_object(node, NULL), tps_cbor_skip(&r));
    }
}

void claim_components(inspect_node *into, const char *name, tps_span item)
{
    add_objects(into, name, item, add_component);
}

/* True for an array of maps that each have a measurement (2): the content of a measurement in the opentps
 * profile. */
static bool is_components(tps_span content)
{
    tps_cbor_reader r = tps_cbor_reader_init(content);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    size_t count = 0;

    while (tps_cbor_next(&r, &list)) {
        if (walk_find(tps_cbor_skip(&r), TPS_PSA_COMPONENT_MEASUREMENT).size == 0) {
            return false;
        }
        count++;
    }
    return count > 0 && tps_cbor_reader_finish(&r) == TPS_OK;
}

static void add_measurement(inspect_node *into, tps_span item)
{
    tps_cbor_reader pair = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_array(&pair);
    uint64_t format = tps_cbor_get_uint(&pair);
    tps_span content = tps_cbor_get_bytes(&pair);

    if (pair.status != TPS_OK || list.left != 2) {
        return;
    }
    inspect_means(inspect_uint(into, "content_format", format), name_of_content_format(format));
    if (tps_cbor_check(content, &tps_cbor_limits_message, NULL, NULL) != TPS_OK) {
        claim_bytes(into, "content", content);
    } else if (is_components(content)) {
        claim_components(into, "components", content);
    } else {
        inspect_cbor(into, "content", content);
    }
}

void claim_measurements(inspect_node *into, const char *name, tps_span item)
{
    add_objects(into, name, item, add_measurement);
}

void claim_cnf(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_object(into, name);
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    walk_entry entry;

    inspect_means(node, "the key that the bearer must prove to hold");
    while (walk_next(&r, &list, &entry)) {
        switch (entry.label) {
        case 1: cose_key_explain(inspect_object(node, "cose_key"), entry.value); break;
        case 2: inspect_cbor(node, "encrypted_cose_key", entry.value); break;
        case 3: claim_plain(node, "kid", entry.value); break;
        default: break;
        }
    }
}

static void add_submodule(inspect_node *into, tps_span item)
{
    switch (walk_type(item)) {
    case TPS_CBOR_MAP: inspect_later(into, claims_explain, item); break;
    case TPS_CBOR_BYTES: eat_explain_cbor_token(into, walk_string(item)); break;
    case TPS_CBOR_TEXT: eat_explain_json_token(into, walk_string(item)); break;
    default: eat_explain_digest(into, item); break;
    }
}

void claim_submods(inspect_node *into, const char *name, tps_span item)
{
    inspect_node *node = inspect_object(into, name);
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    walk_entry entry;

    while (walk_next(&r, &list, &entry)) {
        add_submodule(inspect_named(inspect_object(node, NULL), walk_string(entry.key)), entry.value);
    }
}
