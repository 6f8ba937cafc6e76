/* SPDX-License-Identifier: Apache-2.0 */
/* Raw storage as two banks, and the counters: what the vault asks of the platform, each answer checked. */
#include "component/vault/internal.h"

/** How often a read is tried. */
enum { READS_MAX = 3 };

static bool is_power_of_two(uint32_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

tps_status tps_vault_check_sizes(const tps_platform *platform)
{
    uint32_t sector = platform->sector_size;
    uint32_t unit = platform->unit_size;

    if (!is_power_of_two(sector) || sector < TPS_STORAGE_SECTOR_MIN || sector > TPS_STORAGE_SECTOR_MAX ||
        !is_power_of_two(unit) || unit > TPS_STORAGE_UNIT_MAX) {
        return TPS_COMPONENT_STORAGE;
    }
    return platform->storage_size > 0 && platform->storage_size % (2 * sector) == 0 ? TPS_OK
                                                                                    : TPS_COMPONENT_STORAGE;
}

uint32_t tps_vault_bank_size(const tps_vault *vault)
{
    return vault->platform->storage_size / 2;
}

uint32_t tps_vault_bank_begin(const tps_vault *vault, uint32_t bank)
{
    return bank * tps_vault_bank_size(vault);
}

tps_status tps_vault_read(const tps_vault *vault, uint32_t offset, tps_buf out)
{
    const tps_platform *p = vault->platform;
    tps_status status = TPS_COMPONENT_STORAGE;

    for (unsigned i = 0; i < READS_MAX && status != TPS_OK; i++) {
        status = p->storage_read(p->context, offset, out);
    }
    return status == TPS_OK || status == TPS_COMPONENT_STORAGE_CORRUPT ? status : TPS_COMPONENT_STORAGE;
}

/** What cannot be read back is no use: a worn unit must be known before the old value is given up. */
static tps_status compare(const tps_vault *vault, uint32_t offset, tps_span bytes)
{
    uint8_t chunk[64];

    for (size_t done = 0; done < bytes.size; done += sizeof(chunk)) {
        size_t n = bytes.size - done < sizeof(chunk) ? bytes.size - done : sizeof(chunk);

        TPS_TRY(tps_vault_read(vault, offset + (uint32_t)done, (tps_buf){chunk, n}));
        if (memcmp(chunk, bytes.data + done, n) != 0) {
            return TPS_COMPONENT_STORAGE;
        }
    }
    return TPS_OK;
}

tps_status tps_vault_write(const tps_vault *vault, uint32_t offset, tps_span bytes)
{
    const tps_platform *p = vault->platform;

    if (p->storage_write(p->context, offset, bytes) != TPS_OK) {
        return TPS_COMPONENT_STORAGE;
    }
    return compare(vault, offset, bytes);
}

tps_status tps_vault_erase(const tps_vault *vault, uint32_t bank)
{
    const tps_platform *p = vault->platform;
    uint32_t begin = tps_vault_bank_begin(vault, bank);

    for (uint32_t done = 0; done < tps_vault_bank_size(vault); done += p->sector_size) {
        if (p->storage_erase(p->context, begin + done) != TPS_OK) {
            return TPS_COMPONENT_STORAGE;
        }
    }
    return TPS_OK;
}

bool tps_vault_is_blank(tps_vault *vault, uint32_t offset, uint32_t end)
{
    while (offset < end) {
        uint32_t n = end - offset < sizeof(vault->work) ? end - offset : (uint32_t)sizeof(vault->work);

        if (tps_vault_read(vault, offset, (tps_buf){vault->work, n}) != TPS_OK) {
            return false;
        }
        for (uint32_t i = 0; i < n; i++) {
            if (vault->work[i] != 0xff) {
                return false;
            }
        }
        offset += n;
    }
    return true;
}

tps_status tps_vault_step(const tps_vault *vault, uint32_t counter, uint64_t *value)
{
    const tps_platform *p = vault->platform;
    uint64_t next = 0;
    tps_status status = p->counter_increase(p->context, counter, &next);

    if (status != TPS_OK || next != *value + 1) {
        return status == TPS_UNSUPPORTED ? TPS_UNSUPPORTED : TPS_COMPONENT_STORAGE;
    }
    *value = next;
    return TPS_OK;
}
