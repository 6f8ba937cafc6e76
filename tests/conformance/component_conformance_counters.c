/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, as spec/counters.cddl has it. A counter is never deleted, so that this leaves one behind. */
#include "component_conformance.h"
#include "tps/cbor.h"

/** The value of the counter; UINT64_MAX if there is none. */
static uint64_t value(conformance *c, const char *request)
{
    const TPSC_Session *session = conformance_session(c, TPSC_LOGIN_USER);
    static const tps_cbor_label labels[] = {{1, NULL}};
    tps_cbor_reader r;
    tps_span found;

    if (session == NULL || conformance_ask(c, session, request, CONFORMANCE_ROOM) != TPSC_SUCCESS) {
        return UINT64_MAX;
    }
    r = tps_cbor_reader_init(tps_span_make(c->response, c->response_size));
    (void)tps_cbor_get_tag(&r);
    (void)tps_cbor_find(&r, labels, &found, 1);
    r = tps_cbor_reader_of(&r, found);
    return found.size > 0 ? tps_cbor_get_uint(&r) : UINT64_MAX;
}

static void counters_further(conformance *c)
{
    uint64_t before = value(c, "11({1: \"conformance\"})");
    const TPSC_Session *session = conformance_session(c, TPSC_LOGIN_USER);
    bool good;

    good = before != UINT64_MAX && value(c, "12({1: \"conformance\"})") == before + 1 &&
           value(c, "12({1: \"conformance\", 2: 10})") == before + 11 &&
           value(c, "11({1: \"conformance\"})") == before + 11;
    (void)conformance_line(c, good, "it grows by one, or by the step, and stays there", NULL);
    good = session != NULL &&
           conformance_ask(c, session, "12({1: \"conformance\"})", 1) == TPSC_ERROR_SHORT_BUFFER &&
           value(c, "11({1: \"conformance\"})") == before + 11;
    (void)conformance_line(c, good, "without room for the answer it does not grow", NULL);
    conformance_isolation(c, "10({1: \"conformance-own\"})", "11({1: \"conformance-own\"})",
                          "11({1: \"?uint\", 3: \"?bytes 16\"})", "11({2: 1})", NULL);
}

static const conformance_row rows[] = {
    {"", TPSC_LOGIN_USER, "10({1: \"conformance\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"a counter is read", TPSC_LOGIN_USER, "11({1: \"conformance\"})", TPSC_SUCCESS,
     "11({1: \"?uint\", 3: \"?bytes 16\"})", 0},
    {"its name is taken", TPSC_LOGIN_USER, "10({1: \"conformance\"})", TPSC_SUCCESS, "10({2: 2})", 0},
    {"it is listed", TPSC_LOGIN_USER, "13({})", TPSC_SUCCESS, "13({1: \"?array\"})", 0},
    {"one that is not there is error 1", TPSC_LOGIN_USER, "11({1: \"conformance-other\"})", TPSC_SUCCESS,
     "11({2: 1})", 0},
    {"and is not increased", TPSC_LOGIN_USER, "12({1: \"conformance-other\"})", TPSC_SUCCESS, "12({2: 1})",
     0},
    {"another login does not see it", TPSC_LOGIN_GROUP, "11({1: \"conformance\"})", TPSC_SUCCESS,
     "11({2: 1})", 0},
    {"nor increases it", TPSC_LOGIN_GROUP, "12({1: \"conformance\", 2: 5})", TPSC_SUCCESS, "12({2: 1})", 0},
    {"a step of 0 is error 4", TPSC_LOGIN_USER, "12({1: \"conformance\", 2: 0})", TPSC_SUCCESS, "12({2: 4})",
     0},
    {"a step beyond 32 bits is error 4", TPSC_LOGIN_USER, "12({1: \"conformance\", 2: 4294967296})",
     TPSC_SUCCESS, "12({2: 4})", 0},
    {"a name without letters is error 3", TPSC_LOGIN_USER, "10({1: \"\"})", TPSC_SUCCESS, "10({2: 3})", 0},
    {"one of 33 bytes is error 3", TPSC_LOGIN_USER, "10({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"})",
     TPSC_SUCCESS, "10({2: 3})", 0},
    {"a name that is no text is refused", TPSC_LOGIN_USER, "10({1: 7})", TPSC_ERROR_BAD_FORMAT, NULL, 0},
};

const conformance_service conformance_counters = {
    "counters",
    {{0xaa, 0xc0, 0xaf, 0xe1, 0x6e, 0x84, 0x55, 0x92, 0xae, 0x4c, 0x23, 0x57, 0xe3, 0xa7, 0xac, 0x8f}},
    rows,
    sizeof rows / sizeof rows[0],
    counters_further};
