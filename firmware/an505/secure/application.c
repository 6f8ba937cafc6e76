/* SPDX-License-Identifier: Apache-2.0 */
/* The image of the non-secure world. It is hashed again where it will run: between the first stage's check
 * and its start nothing can have come that was not seen. */
#include "secure/application.h"

#include <string.h>

#include "memory.h"
#include "tps/crypto.h"
#include "tps/secret.h"

static tps_status copy_image(const tps_platform *platform, tps_buf room, size_t *size)
{
    size_t got;

    *size = 0;
    do {
        tps_buf rest = {room.data + *size, room.size - *size};

        if (rest.size == 0) {
            return TPS_TOO_LARGE; /* room for a byte more was kept, and is full */
        }
        TPS_TRY(platform->provided_read(platform->context, TPS_PROVIDED_IMAGE, AN505_APPLICATION, *size, rest,
                                        &got));
        *size += got;
    } while (got > 0);
    return TPS_OK;
}

static tps_status check_copy(const tps_boot_image *verified, tps_span copy)
{
    tps_digest digest;

    TPS_TRY(tps_crypto_hash_of(TPS_ALG_SHA256, copy, &digest));
    return tps_equal_secret(digest.bytes, verified->digest, sizeof verified->digest)
               ? TPS_OK
               : TPS_COMPONENT_IMAGE_REFUSED;
}

tps_status an505_application_load(const tps_platform *platform, const tps_handover *handover,
                                  const uint32_t **image)
{
    tps_buf room = {(uint8_t *)(uintptr_t)AN505_NONSECURE_RAM, AN505_NONSECURE_RAM_SIZE};
    const tps_boot_image *verified = tps_handover_image(handover, AN505_APPLICATION);
    tps_status status;
    size_t size;

    memset(room.data, 0, room.size);
    if (verified == NULL) {
        return TPS_NOT_FOUND;
    }
    if (!verified->is_running) {
        return TPS_COMPONENT_IMAGE_REFUSED;
    }
    status = copy_image(platform, room, &size);
    if (status == TPS_OK) {
        status = check_copy(verified, tps_span_make(room.data, size));
    }
    if (status != TPS_OK) {
        memset(room.data, 0, room.size);
        return status;
    }
    *image = (const uint32_t *)(uintptr_t)AN505_NONSECURE_RAM;
    return TPS_OK;
}
