/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of claims: an integer or a float, in and out. No floating-point arithmetic: a small processor has
 * none. */
#ifndef TPS_FORMAT_EAT_NUMBER_H
#define TPS_FORMAT_EAT_NUMBER_H

#include "tps/cwt.h"

/** Reads an integer or a float; TPS_CBOR_OUT_OF_RANGE for one that is infinite, no number, or no int64_t. */
tps_number number_read(tps_cbor_reader *reader);

/** As number_read(), for a date: beyond 2^62 seconds is out of range, too. */
tps_number number_read_date(tps_cbor_reader *reader);

/** True when number_read_date() would take it. */
bool number_is_date(tps_number number);

/** True unless it is a float that is infinite or no number. */
bool number_is_finite(tps_number number);

/** Puts it in its shortest form; a float stays a float. */
void number_put(tps_cbor_writer *writer, tps_number number);

#endif
