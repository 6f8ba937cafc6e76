/* SPDX-License-Identifier: Apache-2.0 */
/* GET /metrics. Who may see them is dispatch's business: they name all tenants. */
#include <stdlib.h>

#include "server/api/handlers.h"
#include "server/operation/log.h"
#include "server/operation/metrics.h"

void tps_handle_metrics(const tps_call *call)
{
    const tps_span *accept = tps_http_request_field(call->request, "Accept");
    bool open = accept != NULL && tps_metrics_wants_open(*accept);
    static uint64_t dropped, held_back;
    tps_log_counts log = tps_log_count();
    char *text = NULL;
    size_t size = 0;
    tps_status status;

    tps_metrics_follow(TPS_METRIC_LOG_DROPPED, 0, &dropped, log.dropped);
    tps_metrics_follow(TPS_METRIC_LOG_HELD_BACK, 0, &held_back, log.held_back);
    status = tps_metrics_write(open, &text, &size);
    if (status != TPS_OK) {
        tps_answer_status(call->exchange, 503, status);
        return;
    }
    tps_http_answer(call->exchange,
                    &(tps_http_answer_message){.status = 200,
                                               .type = open ? TPS_METRICS_TYPE_OPEN : TPS_METRICS_TYPE,
                                               .body = tps_span_make(text, size),
                                               .release = free,
                                               .release_context = text});
}
