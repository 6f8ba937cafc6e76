/* SPDX-License-Identifier: Apache-2.0 */
/* Flash as raw storage. Flash that fails silently is caught here: what was written is read back. */
#include "platform/trustzone_m/storage.h"

static bool is_within(uint32_t limit, uint32_t offset, size_t size)
{
    return offset <= limit && size <= limit - offset;
}

bool trustzone_m_is_erased(const tps_chip *chip, uint32_t offset, uint32_t size)
{
    uint8_t all = 0xff;

    for (uint32_t i = 0; i < size; i++) {
        all &= chip->flash[offset + i];
    }
    return all == 0xff;
}

tps_status trustzone_m_program(const tps_chip *chip, uint32_t offset, tps_span bytes)
{
    if (offset % chip->unit_size != 0 || bytes.size % chip->unit_size != 0 ||
        !is_within(chip->flash_size, offset, bytes.size) ||
        !trustzone_m_is_erased(chip, offset, (uint32_t)bytes.size)) {
        return TPS_COMPONENT_STORAGE;
    }
    TPS_TRY(chip->flash_program(chip->context, offset, bytes));
    return memcmp(chip->flash + offset, bytes.data, bytes.size) == 0 ? TPS_OK : TPS_COMPONENT_STORAGE;
}

tps_status trustzone_m_erase(const tps_chip *chip, uint32_t offset)
{
    if (offset % chip->sector_size != 0 || !is_within(chip->flash_size, offset, chip->sector_size)) {
        return TPS_COMPONENT_STORAGE;
    }
    TPS_TRY(chip->flash_erase(chip->context, offset));
    return trustzone_m_is_erased(chip, offset, chip->sector_size) ? TPS_OK : TPS_COMPONENT_STORAGE;
}

tps_status tps_trustzone_m_storage_read(void *context, uint32_t offset, tps_buf out)
{
    const tps_trustzone_m *p = context;

    if (!is_within(p->layout.storage_size, offset, out.size)) {
        return TPS_COMPONENT_STORAGE;
    }
    memcpy(out.data, p->chip->flash + p->layout.storage + offset, out.size);
    return TPS_OK;
}

tps_status tps_trustzone_m_storage_write(void *context, uint32_t offset, tps_span bytes)
{
    const tps_trustzone_m *p = context;

    return is_within(p->layout.storage_size, offset, bytes.size)
               ? trustzone_m_program(p->chip, p->layout.storage + offset, bytes)
               : TPS_COMPONENT_STORAGE;
}

tps_status tps_trustzone_m_storage_erase(void *context, uint32_t offset)
{
    const tps_trustzone_m *p = context;

    return is_within(p->layout.storage_size, offset, p->layout.sector_size)
               ? trustzone_m_erase(p->chip, p->layout.storage + offset)
               : TPS_COMPONENT_STORAGE;
}
