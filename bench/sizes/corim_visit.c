/* SPDX-License-Identifier: Apache-2.0 */
/* A CoRIM decoded and visited by somebody who wants its reference values, and is told of all else. */
#include "caller.h"
#include "tps/corim.h"

PROVIDED tps_corim corim;
PROVIDED uint32_t sizes_seen;

static tps_status take_reference(void *context, const tps_corim_environment *environment,
                                 const tps_corim_measurement *measurement)
{
    (void)context;
    sizes_seen += environment->class_id.kind + (uint32_t)measurement->digests.count;
    return TPS_OK;
}

static tps_status refuse(void *context, const char *name)
{
    (void)context;
    (void)name;
    return TPS_CORIM_UNSUPPORTED;
}

tps_status sizes_entry(void)
{
    static const tps_corim_visitor visitor = {.reference_value = take_reference, .unsupported = refuse};
    tps_error why;

    TPS_TRY(tps_corim_decode(sizes_input, &corim, &why));
    return tps_corim_visit(&corim, &visitor, &why);
}
