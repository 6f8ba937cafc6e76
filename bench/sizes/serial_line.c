/* SPDX-License-Identifier: Apache-2.0 */
/* A chip's end of the serial line: a stream to its provider, a command that is answered, and the log. */
#include "caller.h"
#include "line/line.h"

PROVIDED tps_line line;

tps_status sizes_entry(void)
{
    uint32_t ticket;
    tps_span command;

    tps_line_init(&line, TPS_LINE_CHIP, 1, 0);
    tps_line_receive(&line, sizes_input.data, sizes_input.size);
    tps_line_log(&line, sizes_input);
    TPS_TRY(tps_line_dial(&line));
    if (tps_line_stream(&line) == TPS_LINE_OPEN && tps_line_is_up(&line)) {
        (void)tps_line_write(&line, tps_line_host(&line));
        (void)tps_line_write(&line, tps_line_path(&line));
        (void)tps_line_read(&line, sizes_output);
        tps_line_finish(&line);
    }
    if (tps_line_is_at_end(&line)) {
        tps_line_reset(&line, tps_line_stream_status(&line));
    }
    if (tps_line_command(&line, &ticket, &command)) {
        TPS_TRY(tps_line_answer(&line, ticket, TPS_LINE_GOOD, command));
    }
    (void)tps_line_tick(&line, 1);
    return tps_line_transmit(&line, sizes_output.data, sizes_output.size) > 0 ? TPS_OK : TPS_NOT_FOUND;
}
