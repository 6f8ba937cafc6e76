/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of every status, from the one table in status.h; and how a failure is told. */
#include "tps/status.h"

typedef struct {
    tps_status status;
    const char *name;
    const char *cause;
    const char *next_step;
} status_text;

static const status_text texts[] = {{TPS_OK, "TPS_OK", "it worked", "nothing to do"},
#define STATUS_TEXT(name, layer, code, cause, next) {TPS_##name, "TPS_" #name, cause, next},
                                    TPS_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
};

static const status_text unknown = {0, "TPS_UNKNOWN", "an unknown status", "report this"};

static const status_text *find(tps_status status)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].status == status) {
            return &texts[i];
        }
    }
    return &unknown;
}

const char *tps_status_name(tps_status status)
{
    return find(status)->name;
}

const char *tps_status_cause(tps_status status)
{
    return find(status)->cause;
}

const char *tps_status_next_step(tps_status status)
{
    return find(status)->next_step;
}

#if !defined(TPS_WITHOUT_DETAIL) && !defined(__clang_analyzer__)
/* Called at hundreds of places: in line, it would be half a kilobyte of a chip's code. */
tps_status tps_fail(tps_error *why, tps_status status, size_t offset, const char *detail)
{
    if (why != NULL) {
        why->status = status;
        why->offset = offset;
        why->detail = detail;
    }
    return status;
}
#endif
