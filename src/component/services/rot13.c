/* SPDX-License-Identifier: Apache-2.0 */
/* "GPP ROT13": the test service of the reference implementation, and the smallest example of a service. It
 * protects nothing. Its messages are in spec/rot13.cddl. */
#include "component/services/rot13.h"

enum { TAG_ENCRYPT = 10, TAG_DECRYPT = 11, KEY_TEXT = 1, KEY_ERROR = 2 };
enum { ERROR_NONE = 0, ERROR_SPACE = 1, ERROR_DIGIT = 2, ERROR_OTHER = 3, ERROR_TOO_LONG = 4 };

/** The reference refuses texts of 1024 bytes and more. */
#define TEXT_MAX 1023u

/** The first reason why `text` cannot be turned, or ERROR_NONE. */
static uint32_t find_error(tps_span text)
{
    if (text.size == 0) {
        return ERROR_OTHER;
    }
    if (text.size > TEXT_MAX) {
        return ERROR_TOO_LONG;
    }
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];

        if (c == ' ') {
            return ERROR_SPACE;
        }
        if (c >= '0' && c <= '9') {
            return ERROR_DIGIT;
        }
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return ERROR_OTHER;
        }
    }
    return ERROR_NONE;
}

static uint8_t turn(uint8_t c)
{
    uint8_t first = c >= 'a' ? 'a' : 'A';

    return (uint8_t)(first + (c - first + 13) % 26);
}

static tps_status read_text(tps_span body, tps_span *text)
{
    tps_cbor_reader r = tps_cbor_reader_init(body);
    tps_cbor_list map = tps_cbor_enter_map(&r);
    bool found = false;

    while (tps_cbor_next(&r, &map)) {
        if (tps_cbor_get_uint(&r) == KEY_TEXT) {
            *text = tps_cbor_get_text(&r);
            found = true;
        } else {
            (void)tps_cbor_skip(&r);
        }
    }
    TPS_TRY(tps_cbor_reader_finish(&r));
    return found ? TPS_OK : TPS_COMPONENT_BAD_MESSAGE;
}

static tps_status handle(tps_request *request, tps_error *why)
{
    tps_cbor_writer w;
    tps_span text = TPS_SPAN_EMPTY;
    uint32_t error;

    if (request->tag != TAG_ENCRYPT && request->tag != TAG_DECRYPT) {
        return tps_fail(why, TPS_COMPONENT_BAD_MESSAGE, 0, "tag");
    }
    TPS_TRY(read_text(request->body, &text));

    error = find_error(text);
    w = tps_response_map(request, 1);
    if (error != ERROR_NONE) {
        tps_cbor_pair_uint(&w, KEY_ERROR, error);
        return tps_response_end(request, &w);
    }

    tps_cbor_pair_text_span(&w, KEY_TEXT, text);
    TPS_TRY(tps_response_end(request, &w));
    for (size_t i = request->response_size - text.size; i < request->response_size; i++) {
        request->response.data[i] = turn(request->response.data[i]);
    }
    return TPS_OK;
}

static const uint32_t logins[] = {TPSC_LOGIN_PUBLIC};
static const uint8_t features[] = {0x82, 0x00, 0x01}; /* [encrypt, decrypt] */

const tps_service tps_rot13_service = {
    .id = TPSC_UUID_SERVICE_GPP_ROT13,
    .name = "GPP ROT13",
    .version = {0, 0, 16},
    .logins = logins,
    .logins_count = 1,
    .features = {features, sizeof(features)},
    .handle = handle,
};
