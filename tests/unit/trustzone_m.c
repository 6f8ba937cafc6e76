/* SPDX-License-Identifier: Apache-2.0 */
/* The platform's table on a chip: raw storage keeps the rules of flash, what the maker put there is read
 * whole, and what the chip lacks is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chip_support.h"
#include "component/core/service.h"
#include "platform/trustzone_m/gateway.h"
#include "platform/trustzone_m/insecure_secret.h"
#include "platform/trustzone_m/provided.h"
#include "platform/trustzone_m/storage.h"
#include "tps/eat.h"

#define TABLE(r) ((r)->platform.table)

static chip_rig *begin(void)
{
    chip_rig *r = chip_new(4096, 16);

    assert_int_equal(chip_start(r), TPS_OK);
    return r;
}

static tps_status read_at(chip_rig *r, uint32_t offset, uint8_t *out, size_t size)
{
    return TABLE(r).storage_read(&r->platform, offset, (tps_buf){out, size});
}

static tps_status write_at(chip_rig *r, uint32_t offset, const uint8_t *bytes, size_t size)
{
    return TABLE(r).storage_write(&r->platform, offset, tps_span_make(bytes, size));
}

static tps_status erase_at(chip_rig *r, uint32_t offset)
{
    return TABLE(r).storage_erase(&r->platform, offset);
}

/* ---- storage ---- */

static void what_was_written_is_read(void **state)
{
    chip_rig *r = begin();
    uint8_t bytes[48];
    uint8_t found[48];

    (void)state;
    memset(bytes, 0xa5, sizeof(bytes));
    assert_int_equal(write_at(r, 4096, bytes, sizeof(bytes)), TPS_OK);
    assert_int_equal(read_at(r, 4096, found, sizeof(found)), TPS_OK);
    assert_memory_equal(found, bytes, sizeof(bytes));
    assert_memory_equal(r->flash.bytes + r->platform.layout.storage + 4096, bytes, sizeof(bytes));
    assert_int_equal(erase_at(r, 4096), TPS_OK);
    assert_int_equal(read_at(r, 4096, found, 1), TPS_OK);
    assert_int_equal(found[0], 0xff);
    chip_free(r);
}

static void nothing_outside_of_storage_is_reached(void **state)
{
    chip_rig *r = begin();
    uint32_t size = r->platform.layout.storage_size;
    uint8_t bytes[32] = {0};
    uint8_t *before = malloc(r->flash.size);

    (void)state;
    assert_non_null(before);
    memcpy(before, r->flash.bytes, r->flash.size);
    assert_int_equal(size, TABLE(r).storage_size);
    assert_int_equal(read_at(r, size - 16, bytes, 32), TPS_COMPONENT_STORAGE);
    assert_int_equal(read_at(r, UINT32_MAX, bytes, 32), TPS_COMPONENT_STORAGE);
    assert_int_equal(read_at(r, 16, bytes, SIZE_MAX - 8), TPS_COMPONENT_STORAGE);
    assert_int_equal(write_at(r, size - 16, bytes, 32), TPS_COMPONENT_STORAGE);
    assert_int_equal(write_at(r, size, bytes, 16), TPS_COMPONENT_STORAGE);
    assert_int_equal(write_at(r, UINT32_MAX - 15, bytes, 16), TPS_COMPONENT_STORAGE);
    assert_int_equal(erase_at(r, size), TPS_COMPONENT_STORAGE);
    assert_int_equal(erase_at(r, UINT32_MAX - 4095), TPS_COMPONENT_STORAGE);
    assert_memory_equal(r->flash.bytes, before, r->flash.size);
    assert_int_equal(read_at(r, size, bytes, 0), TPS_OK);
    free(before);
    chip_free(r);
}

static void only_whole_erased_units_are_written_and_whole_sectors_erased(void **state)
{
    chip_rig *r = begin();
    unsigned steps = r->flash.steps;
    uint8_t bytes[32] = {0};

    (void)state;
    assert_int_equal(write_at(r, 8, bytes, 16), TPS_COMPONENT_STORAGE);
    assert_int_equal(write_at(r, 0, bytes, 24), TPS_COMPONENT_STORAGE);
    assert_int_equal(erase_at(r, 16), TPS_COMPONENT_STORAGE);
    assert_int_equal(r->flash.steps, steps);
    assert_int_equal(write_at(r, 16, bytes, 16), TPS_OK);
    assert_int_equal(write_at(r, 0, bytes, 32), TPS_COMPONENT_STORAGE);
    assert_int_equal(r->flash.steps, steps + 1);
    chip_free(r);
}

static void flash_that_fails_silently_is_seen(void **state)
{
    chip_rig *r = begin();
    uint8_t bytes[16];

    (void)state;
    memset(bytes, 0x55, sizeof(bytes));
    r->lie_at = r->operations + 1;
    assert_int_equal(write_at(r, 0, bytes, sizeof(bytes)), TPS_COMPONENT_STORAGE);
    r->lie_at = r->operations + 1;
    assert_int_equal(erase_at(r, 0), TPS_COMPONENT_STORAGE);
    assert_int_equal(erase_at(r, 0), TPS_OK);
    assert_int_equal(write_at(r, 0, bytes, sizeof(bytes)), TPS_OK);
    r->fail_at = r->operations + 1;
    assert_int_equal(write_at(r, 16, bytes, sizeof(bytes)), TPS_COMPONENT_STORAGE);
    r->fail_at = r->operations + 1;
    assert_int_equal(erase_at(r, 0), TPS_COMPONENT_STORAGE);
    chip_free(r);
}

/* ---- what the maker provided ---- */

/* Puts a container into slot 0, as a factory does. */
static void provide(chip_rig *r)
{
    static const char identity[] = "an identity";
    static const char image[] = "an image of many bytes, or so";
    tps_chip_part parts[] = {
        {.part = TPS_PROVIDED_IDENTITY, .content = TPS_SPAN_OF(identity)},
        {.part = TPS_PROVIDED_IMAGE, .image = "application", .content = TPS_SPAN_OF(image)},
        {.part = TPS_PROVIDED_IMAGE, .image = "component", .content = TPS_SPAN_OF(identity)},
        {.part = TPS_PROVIDED_MANIFEST, .image = "component", .content = TPS_SPAN_OF(image)},
    };
    uint8_t head[TPS_CHIP_TABLE_MAX];
    uint32_t offsets[TPS_CHIP_PARTS_MAX];
    uint8_t *slot = r->flash.bytes + r->platform.layout.slots[0];
    tps_span encoded;

    assert_int_equal(
        tps_chip_parts_encode(parts, 4, 1, r->platform.layout.slot_size, TPS_BUF_OF(head), &encoded, offsets),
        TPS_OK);
    memcpy(slot, encoded.data, encoded.size);
    for (uint32_t i = 0; i < 4; i++) {
        memcpy(slot + offsets[i], parts[i].content.data, parts[i].content.size);
    }
}

static tps_status provided(chip_rig *r, uint32_t part, const char *image, uint64_t offset, tps_buf out,
                           size_t *size)
{
    return TABLE(r).provided_read(&r->platform, part, image, offset, out, size);
}

static void parts_are_read_in_pieces(void **state)
{
    chip_rig *r = begin();
    uint8_t out[64];
    char text[64] = {0};
    size_t size = 99;
    size_t at = 0;

    (void)state;
    provide(r);
    assert_int_equal(provided(r, TPS_PROVIDED_IDENTITY, NULL, 0, TPS_BUF_OF(out), &size), TPS_NOT_FOUND);
    assert_int_equal(chip_start(r), TPS_OK); /* parts are looked for at a start */
    do {
        assert_int_equal(provided(r, TPS_PROVIDED_IMAGE, "application", at, (tps_buf){out, 7}, &size),
                         TPS_OK);
        memcpy(text + at, out, size);
        at += size;
    } while (size != 0);
    assert_string_equal(text, "an image of many bytes, or so");
    assert_int_equal(at, strlen(text) + 1);
    assert_int_equal(provided(r, TPS_PROVIDED_IDENTITY, NULL, 0, TPS_BUF_OF(out), &size), TPS_OK);
    assert_int_equal(size, sizeof("an identity"));
    assert_int_equal(provided(r, TPS_PROVIDED_IDENTITY, NULL, UINT64_MAX, TPS_BUF_OF(out), &size), TPS_OK);
    assert_int_equal(size, 0);
    assert_int_equal(provided(r, TPS_PROVIDED_MANIFEST, "component", 3, (tps_buf){out, 0}, &size), TPS_OK);
    assert_int_equal(size, 0);
    chip_free(r);
}

static void the_component_is_what_runs(void **state)
{
    chip_rig *r = begin();
    uint8_t out[64];
    size_t size;

    (void)state;
    assert_int_equal(provided(r, TPS_PROVIDED_IMAGE, "component", 0, TPS_BUF_OF(out), &size), TPS_OK);
    assert_memory_equal(out, "the secure image", size);
    provide(r);
    assert_int_equal(chip_start(r), TPS_OK);
    assert_int_equal(provided(r, TPS_PROVIDED_IMAGE, "component", 0, TPS_BUF_OF(out), &size), TPS_OK);
    assert_memory_equal(out, "the secure image", size);
    chip_free(r);
}

static void what_is_not_there_is_not_found(void **state)
{
    static const struct {
        uint32_t part;
        const char *image;
    } wanted[] = {{0, NULL},
                  {6, NULL},
                  {UINT32_MAX, "application"},
                  {TPS_PROVIDED_CERTIFICATES, NULL},
                  {TPS_PROVIDED_DEVICE_ID, NULL},
                  {TPS_PROVIDED_IMAGE, NULL},
                  {TPS_PROVIDED_IMAGE, ""},
                  {TPS_PROVIDED_IMAGE, "../component"},
                  {TPS_PROVIDED_IMAGE, "applicatio"},
                  {TPS_PROVIDED_MANIFEST, "application"}};
    chip_rig *r = begin();
    uint8_t out[8];
    size_t size = 99;

    (void)state;
    provide(r);
    assert_int_equal(chip_start(r), TPS_OK);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        assert_int_equal(provided(r, wanted[i].part, wanted[i].image, 0, TPS_BUF_OF(out), &size),
                         TPS_NOT_FOUND);
        assert_int_equal(size, 0);
    }
    chip_free(r);
}

static void a_chip_without_parts_says_so(void **state)
{
    chip_rig *r = begin();

    (void)state;
    assert_int_equal(r->logged, 1);
    provide(r);
    assert_int_equal(chip_start(r), TPS_OK);
    assert_int_equal(r->logged, 1);
    chip_free(r);
}

/* ---- the table ---- */

static void the_rest_is_the_chips(void **state)
{
    chip_rig *r = begin();
    const tps_platform *p = &TABLE(r);
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE];
    uint64_t seconds;

    (void)state;
    assert_int_equal(p->version, TPS_PLATFORM_VERSION);
    assert_int_equal(p->unique_secret(p->context, secret), TPS_OK);
    assert_int_equal(secret[31], 0x5a);
    assert_int_equal(p->lock_secret(p->context), TPS_OK);
    assert_int_equal(p->unique_secret(p->context, secret), TPS_COMPONENT_NO_SECRET);
    assert_int_equal(p->entropy(p->context, TPS_BUF_OF(secret)), TPS_OK);
    assert_int_equal(p->debug_status(p->context), TPS_EAT_DEBUG_DISABLED_SINCE_BOOT);
    assert_int_equal(p->time(p->context, &seconds), TPS_UNSUPPORTED);
    p->reset(p->context);
    assert_int_equal(r->resets, 1);
    chip_free(r);
}

/* Counters in flash are not monotonic against who opens the device, whatever the chip says. */
static void no_chip_can_say_that_these_counters_are_monotonic(void **state)
{
    chip_rig *r = begin();

    (void)state;
    assert_int_equal(TABLE(r).properties, TPS_PLATFORM_INSECURE);
    r->chip.properties = TPS_PLATFORM_COUNTERS_ARE_MONOTONIC;
    assert_int_equal(chip_start(r), TPS_OK);
    assert_int_equal(TABLE(r).properties, 0);
    chip_free(r);
}

static void every_login_of_privileged_code_but_public_is_the_owners(void **state)
{
    static const uint8_t none[32];
    chip_rig *r = begin();
    const tps_platform *p = &TABLE(r);

    (void)state;
    assert_false(p->is_administrator(p->context, TPSC_LOGIN_PUBLIC, 0, 0, none));
    assert_true(p->is_administrator(p->context, TPSC_LOGIN_USER, 0, 0, none));
    assert_true(p->is_administrator(p->context, TPSC_LOGIN_APPLICATION, 0, 0, none));
    for (uint32_t method = TPSC_LOGIN_PUBLIC; method <= TPSC_LOGIN_GROUP_APPLICATION; method++) {
        assert_false(p->is_administrator(p->context, method, TPS_GATEWAY_UID_UNPRIVILEGED, 0, none));
        assert_false(p->is_administrator(p->context, method, UINT32_MAX, 0, none));
    }
    chip_free(r);
}

static void a_chip_that_lacks_something_is_refused(void **state)
{
    chip_rig *r = chip_new(4096, 16);
    tps_chip whole = r->chip;

    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        r->chip = whole;
        switch (i) {
        case 0: r->chip.flash = NULL; break;
        case 1: r->chip.flash_program = NULL; break;
        case 2: r->chip.flash_erase = NULL; break;
        case 3: r->chip.unique_secret = NULL; break;
        case 4: r->chip.lock_secret = NULL; break;
        case 5: r->chip.entropy = NULL; break;
        case 6: r->chip.debug_status = NULL; break;
        case 7: r->chip.log = NULL; break;
        default: r->chip.unit_size = 24; break;
        }
        assert_int_equal(chip_start(r), TPS_BAD_ARGUMENT);
        assert_null(TABLE(r).storage_read);
    }
    r->chip = whole;
    r->chip.reset = NULL;
    r->chip.is_clean_start = NULL;
    assert_int_equal(chip_start(r), TPS_OK);
    assert_null(TABLE(r).reset);
    chip_free(r);
}

/* What storage refuses by its own limits, these refuse by those of the flash. */
static void nothing_outside_of_flash_is_touched(void **state)
{
    chip_rig *r = begin();
    uint8_t bytes[16] = {0};
    unsigned steps = r->flash.steps;

    (void)state;
    assert_int_equal(trustzone_m_program(&r->chip, r->flash.size, TPS_SPAN_OF(bytes)), TPS_COMPONENT_STORAGE);
    assert_int_equal(trustzone_m_erase(&r->chip, r->flash.size), TPS_COMPONENT_STORAGE);
    assert_int_equal(r->flash.steps, steps);
    chip_free(r);
}

/* ---- the INSECURE secret and entropy ---- */

static void make_sector(uint8_t sector[TPS_CHIP_INSECURE_SECRET_SIZE])
{
    tps_chip_insecure_secret secret;

    memset(secret.secret, 0x31, sizeof(secret.secret));
    memset(secret.seed, 0x32, sizeof(secret.seed));
    tps_chip_insecure_secret_encode(&secret, sector);
}

static void the_insecure_secret_is_there_until_it_is_locked(void **state)
{
    uint8_t sector[TPS_CHIP_INSECURE_SECRET_SIZE];
    uint8_t secret[TPS_UNIQUE_SECRET_SIZE];
    uint8_t zeros[TPS_UNIQUE_SECRET_SIZE] = {0};
    tps_insecure_secret own;

    (void)state;
    make_sector(sector);
    tps_insecure_secret_begin(&own, sector);
    assert_int_equal(tps_insecure_unique_secret(&own, secret), TPS_OK);
    assert_int_equal(secret[0], 0x31);
    assert_int_equal(secret[31], 0x31);
    assert_int_equal(tps_insecure_entropy_begin(&own, 5), TPS_OK);
    assert_int_equal(tps_insecure_lock_secret(&own), TPS_OK);
    assert_int_equal(tps_insecure_unique_secret(&own, secret), TPS_COMPONENT_NO_SECRET);
    assert_memory_equal(secret, zeros, sizeof(secret));
    assert_int_equal(tps_insecure_entropy_begin(&own, 5), TPS_COMPONENT_NO_SECRET);
    sector[20] ^= 1;
    tps_insecure_secret_begin(&own, sector);
    assert_int_equal(tps_insecure_unique_secret(&own, secret), TPS_COMPONENT_NO_SECRET);
    assert_int_equal(tps_insecure_entropy_begin(&own, 5), TPS_COMPONENT_NO_SECRET);
}

static void insecure_entropy_does_not_repeat(void **state)
{
    enum { STARTS = 20, BLOCKS = 12 };
    uint8_t sector[TPS_CHIP_INSECURE_SECRET_SIZE];
    uint8_t made[STARTS * BLOCKS][16];
    tps_insecure_secret own;
    size_t count = 0;

    (void)state;
    make_sector(sector);
    for (uint64_t start = 1; start <= STARTS; start++) {
        tps_insecure_secret_begin(&own, sector);
        assert_int_equal(tps_insecure_entropy(&own, TPS_BUF_OF(made[count])), TPS_CRYPTO_NO_ENTROPY);
        assert_int_equal(tps_insecure_entropy_begin(&own, 0), TPS_CRYPTO_NO_ENTROPY);
        assert_int_equal(tps_insecure_entropy_begin(&own, start), TPS_OK);
        for (unsigned i = 0; i < BLOCKS; i++) {
            assert_int_equal(tps_insecure_entropy(&own, TPS_BUF_OF(made[count])), TPS_OK);
            for (size_t k = 0; k < count; k++) {
                assert_memory_not_equal(made[k], made[count], 16);
            }
            count++;
        }
    }
}

/* HMAC-SHA-256(HKDF(seed of 32 bytes 0x32, salt 07 00.., "opentps INSECURE entropy"), 00.. and 01 00..), by
 * Python. */
static void insecure_entropy_is_what_its_header_says(void **state)
{
    static const uint8_t expected[40] = {0x97, 0x9b, 0x49, 0x82, 0x61, 0x4c, 0x23, 0x80, 0x2c, 0x3b,
                                         0x30, 0x70, 0x40, 0x6f, 0xf6, 0x59, 0x95, 0x9e, 0xcc, 0x5a,
                                         0xb1, 0x05, 0x0e, 0x99, 0xc0, 0xaf, 0xac, 0x3c, 0x28, 0xb1,
                                         0x58, 0xc2, 0xd0, 0xc8, 0xf5, 0xd5, 0x92, 0x42, 0x87, 0x16};
    uint8_t sector[TPS_CHIP_INSECURE_SECRET_SIZE];
    uint8_t out[40];
    tps_insecure_secret own;

    (void)state;
    make_sector(sector);
    tps_insecure_secret_begin(&own, sector);
    assert_int_equal(tps_insecure_entropy_begin(&own, 7), TPS_OK);
    assert_int_equal(tps_insecure_entropy(&own, TPS_BUF_OF(out)), TPS_OK);
    assert_memory_equal(out, expected, sizeof(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(nothing_outside_of_storage_is_reached),
        cmocka_unit_test(only_whole_erased_units_are_written_and_whole_sectors_erased),
        cmocka_unit_test(flash_that_fails_silently_is_seen),
        cmocka_unit_test(parts_are_read_in_pieces),
        cmocka_unit_test(the_component_is_what_runs),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(a_chip_without_parts_says_so),
        cmocka_unit_test(the_rest_is_the_chips),
        cmocka_unit_test(no_chip_can_say_that_these_counters_are_monotonic),
        cmocka_unit_test(every_login_of_privileged_code_but_public_is_the_owners),
        cmocka_unit_test(a_chip_that_lacks_something_is_refused),
        cmocka_unit_test(nothing_outside_of_flash_is_touched),
        cmocka_unit_test(the_insecure_secret_is_there_until_it_is_locked),
        cmocka_unit_test(insecure_entropy_does_not_repeat),
        cmocka_unit_test(insecure_entropy_is_what_its_header_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
