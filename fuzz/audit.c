/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of an audit log, entries and checkpoints: what is read again is the same when it is written. */
#include <stdlib.h>

#include "server/audit/check.h"
#include "server/audit/checkpoint.h"
#include "server/audit/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tps_span text = tps_span_make(data, size);
    uint8_t room[TPS_AUDIT_LINE_MAX];
    tps_audit_checkpoint_parts parts;
    tps_audit_checker *checker;
    tps_audit_line line, again;
    size_t written = 0;

    if (tps_audit_line_read(text, &line, NULL) == TPS_OK) {
        (void)tps_audit_checkpoint_in(line.entry, TPS_BUF_OF(room));
        if (tps_audit_line_write(&line, TPS_BUF_OF(room), &written) != TPS_OK ||
            tps_audit_line_read(tps_span_make(room, written), &again, NULL) != TPS_OK ||
            again.sequence != line.sequence || again.time != line.time ||
            !tps_span_equal(again.entry, line.entry) || !tps_span_equal(again.tenant, line.tenant)) {
            abort();
        }
    }
    if (tps_audit_checkpoint_read(text, &parts) == TPS_OK && parts.says.sequence < 1) {
        abort();
    }
    if (tps_audit_checker_new(&checker) == TPS_OK) {
        (void)tps_audit_checker_add_keys(checker, text);
        (void)tps_audit_checker_line(checker, text, NULL);
        (void)tps_audit_checker_finish(checker);
        tps_audit_checker_free(checker);
    }
    return 0;
}
