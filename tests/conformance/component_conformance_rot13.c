/* SPDX-License-Identifier: Apache-2.0 */
/* ROT13, as spec/rot13.cddl has it. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"it encrypts its vector", TPSC_LOGIN_PUBLIC, "10({1: \"Thisgoestoeleven\"})", TPSC_SUCCESS,
     "10({1: \"Guvftbrfgbryrira\"})", 0},
    {"and decrypts it", TPSC_LOGIN_PUBLIC, "11({1: \"Guvftbrfgbryrira\"})", TPSC_SUCCESS,
     "11({1: \"Thisgoestoeleven\"})", 0},
    {"a space is error 1", TPSC_LOGIN_PUBLIC, "10({1: \"a b\"})", TPSC_SUCCESS, "10({2: 1})", 0},
    {"a digit is error 2", TPSC_LOGIN_PUBLIC, "10({1: \"a1\"})", TPSC_SUCCESS, "10({2: 2})", 0},
    {"no text is error 3", TPSC_LOGIN_PUBLIC, "10({1: \"\"})", TPSC_SUCCESS, "10({2: 3})", 0},
};

const conformance_service conformance_rot13 = {
    "rot13",
    {{0x87, 0xba, 0xe7, 0x13, 0xb0, 0x8f, 0x5e, 0x28, 0xb9, 0xee, 0x4a, 0xa6, 0xe2, 0x02, 0x44, 0x0e}},
    rows,
    sizeof rows / sizeof rows[0],
    NULL};
