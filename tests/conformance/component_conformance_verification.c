/* SPDX-License-Identifier: Apache-2.0 */
/* Verification, as spec/verification.cddl has it. */
#include "component_conformance.h"

/* A signature over "conformance" that Python's cryptography made, under a key that is thrown away. */
#define X      "aa18800d2997c225a71829472a56ba634ebb59c99c438e382ccaa623d5b941e9"
#define Y      "462bb254a3efac9043c80369611e8c57fa06a56a9e949776556174c7a41ee4f5"
#define KEY_ID "022f17cc677dce8da7b42345f007f051a9a57aa747b4bc94f6ba1317cc9c247a"
#define R_AND_S                                                        \
    "0cd957fee238c4affa15b79c183614c013880a7bbd5fa51963ed64ee3ae02168" \
    "c390d230990b5e1f6aac40d396858bba4f7e5b3477c604c36246ea45c942c6e6"

/** What the key of a role signed is verified, and says by whom; nothing else is. */
static void verification_further(conformance *c)
{
    static const char remove[] = "13({1: 3, 2: h'" KEY_ID "'})";
    const TPSC_Session *session = conformance_session(c, TPSC_LOGIN_USER);
    uint32_t result = TPSC_ERROR_GENERIC;
    bool good;

    if (session != NULL) {
        result = conformance_ask(
            c, session, "12({1: 3, 2: {1: 2, -1: 1, -2: h'" X "', -3: h'" Y "'}, 3: \"conformance\"})",
            CONFORMANCE_ROOM);
    }
    if (result == TPSC_ERROR_ACCESS_DENIED) {
        conformance_skip(c, "what a key signed is verified",
                         "this login does not speak for the device's owner");
        return;
    }
    good = result == TPSC_SUCCESS && conformance_matches(c, "12({1: h'" KEY_ID "'})");
    (void)conformance_line(c, good, "a key is registered under the digest of its SubjectPublicKeyInfo", NULL);
    good = good &&
           conformance_ask(c, session, "10({1: 3, 2: -9, 4: 'conformance', 5: h'" R_AND_S "'})",
                           CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, "10({1: h'" KEY_ID "', 3: \"conformance\"})");
    (void)conformance_line(c, good, "what a key signed is verified, and says by whom", NULL);
    good = good &&
           conformance_ask(c, session, "10({1: 3, 2: -9, 4: 'conformancf', 5: h'" R_AND_S "'})",
                           CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, "10({2: 2})");
    (void)conformance_line(c, good, "another message under that signature is error 2", NULL);
    good = good && conformance_ask(c, session, remove, CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, "13({})");
    (void)conformance_line(c, good, "the key is removed", NULL);
    good = good &&
           conformance_ask(c, session, "10({1: 3, 2: -9, 4: 'conformance', 5: h'" R_AND_S "'})",
                           CONFORMANCE_ROOM) == TPSC_SUCCESS &&
           conformance_matches(c, "10({2: \"?uint\"})");
    (void)conformance_line(c, good, "and verifies nothing any more", NULL);
}

static const conformance_row rows[] = {
    {"", TPSC_LOGIN_USER, "13({1: 3, 2: h'" KEY_ID "'})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_USER,
     "13({1: 3, 2: h'0000000000000000000000000000000000000000000000000000000000000000'})", TPSC_SUCCESS, NULL,
     ROW_PREPARES},
    {"the keys of all roles are listed", TPSC_LOGIN_USER, "11({})", TPSC_SUCCESS, "11({1: \"?array\"})", 0},
    {"a signature that no key made is refused by name", TPSC_LOGIN_USER,
     "10({1: 1, 2: -9, 3: h'0000000000000000000000000000000000000000000000000000000000000000', 5: h'01010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101'})",
     TPSC_SUCCESS, "10({2: \"?uint\"})", 0},
    {"a key that the role has not is error 1", TPSC_LOGIN_USER,
     "10({1: 1, 2: -9, 3: h'0000000000000000000000000000000000000000000000000000000000000000', 5: h'01010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101', 6: h'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee'})",
     TPSC_SUCCESS, "10({2: 1})", 0},
    {"a message that is no COSE_Sign1 is error 4", TPSC_LOGIN_USER, "10({1: 1, 7: h'00'})", TPSC_SUCCESS,
     "10({2: 4})", 0},
    {"no key is registered for the release role", TPSC_LOGIN_USER, "12({1: 1, 2: {1: 2}, 3: \"x\"})",
     TPSC_ERROR_BAD_FORMAT, NULL, ROW_MAY_BE_DENIED},
    {"what is no public key is error 4", TPSC_LOGIN_USER, "12({1: 3, 2: {1: 2}, 3: \"conformance\"})",
     TPSC_SUCCESS, "12({2: 4})", ROW_MAY_BE_DENIED},
    {"a key that is not there is not removed", TPSC_LOGIN_USER,
     "13({1: 3, 2: h'0000000000000000000000000000000000000000000000000000000000000000'})", TPSC_SUCCESS,
     "13({2: 1})", ROW_MAY_BE_DENIED},
};

const conformance_service conformance_verification = {
    "verification",
    {{0x51, 0xbb, 0xdb, 0xcb, 0x22, 0x64, 0x51, 0x9e, 0x8e, 0xd2, 0x07, 0x5f, 0x40, 0x24, 0x68, 0x73}},
    rows,
    sizeof rows / sizeof rows[0],
    verification_further};
