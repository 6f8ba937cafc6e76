/* SPDX-License-Identifier: Apache-2.0 */
/* Attestation, as spec/attestation.cddl has it, in sessions that are bound to no provider. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"a PSA token is made", TPSC_LOGIN_USER,
     "10({1: 1, 2: h'0000000000000000000000000000000000000000000000000000000000000000'})", TPSC_SUCCESS,
     "10({1: \"?bytes\"})", 0},
    {"and evidence of the opentps profile", TPSC_LOGIN_USER, "10({1: 2, 2: h'0102030405060708'})",
     TPSC_SUCCESS, "10({1: \"?bytes\"})", 0},
    {"a profile that is not known is error 1", TPSC_LOGIN_USER,
     "10({1: 99, 2: h'0000000000000000000000000000000000000000000000000000000000000000'})", TPSC_SUCCESS,
     "10({2: 1})", 0},
    {"a nonce of seven bytes is error 2", TPSC_LOGIN_USER, "10({1: 2, 2: h'01020304050607'})", TPSC_SUCCESS,
     "10({2: 2})", 0},
    {"a PSA nonce of 33 bytes is error 2", TPSC_LOGIN_USER,
     "10({1: 1, 2: h'000000000000000000000000000000000000000000000000000000000000000000'})", TPSC_SUCCESS,
     "10({2: 2})", 0},
    {"the key is told", TPSC_LOGIN_USER, "11({})", TPSC_SUCCESS,
     "11({1: {1: 2, -1: 1, -2: \"?bytes 32\", -3: \"?bytes 32\"}, 2: \"?bytes\", 3: \"?bytes 33\"})", 0},
    {"and its certificates", TPSC_LOGIN_USER, "12({})", TPSC_SUCCESS, "12({1: \"?array\", \"?more\": 0})", 0},
};

const conformance_service conformance_attestation = {
    "attestation",
    {{0xd4, 0x12, 0xf0, 0xc7, 0x5d, 0x50, 0x5a, 0x44, 0x85, 0x41, 0xe6, 0xd9, 0x8d, 0x18, 0xcc, 0x3b}},
    rows,
    sizeof rows / sizeof rows[0],
    NULL};
