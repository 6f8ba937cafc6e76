/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a policy: the first bytes are set before it, so that most inputs get beyond the declaration.
 * Whatever it is, the check ends, within its bounds, and says what is wrong; what is taken judges.
 */
#include <stdlib.h>
#include <string.h>

#include "tps/policy.h"

#define HEAD "policy { name = \"fuzz\", version = \"1\" } "

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(tps_span text)
{
    tps_policy_description description = {.steps = 0};
    tps_policy_problem problem = {.line = 0};
    tps_status status = tps_policy_check(text, &description, &problem);

    switch (status) {
    case TPS_OK:
        if (description.id[0] == '\0' || description.room > TPS_POLICY_ROOM ||
            description.steps > TPS_POLICY_STEPS_MAX) {
            abort();
        }
        break;
    case TPS_VERIFIER_POLICY_INVALID:
        if (problem.text[0] == '\0' || strpbrk(problem.text, "\x1b\n\r\x7f") != NULL) {
            abort();
        }
        break;
    default:
        if (status != TPS_TOO_LARGE) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t head = sizeof HEAD - 1;
    uint8_t *text = malloc(head + size);

    if (text == NULL) {
        return 0;
    }
    memcpy(text, HEAD, head);
    memcpy(text + head, data, size);
    check(tps_span_make(text, head + size));
    check(tps_span_make(text + head, size));
    free(text);
    return 0;
}
