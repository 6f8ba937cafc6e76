/* SPDX-License-Identifier: Apache-2.0 */
/* Compact JWS with ES256 (RFC 7515, 3.1; RFC 7518, 3.4). */
#include "tps/jws.h"

#include "format/json/writer.h"
#include "tps/base64.h"
#include "tps/crypto.h"

#define HEADER_SIZE_MAX 160u
#define ES256_SIZE      64u

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text < 0x21 || *text > 0x7e || *text == '"' || *text == '\\') {
            return false;
        }
    }
    return true;
}

static tps_status write_header(const char *key_id, tps_buf out, size_t *size)
{
    json_writer writer = json_writer_init(out);

    json_begin_object(&writer);
    json_key(&writer, "alg");
    json_text(&writer, "ES256");
    if (key_id != NULL) {
        json_key(&writer, "kid");
        json_text(&writer, key_id);
    }
    json_key(&writer, "typ");
    json_text(&writer, "JWT");
    json_end_object(&writer);
    return json_writer_finish(&writer, size);
}

static tps_status sign_text(const tps_cose_signer *signer, tps_span text, uint8_t signature[ES256_SIZE])
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, text, &digest));
    return signer->sign(signer->context, signer->alg, tps_span_make(digest.bytes, digest.size),
                        (tps_buf){signature, ES256_SIZE});
}

tps_status tps_jws_make(tps_span payload, const char *key_id, const tps_cose_signer *signer, tps_buf out,
                        size_t *size)
{
    uint8_t header[HEADER_SIZE_MAX];
    uint8_t signature[ES256_SIZE];
    size_t header_size;
    size_t signed_size;
    char *at = (char *)out.data;

    *size = 0;
    if (signer->alg != TPS_ALG_ES256) {
        return TPS_COSE_ALG_REFUSED;
    }
    if ((key_id != NULL && !is_plain(key_id)) ||
        write_header(key_id, TPS_BUF_OF(header), &header_size) != TPS_OK) {
        return TPS_BAD_ARGUMENT;
    }
    signed_size = TPS_BASE64URL_SIZE(header_size) + 1 + TPS_BASE64URL_SIZE(payload.size);
    *size = signed_size + 1 + TPS_BASE64URL_SIZE(ES256_SIZE);
    if (out.data == NULL) {
        return TPS_OK;
    }
    if (out.size < *size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    at += tps_base64url_write(tps_span_make(header, header_size), at);
    *at++ = '.';
    at += tps_base64url_write(payload, at);
    TPS_TRY(sign_text(signer, tps_span_make(out.data, signed_size), signature));
    *at++ = '.';
    tps_base64url_write(TPS_SPAN_OF(signature), at);
    return TPS_OK;
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static tps_span trimmed(tps_span text)
{
    while (text.size > 0 && is_space(text.data[text.size - 1])) {
        text.size--;
    }
    while (text.size > 0 && is_space(text.data[0])) {
        text.data++;
        text.size--;
    }
    return text;
}

static bool is_base64url_char(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Takes the characters up to `stop` (or the end) off the front of `rest`. */
static tps_span take_part(tps_span *rest)
{
    size_t size = 0;
    tps_span part;

    while (size < rest->size && is_base64url_char(rest->data[size])) {
        size++;
    }
    part = tps_span_make(rest->data, size);
    rest->data += size;
    rest->size -= size;
    return part;
}

static bool take_dot(tps_span *rest)
{
    if (rest->size == 0 || rest->data[0] != '.') {
        return false;
    }
    rest->data++;
    rest->size--;
    return true;
}

tps_status tps_jws_parse(tps_span text, tps_jws *out)
{
    tps_span rest = trimmed(text);
    const uint8_t *start = rest.data;

    if (rest.size == 0) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    out->header = take_part(&rest);
    if (!take_dot(&rest)) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    out->payload = take_part(&rest);
    out->signed_part = tps_span_make(start, (size_t)(rest.data - start));
    if (!take_dot(&rest)) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    out->signature = take_part(&rest);
    if (rest.size != 0 || out->header.size == 0 || out->payload.size == 0 || out->signature.size == 0) {
        return TPS_JWT_NOT_WELL_FORMED;
    }
    return TPS_OK;
}

tps_status tps_jws_verify(const tps_jws *jws, struct tps_crypto_key *key)
{
    uint8_t signature[ES256_SIZE + 2];
    size_t size;
    tps_digest digest;

    if (tps_base64_read(jws->signature, TPS_BUF_OF(signature), &size) != TPS_OK) {
        return TPS_CRYPTO_BAD_SIGNATURE;
    }
    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, jws->signed_part, &digest));
    return tps_crypto_verify(key, TPS_ALG_ES256, &digest, tps_span_make(signature, size));
}
