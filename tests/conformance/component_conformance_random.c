/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes, as spec/random.cddl has it. */
#include <string.h>

#include "component_conformance.h"

/** Two answers of 32 bytes are not the same. */
static void random_further(conformance *c)
{
    const TPSC_Session *session = conformance_session(c, TPSC_LOGIN_USER);
    uint8_t first[64] = {0};
    bool good = session != NULL && conformance_ask(c, session, "10({1: 32})", sizeof first) == TPSC_SUCCESS;

    memcpy(first, c->response, sizeof first);
    good = good && conformance_ask(c, session, "10({1: 32})", sizeof first) == TPSC_SUCCESS &&
           memcmp(first, c->response, c->response_size) != 0;
    (void)conformance_line(c, good, "no answer comes twice", NULL);
}

static const conformance_row rows[] = {
    {"one byte", TPSC_LOGIN_PUBLIC, "10({1: 1})", TPSC_SUCCESS, "10({1: \"?bytes 1\"})", 0},
    {"as many as a request may ask for", TPSC_LOGIN_USER, "10({1: 1024})", TPSC_SUCCESS,
     "10({1: \"?bytes 1024\"})", 0},
    {"none is error 1", TPSC_LOGIN_USER, "10({1: 0})", TPSC_SUCCESS, "10({2: 1})", 0},
    {"too many is error 1", TPSC_LOGIN_USER, "10({1: 1025})", TPSC_SUCCESS, "10({2: 1})", 0},
    {"a number that is none is refused", TPSC_LOGIN_USER, "10({1: -1})", TPSC_ERROR_BAD_FORMAT, NULL, 0},
    {"a member that it has not is refused", TPSC_LOGIN_USER, "10({1: 8, 2: 0})", TPSC_ERROR_BAD_FORMAT, NULL,
     0},
};

const conformance_service conformance_random = {
    "random",
    {{0x2b, 0x8c, 0xe8, 0x5b, 0xdc, 0xb5, 0x52, 0x61, 0xae, 0x8d, 0x53, 0x42, 0xf1, 0x6e, 0x0e, 0x8e}},
    rows,
    sizeof rows / sizeof rows[0],
    random_further};
