/* SPDX-License-Identifier: Apache-2.0 */
/* A result that a server sends to a device: any text as a JWT, and any JSON as a JWT's payload. */
#include <stdlib.h>

#include "device/result.h"
#include "tps/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static tps_device_result result;

static void check(const char *jwt)
{
    tps_device_problem problem;

    if (tps_device_result_read(jwt, &result, &problem) == TPS_OK &&
        (result.status[0] == '\0' || strlen(result.findings[0].cause) >= sizeof(result.findings[0].cause))) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size * 2 + 16);
    size_t at;

    if (text == NULL || size > (1u << 20)) {
        free(text);
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    check(text);

    text[0] = '.';
    at = 1 + tps_base64url_write(tps_span_make(data, size), text + 1);
    text[at] = '.';
    text[at + 1] = '\0';
    check(text);
    free(text);
    return 0;
}
