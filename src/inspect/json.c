/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: parsed once, values taken into the document; JWK and sets of them; everything else as it stands. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspect/explain.h"
#include "tps/base64.h"
#include "tps/crypto.h"

json_t *json_read(inspect_document *document, tps_span text, size_t offset)
{
    json_error_t error;
    json_t *value =
        json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);

    if (value == NULL && json_error_code(&error) == json_error_duplicate_key) {
        inspect_warn(document, "a name stands twice in one object of JSON; the last one is shown");
        value = json_loadb((const char *)text.data, text.size, JSON_DECODE_ANY, &error);
    }
    if (value == NULL) {
        size_t position = error.position > 0 ? (size_t)error.position : 0;
        inspect_fail(document, TPS_JSON_NOT_WELL_FORMED, offset + position, error.text);
    }
    return value;
}

/* ---- values ---- */

/* Names whose values are secrets in a JWK (RFC 7517, RFC 7518). */
static bool is_secret_name(const char *name)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_secret(const json_t *jwk)
{
    const char *name;
    json_t *value;

    /* jansson's iterator takes no const; it changes nothing. */
    json_object_foreach((json_t *)(uintptr_t)jwk, name, value)
    {
        if (is_secret_name(name)) {
            return true;
        }
    }
    return false;
}

static tps_span dump(inspect_document *document, const json_t *value, size_t flags)
{
    size_t size = json_dumpb(value, NULL, 0, flags);
    char *text = inspect_allocate(document, size + 1);

    if (text == NULL) {
        return TPS_SPAN_EMPTY;
    }
    json_dumpb(value, text, size, flags);
    return tps_span_make(text, size);
}

/* One of the values that lie deep in a file: objects of JSON to look at, without recursion. */
typedef struct pending {
    struct pending *next;
    json_t *value;
} pending;

static pending *push(inspect_document *document, pending *stack, json_t *value)
{
    pending *p = json_is_object(value) || json_is_array(value) ? inspect_allocate(document, sizeof *p) : NULL;

    if (p == NULL) {
        return stack;
    }
    *p = (pending){stack, value};
    return p;
}

static void remove_secrets_of(json_t *jwk)
{
    const char *name;
    json_t *value;
    void *next;

    json_object_foreach_safe(jwk, next, name, value)
    {
        if (is_secret_name(name)) {
            json_object_set_new(jwk, name, json_string("(secret, not shown)"));
        }
    }
}

/* Private keys must not be shown, however deep they lie. True if there was one. */
static bool remove_secrets(inspect_document *document, json_t *value)
{
    pending *stack = push(document, NULL, value);
    bool is_found = false;

    while (stack != NULL) {
        json_t *at = stack->value;
        const char *name;
        json_t *member;
        size_t i;
        stack = stack->next;
        if (jwk_is(at) && has_secret(at)) {
            remove_secrets_of(at);
            is_found = true;
        }
        json_object_foreach(at, name, member)
        {
            stack = push(document, stack, member);
        }
        json_array_foreach(at, i, member)
        {
            stack = push(document, stack, member);
        }
    }
    return is_found;
}

static inspect_node *add_dump(inspect_node *into, const char *name, json_t *value)
{
    if (remove_secrets(into->document, value)) {
        inspect_warn(into->document,
                     "it holds a private key: keep it secret; its secret parts are not shown");
    }
    return inspect_json(into, name, dump(into->document, value, JSON_COMPACT | JSON_ENCODE_ANY),
                        dump(into->document, value, JSON_INDENT(2) | JSON_ENCODE_ANY));
}

inspect_node *json_value(inspect_node *into, const char *name, json_t *value)
{
    char text[40];

    switch (json_typeof(value)) {
    case JSON_STRING:
        return inspect_text(
            into, name,
            inspect_copy(into->document, tps_span_make(json_string_value(value), json_string_length(value))));
    case JSON_INTEGER: return inspect_int(into, name, json_integer_value(value));
    case JSON_REAL: {
        inspect_node *node;
        snprintf(text, sizeof text, "%.17g", json_real_value(value));
        node = inspect_text(into, name, inspect_copy(into->document, tps_span_of_text(text)));
        node->kind = NODE_NUMBER;
        return node;
    }
    case JSON_TRUE:
    case JSON_FALSE: return inspect_bool(into, name, json_is_true(value));
    default: return add_dump(into, name, value);
    }
}

void json_time(inspect_node *into, const char *name, json_t *value)
{
    int64_t seconds;

    if (value == NULL) {
        return;
    }
    if (!json_is_number(value)) {
        json_value(into, name, value);
        inspect_warn(into->document, "%s is no number", name);
        return;
    }
    if (json_is_real(value)) {
        double real = json_real_value(value);
        if (real < -9.0e15 || real > 9.0e15) {
            json_value(into, name, value);
            inspect_warn(into->document, "%s is beyond any date", name);
            return;
        }
        seconds = (int64_t)real;
        inspect_warn(into->document,
                     "%s is a floating-point number, as an older generation wrote it; whole seconds are "
                     "expected",
                     name);
    } else {
        seconds = json_integer_value(value);
    }
    inspect_time(into, name, seconds);
    if (strcmp(name, "exp") == 0) {
        inspect_warn_expired(into->document, seconds);
    }
}

/* ---- JWK ---- */

bool jwk_is(const json_t *value)
{
    return json_is_string(json_object_get(value, "kty"));
}

static bool read_coordinate(const json_t *jwk, const char *name, uint8_t *out, size_t size)
{
    uint8_t bytes[72];
    size_t got = 0;
    tps_span text = tps_span_of_text(json_string_value(json_object_get(jwk, name)));

    if (tps_base64_read(text, TPS_BUF_OF(bytes), &got) != TPS_OK || got != size) {
        return false;
    }
    memcpy(out, bytes, size);
    return true;
}

/* The digest of its SubjectPublicKeyInfo, for keys of the curves that are used here. */
static void add_digest(inspect_node *into, const json_t *jwk)
{
    const char *crv = json_string_value(json_object_get(jwk, "crv"));
    tps_crypto_point point = {0};
    tps_crypto_key *key = NULL;

    if (crv == NULL || (strcmp(crv, "P-256") != 0 && strcmp(crv, "P-384") != 0)) {
        return;
    }
    point.curve = strcmp(crv, "P-256") == 0 ? TPS_CURVE_P256 : TPS_CURVE_P384;
    point.size = point.curve == TPS_CURVE_P256 ? 32 : 48;
    if (!read_coordinate(jwk, "x", point.x, point.size) || !read_coordinate(jwk, "y", point.y, point.size) ||
        tps_crypto_key_from_point(&point, &key) != TPS_OK) {
        inspect_warn(into->document, "the key is not on its curve, or its coordinates cannot be read");
        return;
    }
    key_explain(into, key);
    tps_crypto_key_free(key);
}

void jwk_explain(inspect_node *into, json_t *jwk)
{
    const char *name;
    json_t *value;
    bool is_secret = has_secret(jwk);

    json_object_foreach(jwk, name, value)
    {
        if (!is_secret_name(name)) {
            inspect_named(json_value(into, NULL, value),
                          inspect_copy(into->document, tps_span_of_text(name)));
        }
    }
    inspect_bool(into, "is_private", is_secret);
    if (is_secret) {
        inspect_warn(into->document, "this key is secret: keep it so; its secret part is not shown");
    }
    if (strcmp(json_string_value(json_object_get(jwk, "kty")), "EC") == 0) {
        add_digest(into, jwk);
    }
}

static void explain_jwk(inspect_document *document, json_t *jwk)
{
    const char *kty = json_string_value(json_object_get(jwk, "kty"));
    const char *crv = json_string_value(json_object_get(jwk, "crv"));

    inspect_is(document, "jwk", "JSON Web Key (JWK): %s key, %s%s%s",
               has_secret(jwk) ? "a secret" : "a public", kty, crv == NULL ? "" : ", curve ",
               crv == NULL ? "" : crv);
    jwk_explain(inspect_fields(document), jwk);
}

static void explain_jwk_set(inspect_document *document, json_t *keys)
{
    inspect_node *list = inspect_list(inspect_fields(document), "keys");
    json_t *jwk;
    size_t i;

    inspect_is(document, "jwk-set", "Set of JSON Web Keys (JWKS): %zu keys", json_array_size(keys));
    json_array_foreach(keys, i, jwk)
    {
        if (jwk_is(jwk)) {
            jwk_explain(inspect_object(list, NULL), jwk);
        } else {
            json_value(list, NULL, jwk);
            inspect_warn(document, "entry %zu of the set is no JWK", i + 1);
        }
    }
}

static const char *type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT: return "an object";
    case JSON_ARRAY: return "an array";
    case JSON_STRING: return "a string";
    case JSON_INTEGER:
    case JSON_REAL: return "a number";
    default: return "a literal";
    }
}

bool json_is_any(tps_span file)
{
    json_t *value = json_loadb((const char *)file.data, file.size, JSON_DECODE_ANY, NULL);
    bool is_json = value != NULL;

    json_decref(value);
    return is_json;
}

/* Claims of an EAT; shown as they stand if they are not as such claims must be. */
static void explain_claims(inspect_document *document, tps_span file, json_t *value)
{
    inspect_node *node = inspect_object(inspect_fields(document), "claims");

    inspect_is(document, "claims", "Claims without a signature: Entity Attestation Token (EAT) in JSON");
    if (!eat_explain_json(node, file)) {
        add_dump(node, "content", value);
    }
    inspect_warn(document, "nobody signed it: whoever had it in hand could change it");
}

void json_explain(inspect_document *document, tps_span file)
{
    json_t *value = json_read(document, file, 0);

    if (value == NULL) {
        return;
    }
    if (jwk_is(value)) {
        explain_jwk(document, value);
    } else if (json_is_array(json_object_get(value, "keys"))) {
        explain_jwk_set(document, json_object_get(value, "keys"));
    } else if (ear_is_json(value)) {
        inspect_is(document, "ear-claims", "Claims of an attestation result (EAR) in JSON, not signed");
        ear_explain_json(inspect_object(inspect_fields(document), "claims"), value);
        ear_judge(document, file);
        inspect_warn(document, "nobody signed it: whoever had it in hand could change it");
    } else if (cmw_is(document, file)) {
        cmw_explain(document, file);
    } else if (json_object_get(value, "eat_nonce") != NULL || json_object_get(value, "eat_profile") != NULL) {
        explain_claims(document, file, value);
    } else if (eat_explain_bundle_json(document, file)) {
        /* explained */
    } else {
        inspect_is(document, "json", "JSON: %s", type_of(value));
        add_dump(inspect_fields(document), "content", value);
    }
    json_decref(value);
}
