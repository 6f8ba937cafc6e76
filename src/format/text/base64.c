/* SPDX-License-Identifier: Apache-2.0 */
/* Base 64 (RFC 4648), both alphabets. Not for secrets: reading branches on the data. */
#include "tps/base64.h"

#include "format/text/base64_digit.h"

static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#if UINTPTR_MAX > UINT32_MAX

/* Sixteen lanes at once, in the vector registers that every processor of 64 bits has. */
typedef int8_t lanes __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

enum { BYTES_READ = 14, BYTES_AT_ONCE = 12, CHARACTERS_AT_ONCE = 16 };

/* Written out, so that compilers make one load of it. */
static uint64_t read_big_endian(const uint8_t *b)
{
    return (uint64_t)b[0] << 56 | (uint64_t)b[1] << 48 | (uint64_t)b[2] << 40 | (uint64_t)b[3] << 32 |
           (uint64_t)b[4] << 24 | (uint64_t)b[5] << 16 | (uint64_t)b[6] << 8 | b[7];
}

/* 48 bits as eight values of 6 bits, a byte each, the first in the highest. */
static uint64_t spread(uint64_t bits)
{
    bits = (bits & UINT64_C(0xffffff000000)) << 8 | (bits & UINT64_C(0xffffff));
    bits = (bits & UINT64_C(0x00fff00000fff000)) << 4 | (bits & UINT64_C(0x00000fff00000fff));
    return (bits & UINT64_C(0x0fc00fc00fc00fc0)) << 2 | (bits & UINT64_C(0x003f003f003f003f));
}

/* The first value is in the highest byte of its half; in memory it must be the first byte. */
static halves in_memory_order(halves values)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (halves){__builtin_bswap64(values[0]), __builtin_bswap64(values[1])};
#else
    return values;
#endif
}

static lanes all(int value)
{
    lanes zero = {0};

    return zero + (int8_t)value;
}

/* The alphabet is five runs of ASCII: each adds to the distance what it is apart from the one before. */
static lanes characters_of(lanes values, const char *alphabet)
{
    lanes distance = all('A') + ((values > all(25)) & all('a' - 'Z' - 1)) -
                     ((values > all(51)) & all('z' + 1 - '0')) -
                     ((values > all(61)) & all('9' + 1 - alphabet[62])) +
                     ((values > all(62)) & all(alphabet[63] - (alphabet[62] + 1)));

    return values + distance;
}

static size_t write_many(const char *alphabet, tps_span bytes, char *out)
{
    size_t at = 0;

    for (; bytes.size - at >= BYTES_READ; at += BYTES_AT_ONCE, out += CHARACTERS_AT_ONCE) {
        halves both = {spread(read_big_endian(bytes.data + at) >> 16),
                       spread(read_big_endian(bytes.data + at + BYTES_AT_ONCE / 2) >> 16)};
        lanes values = characters_of((lanes)in_memory_order(both), alphabet);

        memcpy(out, &values, sizeof values);
    }
    return at;
}

#else

static size_t write_many(const char *alphabet, tps_span bytes, char *out)
{
    (void)alphabet;
    (void)bytes;
    (void)out;
    return 0;
}

#endif

static size_t write_with(const char *alphabet, tps_span bytes, char *out)
{
    size_t i = write_many(alphabet, bytes, out);
    char *at = out + i / 3 * 4;

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
