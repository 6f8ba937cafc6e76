/* SPDX-License-Identifier: Apache-2.0 */
/* What the deterministic form (RFC 8949, 4.2) asks of heads, of floats and of big numbers. */
#include "format/cbor/form.h"

#include "format/cbor/head.h"

static bool is_good(const uint8_t *head, const tps_cbor_item *item, const uint8_t *behind, const uint8_t *end)
{
    tps_cbor_item content;

    if (item->type == TPS_CBOR_FLOAT) {
        return !cbor_float_is_long(item->value, item->width);
    }
    if (cbor_is_head_long(head)) {
        return false;
    }
    if (item->type != TPS_CBOR_TAG || item->value - CBOR_TAG_BIG > 1 ||
        cbor_item_read(behind, end, &content) == NULL || content.type != TPS_CBOR_BYTES ||
        content.value == TPS_CBOR_INDEFINITE_LENGTH) {
        return true; /* what is wrong with the content is seen when it is checked */
    }
    return content.bytes.size > 8 && *content.bytes.data != 0;
}

const tps_cbor_form tps_cbor_deterministic = {is_good, true};
const tps_cbor_form tps_cbor_any_form = {is_good, false};
