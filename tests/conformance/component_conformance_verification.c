/* SPDX-License-Identifier: Apache-2.0 */
/* Verification, as spec/verification.cddl has it. The key that is registered is the example of RFC 9052,
 * C.7.1. */
#include "component_conformance.h"

static const conformance_row rows[] = {
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
    NULL};
