/* SPDX-License-Identifier: Apache-2.0 */
/* Identification, as spec/identification.cddl has it. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"the class is told to anybody", TPSC_LOGIN_PUBLIC, "10({})", TPSC_SUCCESS,
     "10({1: \"?text\", 2: \"?text\", 3: \"?bytes\", 4: \"?bytes 32\", 5: \"?text\", 6: \"?text\", 7: \"?bool\", 8: \"?array\", \"?more\": 0})",
     0},
    {"and to a user in the same words", TPSC_LOGIN_USER, "10({})", TPSC_SUCCESS,
     "10({1: \"?text\", 2: \"?text\", 3: \"?bytes\", 4: \"?bytes 32\", 5: \"?text\", 6: \"?text\", 7: \"?bool\", 8: \"?array\", \"?more\": 0})",
     0},
    {"the instance is told to who is named", TPSC_LOGIN_USER, "11({})", TPSC_SUCCESS,
     "11({1: \"?bytes 33\", 2: \"?text\", 3: \"?bytes 16\", 4: \"?uint\", 5: \"?uint\", \"?more\": 0})", 0},
    {"a group is named", TPSC_LOGIN_GROUP, "11({})", TPSC_SUCCESS,
     "11({1: \"?bytes 33\", 2: \"?text\", 3: \"?bytes 16\", 4: \"?uint\", 5: \"?uint\", \"?more\": 0})", 0},
    {"and to nobody else", TPSC_LOGIN_PUBLIC, "11({})", TPSC_ERROR_ACCESS_DENIED, NULL, 0},
    {"a member that it has not is refused", TPSC_LOGIN_USER, "11({1: 0})", TPSC_ERROR_BAD_FORMAT, NULL, 0},
};

const conformance_service conformance_identification = {
    "identification",
    {{0xf8, 0xff, 0x7c, 0x01, 0x5a, 0xb8, 0x57, 0x1c, 0xa6, 0x36, 0x01, 0x4b, 0xc8, 0x51, 0x14, 0x11}},
    rows,
    sizeof rows / sizeof rows[0],
    NULL};
