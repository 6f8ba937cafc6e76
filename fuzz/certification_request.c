/* SPDX-License-Identifier: Apache-2.0 */
/* The certification request of a chip, as a factory reads it. What is taken holds two public keys; what is
 * not, none. */
#include <stdlib.h>

#include "component/boot/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_request_keys keys;
    tps_error why;
    tps_status status = tps_request_verify(tps_span_make(data, size), &keys, &why);

    if (why.status != status || (keys.iak != NULL) != (status == TPS_OK) ||
        (keys.device_id != NULL) != (status == TPS_OK)) {
        abort();
    }
    tps_request_keys_free(&keys);
    return 0;
}
