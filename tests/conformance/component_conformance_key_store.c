/* SPDX-License-Identifier: Apache-2.0 */
/* The key store, as spec/key-store.cddl has it. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"", TPSC_LOGIN_USER, "14({1: \"conformance\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
    {"", TPSC_LOGIN_GROUP, "14({1: \"conformance\"})", TPSC_SUCCESS, NULL, ROW_PREPARES},
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
    {"another login does not see it", TPSC_LOGIN_GROUP, "12({1: \"conformance\"})", TPSC_SUCCESS,
     "12({2: 1})", 0},
    {"nor signs with it", TPSC_LOGIN_GROUP,
     "11({1: \"conformance\", 3: h'0000000000000000000000000000000000000000000000000000000000000000'})",
     TPSC_SUCCESS, "11({2: 1})", 0},
    {"nor destroys it", TPSC_LOGIN_GROUP, "14({1: \"conformance\"})", TPSC_SUCCESS, "14({2: 1})", 0},
    {"an empty name is error 4", TPSC_LOGIN_USER, "10({1: \"\"})", TPSC_SUCCESS, "10({2: 4})", 0},
    {"a name of 33 bytes is error 4", TPSC_LOGIN_USER, "10({1: \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"})",
     TPSC_SUCCESS, "10({2: 4})", 0},
    {"it is destroyed", TPSC_LOGIN_USER, "14({1: \"conformance\"})", TPSC_SUCCESS, "14({})", ROW_ONCE},
    {"and is there no more", TPSC_LOGIN_USER, "12({1: \"conformance\"})", TPSC_SUCCESS, "12({2: 1})", 0},
};

const conformance_service conformance_key_store = {
    "key store",
    {{0xc7, 0x94, 0xf8, 0xa8, 0x52, 0xe1, 0x57, 0x84, 0xb3, 0x41, 0x8d, 0xd1, 0xc9, 0x40, 0xd3, 0xa5}},
    rows,
    sizeof rows / sizeof rows[0],
    NULL};
