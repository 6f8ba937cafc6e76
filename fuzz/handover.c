/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a handover: what is taken is written again as the same bytes. */
#include <stdlib.h>

#include "component/boot/handover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static tps_handover handover;
    static uint8_t again[TPS_HANDOVER_MAX];
    tps_span encoded;

    if (tps_handover_decode(tps_span_make(data, size), &handover, NULL) == TPS_OK &&
        (tps_handover_encode(&handover, TPS_BUF_OF(again), &encoded) != TPS_OK ||
         !tps_span_equal(encoded, tps_span_make(data, size)))) {
        abort();
    }
    return 0;
}
