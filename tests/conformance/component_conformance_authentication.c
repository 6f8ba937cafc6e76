/* SPDX-License-Identifier: Apache-2.0 */
/* Device authentication, as spec/authentication.cddl has it, in a session that is bound to no provider. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"a challenge is given", TPSC_LOGIN_USER, "10({})", TPSC_SUCCESS, "10({1: \"?bytes 32\"})", 0},
    {"the device proves itself", TPSC_LOGIN_USER,
     "11({1: h'1111111111111111111111111111111111111111111111111111111111111111', 2: \"conformance\"})",
     TPSC_SUCCESS, "11({1: \"?bytes\"})", ROW_MAY_BE_DENIED},
    {"a challenge of 15 bytes is refused", TPSC_LOGIN_USER,
     "11({1: h'111111111111111111111111111111', 2: \"conformance\"})", TPSC_ERROR_BAD_FORMAT, NULL,
     ROW_MAY_BE_DENIED},
    {"a proof without a purpose is refused", TPSC_LOGIN_USER,
     "11({1: h'1111111111111111111111111111111111111111111111111111111111111111'})", TPSC_ERROR_BAD_FORMAT,
     NULL, ROW_MAY_BE_DENIED},
    {"the key is told", TPSC_LOGIN_USER, "13({})", TPSC_SUCCESS,
     "13({1: {1: 2, -1: 1, -2: \"?bytes 32\", -3: \"?bytes 32\"}, 3: \"?bytes\"})", ROW_MAY_BE_DENIED},
};

const conformance_service conformance_authentication = {
    "authentication",
    {{0xe2, 0x8c, 0xd9, 0x23, 0x11, 0x65, 0x5a, 0x7b, 0xa3, 0x25, 0x41, 0x23, 0xb2, 0x31, 0xbb, 0x96}},
    rows,
    sizeof rows / sizeof rows[0],
    NULL};
