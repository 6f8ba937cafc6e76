/* SPDX-License-Identifier: Apache-2.0 */
/* Base 64 (RFC 4648), both alphabets. Not for secrets: lookups depend on the data. */
#include "tps/base64.h"

#include "format/text/base64_digit.h"

static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static size_t write_with(const char *alphabet, tps_span bytes, char *out)
{
    char *at = out;
    size_t i = 0;

    for (; i + 3 <= bytes.size; i += 3) {
        uint32_t group = (uint32_t)bytes.data[i] << 16 | (uint32_t)bytes.data[i + 1] << 8 | bytes.data[i + 2];
        *at++ = alphabet[group >> 18];
        *at++ = alphabet[group >> 12 & 63];
        *at++ = alphabet[group >> 6 & 63];
        *at++ = alphabet[group & 63];
    }
    if (i + 1 == bytes.size) {
        *at++ = alphabet[bytes.data[i] >> 2];
        *at++ = alphabet[(bytes.data[i] & 3) << 4];
    } else if (i + 2 == bytes.size) {
        *at++ = alphabet[bytes.data[i] >> 2];
        *at++ = alphabet[(bytes.data[i] & 3) << 4 | bytes.data[i + 1] >> 4];
        *at++ = alphabet[(bytes.data[i + 1] & 15) << 2];
    }
    return (size_t)(at - out);
}

size_t tps_base64url_write(tps_span bytes, char *out)
{
    return write_with(url_alphabet, bytes, out);
}

size_t tps_base64_write(tps_span bytes, char *out)
{
    size_t size = write_with(plain_alphabet, bytes, out);

    while (size % 4 != 0) {
        out[size++] = '=';
    }
    return size;
}

enum { PLAIN_SEEN = 1, URL_SEEN = 2 };

/* The alphabets that a character tells of. */
static unsigned alphabets_of(uint8_t c)
{
    return c == '+' || c == '/' ? PLAIN_SEEN : c == '-' || c == '_' ? URL_SEEN : 0;
}

/* Takes off correct padding; false if there is padding and it is wrong. */
static bool take_padding(tps_span *text)
{
    size_t padding = 0;

    while (padding < 2 && padding < text->size && text->data[text->size - 1 - padding] == '=') {
        padding++;
    }
    if (padding > 0 && text->size % 4 != 0) {
        return false;
    }
    text->size -= padding;
    return true;
}

tps_status tps_base64_read(tps_span text, tps_buf out, size_t *size)
{
    unsigned alphabets = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t at = 0;

    *size = 0;
    if (!take_padding(&text) || text.size % 4 == 1) {
        return TPS_BAD_BASE64;
    }
    *size = text.size / 4 * 3 + (text.size % 4 == 0 ? 0 : text.size % 4 - 1);
    if (*size > out.size) {
        return TPS_BUFFER_TOO_SMALL;
    }
    for (size_t i = 0; i < text.size; i++) {
        int value = base64_digit(text.data[i]);
        alphabets |= alphabets_of(text.data[i]);
        if (value < 0) {
            return TPS_BAD_BASE64;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out.data[at++] = (uint8_t)(bits >> held);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0 || alphabets == (PLAIN_SEEN | URL_SEEN)) {
        return TPS_BAD_BASE64;
    }
    return TPS_OK;
}
