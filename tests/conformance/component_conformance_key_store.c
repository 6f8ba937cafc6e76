/* SPDX-License-Identifier: Apache-2.0 */
/* The key store, as spec/key-store.cddl has it. */
#include "component_conformance.h"
#include "tps/cbor.h"

/** What its features do not list is error 7. */
static void others_are_not_made(conformance *c)
{
    const TPSC_Session *session = conformance_session(c, TPSC_LOGIN_USER);
    bool good = session != NULL;

    for (uint64_t kind = 0; good && kind < sizeof c->kinds; kind++) {
        tps_cbor_writer w = tps_cbor_writer_init(TPS_BUF_OF(c->request));

        tps_cbor_put_tag(&w, 10);
        tps_cbor_put_map(&w, 2);
        tps_cbor_put_uint(&w, 1);
        tps_cbor_put_text(&w, "conf-none");
        tps_cbor_put_uint(&w, 5);
        tps_cbor_put_uint(&w, kind);
        good = c->kinds[kind] ||
               (conformance_send(c, session, c->request, w.size, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
                conformance_matches(c, "10({2: 7})"));
    }
    (void)conformance_line(c, good, "a kind that GetFeatures does not list is error 7", NULL);
}

/** What a provider's key is, no other has; and what is wrapped for the component comes in. */
static void key_store_further(conformance *c)
{
    conformance_isolation(c, "10({1: \"conformance-own\"})", "11({1: \"conformance-own\", 4: h'00'})",
                          "11({1: \"?bytes 64\"})", "11({2: 1})", "14({1: \"conformance-own\"})");
    others_are_not_made(c);
    conformance_import(c);
}

static const conformance_row rows[] = {
    {"", TPSC_LOGIN_USER, "14({1: \"conformance\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-p384\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-ed\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-ecdh\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-aes\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-hmac\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-hkdf\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-once\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-import\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-derived\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"a key that is not there is error 1", TPSC_LOGIN_USER, "12({1: \"conformance\"})", TPSC_SUCCESS,
     "12({2: 1})", 0},
    {"a key is made", TPSC_LOGIN_USER, "10({1: \"conformance\"})", TPSC_SUCCESS,
     "10({1: {1: 2, -1: 1, -2: \"?bytes 32\", -3: \"?bytes 32\"}, 3: \"?bytes\"})", 0},
    {"its name is taken", TPSC_LOGIN_USER, "10({1: \"conformance\"})", TPSC_SUCCESS, "10({2: 2})", 0},
    {"its public key is told", TPSC_LOGIN_USER, "12({1: \"conformance\"})", TPSC_SUCCESS,
     "12({1: {1: 2, -1: 1, -2: \"?bytes 32\", -3: \"?bytes 32\"}, 3: \"?bytes\"})", 0},
    {"it signs a digest", TPSC_LOGIN_USER,
     "11({1: \"conformance\", 3: h'0000000000000000000000000000000000000000000000000000000000000000'})",
     TPSC_SUCCESS, "11({1: \"?bytes 64\"})", 0},
    {"and a message", TPSC_LOGIN_USER, "11({1: \"conformance\", 4: h'00'})", TPSC_SUCCESS,
     "11({1: \"?bytes 64\"})", 0},
    {"not a digest of another size", TPSC_LOGIN_USER, "11({1: \"conformance\", 3: h'00'})", TPSC_SUCCESS,
     "11({2: 10})", 0},
    {"nor a digest and a message", TPSC_LOGIN_USER,
     "11({1: \"conformance\", 3: h'0000000000000000000000000000000000000000000000000000000000000000', 4: h'00'})",
     TPSC_SUCCESS, "11({2: 10})", 0},
    {"it does not encrypt", TPSC_LOGIN_USER, "21({1: \"conformance\", 4: h'00'})", TPSC_SUCCESS, "21({2: 6})",
     0},
    {"it is described, and cannot be exported", TPSC_LOGIN_USER, "15({1: \"conformance\"})", TPSC_SUCCESS,
     "15({1: {1: \"conformance\", 2: false, 5: 1, 6: [1], 7: 1, 8: false, 19: 1, 21: false, \"?more\": 0}})",
     0},
    {"keys are listed", TPSC_LOGIN_USER, "13({})", TPSC_SUCCESS, "13({1: \"?array\", \"?more\": 0})", 0},
    {"another login does not see it", TPSC_LOGIN_GROUP, "12({1: \"conformance\"})", TPSC_SUCCESS,
     "12({2: 1})", 0},
    {"nor signs with it", TPSC_LOGIN_GROUP,
     "11({1: \"conformance\", 3: h'0000000000000000000000000000000000000000000000000000000000000000'})",
     TPSC_SUCCESS, "11({2: 1})", 0},
    {"nor destroys it", TPSC_LOGIN_GROUP, "14({1: \"conformance\"})", TPSC_SUCCESS, "14({2: 1})", 0},
    {"an empty name is error 4", TPSC_LOGIN_USER, "10({1: \"\"})", TPSC_SUCCESS, "10({2: 4})", 0},
    {"a name of 33 bytes is error 4", TPSC_LOGIN_USER, "10({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"})",
     TPSC_SUCCESS, "10({2: 4})", 0},
    {"a kind that is none is error 7", TPSC_LOGIN_USER,
     "10({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\", 5: 99})", TPSC_SUCCESS, "10({2: 7})", 0},
    {"usages that the kind has not are error 8", TPSC_LOGIN_USER,
     "10({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\", 5: 1, 6: [3]})", TPSC_SUCCESS, "10({2: 8})", 0},
    {"a P-384 key signs", TPSC_LOGIN_USER, "10({1: \"conf-p384\", 5: 2})", TPSC_SUCCESS,
     "10({1: {1: 2, -1: 2, -2: \"?bytes 48\", -3: \"?bytes 48\"}, 3: \"?bytes\"})", ROW_NEEDS(2)},
    {"96 bytes", TPSC_LOGIN_USER, "11({1: \"conf-p384\", 4: h'00'})", TPSC_SUCCESS, "11({1: \"?bytes 96\"})",
     ROW_NEEDS(2)},
    {"an HMAC key is made, and nothing of it is told", TPSC_LOGIN_USER, "10({1: \"conf-hmac\", 5: 8})",
     TPSC_SUCCESS, "10({})", 0},
    {"and authenticates", TPSC_LOGIN_USER, "19({1: \"conf-hmac\", 4: h'0102'})", TPSC_SUCCESS,
     "19({1: \"?bytes 32\"})", 0},
    {"a MAC that is not right is false", TPSC_LOGIN_USER,
     "20({1: \"conf-hmac\", 4: h'0102', 17: h'0000000000000000000000000000000000000000000000000000000000000000'})",
     TPSC_SUCCESS, "20({1: false})", 0},
    {"an AES key is made in memory", TPSC_LOGIN_USER, "10({1: \"conf-aes\", 5: 7, 7: 2})", TPSC_SUCCESS,
     "10({})", 0},
    {"and encrypts under a nonce of the component", TPSC_LOGIN_USER, "21({1: \"conf-aes\", 4: h'010203'})",
     TPSC_SUCCESS, "21({1: \"?bytes 19\", 16: \"?bytes 12\"})", 0},
    {"what was changed is not decrypted", TPSC_LOGIN_USER,
     "22({1: \"conf-aes\", 4: h'00000000000000000000000000000000000000', 16: h'000000000000000000000000'})",
     TPSC_SUCCESS, "22({2: 13})", 0},
    {"a key to agree is made", TPSC_LOGIN_USER, "10({1: \"conf-ecdh\", 5: 4})", TPSC_SUCCESS,
     "10({1: {1: 2, -1: 1, -2: \"?bytes 32\", -3: \"?bytes 32\"}, 3: \"?bytes\"})", 0},
    {"a point that is not on the curve is error 12", TPSC_LOGIN_USER,
     "18({1: \"conf-derived\", 7: 2, 10: \"conf-ecdh\", 12: {1: 2, -1: 1, -2: h'0000000000000000000000000000000000000000000000000000000000000000', -3: h'0000000000000000000000000000000000000000000000000000000000000000'}})",
     TPSC_SUCCESS, "18({2: 12})", 0},
    {"a secret to derive from is made", TPSC_LOGIN_USER, "10({1: \"conf-hkdf\", 5: 11})", TPSC_SUCCESS,
     "10({})", 0},
    {"and a key derived", TPSC_LOGIN_USER,
     "17({1: \"conf-derived\", 5: 8, 7: 2, 10: \"conf-hkdf\", 14: h'01'})", TPSC_SUCCESS, "17({})", 0},
    {"a key that may be used once", TPSC_LOGIN_USER, "10({1: \"conf-once\", 9: 1})", TPSC_SUCCESS,
     "10({1: {1: 2, -1: 1, -2: \"?bytes 32\", -3: \"?bytes 32\"}, 3: \"?bytes\"})", 0},
    {"is used", TPSC_LOGIN_USER, "11({1: \"conf-once\", 4: h'00'})", TPSC_SUCCESS, "11({1: \"?bytes 64\"})",
     0},
    {"once", TPSC_LOGIN_USER, "11({1: \"conf-once\", 4: h'00'})", TPSC_SUCCESS, "11({2: 9})", 0},
    {"a key to import with is made", TPSC_LOGIN_USER, "10({1: \"conf-import\", 5: 12})", TPSC_SUCCESS,
     "10({1: {1: 2, -1: 1, -2: \"?bytes 32\", -3: \"?bytes 32\"}, 3: \"?bytes\"})", 0},
    {"what was not wrapped to it is error 11", TPSC_LOGIN_USER,
     "16({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\", 5: 6, 10: \"conf-import\", 11: h'00'})", TPSC_SUCCESS,
     "16({2: 11})", 0},
    {"it is destroyed", TPSC_LOGIN_USER, "14({1: \"conformance\"})", TPSC_SUCCESS, "14({})", 0},
    {"and is there no more", TPSC_LOGIN_USER, "12({1: \"conformance\"})", TPSC_SUCCESS, "12({2: 1})", 0},
    {"", TPSC_LOGIN_USER, "14({1: \"conformance\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-p384\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-ed\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-ecdh\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-aes\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-hmac\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-hkdf\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-once\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-import\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"conf-derived\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER, "14({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
};

const conformance_service conformance_key_store = {
    "key store",
    {{0xc7, 0x94, 0xf8, 0xa8, 0x52, 0xe1, 0x57, 0x84, 0xb3, 0x41, 0x8d, 0xd1, 0xc9, 0x40, 0xd3, 0xa5}},
    rows,
    sizeof rows / sizeof rows[0],
    key_store_further};
