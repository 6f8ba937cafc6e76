/* SPDX-License-Identifier: Apache-2.0 */
/* Measurement, as spec/measurement.cddl has it. Registers are not extended: they would stay so until the next
 * start, and who reads evidence would see it. */
#include "component_conformance.h"

static const conformance_row rows[] = {
    {"the images that run, and the boot digest", TPSC_LOGIN_USER, "10({})", TPSC_SUCCESS,
     "10({1: \"?array\", 2: \"?optional uint\", 3: \"?bytes 32\"})", 0},
    {"the registers are read", TPSC_LOGIN_USER, "12({})", TPSC_SUCCESS, "12({1: \"?array\"})", 0},
    {"the log of a register that is not there is error 1", TPSC_LOGIN_USER, "13({1: 65535})", TPSC_SUCCESS,
     "13({2: 1})", 0},
    {"an extension without a digest is refused", TPSC_LOGIN_USER, "11({1: 0})", TPSC_ERROR_BAD_FORMAT, NULL,
     0},
    {"one by a digest of the wrong size is error 2, or denied", TPSC_LOGIN_USER, "11({1: 0, 2: h'00'})",
     TPSC_SUCCESS, "11({2: 2})", ROW_MAY_BE_DENIED},
};

const conformance_service conformance_measurement = {
    "measurement",
    {{0x13, 0x8b, 0x2f, 0x98, 0xe7, 0x69, 0x58, 0xd1, 0xa8, 0x65, 0x00, 0x5e, 0x37, 0xa6, 0xa9, 0x03}},
    rows,
    sizeof rows / sizeof rows[0],
    NULL};
