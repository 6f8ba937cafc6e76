/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file counters.h
 * platform.h's monotonic counters in flash. `context` of the operations is a tps_trustzone_m.
 *
 * A ring of sectors. One is in use: it begins with the values of all counters, then a seal with the sector's
 * number, then DONE, twice; behind them comes a record for each step, with the new value. A full sector is
 * followed by the next one of the ring, which is erased and begins with all values again, under a higher
 * number.
 *
 * What a power cut touched may read as old or new, and as the other tomorrow; even what reads as erased may
 * be half written. So every start goes to another sector, which it erases: nothing that an earlier start may
 * have left half written is written again, and no value is told before it stands in records that were written
 * whole.
 *
 * Each record is read back before the next one is begun. So a sector is complete if something stands behind
 * its seal, and it surely stays so if something stands behind the first DONE; values are told after the
 * second. A start reads the newest complete sector alone. Before it tells anything it erases all others that
 * are not both complete and older, because those could become complete later: blank ones, too, as what an
 * erasure left that was cut may read so. The newest one that is sure is
 * not erased before another one is: what is merely complete could be so no more after the next cut. So no cut
 * takes a value back, in any of these steps.
 *
 * A start that follows a reset in which no operation of the flash can have been cut (is_clean_start() of the
 * chip) goes on in the same sector, with another DONE.
 *
 * A new device is one whose ring is erased, but for a first sector that is not sure: all counters are 0. A
 * ring without a sure sector is taken otherwise only if its newest complete one is all zeros (a first start
 * that was cut more than once). Any other has lost its counters, and nothing works.
 *
 * Wear: a start erases one sector, and so do as many steps as a sector has records; until the ring has gone
 * round once, also those that were never used. A sector that cannot be erased or written is passed over.
 */
#ifndef TPS_PLATFORM_TRUSTZONE_M_COUNTERS_H
#define TPS_PLATFORM_TRUSTZONE_M_COUNTERS_H

#include "platform/trustzone_m/trustzone_m.h"

/** Opens the ring; once a start. @retval TPS_COMPONENT_STORAGE  It cannot be read or written, or was lost. */
TPS_MUST_USE tps_status tps_trustzone_m_counters_open(tps_trustzone_m *platform);

/** Costs no access to flash. */
tps_status tps_trustzone_m_counter_read(void *context, uint32_t counter, uint64_t *value);

/** One record; an erasure and twelve records when the sector is full. */
tps_status tps_trustzone_m_counter_increase(void *context, uint32_t counter, uint64_t *value);

#endif
