/* SPDX-License-Identifier: Apache-2.0 */
/* The update authorisation service: what it takes, what it refuses and why, and what outlives a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "component/services/update.h"
#include "component/services/update_store.h"
#include "services_session.h"

enum { AUTHORISE = 10, BEGIN, CHUNK, FINISH, STAGE, STAGED, CANCEL, SET_POLICY, POLICY };

/* A release: its image, and a manifest for it. */
typedef struct {
    uint8_t image[2000];
    uint8_t bytes[TPS_MANIFEST_MAX];
    tps_span manifest;
} release;

static device *new_device(void)
{
    device *d = device_new();

    device_start(d);
    return d;
}

static void sign_by(release *r, tps_manifest manifest, tps_crypto_key *key)
{
    tps_digest digest;

    memset(r->image, manifest.version.data[0], sizeof(r->image));
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(r->image), &digest), TPS_OK);
    if (manifest.size == 0) {
        manifest.size = sizeof(r->image);
    }
    manifest.digest = tps_span_make(digest.bytes, 32);
    assert_int_equal(tps_manifest_make(&manifest, key, TPS_BUF_OF(r->bytes), &r->manifest, NULL), TPS_OK);
}

/* A good release of "application". */
static release new_release(const device *d, const char *version, uint32_t security_counter)
{
    release r;
    tps_manifest manifest = device_manifest(version);

    manifest.security_counter = security_counter;
    sign_by(&r, manifest, d->release_key);
    r.manifest.data = NULL; /* it moves */
    return r;
}

static tps_span manifest_of(const release *r)
{
    return tps_span_make(r->bytes, r->manifest.size);
}

static void ask_about(device *d, tps_span manifest, uint64_t error)
{
    uint32_t session = open_session(d, &tps_update_service, somebody());

    message(AUTHORISE, 1);
    put_bytes(1, manifest);
    send_expecting(d, session, error);
    close_session(d, session);
}

static void begin(device *d, uint32_t session, const release *r)
{
    message(BEGIN, 1);
    put_bytes(1, manifest_of(r));
    send_expecting(d, session, 0);
}

static void chunk(uint64_t offset, tps_span bytes)
{
    message(CHUNK, 2);
    put_uint(1, offset);
    put_bytes(2, bytes);
}

static void confirm(device *d, uint32_t session, const release *r)
{
    begin(d, session, r);
    for (size_t at = 0; at < sizeof(r->image); at += 1000) {
        chunk(at, tps_span_make(r->image + at, 1000));
        assert_int_equal(number(send_message(d, session), 1), at + 1000);
    }
    message(FINISH, 0);
    send_expecting(d, session, 0);
}

static void stage(device *d, const release *r)
{
    uint32_t session = open_session(d, &tps_update_service, administrator());

    confirm(d, session, r);
    message(STAGE, 0);
    send_expecting(d, session, 0);
    close_session(d, session);
}

/* What evidence is told. */
static const tps_update_staging *staged(const device *d)
{
    static tps_update_staging told;
    const tps_update_record *records = NULL;

    memset(&told, 0, sizeof(told));
    assert_int_equal(tps_update_staged(&d->component, &records, &told.count), TPS_OK);
    for (size_t i = 0; i < told.count; i++) {
        told.records[i] = records[i];
    }
    return &told;
}

/* Installs a release as an agent does, and starts the device anew. */
static void install(device *d, const release *r)
{
    memcpy(d->image, r->image, sizeof(r->image));
    d->image_size = sizeof(r->image);
    memcpy(d->manifest, r->bytes, r->manifest.size);
    d->manifest_size = r->manifest.size;
    device_start(d);
}

static void a_newer_release_may_be_installed(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    tps_update_record expected = {.size = 2000};
    uint8_t room[512];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));
    uint32_t session = open_session(d, &tps_update_service, somebody());
    tps_digest digest;

    (void)state;
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, TPS_SPAN_OF(r.image), &digest), TPS_OK);
    memcpy(expected.digest, digest.bytes, 32);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, manifest_of(&r), &digest), TPS_OK);
    memcpy(expected.manifest_digest, digest.bytes, 32);
    assert_int_equal(tps_manifest_signer_id(d->release_key, expected.signer_id), TPS_OK);
    strcpy(expected.image, "application");
    strcpy(expected.version, "1.1.0");
    update_put_record(&w, &expected);

    message(AUTHORISE, 1);
    put_bytes(1, manifest_of(&r));
    assert_true(tps_span_equal(member(send_message(d, session), 1), tps_span_make(room, w.size)));
    device_free(d);
}

static void what_may_not_be_installed_has_a_named_reason(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    tps_manifest m = device_manifest("1.1.0");
    uint8_t other_class[32] = {0xff};
    tps_crypto_key *stranger;

    (void)state;
    ask_about(d, TPS_SPAN_LITERAL("\x01"), TPS_UPDATE_ERROR_MALFORMED);
    r.bytes[r.manifest.size - 1] ^= 1;
    ask_about(d, manifest_of(&r), TPS_UPDATE_ERROR_SIGNATURE);
    assert_int_equal(tps_crypto_key_generate(TPS_CURVE_P256, &stranger), TPS_OK);
    sign_by(&r, m, stranger);
    tps_crypto_key_free(stranger);
    ask_about(d, r.manifest, TPS_UPDATE_ERROR_SIGNER);
    m.class_id = TPS_SPAN_OF(other_class);
    sign_by(&r, m, d->release_key);
    ask_about(d, r.manifest, TPS_UPDATE_ERROR_CLASS);
    m = device_manifest("1.1.0");
    m.image = TPS_SPAN_LITERAL("radio");
    sign_by(&r, m, d->release_key);
    ask_about(d, r.manifest, TPS_UPDATE_ERROR_IMAGE);
    m = device_manifest("1.1.0");
    m.size = (uint64_t)TPS_UPDATE_IMAGE_MAX + 1;
    sign_by(&r, m, d->release_key);
    ask_about(d, r.manifest, TPS_UPDATE_ERROR_TOO_LARGE);
    m = device_manifest("1.0.0");
    sign_by(&r, m, d->release_key);
    ask_about(d, r.manifest, TPS_UPDATE_ERROR_SAME);
    device_free(d);
}

static void nothing_older_than_the_counter_or_than_what_runs_is_taken(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 1);
    release newer = new_release(d, "1.2.0", 3);

    (void)state;
    ask_about(d, manifest_of(&r), 0);
    d->counters[TPS_COUNTER_SECURITY] = 2;
    ask_about(d, manifest_of(&r), TPS_UPDATE_ERROR_TOO_OLD);
    d->counters[TPS_COUNTER_SECURITY] = 0;
    install(d, &newer);
    d->counters[TPS_COUNTER_SECURITY] = 0;
    ask_about(d, manifest_of(&r), TPS_UPDATE_ERROR_TOO_OLD);
    device_free(d);
}

static void the_owner_can_hold_updates_and_choose_signers(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    uint32_t session = open_session(d, &tps_update_service, administrator());
    uint8_t id[32] = {1};
    tps_cbor_writer *w = message(SET_POLICY, 2);

    (void)state;
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_bool(w, true);
    tps_cbor_put_uint(w, 3);
    tps_cbor_put_array(w, 0);
    send_expecting(d, session, 0);
    ask_about(d, manifest_of(&r), TPS_UPDATE_ERROR_HELD);

    for (int is_ours = 0; is_ours < 2; is_ours++) {
        w = message(SET_POLICY, 2);
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_bool(w, false);
        tps_cbor_put_uint(w, 3);
        tps_cbor_put_array(w, 1);
        if (is_ours) {
            assert_int_equal(tps_manifest_signer_id(d->release_key, id), TPS_OK);
        }
        tps_cbor_put_bytes(w, TPS_SPAN_OF(id));
        send_expecting(d, session, 0);
        device_start(d); /* it is kept */
        session = open_session(d, &tps_update_service, administrator());
        ask_about(d, manifest_of(&r), is_ours ? 0 : TPS_UPDATE_ERROR_NOT_CHOSEN);
    }
    message(POLICY, 0);
    assert_int_equal(number(send_message(d, session), 1), 0);
    assert_int_equal(member(send_message(d, session), 3).size, 35);
    device_free(d);
}

static void a_policy_is_read_to_its_last_byte(void **state)
{
    static const char *const bad[] = {"a101f5",         "a201f50300", "a201f5038100",
                                      "a201f503814101", "a201010380", "a301f503800400"};
    device *d = new_device();
    uint32_t session = open_session(d, &tps_update_service, administrator());
    uint8_t id[32] = {1};
    tps_span answer;
    tps_cbor_writer *w;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        tps_login login = administrator();
        uint8_t room[64];
        uint8_t bytes[32] = {0xd1};
        size_t size = 1;

        for (const char *c = bad[i]; *c != '\0'; c += 2) {
            bytes[size++] = (uint8_t)strtoul((char[]){c[0], c[1], '\0'}, NULL, 16);
        }
        assert_int_equal(
            ask(d, &tps_update_service, &login, tps_span_make(bytes, size), TPS_BUF_OF(room), &answer),
            TPS_COMPONENT_BAD_MESSAGE);
    }
    w = message(SET_POLICY, 2);
    tps_cbor_put_uint(w, 1);
    tps_cbor_put_bool(w, false);
    tps_cbor_put_uint(w, 3);
    tps_cbor_put_array(w, TPS_UPDATE_SIGNERS_MAX + 1);
    for (size_t i = 0; i <= TPS_UPDATE_SIGNERS_MAX; i++) {
        tps_cbor_put_bytes(w, TPS_SPAN_OF(id));
    }
    assert_int_equal(try_send(d, session, 64, &answer), TPS_COMPONENT_BAD_MESSAGE);
    device_free(d);
}

static void a_staged_image_is_shown_until_it_runs(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    release again = new_release(d, "1.2.0", 0);

    (void)state;
    assert_int_equal(staged(d)->count, 0);
    stage(d, &r);
    assert_int_equal(staged(d)->count, 1);
    stage(d, &again); /* in the place of the first */
    device_start(d);
    assert_int_equal(staged(d)->count, 1);
    assert_string_equal(staged(d)->records[0].version, "1.2.0");
    install(d, &again);
    assert_int_equal(staged(d)->count, 0);
    device_start(d);
    assert_int_equal(staged(d)->count, 0);
    device_free(d);
}

static void what_became_too_old_is_staged_no_more(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 1);
    tps_manifest m = device_manifest("1.0.0");

    (void)state;
    stage(d, &r);
    device_sign_component(d, 2);
    d->counters[TPS_COUNTER_SECURITY] = 2;
    m.security_counter = 2;
    device_sign_manifest(d, m);
    device_start(d);
    assert_int_equal(staged(d)->count, 0);
    device_free(d);
}

static void a_staged_image_can_be_cancelled(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    uint32_t session = open_session(d, &tps_update_service, administrator());

    (void)state;
    stage(d, &r);
    message(CANCEL, 1);
    put_text(1, "component");
    send_expecting(d, session, TPS_UPDATE_ERROR_NOTHING);
    message(CANCEL, 1);
    put_text(1, "application");
    send_expecting(d, session, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_NOTHING);
    device_start(d);
    assert_int_equal(staged(d)->count, 0);
    device_free(d);
}

static void bytes_that_are_not_the_manifests_are_never_staged(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    uint32_t session = open_session(d, &tps_update_service, administrator());

    (void)state;
    begin(d, session, &r);
    r.image[1234] ^= 1;
    chunk(0, TPS_SPAN_OF(r.image));
    send_expecting(d, session, 0);
    message(FINISH, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_BYTES);
    message(STAGE, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    assert_int_equal(staged(d)->count, 0);
    device_free(d);
}

static void chunks_come_in_order_and_no_more_than_the_manifest_says(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    uint32_t session = open_session(d, &tps_update_service, administrator());

    (void)state;
    chunk(0, TPS_SPAN_OF(r.image));
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    message(FINISH, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    message(STAGE, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    begin(d, session, &r);
    chunk(1, TPS_SPAN_OF(r.image));
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    chunk(0, tps_span_make(r.image, 1999));
    send_expecting(d, session, 0);
    message(FINISH, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    chunk(1999, tps_span_make(r.image, 2));
    send_expecting(d, session, TPS_UPDATE_ERROR_TOO_LARGE);
    chunk(1999, tps_span_make(r.image, 1));
    send_expecting(d, session, 0);
    message(FINISH, 0);
    send_expecting(d, session, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    chunk(2000, tps_span_make(r.image, 1));
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER);
    device_free(d);
}

static void images_under_way_are_bounded_and_end_with_their_session(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    uint32_t sessions[TPS_UPDATE_UPLOADS_MAX + 1];

    (void)state;
    for (size_t i = 0; i <= TPS_UPDATE_UPLOADS_MAX; i++) {
        sessions[i] = open_session(d, &tps_update_service, administrator());
        message(BEGIN, 1);
        put_bytes(1, manifest_of(&r));
        send_expecting(d, sessions[i], i < TPS_UPDATE_UPLOADS_MAX ? 0 : TPS_UPDATE_ERROR_BUSY);
    }
    begin(d, sessions[0], &r); /* anew, in its own place */
    close_session(d, sessions[0]);
    begin(d, sessions[TPS_UPDATE_UPLOADS_MAX], &r);
    device_free(d);
}

static void what_changed_since_the_image_began_is_judged_when_it_is_staged(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 1);
    uint32_t session = open_session(d, &tps_update_service, administrator());

    (void)state;
    confirm(d, session, &r);
    d->counters[TPS_COUNTER_SECURITY] = 2;
    message(STAGE, 0);
    send_expecting(d, session, TPS_UPDATE_ERROR_TOO_OLD);
    d->counters[TPS_COUNTER_SECURITY] = 1;
    send_expecting(d, session, 0);
    assert_int_equal(staged(d)->count, 1);
    device_free(d);
}

static void only_who_speaks_for_the_owner_changes_anything(void **state)
{
    device *d = new_device();
    uint32_t session = open_session(d, &tps_update_service, somebody());
    static const uint64_t tags[] = {BEGIN, CHUNK, FINISH, STAGE, CANCEL, SET_POLICY};
    tps_span answer;

    (void)state;
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        message(tags[i], 0);
        assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_DENIED);
    }
    message(STAGED, 0);
    send_expecting(d, session, 0);
    message(POLICY, 0);
    send_expecting(d, session, 0);
    for (uint64_t tag = 2; tag < 30; tag += 17) {
        message(tag, 0);
        assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_BAD_MESSAGE);
    }
    device_free(d);
}

static void a_response_that_does_not_fit_changes_nothing(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    uint32_t session = open_session(d, &tps_update_service, administrator());

    (void)state;
    message(BEGIN, 1);
    put_bytes(1, manifest_of(&r));
    (void)room_for(d, session);
    chunk(0, TPS_SPAN_OF(r.image));
    (void)room_for(d, session);
    send_expecting(d, session, TPS_UPDATE_ERROR_ORDER); /* it was not begun */
    confirm(d, session, &r);
    message(STAGE, 0);
    (void)room_for(d, session);
    assert_int_equal(staged(d)->count, 0);
    send_expecting(d, session, 0);
    message(CANCEL, 1);
    put_text(1, "application");
    (void)room_for(d, session);
    assert_int_equal(staged(d)->count, 1);
    device_free(d);
}

static void a_device_that_nobody_made_takes_nothing(void **state)
{
    device *d = device_new();
    release r = new_release(d, "1.1.0", 0);
    uint32_t session;
    tps_span answer;

    (void)state;
    d->identity_size = 0;
    device_start(d);
    session = open_session(d, &tps_update_service, somebody());
    message(AUTHORISE, 1);
    put_bytes(1, manifest_of(&r));
    assert_int_equal(try_send(d, session, 1000, &answer), TPS_COMPONENT_NO_IDENTITY);
    device_free(d);
}

static void a_record_that_is_none_is_not_read(void **state)
{
    tps_update_staging out;
    tps_update_record record = {.image = "a", .version = "1"};
    uint8_t room[2048];
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(room));

    (void)state;
    tps_cbor_put_array(&w, TPS_IMAGES_MAX + 1);
    for (size_t i = 0; i <= TPS_IMAGES_MAX; i++) {
        update_put_record(&w, &record);
    }
    assert_false(update_read_staging(tps_span_make(room, w.size), &out));
    assert_false(update_read_staging(TPS_SPAN_LITERAL("\x81\xa0"), &out));
    assert_false(update_read_staging(TPS_SPAN_LITERAL("\x00"), &out));
}

static uint32_t prepare_stage(device *d)
{
    release r = new_release(d, "1.1.0", 0);
    uint32_t session = open_session(d, &tps_update_service, administrator());

    confirm(d, session, &r);
    message(STAGE, 0);
    return session;
}

static void check_staged(device *d, bool is_done)
{
    assert_true(staged(d)->count == 1 || (staged(d)->count == 0 && !is_done));
}

static uint32_t prepare_cancel(device *d)
{
    release r = new_release(d, "1.1.0", 0);

    stage(d, &r);
    message(CANCEL, 1);
    put_text(1, "application");
    return open_session(d, &tps_update_service, administrator());
}

static void check_cancelled(device *d, bool is_done)
{
    assert_true(staged(d)->count == 0 || (staged(d)->count == 1 && !is_done));
}

static void storing_is_whole_whenever_the_power_goes(void **state)
{
    (void)state;
    cut_power_at_every_step(&(power_test){new_device, prepare_stage, check_staged});
    cut_power_at_every_step(&(power_test){new_device, prepare_cancel, check_cancelled});
}

static void storing_is_whole_whichever_call_fails(void **state)
{
    (void)state;
    fail_every_call(&(power_test){new_device, prepare_stage, check_staged});
    fail_every_call(&(power_test){new_device, prepare_cancel, check_cancelled});
}

/* Every call fails in turn at a start: then what is staged is told truly, or not at all. */
static void a_start_tells_what_is_staged_or_why_not(void **state)
{
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);

    (void)state;
    stage(d, &r);
    for (unsigned n = 1;; n++) {
        const tps_update_record *records;
        size_t count;
        bool has_failed;

        device_stop(d);
        d->calls = 0;
        d->fail_at = n;
        if (device_try_start(d) == TPS_OK) {
            tps_status status = tps_update_staged(&d->component, &records, &count);

            assert_int_equal(count, status == TPS_OK ? 1 : 0);
        }
        has_failed = d->calls >= n;
        d->fail_at = 0;
        if (!has_failed) {
            break;
        }
        assert_true(n < 500);
    }
    device_free(d);
}

/* Puts something else under the name of a value, and starts the device anew. */
static void spoil(device *d, const char *name, tps_span value)
{
    tps_vault_id id = tps_vault_id_make(TPS_VAULT_UPDATE, NULL, tps_span_of_text(name));
    tps_vault *vault;

    assert_int_equal(tps_component_vault(&d->component, &vault), TPS_OK);
    assert_int_equal(tps_vault_put(vault, &id, NULL, value, 0), TPS_OK);
    device_start(d);
}

static tps_status try_message(device *d, uint64_t tag)
{
    uint32_t session = open_session(d, &tps_update_service, administrator());
    tps_span answer;
    tps_status status;

    message(tag, 0);
    status = try_send(d, session, 4096, &answer);
    close_session(d, session);
    return status;
}

static void a_policy_that_cannot_be_read_is_set_again(void **state)
{
    static const tps_span spoilt[] = {{(const uint8_t *)"\xa0", 1}, {(const uint8_t *)"\x18", 1}};
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    tps_cbor_writer *w;
    tps_span answer;
    uint32_t session;

    (void)state;
    stage(d, &r);
    for (size_t i = 0; i < 2; i++) {
        spoil(d, "policy", spoilt[i]);
        assert_int_equal(staged(d)->count, 1); /* the other value stands */
        assert_int_equal(try_message(d, STAGED), TPS_OK);
        assert_int_equal(try_message(d, POLICY), TPS_COMPONENT_STORAGE_CORRUPT);
        session = open_session(d, &tps_update_service, administrator());
        message(AUTHORISE, 1);
        put_bytes(1, manifest_of(&r));
        assert_int_equal(try_send(d, session, 4096, &answer), TPS_COMPONENT_STORAGE_CORRUPT);
        w = message(SET_POLICY, 2);
        tps_cbor_put_uint(w, 1);
        tps_cbor_put_bool(w, false);
        tps_cbor_put_uint(w, 3);
        tps_cbor_put_array(w, 0);
        send_expecting(d, session, 0);
        ask_about(d, manifest_of(&r), 0);
        assert_int_equal(try_message(d, POLICY), TPS_OK);
    }
    device_free(d);
}

static void staged_images_that_cannot_be_read_are_cancelled(void **state)
{
    static const tps_span spoilt[] = {{(const uint8_t *)"\x81\xa0", 2}, {(const uint8_t *)"\xff", 1}};
    device *d = new_device();
    release r = new_release(d, "1.1.0", 0);
    const tps_update_record *records;
    size_t count;
    tps_span answer;
    uint32_t session;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        spoil(d, "staged", spoilt[i]);
        assert_int_equal(tps_update_staged(&d->component, &records, &count), TPS_COMPONENT_STORAGE_CORRUPT);
        assert_int_equal(try_message(d, STAGED), TPS_COMPONENT_STORAGE_CORRUPT);
        assert_int_equal(try_message(d, POLICY), TPS_OK); /* the other value stands */
        ask_about(d, manifest_of(&r), 0);
        session = open_session(d, &tps_update_service, administrator());
        confirm(d, session, &r);
        message(STAGE, 0);
        assert_int_equal(try_send(d, session, 4096, &answer), TPS_COMPONENT_STORAGE_CORRUPT);
        message(CANCEL, 1);
        put_text(1, "any");
        send_expecting(d, session, 0);
        send_expecting(d, session, TPS_UPDATE_ERROR_NOTHING);
        message(STAGE, 0);
        send_expecting(d, session, 0);
        device_start(d);
        assert_int_equal(staged(d)->count, 1);
    }
    device_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_newer_release_may_be_installed),
        cmocka_unit_test(what_may_not_be_installed_has_a_named_reason),
        cmocka_unit_test(nothing_older_than_the_counter_or_than_what_runs_is_taken),
        cmocka_unit_test(the_owner_can_hold_updates_and_choose_signers),
        cmocka_unit_test(a_policy_is_read_to_its_last_byte),
        cmocka_unit_test(a_staged_image_is_shown_until_it_runs),
        cmocka_unit_test(what_became_too_old_is_staged_no_more),
        cmocka_unit_test(a_staged_image_can_be_cancelled),
        cmocka_unit_test(bytes_that_are_not_the_manifests_are_never_staged),
        cmocka_unit_test(chunks_come_in_order_and_no_more_than_the_manifest_says),
        cmocka_unit_test(images_under_way_are_bounded_and_end_with_their_session),
        cmocka_unit_test(what_changed_since_the_image_began_is_judged_when_it_is_staged),
        cmocka_unit_test(only_who_speaks_for_the_owner_changes_anything),
        cmocka_unit_test(a_response_that_does_not_fit_changes_nothing),
        cmocka_unit_test(a_device_that_nobody_made_takes_nothing),
        cmocka_unit_test(a_record_that_is_none_is_not_read),
        cmocka_unit_test(a_policy_that_cannot_be_read_is_set_again),
        cmocka_unit_test(staged_images_that_cannot_be_read_are_cancelled),
        cmocka_unit_test(storing_is_whole_whenever_the_power_goes),
        cmocka_unit_test(storing_is_whole_whichever_call_fails),
        cmocka_unit_test(a_start_tells_what_is_staged_or_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
