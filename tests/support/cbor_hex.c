/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR in tests, written as hex digits. */
#include "support/cbor_hex.h"

#include "support/check.h"
#include "support/vectors.h"

const tps_cbor_limits cbor_limits_deterministic = {65536, 16, 512, &tps_cbor_deterministic};

tps_status cbor_hex_check(const char *hex, const tps_cbor_limits *limits, tps_error *why)
{
    tps_buf bytes = bytes_from_hex(hex);
    tps_buf exact = exact_copy(span_of(bytes));
    tps_status status = tps_cbor_check(span_of(exact), limits, NULL, why);

    free(exact.data);
    free(bytes.data);
    return status;
}

void cbor_hex_assert(const char *hex, const tps_cbor_limits *limits, tps_status expected, const char *file,
                     int line)
{
    check_status(cbor_hex_check(hex, limits, NULL), expected, hex, file, line);
}
