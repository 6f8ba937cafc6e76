/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file base64.h
 * Base 64 (RFC 4648): written in the URL-safe alphabet without padding, as JOSE, EAT and the verifier's
 * interface have it, or in the plain alphabet with padding; read strictly. Thread-safe.
 *
 * Not for secrets: the time depends on the bytes.
 */
#ifndef TPS_BASE64_H
#define TPS_BASE64_H

#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Characters that `size` bytes take without padding. */
#define TPS_BASE64URL_SIZE(size) (((size) / 3) * 4 + ((size) % 3 == 0 ? 0 : (size) % 3 + 1))

/** Characters that `size` bytes take with padding. */
#define TPS_BASE64_SIZE(size) ((((size) + 2) / 3) * 4)

/**
 * Write `bytes` in the URL-safe alphabet, without padding and without a final zero, to `out`, which must have
 * room for TPS_BASE64URL_SIZE(bytes.size) characters. Returns that number.
 */
size_t tps_base64url_write(tps_span bytes, char *out);

/** Write `bytes` in the plain alphabet with padding: TPS_BASE64_SIZE(bytes.size) characters, no final zero.
 */
size_t tps_base64_write(tps_span bytes, char *out);

/**
 * @brief Read base 64 of either alphabet, with correct padding or with none.
 *
 * @param text       The characters. No white space; not both alphabets at once.
 * @param out        Room for 3 bytes for every 4 characters; it may not overlap `text`.
 * @param[out] size  Bytes written, or needed: of a length that can be it is set before a character is looked
 * at.
 *
 * @retval TPS_OK
 * @retval TPS_BAD_BASE64        A foreign character, wrong padding, a length that cannot be, or bits that are
 * not zero behind the last byte (so that every byte string has one text). `out` then holds what was read
 * before.
 * @retval TPS_BUFFER_TOO_SMALL  `*size` is the size needed; so TPS_BUF_MEASURE tells it.
 *
 * RFC 4648, 3 to 5.
 */
TPS_MUST_USE tps_status tps_base64_read(tps_span text, tps_buf out, size_t *size);

#ifdef __cplusplus
}
#endif

#endif
