/* SPDX-License-Identifier: Apache-2.0 */
/* COSE_Key (RFC 9052, 7): its public part. A private part is named and never shown. */
#include "inspect/explain.h"
#include "inspect/names.h"
#include "inspect/walk.h"
#include "tps/cose.h"
#include "tps/crypto.h"

#include <inttypes.h>

enum { KEY_KTY = 1, KEY_KID = 2, KEY_ALG = 3, KEY_OPS = 4, KEY_CRV = -1, KEY_X = -2, KEY_Y = -3, KEY_D = -4 };
enum { KTY_OKP = 1, KTY_EC2 = 2, KTY_RSA = 3, KTY_SYMMETRIC = 4, KTY_AKP = 7 };

bool cose_key_is(tps_span item)
{
    int64_t kty;
    tps_span first = walk_find(item, -1);

    return walk_int(walk_find(item, KEY_KTY), &kty) && kty >= KTY_OKP && kty <= KTY_AKP && first.size > 0;
}

void key_explain_kind(inspect_node *into, const struct tps_crypto_key *key)
{
    if (tps_crypto_key_kind(key) == TPS_KEY_RSA) {
        inspect_words(into, "kind", "RSA");
    } else {
        inspect_words(into, "curve", name_of_curve(tps_crypto_key_curve(key)));
    }
}

void key_explain(inspect_node *into, const struct tps_crypto_key *key)
{
    uint8_t spki[64 + TPS_RSA_SIZE_MAX];
    size_t size = 0;
    tps_digest digest;

    if (tps_crypto_key_spki(key, TPS_BUF_OF(spki), &size) == TPS_OK &&
        tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(spki, size), &digest) == TPS_OK) {
        inspect_bytes(into, "spki_sha256",
                      inspect_copy(into->document, tps_span_make(digest.bytes, digest.size)));
    }
}

static void add_operations(inspect_node *into, tps_span item)
{
    inspect_node *node = inspect_list(into, "key_ops");
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_list list = tps_cbor_enter_array(&r);

    while (tps_cbor_next(&r, &list)) {
        tps_span operation = tps_cbor_skip(&r);
        int64_t number;
        inspect_node *one = inspect_cbor(node, NULL, operation);
        if (walk_int(operation, &number)) {
            inspect_means(one, name_of_key_operation(number));
        }
    }
}

static void add_named_int(inspect_node *into, const char *name, tps_span item,
                          const char *(*name_of)(int64_t))
{
    int64_t number;
    inspect_node *node;

    if (item.size == 0) {
        return;
    }
    node = inspect_cbor(into, name, item);
    if (walk_int(item, &number)) {
        inspect_means(node, name_of(number));
    }
}

static void add_string(inspect_node *into, const char *name, tps_span map, int64_t label)
{
    tps_span item = walk_find(map, label);

    if (item.size > 0) {
        claim_plain(into, name, item);
    }
}

static bool has_secret(tps_span map, int64_t kty)
{
    switch (kty) {
    case KTY_SYMMETRIC: return walk_find(map, -1).size > 0;
    case KTY_RSA: return walk_find(map, -3).size > 0;
    case KTY_AKP: return walk_find(map, -2).size > 0;
    default: return walk_find(map, KEY_D).size > 0;
    }
}

/* What is public depends on the type: label -1 is a curve, a modulus, or a secret. */
static void add_parameters(inspect_node *into, tps_span map, int64_t kty)
{
    switch (kty) {
    case KTY_OKP:
        add_named_int(into, "crv", walk_find(map, KEY_CRV), name_of_curve);
        add_string(into, "x", map, KEY_X);
        break;
    case KTY_EC2:
        add_named_int(into, "crv", walk_find(map, KEY_CRV), name_of_curve);
        add_string(into, "x", map, KEY_X);
        add_string(into, "y", map, KEY_Y);
        break;
    case KTY_RSA:
        add_string(into, "n", map, -1);
        add_string(into, "e", map, -2);
        break;
    case KTY_AKP: add_string(into, "pub", map, -1); break;
    default: break;
    }
}

void cose_key_explain(inspect_node *into, tps_span item)
{
    struct tps_crypto_key *key = NULL;
    tps_status status;
    int64_t kty = 0;

    walk_int(walk_find(item, KEY_KTY), &kty);
    add_named_int(into, "kty", walk_find(item, KEY_KTY), name_of_key_type);
    add_string(into, "kid", item, KEY_KID);
    add_named_int(into, "alg", walk_find(item, KEY_ALG), name_of_algorithm);
    if (walk_find(item, KEY_OPS).size > 0) {
        add_operations(into, walk_find(item, KEY_OPS));
    }
    add_parameters(into, item, kty);
    inspect_bool(into, "is_private", has_secret(item, kty));
    if (has_secret(item, kty)) {
        inspect_warn(into->document, "this key is secret: keep it so; its secret part is not shown");
        return;
    }
    if (kty != KTY_EC2) {
        return;
    }
    status = tps_cose_key_read(item, &key);
    if (status != TPS_OK) {
        inspect_warn(into->document, "the key cannot be used here: %s", tps_status_cause(status));
        return;
    }
    key_explain(into, key);
    tps_crypto_key_free(key);
}
