/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent reads of attestation results: the status, the first reason, whom it answers. */
#include "support/check.h"

#include "agent/result.h"
#include "tps/base64.h"
#include "tps/ear.h"

#define NONCE_TEXT "AAECAwQFBgcICQoLDA0ODw"
static const uint8_t nonce[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

enum { TEXT_SIZE = 64 };

typedef struct {
    uint8_t tier;
    char cause[TEXT_SIZE];
    char next_step[TEXT_SIZE];
} outcome;

static tps_status read_jwt(const char *jwt, size_t room_size, outcome *o)
{
    tps_buf text = exact_copy(tps_span_of_text(jwt));
    tps_buf room = {malloc(room_size + 1), room_size};
    tps_agent_text cause = tps_agent_text_begin(o->cause, sizeof(o->cause));
    tps_agent_text next_step = tps_agent_text_begin(o->next_step, sizeof(o->next_step));
    tps_status status;

    o->tier = 0xff;
    status = tps_agent_result_read(tps_span_make(text.data, text.size), TPS_SPAN_OF(nonce), room, &o->tier,
                                   &cause, &next_step);
    if (status != TPS_OK) {
        assert_int_equal(o->tier, 0xff);
        assert_string_equal(o->cause, "");
        assert_string_equal(o->next_step, "");
    }
    free(text.data);
    free(room.data);
    return status;
}

static tps_status read_payload(const char *payload, outcome *o)
{
    char jwt[2048] = "e30.";
    size_t size = 4 + tps_base64url_write(tps_span_of_text(payload), jwt + 4);

    strcpy(jwt + size, ".AAAA");
    return read_jwt(jwt, strlen(payload), o);
}

static void every_status_is_told_with_its_reason(void **state)
{
    static const struct {
        const char *payload;
        uint8_t tier;
        const char *cause;
        const char *next_step;
    } results[] = {
        {"{\"submods\":{\"A\":{\"ear.status\":\"warning\",\"opentps.findings\":[{\"value\":33,\"claim\":\"executables\",\"cause\":"
         "\"\\\"app\\\" is \\u001bunknown\",\"next-step\":\"update\"},{\"cause\":\"second\"}],"
         "\"ear.veraison.policy-claims\":{\"problem\":\"other\"}}}}",
         TPS_EAR_TIER_WARNING, "executables: \"app\" is ?unknown", "update"},
        {"{\"submods\":{\"A\":{\"ear.veraison.policy-claims\":{\"x\":1,\"problem\":\"no trust anchor\"},"
         "\"ear.status\":\"contraindicated\"}}}",
         TPS_EAR_TIER_CONTRAINDICATED, "no trust anchor", ""},
        {"{\"submods\":{\"A\":{\"ear_status\":\"none\"}}}", TPS_EAR_TIER_NONE, "", ""},
        {"{\"submods\":{\"A\":{\"ear.status\":\"affirming\",\"opentps.findings\":[{\"cause\":\"not shown\"}]}}}",
         TPS_EAR_TIER_AFFIRMING, "", ""},
        {"{\"submods\":{\"A\":{\"ear.status\":\"affirming\"},\"B\":{\"ear.status\":\"warning\",\"opentps.findings\":[{\"cause\":"
         "\"of B\"}]},\"C\":{\"ear.status\":\"contraindicated\",\"opentps.findings\":[{\"cause\":\"of C\"}]}}}",
         TPS_EAR_TIER_CONTRAINDICATED, "of B", ""},
        {"{\"submods\":{\"B\":{\"ear.status\":\"contraindicated\"},\"A\":{\"ear.status\":\"affirming\"}}}",
         TPS_EAR_TIER_CONTRAINDICATED, "", ""},
        {"{\"submods\":{\"A\":{\"ear.status\":\"affirming\"},\"B\":{\"ear.status\":\"none\"}}}",
         TPS_EAR_TIER_NONE, "", ""},
        {"{\"submods\":{\"A\":{\"ear.status\":\"warning\",\"opentps.findings\":{},\"ear.veraison.policy-claims\":[]}}}",
         TPS_EAR_TIER_WARNING, "", ""},
        {"{\"submods\":{\"A\":{\"ear.status\":\"warning\",\"opentps.findings\":[7,{\"cause\":\"second\"}]}}}",
         TPS_EAR_TIER_WARNING, "", ""},
        {"{\"submods\":{\"A\":{\"ear.status\":\"warning\",\"opentps.findings\":[{\"cause\":7,\"claim\":[],\"next-step\":null}]}}}",
         TPS_EAR_TIER_WARNING, "", ""},
        {"{\"iat\":1,\"submods\":{\"A\":{\"x\":{\"ear.status\":\"none\"},\"ear.status\":\"warning\",\"opentps.findings\":[{"
         "\"cause\":\"\xc3\xa4\xe2\x82\xac\\u00e4\\u20ac\\ud83d\\ude00\",\"next-step\":\"\\u200bx\"}]}},\"nbf\":[]}",
         TPS_EAR_TIER_WARNING, "\xc3\xa4\xe2\x82\xac\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "?x"},
        {"{\"submods\":{\"A\":{\"ear.status\":\"affirming\"},\"B\":{\"ear.status\":\"affirming\"}}}",
         TPS_EAR_TIER_AFFIRMING, "", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        outcome o;

        assert_status(read_payload(results[i].payload, &o), TPS_OK);
        assert_int_equal(o.tier, results[i].tier);
        assert_string_equal(o.cause, results[i].cause);
        assert_string_equal(o.next_step, results[i].next_step);
    }
}

static void what_is_no_result_is_refused(void **state)
{
    static const char *const payloads[] = {
        "",
        "{",
        "[]",
        "{}",
        "7",
        "{\"submods\":{}}",
        "{\"submods\":[]}",
        "{\"submods\":{\"A\":7}}",
        "{\"submods\":{\"A\":{}}}",
        "{\"submods\":{\"A\":{\"ear.status\":\"good\"}}}",
        "{\"submods\":{\"A\":{\"ear.status\":2}}}",
        "{\"submods\":{\"A\":{\"ear.status\":\"affirming\"},\"B\":{}}}",
        "{\"submods\":{\"A\":{\"ear.status\":\"affirming\"}}}x",
        "{\"submods\":{\"A\":{\"ear.status\":\"affirming\",\"ear.status\":\"warning\"}}}",
        "{\"submods\":{\"A\":{\"ear.status\":\"affirming\",\"x\":[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]}}}",
        "\xff"};
    static const char *const jwts[] = {"",         "x", "a.b", "..", "a.b.c", "e30.e30.AA.AA", "e30.!!!!.AA",
                                       "e30.e3.AA"};
    outcome o;

    (void)state;
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        assert_status(read_payload(payloads[i], &o), TPS_JWT_NOT_WELL_FORMED);
    }
    for (size_t i = 0; i < sizeof(jwts) / sizeof(jwts[0]); i++) {
        assert_status(read_jwt(jwts[i], 64, &o), TPS_JWT_NOT_WELL_FORMED);
    }
}

static void a_result_for_other_evidence_is_refused(void **state)
{
    static const char *const nonces[] = {"\"" NONCE_TEXT "\"",
                                         "[\"AAAA\",\"" NONCE_TEXT "\"]",
                                         "[\"" NONCE_TEXT "\",7]",
                                         "\"AAECAwQFBgcICQoLDA0OD\\u0077==\"",
                                         "\"AAAA\"",
                                         "[]",
                                         "7",
                                         "\"\"",
                                         "[\"" NONCE_TEXT "A\"]",
                                         "\"!\"",
                                         "[7,{}]"};
    char payload[256];
    outcome o;

    (void)state;
    for (size_t i = 0; i < sizeof(nonces) / sizeof(nonces[0]); i++) {
        (void)snprintf(payload, sizeof(payload),
                       "{\"submods\":{\"A\":{\"ear.status\":\"affirming\"}},\"eat_nonce\":%s}", nonces[i]);
        assert_status(read_payload(payload, &o), i < 4 ? TPS_OK : TPS_EAR_BAD_CLAIM);
    }
}

static void a_result_that_is_cut_is_none_and_room_is_asked_for(void **state)
{
    static const char payload[] = "{\"submods\":{\"A\":{\"ear.status\":\"affirming\"}}}";
    char jwt[256] = "e30.";
    size_t size = 4 + tps_base64url_write(
                          TPS_SPAN_LITERAL("{\"submods\":{\"A\":{\"ear.status\":\"affirming\"}}}"), jwt + 4);
    outcome o;

    (void)state;
    strcpy(jwt + size, ".A");
    for (size_t room = 0; room < sizeof(payload) + 4; room++) {
        assert_status(read_jwt(jwt, room, &o), room < sizeof(payload) - 1 ? TPS_BUFFER_TOO_SMALL : TPS_OK);
    }
    for (size_t cut = 0; cut < size + 2; cut++) {
        jwt[size + 1 - cut] = '\0';
        assert_status(read_jwt(jwt, 256, &o), TPS_JWT_NOT_WELL_FORMED);
    }
}

static void texts_are_cut_to_their_room(void **state)
{
    char room[8];
    tps_agent_text text = tps_agent_text_begin(room, sizeof(room));

    (void)state;
    tps_agent_text_add_number(&text, 0);
    tps_agent_text_add_span(&text, TPS_SPAN_LITERAL("\xff\x1b"));
    tps_agent_text_add_number(&text, 123);
    assert_string_equal(room, "0?\?123");
    tps_agent_text_add_span(&text, TPS_SPAN_LITERAL("\xc3\xa4"));
    tps_agent_text_add(&text, "x");
    assert_string_equal(room, "0?\?123"); /* nothing follows what did not fit */
    text = tps_agent_text_begin(room, 1);
    tps_agent_text_add_number(&text, UINT32_MAX);
    assert_string_equal(room, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_is_told_with_its_reason),
        cmocka_unit_test(what_is_no_result_is_refused),
        cmocka_unit_test(a_result_for_other_evidence_is_refused),
        cmocka_unit_test(a_result_that_is_cut_is_none_and_room_is_asked_for),
        cmocka_unit_test(texts_are_cut_to_their_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
