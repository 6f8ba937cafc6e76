/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR from diagnostic notation, measured first. */
#include "support/cbor_notation.h"

#include "support/check.h"

tps_buf cbor_of_diagnostic(const char *notation)
{
    tps_span text = tps_span_of_text(notation);
    tps_span encoded = TPS_SPAN_EMPTY;
    tps_error why = {0};
    tps_buf room;

    if (tps_cbor_from_diagnostic(text, TPS_BUF_MEASURE, &encoded, &why) != TPS_OK) {
        fail_msg("%s at %zu: %s: ...%.40s", tps_status_name(why.status), why.offset,
                 why.detail == NULL ? "" : why.detail, notation + why.offset);
    }
    room = (tps_buf){malloc(encoded.size), encoded.size};
    assert_non_null(room.data);
    assert_status(tps_cbor_from_diagnostic(text, room, &encoded, &why), TPS_OK);
    return room;
}
