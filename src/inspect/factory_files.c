/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `tps factory` puts onto devices (spec/device-folder.md): release manifests, identities, certificate
 * chains. Their numbers stand here again, because neither side of the house may be included.
 */
#include "inspect/explain.h"
#include "inspect/walk.h"

typedef struct {
    int64_t label;
    const char *name;
    uint32_t type; /* TPS_CBOR_UINT ... */
} member;

static const member manifest_members[] = {
    {1, "image", TPS_CBOR_TEXT},
    {2, "version", TPS_CBOR_TEXT},
    {3, "digest", TPS_CBOR_BYTES},
    {4, "size", TPS_CBOR_UINT},
    {5, "class_id", TPS_CBOR_BYTES},
    {6, "model", TPS_CBOR_TEXT},
    {7, "security_counter", TPS_CBOR_UINT},
};

static const member identity_members[] = {
    {1, "vendor", TPS_CBOR_TEXT},    {2, "model", TPS_CBOR_TEXT},         {3, "oemid", TPS_CBOR_BYTES},
    {4, "class_id", TPS_CBOR_BYTES}, {5, "hwversion", TPS_CBOR_TEXT},     {6, "serial", TPS_CBOR_TEXT},
    {7, "images", TPS_CBOR_ARRAY},   {8, "release_keys", TPS_CBOR_ARRAY},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* True for a map that has just these members, of these types. */
static bool has_members(tps_span map, const member *members, size_t count)
{
    tps_cbor_reader r = tps_cbor_reader_init(map);
    tps_cbor_list list = tps_cbor_enter_map(&r);
    size_t found = 0;
    walk_entry entry;

    while (walk_next(&r, &list, &entry)) {
        size_t i = 0;
        while (i < count && members[i].label != entry.label) {
            i++;
        }
        if (i == count || walk_type(entry.value) != members[i].type) {
            return false;
        }
        found++;
    }
    return r.status == TPS_OK && found == count;
}

bool manifest_is(tps_span payload)
{
    return has_members(payload, manifest_members, COUNT(manifest_members));
}

void manifest_explain(inspect_document *document, inspect_node *into, tps_span payload)
{
    tps_span image = walk_string(walk_find(payload, 1));
    tps_span version = walk_string(walk_find(payload, 2));
    tps_span model = walk_string(walk_find(payload, 6));

    for (size_t i = 0; i < COUNT(manifest_members); i++) {
        inspect_cbor(into, manifest_members[i].name, walk_find(payload, manifest_members[i].label));
    }
    inspect_is(document, "release-manifest",
               "Release manifest: image \"%.*s\", version %.*s, for model \"%.*s\"", (int)image.size,
               (const char *)image.data, (int)version.size, (const char *)version.data, (int)model.size,
               (const char *)model.data);
    inspect_unchecked(
        document,
        "whether the image has this digest, and whether a device still takes this security counter");
}

bool identity_is(tps_span file)
{
    return has_members(file, identity_members, COUNT(identity_members));
}

void identity_explain(inspect_document *document, tps_span file)
{
    inspect_node *root = inspect_fields(document);
    tps_span vendor = walk_string(walk_find(file, 1));
    tps_span serial = walk_string(walk_find(file, 6));
    tps_cbor_reader r = tps_cbor_reader_init(walk_find(file, 7));
    tps_cbor_list list = tps_cbor_enter_array(&r);
    inspect_node *node;

    inspect_is(document, "device-identity",
               "Identity of a device, as its maker wrote it: \"%.*s\" of \"%.*s\"", (int)serial.size,
               (const char *)serial.data, (int)vendor.size, (const char *)vendor.data);
    for (size_t i = 0; i < 6; i++) {
        inspect_cbor(root, identity_members[i].name, walk_find(file, identity_members[i].label));
    }
    node = inspect_list(root, "images");
    while (tps_cbor_next(&r, &list)) {
        inspect_cbor(node, NULL, tps_cbor_skip(&r));
    }
    r = tps_cbor_reader_init(walk_find(file, 8));
    list = tps_cbor_enter_array(&r);
    node = inspect_list(root, "release_keys");
    while (tps_cbor_next(&r, &list)) {
        cose_key_explain(inspect_object(node, NULL), tps_cbor_skip(&r));
    }
}

/* An array of nothing but byte strings, each a SEQUENCE of DER. */
bool chain_is(tps_span file)
{
    tps_cbor_reader r = tps_cbor_reader_init(file);
    tps_cbor_list list = tps_cbor_enter_array(&r);
    size_t count = 0;

    while (tps_cbor_next(&r, &list)) {
        if (!der_is(tps_cbor_get_bytes(&r))) {
            return false;
        }
        count++;
    }
    return r.status == TPS_OK && count > 0;
}

void chain_explain(inspect_document *document, tps_span file)
{
    inspect_node *node = inspect_list(inspect_fields(document), "certificates");
    tps_cbor_reader r = tps_cbor_reader_init(file);
    tps_cbor_list list = tps_cbor_enter_array(&r);

    inspect_is(document, "certificates", "Certificates (X.509) in CBOR, leaf first");
    while (tps_cbor_next(&r, &list)) {
        certificate_explain(inspect_object(node, NULL), tps_cbor_get_bytes(&r));
    }
    inspect_unchecked(document, "whether they form a chain, and whether it ends in a root to be trusted");
}
