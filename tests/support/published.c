/* SPDX-License-Identifier: Apache-2.0 */
/* Published vectors in JSON, read with jansson. */
#include "support/published.h"

#include "support/check.h"
#include "support/vectors.h"
#include "tps/base64.h"

json_t *published_json(const char *name)
{
    tps_buf file = vector_read(name);
    json_error_t error;
    json_t *root = json_loadb((const char *)file.data, file.size, 0, &error);

    if (root == NULL) {
        fail_msg("%s: %s", name, error.text);
    }
    free(file.data);
    return root;
}

static const json_t *member(const json_t *root, const char *path)
{
    const json_t *at = root;

    while (*path != '\0') {
        char name[64];
        size_t size = strcspn(path, ".");

        assert_true(size < sizeof name);
        memcpy(name, path, size);
        name[size] = '\0';
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(name, NULL, 10))
                               : json_object_get(at, name);
        if (at == NULL) {
            fail_msg("the vector has no %s", path);
        }
        path += size + (path[size] == '.');
    }
    return at;
}

const char *published_text(const json_t *root, const char *path)
{
    const char *text = json_string_value(member(root, path));

    assert_non_null(text);
    return text;
}

tps_buf published_hex(const json_t *root, const char *path)
{
    return bytes_from_hex(published_text(root, path));
}

/* "x" in base 64, as JWK has it, or "x_hex". */
static void read_coordinate(const json_t *jwk, const char *name, const char *hex_name, uint8_t *out,
                            size_t size)
{
    const char *text = json_string_value(json_object_get(jwk, name));
    size_t written = 0;

    if (text != NULL) {
        assert_status(tps_base64_read(tps_span_of_text(text), (tps_buf){out, size}, &written), TPS_OK);
    } else {
        tps_buf bytes = published_hex(jwk, hex_name);

        written = bytes.size;
        memcpy(out, bytes.data, written <= size ? written : size);
        free(bytes.data);
    }
    assert_int_equal(written, size);
}

static int32_t curve_of(const json_t *jwk)
{
    static const struct {
        const char *name;
        int32_t curve;
    } curves[] = {
        {"P-256", TPS_CURVE_P256},
        {"P-384", TPS_CURVE_P384},
        {"P-521", TPS_CURVE_P521},
        {"Ed25519", TPS_CURVE_ED25519},
    };
    const char *name = published_text(jwk, "crv");

    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (strcmp(name, curves[i].name) == 0) {
            return curves[i].curve;
        }
    }
    fail_msg("the vector's curve %s is unknown", name);
    return 0;
}

tps_crypto_key *published_key(const json_t *root, const char *path)
{
    const json_t *jwk = member(root, path);
    tps_crypto_point point = {.curve = curve_of(jwk)};
    tps_crypto_key *key = NULL;

    point.size = tps_crypto_curve_size(point.curve);
    read_coordinate(jwk, "x", "x_hex", point.x, point.size);
    if (point.curve != TPS_CURVE_ED25519) {
        read_coordinate(jwk, "y", "y_hex", point.y, point.size);
    }
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_OK);
    return key;
}

tps_crypto_key *published_private_key(const json_t *root, const char *path)
{
    const json_t *jwk = member(root, path);
    int32_t curve = curve_of(jwk);
    size_t size = tps_crypto_curve_size(curve);
    uint8_t d[TPS_COORDINATE_SIZE_MAX];
    tps_crypto_key *key = NULL;

    read_coordinate(jwk, "d", "d_hex", d, size);
    assert_status(tps_crypto_key_from_scalar(curve, tps_span_make(d, size), &key), TPS_OK);
    return key;
}

tps_buf published_secret(const json_t *root, const char *path)
{
    const json_t *jwk = member(root, path);
    const char *text = json_string_value(json_object_get(jwk, "k"));
    tps_buf secret;

    if (text == NULL) {
        return published_hex(jwk, "k_hex");
    }
    secret = (tps_buf){malloc(strlen(text)), strlen(text)};
    assert_status(tps_base64_read(tps_span_of_text(text), secret, &secret.size), TPS_OK);
    return secret;
}

bool published_has(const json_t *root, const char *name)
{
    return json_object_get(root, name) != NULL;
}

const json_t *published_member(const json_t *root, const char *path)
{
    return member(root, path);
}

tps_crypto_key *published_jwk(const char *name)
{
    json_t *root = published_json(name);
    tps_crypto_key *key = published_key(root, "");

    json_decref(root);
    return key;
}
