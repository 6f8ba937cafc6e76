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
        at = json_object_get(at, name);
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

tps_crypto_key *published_key(const json_t *root, const char *path)
{
    const json_t *jwk = member(root, path);
    bool is_p256 = strcmp(published_text(jwk, "crv"), "P-256") == 0;
    tps_crypto_point point = {.curve = is_p256 ? TPS_CURVE_P256 : TPS_CURVE_P384, .size = is_p256 ? 32 : 48};
    tps_crypto_key *key = NULL;

    read_coordinate(jwk, "x", "x_hex", point.x, point.size);
    read_coordinate(jwk, "y", "y_hex", point.y, point.size);
    assert_status(tps_crypto_key_from_point(&point, &key), TPS_OK);
    return key;
}

tps_crypto_key *published_jwk(const char *name)
{
    json_t *root = published_json(name);
    tps_crypto_key *key = published_key(root, "");

    json_decref(root);
    return key;
}
