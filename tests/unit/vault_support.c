/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tps/crypto.h"
#include "vault_support.h"

static bool fails(rig *r)
{
    r->calls++;
    return r->fail_at != 0 && r->calls >= r->fail_at && r->calls - r->fail_at <= r->fail_more;
}

static tps_status rig_entropy(void *context, tps_buf out)
{
    return fails(context) ? TPS_CRYPTO_NO_ENTROPY : tps_crypto_random(out);
}

static tps_status rig_read(void *context, uint32_t offset, tps_buf out)
{
    rig *r = context;

    return fails(r) ? TPS_COMPONENT_STORAGE : flash_read(&r->flash, offset, out);
}

static tps_status rig_write(void *context, uint32_t offset, tps_span bytes)
{
    rig *r = context;

    return fails(r) ? TPS_COMPONENT_STORAGE : flash_write(&r->flash, offset, bytes);
}

static tps_status rig_erase(void *context, uint32_t offset)
{
    rig *r = context;

    return fails(r) ? TPS_COMPONENT_STORAGE : flash_erase(&r->flash, offset);
}

static tps_status rig_counter_read(void *context, uint32_t counter, uint64_t *value)
{
    rig *r = context;

    if (r->has_no_counters) {
        return TPS_UNSUPPORTED;
    }
    if (fails(r) || r->flash.is_off) {
        return TPS_COMPONENT_STORAGE;
    }
    *value = r->counters[counter];
    return TPS_OK;
}

static tps_status rig_counter_increase(void *context, uint32_t counter, uint64_t *value)
{
    rig *r = context;

    if (r->has_no_counters) {
        return TPS_UNSUPPORTED;
    }
    return fails(r) ? TPS_COMPONENT_STORAGE : flash_count(&r->flash, &r->counters[counter], value);
}

void rig_run(rig *r, uint32_t security_counter)
{
    uint8_t newest[TPS_KEYS_SIZE];

    memset(newest, 0x77, sizeof(newest));
    r->handover.security_counter = security_counter;
    assert_int_equal(tps_keys_s(newest, TPS_KEYS_NEWEST, security_counter, r->handover.sv), TPS_OK);
}

rig *rig_new(uint32_t size, uint32_t sector, uint32_t unit)
{
    rig *r = calloc(1, sizeof(*r));

    assert_non_null(r);
    flash_make(&r->flash, size, sector, unit);
    r->platform = (tps_platform){.version = TPS_PLATFORM_VERSION,
                                 .context = r,
                                 .entropy = rig_entropy,
                                 .storage_size = size,
                                 .sector_size = sector,
                                 .unit_size = unit,
                                 .storage_read = rig_read,
                                 .storage_write = rig_write,
                                 .storage_erase = rig_erase,
                                 .counter_read = rig_counter_read,
                                 .counter_increase = rig_counter_increase};
    memset(r->handover.cdi_attest, 0x11, sizeof(r->handover.cdi_attest));
    rig_run(r, 0);
    return r;
}

void rig_free(rig *r)
{
    tps_vault_close(&r->vault);
    flash_free(&r->flash);
    free(r);
}

tps_status rig_try_open(rig *r)
{
    flash_power_on(&r->flash);
    return tps_vault_open(&r->vault, &r->platform, &r->handover, NULL);
}

void rig_open(rig *r)
{
    assert_int_equal(rig_try_open(r), TPS_OK);
}

tps_vault_id rig_id(const char *name)
{
    return tps_vault_id_make(TPS_VAULT_TEST, NULL, tps_span_of_text(name));
}

tps_status rig_put(rig *r, const char *name, const char *value)
{
    tps_vault_id id = rig_id(name);

    return tps_vault_put(&r->vault, &id, NULL, tps_span_of_text(value), 0);
}

tps_status rig_delete(rig *r, const char *name)
{
    tps_vault_id id = rig_id(name);

    return tps_vault_delete(&r->vault, &id);
}

tps_status rig_get(rig *r, const char *name)
{
    tps_vault_id id = rig_id(name);

    return tps_vault_get(&r->vault, &id, NULL, TPS_BUF_OF(r->room), &r->size);
}

void rig_expect(rig *r, const char *name, const char *value)
{
    assert_int_equal(rig_get(r, name), TPS_OK);
    assert_int_equal(r->size, strlen(value));
    assert_memory_equal(r->room, value, r->size);
}

snapshot rig_save(const rig *r)
{
    snapshot s = {.flash = flash_copy(&r->flash)};

    memcpy(s.counters, r->counters, sizeof(s.counters));
    return s;
}

void rig_put_image_back(rig *r, const snapshot *s)
{
    flash_put_back(&r->flash, &s->flash);
}

void rig_restore(rig *r, const snapshot *s)
{
    rig_put_image_back(r, s);
    memcpy(r->counters, s->counters, sizeof(s->counters));
}

void snapshot_free(snapshot *s)
{
    flash_free(&s->flash);
}
