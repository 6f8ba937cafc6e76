/* SPDX-License-Identifier: Apache-2.0 */
/* DiceTcbInfo's parts, as reader and writer share them. A fault ends in the reader's status. */
#ifndef TPS_FORMAT_DICE_TCB_INFO_H
#define TPS_FORMAT_DICE_TCB_INFO_H

#include "format/der/reader.h"
#include "tps/dice.h"

/** One DiceTcbInfo, in a list or alone. Returns the name of the field that was read last. */
const char *dice_tcb_info_read(der_reader *reader, tps_dice_tcb_info *out);

/** What stands in a list: FWIDs, registers, up to the end of the input. */
void dice_fwids_read(der_reader *reader);
void dice_registers_read(der_reader *reader);

#endif
