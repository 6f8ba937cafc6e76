/* SPDX-License-Identifier: Apache-2.0 */
/* What the maker put onto a chip. */
#include "platform/trustzone_m/provided.h"

/** The bytes of a part, where they lie. */
static tps_status find_part(const tps_trustzone_m *platform, uint32_t part, const char *image,
                            tps_span *content)
{
    bool is_named = part == TPS_PROVIDED_IMAGE || part == TPS_PROVIDED_MANIFEST;

    if (is_named && !tps_image_name_is_valid(image)) {
        return TPS_NOT_FOUND;
    }
    if (part == TPS_PROVIDED_IMAGE && strcmp(image, TPS_IMAGE_COMPONENT) == 0) {
        *content = platform->chip->component_image;
        return TPS_OK;
    }
    return platform->has_parts ? tps_chip_parts_find(&platform->parts, part, is_named ? image : NULL, content)
                               : TPS_NOT_FOUND;
}

tps_status tps_trustzone_m_provided_read(void *context, uint32_t part, const char *image, uint64_t offset,
                                         tps_buf out, size_t *size)
{
    tps_span content;
    size_t left;

    *size = 0;
    TPS_TRY(find_part(context, part, image, &content));
    if (offset >= content.size) {
        return TPS_OK;
    }
    left = content.size - (size_t)offset;
    *size = out.size < left ? out.size : left;
    memcpy(out.data, content.data + offset, *size);
    return TPS_OK;
}
