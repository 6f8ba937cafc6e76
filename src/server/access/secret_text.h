/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets as text: base 64 written and read without branches or table look-ups that depend on a character,
 * unlike tps/base64.h, which is for what everybody may see.
 */
#ifndef TPS_SERVER_ACCESS_SECRET_TEXT_H
#define TPS_SERVER_ACCESS_SECRET_TEXT_H

#include "tps/span.h"

/** Writes `bytes` as base64url without padding: TPS_BASE64URL_SIZE(bytes.size) characters, no final zero. */
void secret_text_write(tps_span bytes, char *out);

/** True when all are characters of base64url. */
bool secret_text_is_base64url(tps_span text);

/**
 * Reads base 64 of the plain alphabet, with its padding or without, as the field Authorization has it.
 * @param out        Room for 3 bytes for every 4 characters, begun ones too.
 * @param[out] size  Bytes written.
 * @return False if it is none, or `out` is too small; it may hold a part then.
 */
bool secret_text_read(tps_span text, tps_buf out, size_t *size);

#endif
