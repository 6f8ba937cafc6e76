/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file json.h
 * Writes the small JSON bodies of the server's answers into memory of the caller's. Counts past the end of
 * the room, so that measuring and writing are one path. No numbers but integers, no check that calls pair up:
 * the callers are ours.
 */
#ifndef TPS_SERVER_JSON_H
#define TPS_SERVER_JSON_H

#include "tps/span.h"

/** A writer. `name` may be NULL in all calls below: then a bare value is written (in an array, or at the
 * top). */
typedef struct {
    tps_buf out;
    size_t size;
    bool comma; /* a comma is due before the next value */
} tps_server_json;

/** A writer into `out`; TPS_BUF_MEASURE only measures. */
tps_server_json tps_server_json_init(tps_buf out);

/** Bytes written or, when larger than the room, needed. */
size_t tps_server_json_size(const tps_server_json *json);

void tps_server_json_begin_object(tps_server_json *json, const char *name);
void tps_server_json_end_object(tps_server_json *json);
void tps_server_json_begin_array(tps_server_json *json, const char *name);
void tps_server_json_end_array(tps_server_json *json);

/** A string; what JSON needs escaped is escaped, and bytes above 0x7f are taken as the UTF-8 they must be. */
void tps_server_json_put_text(tps_server_json *json, const char *name, const char *text);
void tps_server_json_put_span(tps_server_json *json, const char *name, tps_span text);
void tps_server_json_put_int(tps_server_json *json, const char *name, int64_t value);
void tps_server_json_put_bool(tps_server_json *json, const char *name, bool value);

/** Bytes as base64 with padding (RFC 4648, 4), or as base64url without (5). */
void tps_server_json_put_base64(tps_server_json *json, const char *name, tps_span bytes);
void tps_server_json_put_base64url(tps_server_json *json, const char *name, tps_span bytes);

#endif
