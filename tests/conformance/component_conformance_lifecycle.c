/* SPDX-License-Identifier: Apache-2.0 */
/* Lifecycle, as spec/lifecycle.cddl has it; no step is taken. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"the state is told to anybody", TPSC_LOGIN_PUBLIC, "10({})", TPSC_SUCCESS,
     "10({1: \"?uint\", 3: \"?uint\"})", 0},
    {"and to who is named", TPSC_LOGIN_USER, "10({})", TPSC_SUCCESS, "10({1: \"?uint\", 3: \"?uint\"})", 0},
    {"a step is prepared by who owns the device", TPSC_LOGIN_USER, "11({1: 5})", TPSC_SUCCESS,
     "11({1: \"?bytes 32\"})", ROW_MAY_BE_DENIED},
    {"not by the public", TPSC_LOGIN_PUBLIC, "11({1: 5})", TPSC_ERROR_ACCESS_DENIED, NULL, 0},
    {"a confirmation that is not right is error 2", TPSC_LOGIN_USER,
     "12({1: 5, 2: h'0000000000000000000000000000000000000000000000000000000000000000', 3: h'0000000000000000000000000000000000000000000000000000000000000000'})",
     TPSC_SUCCESS, "12({2: 2})", ROW_MAY_BE_DENIED},
    {"and is not taken from the public", TPSC_LOGIN_PUBLIC,
     "12({1: 5, 2: h'0000000000000000000000000000000000000000000000000000000000000000', 3: h'0000000000000000000000000000000000000000000000000000000000000000'})",
     TPSC_ERROR_ACCESS_DENIED, NULL, 0},
    {"nothing is stepped that was not prepared", TPSC_LOGIN_USER,
     "12({1: 4, 2: h'0000000000000000000000000000000000000000000000000000000000000000', 3: h'0000000000000000000000000000000000000000000000000000000000000000'})",
     TPSC_SUCCESS, "12({2: 2})", ROW_MAY_BE_DENIED},
    {"a step that is none is refused", TPSC_LOGIN_USER, "11({1: 99})", TPSC_ERROR_BAD_FORMAT, NULL,
     ROW_MAY_BE_DENIED},
};

const conformance_service conformance_lifecycle = {
    "lifecycle",
    {{0xa3, 0xdc, 0xe4, 0x4b, 0x99, 0xe0, 0x5c, 0x3c, 0x97, 0xfe, 0x57, 0x8f, 0x19, 0x21, 0xcb, 0xd9}},
    rows,
    sizeof rows / sizeof rows[0],
    NULL};
