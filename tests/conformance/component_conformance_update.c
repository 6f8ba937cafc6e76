/* SPDX-License-Identifier: Apache-2.0 */
/* Update authorisation, as spec/update.cddl has it. What needs a release key is in
 * component_conformance_release.c. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"what is no manifest is error 1", TPSC_LOGIN_USER, "10({1: h'00'})", TPSC_SUCCESS, "10({2: 1})", 0},
    {"nothing begins with it", TPSC_LOGIN_USER, "11({1: h'00'})", TPSC_SUCCESS, "11({2: 1})",
     ROW_MAY_BE_DENIED},
    {"a chunk of nothing is error 12", TPSC_LOGIN_USER, "12({1: 0, 2: h'00'})", TPSC_SUCCESS, "12({2: 12})",
     ROW_MAY_BE_DENIED},
    {"nothing is finished", TPSC_LOGIN_USER, "13({})", TPSC_SUCCESS, "13({2: 12})", ROW_MAY_BE_DENIED},
    {"nothing is staged", TPSC_LOGIN_USER, "14({})", TPSC_SUCCESS, "14({2: 12})", ROW_MAY_BE_DENIED},
    {"what is staged is told", TPSC_LOGIN_USER, "15({})", TPSC_SUCCESS, "15({1: \"?array\"})", 0},
    {"an image that is not staged is not cancelled", TPSC_LOGIN_USER, "16({1: \"conformance\"})",
     TPSC_SUCCESS, "16({2: 14})", ROW_MAY_BE_DENIED},
    {"the policy is told", TPSC_LOGIN_USER, "18({})", TPSC_SUCCESS, "18({1: \"?bool\", 3: \"?array\"})", 0},
    {"a group may ask, too", TPSC_LOGIN_GROUP, "18({})", TPSC_SUCCESS, "18({1: \"?bool\", 3: \"?array\"})",
     0},
    {"a policy with five signers is refused", TPSC_LOGIN_USER,
     "17({1: false, 3: [h'0000000000000000000000000000000000000000000000000000000000000000', h'0000000000000000000000000000000000000000000000000000000000000000', h'0000000000000000000000000000000000000000000000000000000000000000', h'0000000000000000000000000000000000000000000000000000000000000000', h'0000000000000000000000000000000000000000000000000000000000000000']})",
     TPSC_ERROR_BAD_FORMAT, NULL, ROW_MAY_BE_DENIED},
};

const conformance_service conformance_update = {
    "update",
    {{0xce, 0xea, 0xfe, 0xdb, 0x44, 0xe0, 0x57, 0x9a, 0xb0, 0xf7, 0xad, 0xfc, 0x1a, 0xff, 0xde, 0xe7}},
    rows,
    sizeof rows / sizeof rows[0],
    conformance_release};
