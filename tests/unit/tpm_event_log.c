/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's event log: read, replayed (tpm2_eventlog is the judge), and described. */
#include "support/vectors.h"
#include "tpm_support.h"

static const uint8_t digest[32] = {9};

static tps_status decode(tps_span bytes)
{
    tps_tpm_log log;

    return tps_tpm_log_decode(bytes, &log, NULL);
}

/* What tpm2_eventlog 5.4 says of the vector. */
static const struct {
    uint32_t pcr;
    const char *hex;
} replayed[] = {
    {0, "5c4103d6dcf2a90c30a646cc090a8de10cbe1c4a1f21c0d7d4f2f4836b2055da"},
    {1, "36c21ff724fcdb937535faa695d5c2514f8597ca53e776785bc8024b8fa73607"},
    {2, "120249b9c1207b671abab98f3fcf0dc9b2bcad10f61aa987872f91cb65df384c"},
    {3, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"},
    {4, "204e40739947a1b8dc904066dbe78335d53c1df53f20614cc2b365a7e6d6b605"},
    {5, "6c603280181ce4796e3845381d2e16c83cc4764b75cab3d68776b9577261e7ae"},
    {6, "3d458cfe55cc03ea1f443f1562beec8df51c75e14a9fcf9a7234a13f198e7969"},
    {7, "7ab310d890fb86d2084bcf75a11172654fc4fbe5ec29f68afd864e22bd0e13ab"},
    {8, "245709f050008ac66aeef3e926f47ba7ed7a0f74dde1089db4acec9bcfc31ef1"},
    {9, "5775cc79e0de21ac918c2ac0a879b34f09fb4c6c4507f43c8796c9eb3c9fdb40"},
    {14, "17cdefd9548f4383b67a37a901673bf3c8ded6f619d36c8007562de1d93c81cc"},
};

static void a_real_log_replays_to_what_others_compute(void **state)
{
    static tps_tpm_registers registers;
    tps_buf file;
    tps_tpm_log log;
    uint32_t extended = 0;

    (void)state;
    vectors_require();
    file = vector_read("tpm/uefi_log.bin");
    assert_status(tps_tpm_log_decode(span_of(file), &log, NULL), TPS_OK);
    assert_int_equal(log.event_count, 123);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &registers), TPS_OK);
    for (size_t i = 0; i < sizeof replayed / sizeof replayed[0]; i++) {
        tps_buf wanted = bytes_from_hex(replayed[i].hex);
        assert_memory_equal(registers.values[replayed[i].pcr], wanted.data, 32);
        extended |= 1u << replayed[i].pcr;
        free(wanted.data);
    }
    assert_int_equal(registers.extended, extended);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA384, &registers), TPS_TPM_LOG_BANK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA1, &registers), TPS_TPM_LOG_BANK);
    free(file.data);
}

static void events_of_a_real_log_are_described(void **state)
{
    tps_buf file;
    tps_tpm_log log;
    tps_tpm_event_walk walk;
    tps_tpm_event event;
    char text[TPS_TPM_EVENT_TEXT_MAX];
    size_t said = 0;
    size_t told = 0;

    (void)state;
    vectors_require();
    file = vector_read("tpm/uefi_log.bin");
    assert_status(tps_tpm_log_decode(span_of(file), &log, NULL), TPS_OK);
    walk = tps_tpm_events(&log);
    while (tps_tpm_next_event(&walk, &event)) {
        tps_tpm_event_describe(&event, text);
        said += *text != '\0';
        told += tps_tpm_event_is_told(&log, &event, TPS_TPM_ALG_SHA256);
        if (event.number == 5) {
            assert_string_equal(text, "SecureBoot");
            assert_string_equal(tps_tpm_event_name(event.type), "EV_EFI_VARIABLE_DRIVER_CONFIG");
            assert_true(tps_tpm_event_is_told(&log, &event, TPS_TPM_ALG_SHA256));
        }
        if (event.number == 46) {
            assert_non_null(strstr(text, ".efi"));
        }
    }
    assert_true(said > 100 && told > 20);
    free(file.data);
}

/* Where a log may end: behind any of its events, and nowhere else. */
static void a_log_ends_behind_an_event(void **state)
{
    tps_buf file;
    tps_tpm_log log;
    tps_tpm_event_walk walk;
    tps_tpm_event event;
    size_t end = 0;

    (void)state;
    vectors_require();
    file = vector_read("tpm/uefi_log.bin");
    assert_status(tps_tpm_log_decode(span_of(file), &log, NULL), TPS_OK);
    walk = tps_tpm_events(&log);
    end = walk.at;
    for (size_t cut = 0; cut < 4096; cut++) {
        tps_span part = tps_span_make(file.data, cut);
        while (cut > end && tps_tpm_next_event(&walk, &event)) {
            end = walk.at;
        }
        assert_status(decode(part), cut == end ? TPS_OK : TPS_TPM_TRUNCATED);
    }
    free(file.data);
}

static void the_old_form_is_refused_by_name(void **state)
{
    builder b;

    (void)state;
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    b.bytes[32 + 14] = '0';
    assert_status(decode(built(&b)), TPS_TPM_LOG_LEGACY);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    b.bytes[4] = TPS_TPM_EV_POST_CODE;
    assert_status(decode(built(&b)), TPS_TPM_LOG_LEGACY);
}

static void a_head_that_lies_is_refused(void **state)
{
    builder b;

    (void)state;
    begin_log(&b, TPS_TPM_ALG_SHA256, 31);
    assert_status(decode(built(&b)), TPS_TPM_BAD_VALUE);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    b.bytes[32 + 24] = 9;
    assert_status(decode(built(&b)), TPS_TPM_BAD_VALUE);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    b.bytes[32 + 32] = 1; /* vendor information that is not there */
    assert_status(decode(built(&b)), TPS_TPM_TRUNCATED);
    begin_log(&b, 0x77, 64); /* a bank that nobody here knows is no fault */
    assert_status(decode(built(&b)), TPS_OK);
}

static void events_are_of_known_registers_and_banks(void **state)
{
    builder b;

    (void)state;
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    put_event(&b, 32, TPS_TPM_EV_SEPARATOR, TPS_SPAN_OF(digest), TPS_SPAN_EMPTY);
    assert_status(decode(built(&b)), TPS_TPM_BAD_VALUE);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    put_event(&b, UINT32_MAX, TPS_TPM_EV_NO_ACTION, TPS_SPAN_OF(digest), TPS_SPAN_EMPTY);
    assert_status(decode(built(&b)), TPS_OK);
    begin_log(&b, TPS_TPM_ALG_SHA384, 48);
    put_event(&b, 0, TPS_TPM_EV_SEPARATOR, TPS_SPAN_OF(digest), TPS_SPAN_EMPTY);
    assert_status(decode(built(&b)), TPS_TPM_BAD_VALUE);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    put_event(&b, 0, TPS_TPM_EV_SEPARATOR, TPS_SPAN_OF(digest), TPS_SPAN_EMPTY);
    b.bytes[b.size - 2] = 2; /* 128 KiB */
    b.bytes[b.size - 1] = 1;
    assert_status(decode(built(&b)), TPS_TOO_LARGE);
}

static void pcr_0_begins_with_the_locality(void **state)
{
    static const uint8_t locality[17] = "StartupLocality";
    static tps_tpm_registers plain;
    static tps_tpm_registers moved;
    uint8_t data[17];
    tps_tpm_log log;
    builder b;

    (void)state;
    memcpy(data, locality, sizeof data);
    data[16] = 3;
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    put_text_event(&b, 0, TPS_TPM_EV_S_CRTM_VERSION, "1");
    assert_status(tps_tpm_log_decode(built(&b), &log, NULL), TPS_OK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &plain), TPS_OK);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    put_event(&b, 0, TPS_TPM_EV_NO_ACTION, TPS_SPAN_OF(digest), TPS_SPAN_OF(data));
    put_text_event(&b, 0, TPS_TPM_EV_S_CRTM_VERSION, "1");
    assert_status(tps_tpm_log_decode(built(&b), &log, NULL), TPS_OK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &moved), TPS_OK);
    assert_memory_not_equal(plain.values[0], moved.values[0], 32);
    put_event(&b, 0, TPS_TPM_EV_NO_ACTION, TPS_SPAN_OF(digest), TPS_SPAN_OF(data));
    assert_status(tps_tpm_log_decode(built(&b), &log, NULL), TPS_OK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &moved), TPS_TPM_BAD_VALUE);
    begin_log(&b, TPS_TPM_ALG_SHA256, 32);
    data[16] = 5;
    put_event(&b, 0, TPS_TPM_EV_NO_ACTION, TPS_SPAN_OF(digest), TPS_SPAN_OF(data));
    assert_status(tps_tpm_log_decode(built(&b), &log, NULL), TPS_OK);
    assert_status(tps_tpm_log_replay(&log, TPS_TPM_ALG_SHA256, &moved), TPS_TPM_BAD_VALUE);
}

static void descriptions_never_steer_a_terminal(void **state)
{
    static const uint32_t types[] = {TPS_TPM_EV_IPL, TPS_TPM_EV_SEPARATOR, TPS_TPM_EV_EFI_VARIABLE_BOOT,
                                     TPS_TPM_EV_EFI_BOOT_SERVICES_DRIVER,
                                     TPS_TPM_EV_EFI_PLATFORM_FIRMWARE_BLOB2};
    uint8_t data[300];
    char text[TPS_TPM_EVENT_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        for (unsigned seed = 0; seed < 256; seed++) {
            tps_tpm_event event = {.type = types[i], .data = tps_span_make(data, seed)};
            for (size_t at = 0; at < sizeof data; at++) {
                data[at] = (uint8_t)(at < 40 && at % 8 != 0 ? 0 : seed * 7 + at * 13);
            }
            tps_tpm_event_describe(&event, text);
            for (const char *c = text; *c != '\0'; c++) {
                assert_true(*c >= 0x20 && *c < 0x7f);
            }
        }
    }
    {
        tps_tpm_event event = {.type = TPS_TPM_EV_IPL, .data = TPS_SPAN_LITERAL("a\x1b[31mb")};
        tps_tpm_event_describe(&event, text);
        assert_string_equal(text, "");
    }
    assert_string_equal(tps_tpm_event_name(0x12345), "an event of an unknown type");
    assert_string_equal(tps_tpm_alg_name(0x12345), "unknown");
    assert_string_equal(tps_tpm_alg_name(TPS_TPM_ALG_RSAPSS), "rsapss");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_real_log_replays_to_what_others_compute),
        cmocka_unit_test(events_of_a_real_log_are_described),
        cmocka_unit_test(a_log_ends_behind_an_event),
        cmocka_unit_test(the_old_form_is_refused_by_name),
        cmocka_unit_test(a_head_that_lies_is_refused),
        cmocka_unit_test(events_are_of_known_registers_and_banks),
        cmocka_unit_test(pcr_0_begins_with_the_locality),
        cmocka_unit_test(descriptions_never_steer_a_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
