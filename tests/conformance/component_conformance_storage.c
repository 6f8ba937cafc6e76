/* SPDX-License-Identifier: Apache-2.0 */
/* Sealed storage, as spec/sealed-storage.cddl has it. */
#include <string.h>

#include "component_conformance.h"
#include "tps/cbor.h"

/** Seals; the message is in `sealed`. */
static tps_span seal(conformance *c, const TPSC_Session *session, uint8_t *room, size_t capacity)
{
    static const tps_cbor_label labels[] = {{1, NULL}};
    tps_cbor_reader r;
    tps_span found;

    if (conformance_ask(c, session, "15({2: h'c0ffee', 6: h'aa'})", CONFORMANCE_ROOM) != TPSC_SUCCESS) {
        return TPS_SPAN_EMPTY;
    }
    r = tps_cbor_reader_init(tps_span_make(c->response, c->response_size));
    (void)tps_cbor_get_tag(&r);
    (void)tps_cbor_find(&r, labels, &found, 1);
    r = tps_cbor_reader_of(&r, found);
    found = tps_cbor_get_bytes(&r);
    if (found.size == 0 || found.size > capacity) {
        return TPS_SPAN_EMPTY;
    }
    memcpy(room, found.data, found.size);
    return tps_span_make(room, found.size);
}

static uint32_t unseal(conformance *c, uint32_t login, tps_span sealed, uint8_t additional)
{
    const TPSC_Session *session = conformance_session(c, login);
    tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(c->request));
    tps_span encoded;

    tps_cbor_put_tag(&w, 16);
    tps_cbor_put_map(&w, 2);
    tps_cbor_put_uint(&w, 2);
    tps_cbor_put_bytes(&w, sealed);
    tps_cbor_put_uint(&w, 6);
    tps_cbor_put_bytes(&w, tps_span_make(&additional, 1));
    return session != NULL && tps_cbor_writer_finish(&w, &encoded) == TPS_OK
               ? conformance_send(c, session, encoded.data, encoded.size, CONFORMANCE_ROOM)
               : TPSC_ERROR_GENERIC;
}

static void storage_further(conformance *c)
{
    static const char refused[] = "16({2: 7})";
    const TPSC_Session *session = conformance_session(c, TPSC_LOGIN_USER);
    uint8_t room[512];
    tps_span sealed = session == NULL ? TPS_SPAN_EMPTY : seal(c, session, room, sizeof room);
    bool good = sealed.size > 0 && unseal(c, TPSC_LOGIN_USER, sealed, 0xaa) == TPSC_SUCCESS &&
                conformance_matches(c, "16({1: h'c0ffee'})");

    (void)conformance_line(c, good, "what was sealed is unsealed", NULL);
    good = sealed.size > 0 && unseal(c, TPSC_LOGIN_USER, sealed, 0xab) == TPSC_SUCCESS &&
           conformance_matches(c, refused);
    (void)conformance_line(c, good, "not under other additional data", NULL);
    good = sealed.size > 0 && unseal(c, TPSC_LOGIN_GROUP, sealed, 0xaa) == TPSC_SUCCESS &&
           conformance_matches(c, refused);
    (void)conformance_line(c, good, "not by another login", NULL);
    good = sealed.size > 0;
    for (size_t i = 0; good && i < sealed.size; i++) {
        room[i] ^= 1;
        good = unseal(c, TPSC_LOGIN_USER, sealed, 0xaa) != TPSC_SUCCESS ||
               !conformance_matches(c, "16({1: \"?any\"})");
        room[i] ^= 1;
    }
    (void)conformance_line(c, good, "not with any byte changed", NULL);
    conformance_isolation(c, "10({1: \"conformance-own\", 2: h'0a'})", "11({1: \"conformance-own\"})",
                          "11({1: h'0a', 3: 0, 4: \"?bytes 8\"})", "11({2: 1})",
                          "12({1: \"conformance-own\"})");
}

static const conformance_row rows[] = {
    {"", TPSC_LOGIN_USER, "12({1: \"conformance\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "12({1: \"conformance-open\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "12({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"what is not there is error 1", TPSC_LOGIN_USER, "11({1: \"conformance\"})", TPSC_SUCCESS, "11({2: 1})",
     0},
    {"a value is put where there is none", TPSC_LOGIN_USER,
     "10({1: \"conformance\", 2: h'00112233', 4: h''})", TPSC_SUCCESS, "10({4: \"?bytes 8\"})", 0},
    {"and is there", TPSC_LOGIN_USER, "11({1: \"conformance\"})", TPSC_SUCCESS,
     "11({1: h'00112233', 3: 0, 4: \"?bytes 8\"})", 0},
    {"a put that expects none is error 6", TPSC_LOGIN_USER, "10({1: \"conformance\", 2: h'ff', 4: h''})",
     TPSC_SUCCESS, "10({2: 6})", 0},
    {"a put that expects another version is error 6", TPSC_LOGIN_USER,
     "10({1: \"conformance\", 2: h'ff', 4: h'0102030405060708'})", TPSC_SUCCESS, "10({2: 6})", 0},
    {"a delete that names another version is error 6", TPSC_LOGIN_USER,
     "12({1: \"conformance\", 4: h'0102030405060708'})", TPSC_SUCCESS, "12({2: 6})", 0},
    {"so that the value stands", TPSC_LOGIN_USER, "11({1: \"conformance\"})", TPSC_SUCCESS,
     "11({1: h'00112233', 3: 0, 4: \"?bytes 8\"})", 0},
    {"another login does not see it", TPSC_LOGIN_GROUP, "11({1: \"conformance\"})", TPSC_SUCCESS,
     "11({2: 1})", 0},
    {"nor deletes it", TPSC_LOGIN_GROUP, "12({1: \"conformance\"})", TPSC_SUCCESS, "12({2: 1})", 0},
    {"nor tells its size", TPSC_LOGIN_GROUP, "14({1: \"conformance\"})", TPSC_SUCCESS, "14({2: 1})", 0},
    {"it is replaced", TPSC_LOGIN_USER, "10({1: \"conformance\", 2: h'aa'})", TPSC_SUCCESS,
     "10({4: \"?bytes 8\"})", 0},
    {"wholly", TPSC_LOGIN_USER, "11({1: \"conformance\"})", TPSC_SUCCESS,
     "11({1: h'aa', 3: 0, 4: \"?bytes 8\"})", 0},
    {"an empty value is one", TPSC_LOGIN_USER, "10({1: \"conformance\", 2: h''})", TPSC_SUCCESS,
     "10({4: \"?bytes 8\"})", 0},
    {"and its size is told", TPSC_LOGIN_USER, "14({1: \"conformance\"})", TPSC_SUCCESS,
     "14({3: 0, 4: \"?bytes 8\", 5: \"?bytes 16\", 8: 0})", 0},
    {"names are listed", TPSC_LOGIN_USER, "13({})", TPSC_SUCCESS,
     "13({1: \"?array\", 5: \"?bytes 16\", 9: \"?optional bool\"})", 0},
    {"a name of 32 bytes is one", TPSC_LOGIN_USER, "10({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\", 2: h'01'})",
     TPSC_SUCCESS, "10({4: \"?bytes 8\"})", 0},
    {"one of 33 is error 3", TPSC_LOGIN_USER, "10({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\", 2: h'01'})",
     TPSC_SUCCESS, "10({2: 3})", 0},
    {"an empty one is error 3", TPSC_LOGIN_USER, "10({1: \"\", 2: h'01'})", TPSC_SUCCESS, "10({2: 3})", 0},
    {"flags that it has not are refused", TPSC_LOGIN_USER, "10({1: \"conformance\", 2: h'01', 3: 8})",
     TPSC_ERROR_BAD_FORMAT, NULL, 0},
    {"a value that is no byte string is refused", TPSC_LOGIN_USER, "10({1: \"conformance\", 2: \"text\"})",
     TPSC_ERROR_BAD_FORMAT, NULL, 0},
    {"it is deleted", TPSC_LOGIN_USER, "12({1: \"conformance\"})", TPSC_SUCCESS, "12({})", ROW_ONCE},
    {"and is there no more", TPSC_LOGIN_USER, "11({1: \"conformance\"})", TPSC_SUCCESS, "11({2: 1})", 0},
    {"", TPSC_LOGIN_USER, "12({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"what is sealed comes as COSE_Encrypt0", TPSC_LOGIN_USER, "15({2: h'010203'})", TPSC_SUCCESS,
     "15({1: \"?bytes\"})", 0},
    {"what was not sealed here is error 7", TPSC_LOGIN_USER,
     "16({2: h'd08343a10103a1054c000000000000000000000000580100'})", TPSC_SUCCESS, "16({2: 7})", 0},
};

const conformance_service conformance_storage = {
    "sealed storage",
    {{0x34, 0x21, 0x3b, 0xc2, 0x15, 0xa1, 0x5a, 0xf6, 0xac, 0xc3, 0x3d, 0x63, 0x53, 0x63, 0x33, 0x8d}},
    rows,
    sizeof rows / sizeof rows[0],
    storage_further};
