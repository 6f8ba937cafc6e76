/* SPDX-License-Identifier: Apache-2.0 */
/* A device whose vault is not open answers, and says why it keeps nothing: what needs the vault is skipped
 * then, with that reason, and the rest is tested. The errors are those of spec/sealed-storage.cddl; services
 * without one for it fail with TPSC_ERROR_GENERIC. */
#include "component_conformance.h"

extern const conformance_service conformance_storage;

static const struct {
    uint8_t error;
    const char *reason;
} reasons[] = {
    {17, "the vault is not open: it was changed, or cannot be read"},
    {18, "the vault is not open: it is older than its counter"},
    {19, "the vault is not open: code of a higher security counter wrote it"},
    {21, "the vault is not open: the platform's storage failed"},
    {22, "the vault is not open: it belongs to another mode of the lifecycle"},
};

/** The error in an answer {2: error}; 0 if it is none. */
static uint8_t error_of(const conformance *c)
{
    const uint8_t *answer = c->response;

    return c->response_size == 4 && answer[1] == 0xa1 && answer[2] == 2 && answer[3] < 24 ? answer[3] : 0;
}

void conformance_vault(conformance *c)
{
    TPSC_Session session;
    uint32_t result;

    if (!conformance_select(c, &conformance_storage) ||
        conformance_open(c, TPSC_LOGIN_USER, &session) != TPSC_SUCCESS) {
        return;
    }
    result = conformance_ask(c, &session, "13({})", CONFORMANCE_ROOM);
    if (result == TPSC_ERROR_GENERIC) {
        c->closed = "the vault is not open";
    }
    for (size_t i = 0; result == TPSC_SUCCESS && i < sizeof reasons / sizeof reasons[0]; i++) {
        if (error_of(c) == reasons[i].error) {
            c->closed = reasons[i].reason;
            c->closed_error = reasons[i].error;
        }
    }
    if (c->closed != NULL) {
        conformance_say(c, "# ");
        conformance_say(c, c->closed);
        conformance_say(c, ": its log says more\n");
    }
    (void)TPSC_CloseSession(&session);
}

bool conformance_is_closed(const conformance *c, uint32_t result)
{
    return c->closed != NULL &&
           (result == TPSC_ERROR_GENERIC ||
            (result == TPSC_SUCCESS && c->closed_error != 0 && error_of(c) == c->closed_error));
}
