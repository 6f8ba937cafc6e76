/* SPDX-License-Identifier: Apache-2.0 */
/* The server's JSON writer: a cursor that counts on where the room has ended. */
#include "server/json.h"

#include <inttypes.h>
#include <stdio.h>

tps_server_json tps_server_json_init(tps_buf out)
{
    return (tps_server_json){.out = out};
}

size_t tps_server_json_size(const tps_server_json *json)
{
    return json->size;
}

static void put_bytes(tps_server_json *json, const void *bytes, size_t size)
{
    if (json->size < json->out.size && size <= json->out.size - json->size && size > 0) {
        memcpy(json->out.data + json->size, bytes, size);
    }
    json->size += size;
}

static void put_char(tps_server_json *json, char c)
{
    put_bytes(json, &c, 1);
}

static void put_string(tps_server_json *json, tps_span text)
{
    static const char hex[] = "0123456789abcdef";

    put_char(json, '"');
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];

        if (c == '"' || c == '\\') {
            put_char(json, '\\');
            put_char(json, (char)c);
        } else if (c < 0x20 || c == 0x7f) {
            put_bytes(json, "\\u00", 4);
            put_char(json, hex[c >> 4]);
            put_char(json, hex[c & 15]);
        } else {
            put_char(json, (char)c);
        }
    }
    put_char(json, '"');
}

static void begin_value(tps_server_json *json, const char *name)
{
    if (json->comma) {
        put_char(json, ',');
    }
    if (name != NULL) {
        put_string(json, tps_span_of_text(name));
        put_char(json, ':');
    }
    json->comma = true;
}

static void begin(tps_server_json *json, const char *name, char bracket)
{
    begin_value(json, name);
    put_char(json, bracket);
    json->comma = false;
}

static void end(tps_server_json *json, char bracket)
{
    put_char(json, bracket);
    json->comma = true;
}

void tps_server_json_begin_object(tps_server_json *json, const char *name)
{
    begin(json, name, '{');
}

void tps_server_json_end_object(tps_server_json *json)
{
    end(json, '}');
}

void tps_server_json_begin_array(tps_server_json *json, const char *name)
{
    begin(json, name, '[');
}

void tps_server_json_end_array(tps_server_json *json)
{
    end(json, ']');
}

void tps_server_json_put_span(tps_server_json *json, const char *name, tps_span text)
{
    begin_value(json, name);
    put_string(json, text);
}

void tps_server_json_put_text(tps_server_json *json, const char *name, const char *text)
{
    tps_server_json_put_span(json, name, tps_span_of_text(text));
}

void tps_server_json_put_int(tps_server_json *json, const char *name, int64_t value)
{
    char digits[24];

    begin_value(json, name);
    put_bytes(json, digits, (size_t)snprintf(digits, sizeof(digits), "%" PRId64, value));
}

void tps_server_json_put_bool(tps_server_json *json, const char *name, bool value)
{
    begin_value(json, name);
    put_bytes(json, value ? "true" : "false", value ? 4 : 5);
}

static void put_base64(tps_server_json *json, tps_span bytes, const char *alphabet, bool padding)
{
    put_char(json, '"');
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t group = (uint32_t)bytes.data[i] << 16 | (left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0u) |
                         (left > 2 ? bytes.data[i + 2] : 0u);

        put_char(json, alphabet[group >> 18]);
        put_char(json, alphabet[group >> 12 & 63]);
        if (left > 1 || padding) {
            put_char(json, left > 1 ? alphabet[group >> 6 & 63] : '=');
        }
        if (left > 2 || padding) {
            put_char(json, left > 2 ? alphabet[group & 63] : '=');
        }
    }
    put_char(json, '"');
}

void tps_server_json_put_base64(tps_server_json *json, const char *name, tps_span bytes)
{
    begin_value(json, name);
    put_base64(json, bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void tps_server_json_put_base64url(tps_server_json *json, const char *name, tps_span bytes)
{
    begin_value(json, name);
    put_base64(json, bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}
