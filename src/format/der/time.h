/* SPDX-License-Identifier: Apache-2.0 */
/* Times in DER, as certificates have them (RFC 5280, 4.1.2.5). */
#ifndef TPS_FORMAT_DER_TIME_H
#define TPS_FORMAT_DER_TIME_H

#include "format/der/reader.h"

/**
 * A UTCTime (YYMMDDHHMMSSZ; from 1950 to 2049) or a GeneralizedTime (YYYYMMDDHHMMSSZ), as seconds since 1970
 * in UTC. What is no such date is TPS_DER_OUT_OF_RANGE: fractions and other zones, the 30th of February, leap
 * seconds.
 */
int64_t der_get_time(der_reader *reader);

#endif
