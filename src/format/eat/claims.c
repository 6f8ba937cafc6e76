/* SPDX-License-Identifier: Apache-2.0 */
/* What the claim decoders share. */
#include "format/eat/claims.h"

#include "format/text/utf8.h"

int64_t claim_label(tps_cbor_reader *reader)
{
    uint32_t type = tps_cbor_peek(reader);
    tps_cbor_item item;

    if (type != TPS_CBOR_UINT && type != TPS_CBOR_NINT) {
        tps_cbor_skip(reader);
        return CLAIM_LABEL_FOREIGN;
    }
    tps_cbor_read(reader, &item);
    if (item.value > INT64_MAX) {
        return CLAIM_LABEL_FOREIGN;
    }
    return type == TPS_CBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
}

tps_status claim_read_status(const tps_cbor_reader *reader, const char *claim, tps_error *why)
{
    switch (reader->status) {
    case TPS_OK: return TPS_OK;
    case TPS_CBOR_UNEXPECTED_TYPE:
    case TPS_CBOR_INDEFINITE: return tps_fail(why, TPS_CLAIM_BAD_TYPE, tps_cbor_offset(reader), claim);
    case TPS_CBOR_OUT_OF_RANGE: return tps_fail(why, TPS_CLAIM_BAD_VALUE, tps_cbor_offset(reader), claim);
    default: return tps_fail(why, reader->status, tps_cbor_offset(reader), claim);
    }
}

tps_status claim_size_in(tps_span value, size_t low, size_t high, const char *claim, tps_error *why)
{
    return value.size >= low && value.size <= high ? TPS_OK : tps_fail(why, TPS_CLAIM_BAD_VALUE, 0, claim);
}

tps_status claim_is_utf8(tps_span text, const char *claim, tps_error *why)
{
    return utf8_is_valid(text) ? TPS_OK : tps_fail(why, TPS_CBOR_BAD_UTF8, 0, claim);
}

tps_status claim_is_deterministic(tps_span encoded, const char *claim, tps_error *why)
{
    tps_cbor_limits limits = tps_cbor_limits_message;
    tps_error inside = {TPS_OK, 0, NULL};
    tps_status status;

    limits.form = &tps_cbor_deterministic;
    status = tps_cbor_check(encoded, &limits, NULL, &inside);
    return status == TPS_OK ? TPS_OK : tps_fail(why, status, inside.offset, claim);
}

tps_status claims_finish(const tps_cbor_writer *writer, tps_span *encoded, tps_error *why)
{
    if (writer->size > tps_cbor_limits_message.size) {
        return tps_fail(why, TPS_CBOR_TOO_LONG, 0, "claims");
    }
    return tps_cbor_writer_finish(writer, encoded);
}

tps_status claim_present(bool is_present, const char *claim, tps_error *why)
{
    return is_present ? TPS_OK : tps_fail(why, TPS_CLAIM_MISSING, 0, claim);
}
