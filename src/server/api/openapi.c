/* SPDX-License-Identifier: Apache-2.0 */
/* The description of the interfaces, spec/openapi.json, as it was when the program was built. */
#include "server/api/openapi_text.h"

#include "server/api/answer.h"

void tps_handle_openapi(const tps_call *call)
{
    static const tps_http_answer_field cache = {"Cache-Control", "max-age=300"};

    tps_http_answer(call->exchange, &(tps_http_answer_message){.status = 200,
                                                               .type = "application/openapi+json",
                                                               .body = {tps_openapi_text, tps_openapi_size},
                                                               .fields = &cache,
                                                               .field_count = 1});
}
