/* SPDX-License-Identifier: Apache-2.0 */
/* Cryptography that fails at its nth call, for all n; and records that are sealed as true ones and say what
 * this code never writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "component/vault/internal.h"
#include "support/faults.h"
#include "support/stand_in.h"
#include "tps/crypto.h"
#include "vault_support.h"

STAND_IN(tps_crypto_hkdf, (tps_span secret, tps_span salt, tps_span info, tps_buf out),
         (secret, salt, info, out))
STAND_IN(tps_crypto_aead_seal,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span plain, tps_buf out),
         (alg, key, nonce, aad, plain, out))
STAND_IN(tps_crypto_aead_open,
         (int32_t alg, tps_span key, tps_span nonce, tps_crypto_aad aad, tps_span sealed, tps_buf out),
         (alg, key, nonce, aad, sealed, out))

/* ---- cryptography that fails ---- */

static const tps_vault_context context = {.provider = {1}, .owner = {2}};

static tps_status put_sealed(rig *r)
{
    tps_vault_id id = rig_id("sealed");

    return tps_vault_put(&r->vault, &id, &context, TPS_SPAN_LITERAL("x"), TPS_VAULT_BOUND);
}

static tps_status get_sealed(rig *r)
{
    tps_vault_id id = rig_id("sealed");

    return tps_vault_get(&r->vault, &id, &context, TPS_BUF_OF(r->room), &r->size);
}

static tps_status act(rig *r, unsigned which)
{
    switch (which) {
    case 0: return rig_put(r, "a", "new");
    case 1: return rig_delete(r, "a");
    case 2: return tps_vault_scrub(&r->vault);
    case 3: return put_sealed(r);
    case 4: return get_sealed(r);
    case 5: return rig_try_open(r);
    default: return tps_vault_delete_contexts(&r->vault);
    }
}

static void cryptography_that_fails_once_costs_no_value(void **state)
{
    (void)state;
    for (unsigned which = 0; which < 7; which++) {
        bool has_struck = true;

        for (unsigned n = 1; has_struck; n++) {
            rig *r = rig_new(4096, 512, 16);
            tps_status status;

            rig_run(r, 1);
            rig_open(r);
            assert_int_equal(put_sealed(r), TPS_OK);
            assert_int_equal(rig_put(r, "a", "old"), TPS_OK);
            assert_int_equal(rig_put(r, "other", "stays"), TPS_OK);
            rig_run(r, 2); /* newer code, which derives S(1) */
            rig_open(r);
            memset(&r->vault.header_key, 0, sizeof(r->vault.header_key)); /* so that it is derived again */
            fault_arm(n);
            status = act(r, which);
            has_struck = fault_struck();
            assert_true(has_struck || status == TPS_OK);
            assert_true(status == TPS_OK || status == TPS_CRYPTO_FAILED || which == 5);
            rig_open(r);
            rig_expect(r, "other", "stays");
            assert_int_equal(get_sealed(r), which == 6 && status == TPS_OK ? TPS_NOT_FOUND : TPS_OK);
            if (which == 1 && status == TPS_OK) {
                assert_int_equal(rig_get(r, "a"), TPS_NOT_FOUND);
            } else {
                rig_expect(r, "a", which == 0 && status == TPS_OK ? "new" : "old");
            }
            rig_free(r);
        }
    }
}

/* ---- records that cannot be ---- */

/* A vault with one value, and what would be its next record. */
static rig *with_one(tps_vault_record *record)
{
    rig *r = rig_new(4096, 512, 16);

    rig_open(r);
    assert_int_equal(rig_put(r, "a", "b"), TPS_OK);
    *record = (tps_vault_record){
        .kind = TPS_VAULT_KIND_DELETE, .sequence = r->counters[TPS_COUNTER_STORAGE] + 1, .id = rig_id("a")};
    return r;
}

/* Puts a record behind the log, sealed as a true one, as if it had been written; and what the vault says. */
static tps_status open_with(rig *r, const tps_vault_record *record, const uint8_t *salt)
{
    uint32_t at = r->vault.at;

    assert_int_equal(tps_vault_make_header(&r->vault, at, salt, record), TPS_OK);
    memcpy(r->flash.bytes + at, r->vault.work, TPS_VAULT_HEADER_SIZE);
    memcpy(r->flash.bytes + at + TPS_VAULT_HEADER_SIZE, r->vault.work, TPS_VAULT_HEADER_SIZE);
    r->counters[TPS_COUNTER_STORAGE] += 2;
    return rig_try_open(r);
}

static void a_sealed_record_that_cannot_be_is_damage(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 12; i++) {
        tps_vault_record record;
        rig *r = with_one(&record);
        uint8_t salt[TPS_VAULT_SALT_SIZE];

        memcpy(salt, r->vault.salt, sizeof(salt));
        switch (i) {
        case 0: break; /* as it must be */
        case 1: record.kind = 0; break;
        case 2: record.kind = 4; break;
        case 3: record.flags = 8; break;
        case 4: record.size = TPS_VAULT_VALUE_MAX + 1; break;
        case 5: record.id.name_size = TPS_VAULT_NAME_MAX + 1; break;
        case 6: record.value_v = 1; break;
        case 7: record.kind = TPS_VAULT_KIND_START; break;
        case 8: record.sequence += 2; break;
        case 9: record.recovery = 2; break;
        case 10: salt[0] ^= 1; break;
        default: /* longer than the bank */
            record.kind = TPS_VAULT_KIND_VALUE;
            record.size = 2000;
            break;
        }
        assert_int_equal(open_with(r, &record, salt), i == 0 ? TPS_OK : TPS_COMPONENT_STORAGE_CORRUPT);
        rig_free(r);
    }
}

/* Such as code that was built with room for more. */
static void more_values_than_there_is_room_for_are_refused(void **state)
{
    rig *r = rig_new(131072, 4096, 16);
    tps_vault_record record = {
        .kind = TPS_VAULT_KIND_VALUE, .flags = TPS_VAULT_FLAG_LOST, .id = rig_id("more")};

    (void)state;
    rig_open(r);
    for (uint8_t i = 0; i < TPS_VAULT_VALUES_MAX; i++) {
        tps_vault_id id = tps_vault_id_make(TPS_VAULT_TEST, NULL, tps_span_make(&i, 1));

        assert_int_equal(tps_vault_put(&r->vault, &id, NULL, TPS_SPAN_EMPTY, 0), TPS_OK);
    }
    record.sequence = r->counters[TPS_COUNTER_STORAGE] + 1;
    assert_int_equal(open_with(r, &record, r->vault.salt), TPS_COMPONENT_STORAGE_FULL);
    rig_free(r);
}

/* A value that was lost is told so, whatever is asked of it, and stays so in the next bank. */
static void a_lost_value_is_corrupt_in_every_way(void **state)
{
    tps_vault_record record;
    rig *r = with_one(&record);
    tps_vault_id id = rig_id("a");

    (void)state;
    record.kind = TPS_VAULT_KIND_VALUE;
    record.flags = TPS_VAULT_FLAG_LOST;
    record.size = 1;
    assert_int_equal(open_with(r, &record, r->vault.salt), TPS_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(rig_get(r, "a"), TPS_COMPONENT_STORAGE_CORRUPT);
        assert_int_equal(tps_vault_get(&r->vault, &id, NULL, TPS_BUF_MEASURE, &r->size),
                         TPS_COMPONENT_STORAGE_CORRUPT);
        assert_int_equal(tps_vault_scrub(&r->vault), TPS_OK);
    }
    rig_free(r);
}

/* Whether a deleted name is there or not, deleting is deleting. */
static void deleting_what_is_not_there_changes_nothing(void **state)
{
    tps_vault_record record;
    rig *r = with_one(&record);

    (void)state;
    record.id = rig_id("never");
    assert_int_equal(open_with(r, &record, r->vault.salt), TPS_OK);
    rig_expect(r, "a", "b");
    rig_free(r);
}

static void a_bank_begins_with_values_or_start(void **state)
{
    tps_vault_record record;
    rig *r = with_one(&record);

    (void)state;
    assert_int_equal(tps_vault_make_header(&r->vault, 0, r->vault.salt, &record), TPS_OK);
    memcpy(r->flash.bytes, r->vault.work, TPS_VAULT_HEADER_SIZE);
    memcpy(r->flash.bytes + TPS_VAULT_HEADER_SIZE, r->vault.work, TPS_VAULT_HEADER_SIZE);
    assert_int_equal(rig_try_open(r), TPS_COMPONENT_STORAGE_CORRUPT);
    rig_free(r);
}

/* One record in the place of another's, by its entry: such as flash that changes while the component runs. */
static void a_record_of_another_name_is_not_read(void **state)
{
    tps_vault_record record;
    rig *r = with_one(&record);

    (void)state;
    assert_int_equal(rig_put(r, "c", "d"), TPS_OK);
    r->vault.entries[1].offset = r->vault.entries[0].offset;
    assert_int_equal(rig_get(r, "c"), TPS_COMPONENT_STORAGE_CORRUPT);
    r->vault.entries[1].size = 2;
    assert_int_equal(rig_get(r, "c"), TPS_COMPONENT_STORAGE_CORRUPT);
    r->vault.entries[1].offset = 0; /* START */
    assert_int_equal(rig_get(r, "c"), TPS_COMPONENT_STORAGE_CORRUPT);
    rig_free(r);
}

/* Units that do not keep what was written. */
static tps_status forgetful_write(void *of, uint32_t offset, tps_span bytes)
{
    (void)of;
    (void)offset;
    (void)bytes;
    return TPS_OK;
}

static void what_the_medium_does_not_keep_is_not_acknowledged(void **state)
{
    tps_vault_record record;
    rig *r = with_one(&record);
    tps_status (*write)(void *, uint32_t, tps_span) = r->platform.storage_write;

    (void)state;
    r->platform.storage_write = forgetful_write;
    assert_int_equal(rig_put(r, "a", "new"), TPS_COMPONENT_STORAGE);
    r->platform.storage_write = write;
    rig_open(r);
    rig_expect(r, "a", "b");
    r->flash.bad_from = r->vault.at; /* or cannot give back */
    r->flash.bad_to = r->vault.at + 1;
    assert_int_equal(rig_put(r, "a", "new"), TPS_COMPONENT_STORAGE);
    r->flash.bad_to = 0;
    rig_open(r);
    rig_expect(r, "a", "b");
    rig_free(r);
}

/* A counter that stands still, or leaps, is none. */
static tps_status broken_counter(void *of, uint32_t counter, uint64_t *value)
{
    (void)of;
    (void)counter;
    *value = 77;
    return TPS_OK;
}

static tps_status no_counter(void *of, uint32_t counter, uint64_t *value)
{
    (void)of;
    (void)counter;
    (void)value;
    return TPS_UNSUPPORTED;
}

/* The medium as it is at every second reading, and one byte otherwise at the others. */
static tps_status (*true_read)(void *, uint32_t, tps_buf);

static tps_status fickle_read(void *of, uint32_t offset, tps_buf out)
{
    static unsigned readings;
    tps_status status = true_read(of, offset, out);

    if (offset == 256 && out.size == TPS_VAULT_CLEAR_SIZE && ++readings % 2 == 0) {
        out.data[0] ^= 1; /* the header of the first record behind START, without which the log is too old */
    }
    return status;
}

static void a_medium_that_reads_differently_each_time_opens_nothing(void **state)
{
    tps_vault_record record;
    rig *r = with_one(&record);
    snapshot good = rig_save(r);
    tps_error why = {TPS_OK, 0, NULL};

    (void)state;
    memset(r->flash.bytes + 256 + TPS_VAULT_HEADER_SIZE + 32, 0, TPS_VAULT_HEADER_SIZE); /* its copy */
    true_read = r->platform.storage_read;
    r->platform.storage_read = fickle_read;
    flash_power_on(&r->flash);
    assert_int_equal(tps_vault_open(&r->vault, &r->platform, &r->handover, &why), TPS_COMPONENT_STORAGE);
    assert_non_null(why.detail);
    assert_string_equal(why.detail, "the log reads differently each time");
    r->platform.storage_read = true_read;
    rig_restore(r, &good);
    rig_open(r);
    rig_expect(r, "a", "b");
    snapshot_free(&good);
    rig_free(r);
}

static void a_counter_that_does_not_count_is_noticed(void **state)
{
    tps_vault_record record;
    rig *r = with_one(&record);

    (void)state;
    r->platform.counter_increase = broken_counter;
    assert_int_equal(rig_put(r, "a", "new"), TPS_COMPONENT_STORAGE);
    rig_expect(r, "a", "b");
    rig_free(r);
    r = with_one(&record);
    r->platform.counter_increase = no_counter;
    assert_int_equal(rig_put(r, "a", "new"), TPS_UNSUPPORTED);
    rig_expect(r, "a", "b");
    rig_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cryptography_that_fails_once_costs_no_value),
        cmocka_unit_test(a_sealed_record_that_cannot_be_is_damage),
        cmocka_unit_test(more_values_than_there_is_room_for_are_refused),
        cmocka_unit_test(a_lost_value_is_corrupt_in_every_way),
        cmocka_unit_test(deleting_what_is_not_there_changes_nothing),
        cmocka_unit_test(a_bank_begins_with_values_or_start),
        cmocka_unit_test(a_record_of_another_name_is_not_read),
        cmocka_unit_test(what_the_medium_does_not_keep_is_not_acknowledged),
        cmocka_unit_test(a_counter_that_does_not_count_is_noticed),
        cmocka_unit_test(a_medium_that_reads_differently_each_time_opens_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
