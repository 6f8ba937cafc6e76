/* SPDX-License-Identifier: Apache-2.0 */
/* SQL functions for the steps of the schema: random bytes, names of keys, identities. */
#include "store/sqlite/schema_functions.h"

#include <stdio.h>

#include "tps/base64.h"
#include "tps/crypto.h"
#include "tps/secret.h"

static tps_span bytes_of(sqlite3_value *value)
{
    const void *data = sqlite3_value_blob(value);

    return tps_span_make(data, (size_t)sqlite3_value_bytes(value));
}

static void fail(sqlite3_context *context, tps_status status)
{
    sqlite3_result_error(context, tps_status_cause(status), -1);
}

static void do_random(sqlite3_context *context, int count, sqlite3_value **values)
{
    uint8_t bytes[64];
    int size = sqlite3_value_int(values[0]);
    tps_status status = TPS_BAD_ARGUMENT;

    (void)count;
    if (size > 0 && (size_t)size <= sizeof(bytes)) {
        status = tps_crypto_random((tps_buf){bytes, (size_t)size});
    }
    if (status == TPS_OK) {
        sqlite3_result_blob(context, bytes, size, SQLITE_TRANSIENT);
    } else {
        fail(context, status);
    }
    tps_wipe(bytes, sizeof(bytes));
}

/* The members in the order of their names, nothing between them. */
static tps_status write_key_name(tps_span scalar, char name[TPS_BASE64URL_SIZE(32)])
{
    char x[TPS_BASE64URL_SIZE(32)];
    char y[TPS_BASE64URL_SIZE(32)];
    char jwk[160];
    tps_crypto_key *key = NULL;
    tps_crypto_point point;
    tps_digest digest;
    tps_status status;
    int size;

    TPS_TRY(tps_crypto_key_from_scalar(TPS_CURVE_P256, scalar, &key));
    status = tps_crypto_key_point(key, &point);
    tps_crypto_key_free(key);
    TPS_TRY(status);
    (void)tps_base64url_write(tps_span_make(point.x, 32), x);
    (void)tps_base64url_write(tps_span_make(point.y, 32), y);
    size = snprintf(jwk, sizeof(jwk), "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%.43s\",\"y\":\"%.43s\"}", x,
                    y);
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, tps_span_make(jwk, (size_t)size), &digest));
    (void)tps_base64url_write(tps_span_make(digest.bytes, 32), name);
    return TPS_OK;
}

static void do_key_name(sqlite3_context *context, int count, sqlite3_value **values)
{
    char name[TPS_BASE64URL_SIZE(32)];
    tps_status status = write_key_name(bytes_of(values[0]), name);

    (void)count;
    if (status == TPS_OK) {
        sqlite3_result_text(context, name, (int)sizeof(name), SQLITE_TRANSIENT);
    } else {
        fail(context, status);
    }
}

static int digit_of(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(tps_span text, uint8_t out[32])
{
    for (size_t i = 0; text.size == 64 && i < 32; i++) {
        int high = digit_of(text.data[2 * i]);
        int low = digit_of(text.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return text.size == 64;
}

static void do_identity(sqlite3_context *context, int count, sqlite3_value **values)
{
    tps_digest digest;
    tps_status status = TPS_OK;

    (void)count;
    if (!read_hex(bytes_of(values[0]), digest.bytes)) {
        status = tps_crypto_hash_of(TPS_ALG_SHA256, bytes_of(values[1]), &digest);
    }
    if (status == TPS_OK) {
        sqlite3_result_blob(context, digest.bytes, 32, SQLITE_TRANSIENT);
    } else {
        fail(context, status);
    }
}

tps_status tps_sqlite_schema_functions(sqlite3 *db)
{
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;

    if (sqlite3_create_function_v2(db, "tps_random", 1, flags, NULL, do_random, NULL, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_create_function_v2(db, "tps_key_name", 1, flags, NULL, do_key_name, NULL, NULL, NULL) !=
            SQLITE_OK ||
        sqlite3_create_function_v2(db, "tps_identity", 2, flags, NULL, do_identity, NULL, NULL, NULL) !=
            SQLITE_OK) {
        return sqlite3_errcode(db) == SQLITE_NOMEM ? TPS_OUT_OF_MEMORY : TPS_STORE_FAILED;
    }
    return TPS_OK;
}
