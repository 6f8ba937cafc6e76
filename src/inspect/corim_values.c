/* SPDX-License-Identifier: Apache-2.0 */
/* CoRIM: identifiers, keys, environments and measurements, for people. */
#include "inspect/corim_tags.h"
#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"
#include "tps/crypto.h"

#include <inttypes.h>

static tps_span uuid_text(inspect_document *document, tps_span uuid)
{
    const uint8_t *u = uuid.data;

    return inspect_format(document, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                          u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12],
                          u[13], u[14], u[15]);
}

void corim_add_text(inspect_node *into, const char *name, tps_span text)
{
    if (text.size > 0) {
        inspect_text(into, name, text);
    }
}

static void add_bytes(inspect_node *into, const char *name, tps_span bytes, const char *meaning)
{
    if (bytes.size > 0) {
        inspect_means(inspect_bytes(into, name, bytes), meaning);
    }
}

static void add_uuid(inspect_node *into, const char *name, tps_span uuid)
{
    if (uuid.size == 16) {
        inspect_means(inspect_text(into, name, uuid_text(into->document, uuid)), "a UUID");
    }
}

void corim_add_value(inspect_node *into, const char *name, const tps_corim_value *value)
{
    switch (value->kind) {
    case TPS_CORIM_ABSENT: break;
    case TPS_CORIM_TEXT: inspect_text(into, name, value->bytes); break;
    case TPS_CORIM_UINT: inspect_uint(into, name, value->number); break;
    case TPS_CORIM_UUID: add_uuid(into, name, value->bytes); break;
    case TPS_CORIM_OID: add_bytes(into, name, value->bytes, "an object identifier in DER"); break;
    case TPS_CORIM_UEID: add_bytes(into, name, value->bytes, "a UEID: one device"); break;
    case TPS_CORIM_BYTES:
    case TPS_CORIM_IMPLEMENTATION_ID: claim_bytes(into, name, value->bytes); break;
    case TPS_CORIM_KEY: add_bytes(into, name, value->bytes, tps_corim_tag_name(value->number)); break;
    default: inspect_cbor(into, name, value->bytes); break;
    }
}

static inspect_node *add_label(inspect_node *into, const char *name, const tps_corim_label *label)
{
    return label->text.size > 0 ? inspect_text(into, name, label->text)
                                : inspect_int(into, name, label->number);
}

void corim_add_validity(inspect_node *into, const char *name, const tps_corim_validity *validity)
{
    inspect_node *node;

    if (!validity->is_present) {
        return;
    }
    node = inspect_object(into, name);
    if (validity->has_not_before) {
        inspect_time(node, "not_before", validity->not_before);
    }
    if (validity->not_after != INT64_MAX) {
        inspect_time(node, "not_after", validity->not_after);
    }
    if (tps_corim_validity_check(validity, inspect_now(into->document)) != TPS_OK) {
        inspect_warn(into->document, "the %s is over, or has not begun", name);
    }
}

void corim_add_extensions(inspect_node *into, const tps_corim_extensions *extensions)
{
    tps_corim_cursor cursor = tps_corim_walk_extensions(extensions);
    tps_corim_extension one;
    inspect_node *list;

    if (extensions->count == 0) {
        return;
    }
    list = inspect_list(into, "extensions");
    while (tps_corim_next_extension(&cursor, &one)) {
        inspect_node *node = inspect_object(list, NULL);
        if (one.key.type == TPS_CBOR_TEXT) {
            inspect_text(node, "member", one.key.bytes);
        } else if (one.key.value <= INT64_MAX) {
            int64_t number = (int64_t)one.key.value;
            inspect_int(node, "member", one.key.type == TPS_CBOR_UINT ? number : -1 - number);
        }
        inspect_cbor(node, "value", one.value);
    }
}

static const char *role_name(int64_t role, bool is_manifest)
{
    static const char *const comid[] = {"tag creator", "creator", "maintainer"};
    static const char *const corim[] = {NULL, "manifest creator", "manifest signer"};

    if (role < 0 || role > 2) {
        return NULL;
    }
    return is_manifest ? corim[role] : comid[role];
}

void corim_add_entities(inspect_node *into, const tps_corim_entities *entities, bool is_manifest)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*entities);
    tps_corim_entity entity;
    inspect_node *list;

    if (entities->count == 0) {
        return;
    }
    list = inspect_list(into, "entities");
    while (tps_corim_next_entity(&cursor, &entity)) {
        tps_corim_cursor roles = TPS_CORIM_WALK(entity.roles);
        tps_corim_label role;
        inspect_node *node = inspect_object(list, NULL);
        inspect_node *role_list;
        corim_add_text(node, "name", entity.name);
        corim_add_text(node, "uri", entity.reg_id);
        role_list = inspect_list(node, "roles");
        while (tps_corim_next_label(&roles, &role)) {
            inspect_means(add_label(role_list, NULL, &role),
                          role.text.size > 0 ? NULL : role_name(role.number, is_manifest));
        }
        corim_add_extensions(node, &entity.extensions);
    }
}

static void add_digest(inspect_node *into, const char *name, const tps_corim_digest *digest)
{
    const char *alg = digest->alg == 0 ? NULL : name_of_algorithm(digest->alg);

    inspect_means(inspect_bytes(into, name, digest->value), alg == NULL ? "of another algorithm" : alg);
}

void corim_add_digests(inspect_node *into, const char *name, const tps_corim_digests *digests)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*digests);
    tps_corim_digest digest;
    inspect_node *list;

    if (digests->count == 0) {
        return;
    }
    list = inspect_list(into, name);
    while (tps_corim_next_digest(&cursor, &digest)) {
        add_digest(list, NULL, &digest);
    }
}

void corim_add_environment(inspect_node *into, const char *name, const tps_corim_environment *environment)
{
    inspect_node *node = inspect_object(into, name);

    corim_add_value(node, "class_id", &environment->class_id);
    corim_add_text(node, "vendor", environment->vendor);
    corim_add_text(node, "model", environment->model);
    if (environment->has_layer) {
        inspect_uint(node, "layer", environment->layer);
    }
    if (environment->has_index) {
        inspect_uint(node, "index", environment->index);
    }
    corim_add_value(node, "instance", &environment->instance);
    corim_add_value(node, "group", &environment->group);
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
        inspect_words(into, "curve", name_of_curve(tps_crypto_key_curve(parsed)));
        key_explain(into, parsed);
        if (tps_crypto_key_is_private(parsed)) {
            inspect_warn(into->document,
                         "a private key stands where a public one belongs: it must be taken for lost");
        }
        tps_crypto_key_free(parsed);
        return;
    }
    if (key->digest.value.size > 0) {
        add_digest(into, "digest", &key->digest);
    } else if (key->tag == TPS_CORIM_TAG_PATH_PEM) {
        inspect_text(into, "value", key->value);
    } else if (key->tag == TPS_CORIM_TAG_BYTES || key->tag == TPS_CORIM_TAG_CERTIFICATE_DER) {
        inspect_bytes(into, "value", key->value);
    } else {
        inspect_cbor(into, "value", key->value);
    }
}

void corim_add_keys(inspect_node *into, const char *name, const tps_corim_keys *keys)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*keys);
    tps_corim_key key;
    inspect_node *list;

    if (keys->count == 0) {
        return;
    }
    list = inspect_list(into, name);
    while (tps_corim_next_key(&cursor, &key)) {
        add_key(inspect_object(list, NULL), &key);
    }
}

/* ---- measurements ---- */

static void add_flags(inspect_node *into, const tps_corim_measurement *m)
{
    inspect_node *list;

    if (m->flags_present == 0 && m->flag_extensions.count == 0) {
        return;
    }
    list = inspect_list(into, "flags");
    for (uint32_t i = 0; i < TPS_CORIM_FLAG_COUNT; i++) {
        if ((m->flags_present >> i & 1) != 0) {
            bool is_set = (m->flags >> i & 1) != 0;
            inspect_text(
                list, NULL,
                inspect_format(list->document, "%s%s", is_set ? "" : "not ", tps_corim_flag_name(i)));
        }
    }
    corim_add_extensions(into, &m->flag_extensions);
}

static void add_registers(inspect_node *into, const tps_corim_registers *registers)
{
    tps_corim_cursor cursor = TPS_CORIM_WALK(*registers);
    tps_corim_register one;
    inspect_node *list;

    if (registers->count == 0) {
        return;
    }
    list = inspect_list(into, "integrity_registers");
    while (tps_corim_next_register(&cursor, &one)) {
        inspect_node *node = inspect_object(list, NULL);
        if (one.id.type == TPS_CBOR_TEXT) {
            inspect_text(node, "id", one.id.bytes);
        } else {
            inspect_uint(node, "id", one.id.value);
        }
        corim_add_digests(node, "digests", &one.digests);
    }
}

static void add_range(inspect_node *into, const tps_corim_range *range)
{
    inspect_node *node;

    if (!range->is_present) {
        return;
    }
    if (range->is_number) {
        inspect_int(into, "number", range->min);
        return;
    }
    node = inspect_object(into, "range");
    if (range->has_min) {
        inspect_int(node, "least", range->min);
    }
    if (range->has_max) {
        inspect_int(node, "most", range->max);
    }
}

static void add_raw_value(inspect_node *into, const tps_corim_measurement *m)
{
    if (m->raw_tag != 0) {
        claim_bytes(into, "raw_value", m->raw_value);
    }
    add_bytes(into, "raw_mask", m->raw_mask, "only these bits are compared");
    if (m->is_mask_apart) {
        inspect_warn(into->document, "the mask of a raw value stands in a member that is obsolete");
    }
}

static tps_span ip_text(inspect_document *document, tps_span ip)
{
    const uint8_t *b = ip.data;

    if (ip.size == 4) {
        return inspect_format(document, "%u.%u.%u.%u", b[0], b[1], b[2], b[3]);
    }
    return inspect_format(document, "%x:%x:%x:%x:%x:%x:%x:%x", b[0] << 8 | b[1], b[2] << 8 | b[3],
                          b[4] << 8 | b[5], b[6] << 8 | b[7], b[8] << 8 | b[9], b[10] << 8 | b[11],
                          b[12] << 8 | b[13], b[14] << 8 | b[15]);
}

void corim_add_measurement(inspect_node *into, const tps_corim_measurement *m)
{
    corim_add_value(into, "key", &m->key);
    corim_add_text(into, "name", m->name);
    corim_add_text(into, "version", m->version);
    if (m->has_version_scheme) {
        add_label(into, "version_scheme", &m->version_scheme);
    }
    if (m->has_svn) {
        inspect_means(inspect_uint(into, "svn", m->svn),
                      m->svn_tag == TPS_CORIM_TAG_MIN_SVN ? "this security version or a later one" : NULL);
    }
    corim_add_digests(into, "digests", &m->digests);
    add_flags(into, m);
    add_raw_value(into, m);
    add_bytes(into, "mac_address", m->mac, NULL);
    if (m->ip.size > 0) {
        inspect_text(into, "ip_address", ip_text(into->document, m->ip));
    }
    corim_add_text(into, "serial_number", m->serial);
    add_bytes(into, "ueid", m->ueid, "a UEID: one device");
    add_uuid(into, "uuid", m->uuid);
    corim_add_keys(into, "keys", &m->keys);
    add_registers(into, &m->registers);
    add_range(into, &m->range);
    corim_add_extensions(into, &m->extensions);
    corim_add_keys(into, "authorized_by", &m->authorized_by);
}
