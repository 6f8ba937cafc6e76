/* SPDX-License-Identifier: Apache-2.0 */
/* A handover as bytes: what is read is what was written, whatever the state of the device; and every other
 * byte string is refused, and leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/boot/boot.h"
#include "services_support.h"

static tps_handover decoded;

static int setup(void **state)
{
    *state = device_new();
    return 0;
}

static void boot(device *d)
{
    d->is_locked = false;
    assert_int_equal(tps_boot(&d->platform, &d->handover, NULL), TPS_OK);
}

static tps_span encode(const device *d)
{
    static uint8_t room[TPS_HANDOVER_MAX];
    tps_span encoded;

    assert_int_equal(tps_handover_encode(&d->handover, TPS_BUF_OF(room), &encoded), TPS_OK);
    return encoded;
}

/* The same, but for spans, which point into another structure. */
static void assert_same(const tps_handover *a, const tps_handover *b)
{
    assert_memory_equal(a, b, offsetof(tps_handover, identity));
    assert_memory_equal(a->identity_bytes, b->identity_bytes,
                        sizeof(*a) - offsetof(tps_handover, identity_bytes));
    assert_int_equal(a->identity.image_count, b->identity.image_count);
    assert_true(tps_span_equal(a->identity.serial, b->identity.serial));
}

static void assert_round_trip(device *d)
{
    boot(d);
    assert_int_equal(tps_handover_decode(encode(d), &decoded, NULL), TPS_OK);
    assert_same(&decoded, &d->handover);
}

static void what_is_read_is_what_was_written(void **state)
{
    device *d = *state;

    device_sign_component(d, 9);
    assert_round_trip(d);
    assert_int_equal(decoded.security_counter, 0); /* the application's */
    d->counters[TPS_COUNTER_SECURITY] = 4;         /* it is refused: then what was accepted counts */
    assert_round_trip(d);
    assert_int_equal(decoded.security_counter, 4);
    assert_memory_not_equal(decoded.sv, decoded.s0, 32);
    d->image_size = 0;
    assert_round_trip(d);
    d->is_open = true;
    assert_round_trip(d);
    d->has_no_counters = true;
    assert_round_trip(d);
    assert_false(decoded.has_boot_count);
    d->counters[TPS_COUNTER_PROVISIONED] = 1;
    assert_round_trip(d);
    d->identity_size = 0;
    assert_round_trip(d);
    assert_false(decoded.is_made);
}

static void a_device_at_its_end_hands_over_no_secret(void **state)
{
    static const uint8_t zeros[32];
    device *d = *state;

    d->counters[TPS_COUNTER_DECOMMISSIONED] = 1;
    assert_round_trip(d);
    assert_int_equal(decoded.lifecycle, TPS_LIFECYCLE_DECOMMISSIONED);
    assert_false(decoded.is_made);
    assert_memory_equal(decoded.s0, zeros, 32);
    assert_memory_equal(decoded.sv, zeros, 32);
    assert_memory_equal(decoded.cdi_attest, zeros, 32);
}

static void too_little_room_says_how_much_and_keeps_no_secret(void **state)
{
    static uint8_t room[TPS_HANDOVER_MAX];
    static const uint8_t zeros[TPS_HANDOVER_MAX];
    device *d = *state;
    size_t needed;
    tps_span encoded;

    boot(d);
    needed = encode(d).size;
    for (size_t size = 0; size < needed; size += 97) {
        memset(room, 0xaa, size);
        assert_int_equal(tps_handover_encode(&d->handover, (tps_buf){room, size}, &encoded),
                         TPS_BUFFER_TOO_SMALL);
        assert_int_equal(encoded.size, needed);
        assert_memory_equal(room, zeros, size);
    }
}

static void assert_refused(tps_span bytes)
{
    static const tps_handover nothing;
    tps_error why = {TPS_OK, 0, NULL};
    tps_status status = tps_handover_decode(bytes, &decoded, &why);

    assert_int_not_equal(status, TPS_OK);
    assert_int_equal(why.status, status);
    assert_non_null(why.detail);
    assert_memory_equal(&decoded, &nothing, sizeof nothing);
    assert_int_not_equal(tps_handover_decode(bytes, &decoded, NULL), TPS_OK);
}

static void no_beginning_of_a_handover_is_one(void **state)
{
    device *d = *state;
    tps_span encoded;

    boot(d);
    encoded = encode(d);
    for (size_t size = 0; size < encoded.size; size++) {
        assert_refused(tps_span_make(encoded.data, size));
    }
}

/* Any changed bit is refused, or is another value and written again as these very bytes. */
static void every_changed_bit_is_refused_or_another_handover(void **state)
{
    static uint8_t again[TPS_HANDOVER_MAX];
    static uint8_t changed[TPS_HANDOVER_MAX];
    device *d = *state;
    size_t taken = 0;
    tps_span encoded;

    d->image[0] ^= 1;
    boot(d);
    /* No secrets, which tests/secrets looks for: behind a changed length they are read as heads. */
    memset(d->handover.cdi_attest, 0x5a, TPS_KEYS_SIZE);
    memset(d->handover.sv, 0x5a, TPS_KEYS_SIZE);
    encoded = encode(d);
    memcpy(changed, encoded.data, encoded.size);
    for (size_t bit = 0; bit < encoded.size * 8; bit++) {
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (tps_handover_decode(tps_span_make(changed, encoded.size), &decoded, NULL) == TPS_OK) {
            tps_span written;

            assert_int_equal(tps_handover_encode(&decoded, TPS_BUF_OF(again), &written), TPS_OK);
            assert_int_equal(written.size, encoded.size);
            assert_memory_equal(written.data, changed, encoded.size);
            taken++;
        }
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(taken > 32 * 8 * 3); /* seed and secrets, at least */
}

/* Members by hand: which go together. */
typedef struct {
    bool has[12];
    uint32_t lifecycle;
    size_t images;
    uint32_t first_refusal;
    uint32_t second_refusal;
    const char *second;
    const char *version;
    uint32_t counter;
    uint32_t v;
    uint32_t key;   /* one more, unknown */
    bool is_signed; /* what does not run */
} plan;

static const plan good = {.has = {false, true, true, true, true, true, false, false, true, true, false, true},
                          .lifecycle = TPS_LIFECYCLE_SECURED,
                          .images = 2,
                          .second = "application",
                          .version = "1"};

static tps_span make(const device *d, const plan *p)
{
    static uint8_t room[TPS_HANDOVER_MAX];
    static const uint8_t zeros[32];
    static const uint8_t someone[32] = {1};
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    size_t count = p->key != 0;
    tps_span encoded;

    for (size_t i = 0; i < 12; i++) {
        count += p->has[i];
    }
    tps_cbor_put_map(&w, count);
    for (unsigned i = 1; i < 12; i++) {
        if (!p->has[i]) {
            continue;
        }
        tps_cbor_put_uint(&w, i);
        switch (i) {
        case 1: tps_cbor_put_uint(&w, p->lifecycle); break;
        case 2: tps_cbor_put_uint(&w, 1); break;
        case 4: tps_cbor_put_bytes(&w, tps_span_make(d->identity, d->identity_size)); break;
        case 5:
            tps_cbor_put_array(&w, p->images);
            for (size_t k = 0; k < p->images; k++) {
                uint32_t refusal = k == 0 ? p->first_refusal : p->second_refusal;

                tps_cbor_put_array(&w, 7);
                tps_cbor_put_text(&w, k == 0 ? "component" : p->second);
                tps_cbor_put_bytes(&w, TPS_SPAN_OF(zeros));
                tps_cbor_put_text(&w, refusal == 0 ? p->version : "");
                tps_cbor_put_bytes(&w, tps_span_make(p->is_signed ? someone : zeros, 32));
                tps_cbor_put_uint(&w, refusal == 0 || k == 0 ? p->counter : 0);
                tps_cbor_put_bytes(&w, TPS_SPAN_OF(zeros));
                tps_cbor_put_uint(&w, refusal);
            }
            break;
        case 11: tps_cbor_put_uint(&w, p->v); break;
        default: tps_cbor_put_bytes(&w, TPS_SPAN_OF(zeros)); break;
        }
    }
    if (p->key != 0) {
        tps_cbor_put_uint(&w, p->key);
        tps_cbor_put_uint(&w, 0);
    }
    assert_int_equal(tps_cbor_writer_finish(&w, &encoded), TPS_OK);
    return encoded;
}

static void a_handover_that_contradicts_itself_is_refused(void **state)
{
    device *d = *state;
    plan p = good;

    assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);
    for (size_t i = 1; i < 12; i++) { /* one left out, or (certificates) one without the other */
        p = good;
        p.has[i] = !p.has[i];
        if (i != 2) {
            assert_refused(make(d, &p));
        }
    }
    p = good;
    p.has[6] = p.has[7] = true;
    assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);

    p = good, p.lifecycle = TPS_LIFECYCLE_DECOMMISSIONED; /* with secrets */
    assert_refused(make(d, &p));
    p.has[8] = p.has[9] = p.has[11] = false; /* with an identity */
    assert_refused(make(d, &p));
    p.has[4] = false;
    assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);
    p.has[6] = p.has[7] = true; /* certificates of nobody */
    assert_refused(make(d, &p));
    p = good, p.lifecycle = 5;
    assert_refused(make(d, &p));
    p = good, p.has[4] = false; /* secured, and nobody made it */
    assert_refused(make(d, &p));
    p.lifecycle = TPS_LIFECYCLE_ASSEMBLY; /* images of nobody */
    assert_refused(make(d, &p));
    p.images = 0;
    assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);
    p = good, p.key = 12;
    assert_refused(make(d, &p));
    p = good, p.key = 70;
    assert_refused(make(d, &p));
}

static void v_is_that_of_the_images_or_below(void **state)
{
    device *d = *state;
    plan p = good;

    p.counter = 7, p.v = 7;
    assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);
    assert_int_equal(decoded.security_counter, 7);
    for (p.v = 6; p.v <= 8; p.v += 2) { /* all run: no other */
        assert_refused(make(d, &p));
    }
    p.second_refusal = TPS_COMPONENT_IMAGE_REFUSED;
    for (p.v = 0; p.v <= 7; p.v++) {
        assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);
        assert_int_equal(decoded.security_counter, p.v);
    }
    assert_refused(make(d, &p)); /* above what runs */
    p.v = 256;
    assert_refused(make(d, &p));
    p.v = 7, p.is_signed = true; /* what does not run has a signer */
    assert_refused(make(d, &p));
    p = good, p.lifecycle = TPS_LIFECYCLE_ASSEMBLY, p.has[4] = false, p.images = 0, p.v = 1; /* of nothing */
    assert_refused(make(d, &p));
}

static void images_are_those_of_the_identity(void **state)
{
    device *d = *state;
    plan p = good;

    p.images = 0;
    assert_refused(make(d, &p));
    p.images = 1;
    assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);
    p.images = 3; /* twice the second */
    assert_refused(make(d, &p));
    p.images = 9;
    assert_refused(make(d, &p));
    p = good, p.second = "other";
    assert_refused(make(d, &p));
    p.second = "";
    assert_refused(make(d, &p));
    p.second = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    assert_refused(make(d, &p));
    p = good, p.first_refusal = TPS_COMPONENT_IMAGE_REFUSED; /* the component does not run */
    assert_refused(make(d, &p));
    p.counter = 1; /* of what does not run */
    assert_refused(make(d, &p));
    p = good, p.counter = 256;
    assert_refused(make(d, &p));
    p = good, p.version = ""; /* signed, without a version */
    assert_refused(make(d, &p));
    device_name_image(d, TPS_SPAN_LITERAL("component")); /* its first image is not R, but the second is */
    p = good, p.images = 1, p.second = "component";
    assert_int_equal(tps_handover_decode(make(d, &p), &decoded, NULL), TPS_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, device_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_read_is_what_was_written),
        TEST(a_device_at_its_end_hands_over_no_secret),
        TEST(too_little_room_says_how_much_and_keeps_no_secret),
        TEST(no_beginning_of_a_handover_is_one),
        TEST(every_changed_bit_is_refused_or_another_handover),
        TEST(a_handover_that_contradicts_itself_is_refused),
        TEST(v_is_that_of_the_images_or_below),
        TEST(images_are_those_of_the_identity),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
