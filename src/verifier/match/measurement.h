/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measurements compared (draft-ietf-rats-corim-10, "Element map comparison" and "Measurement values map
 * Comparison"): whether a state is the one that a reference value or condition describes, and where not. Pure
 * functions, but for the texts.
 */
#ifndef TPS_VERIFIER_MATCH_MEASUREMENT_H
#define TPS_VERIFIER_MATCH_MEASUREMENT_H

#include "tps/appraisal.h"
#include "tps/corim.h"

/** The members of a measurement that can differ. */
enum {
    MEASUREMENT_NOTHING = 0, /**< nothing differs */
    MEASUREMENT_VERSION,
    MEASUREMENT_SVN,
    MEASUREMENT_DIGESTS,
    MEASUREMENT_FLAGS,
    MEASUREMENT_RAW_VALUE,
    MEASUREMENT_MAC,
    MEASUREMENT_IP,
    MEASUREMENT_SERIAL,
    MEASUREMENT_UEID,
    MEASUREMENT_UUID,
    MEASUREMENT_NAME,
    MEASUREMENT_KEYS,
    MEASUREMENT_REGISTERS,
    MEASUREMENT_RANGE,
    MEASUREMENT_EXTENSION, /**< a value that the draft does not know: nobody here can compare it */
    MEASUREMENT_MEMBERS
};

/** How far two measurements agree. */
typedef struct {
    uint32_t same;    /**< how many members of the condition the state has as well */
    uint32_t member;  /**< MEASUREMENT_*: the first that differs, in the order above */
    bool is_absent;   /**< the state does not have it at all */
    uint32_t flag;    /**< of MEASUREMENT_FLAGS: which, TPS_CORIM_FLAG_* */
    tps_cbor_item id; /**< of MEASUREMENT_REGISTERS: of which register */
} measurement_difference;

/**
 * True when both have the same measurement key, or none. One liberty: what the PSA and the opentps profile
 * call a piece of software ("psa.software-component", "opentps.software-component") is the same.
 */
bool measurement_same_key(const tps_corim_measurement *a, const tps_corim_measurement *b);

/** True when it tells no value at all: such a claim says only that its environment is there. */
bool measurement_is_empty(const tps_corim_measurement *measurement);

/**
 * Whether a state satisfies a condition or reference value. Each member of the condition must be in the
 * state, and:
 *   version    the same text; the same scheme, where both name one
 *   svn        equal; a min-svn (553) in the condition: not below it. A min-svn in the state, which only
 *              endorsements can say, is satisfied by the same min-svn alone
 *   digests    at least one algorithm in common, the same value for each in common; none twice in either
 *   flags      each that the condition tells, told with the same value
 *   raw value  same length, equal where the mask has ones; tags are not compared
 *   mac, ip, serial, ueid, uuid, name     byte for byte
 *   keys       each of the condition's is the state's at the same place, by tag and content
 *   registers  each of the condition's is there; digests as above
 *   range      a number equal; a range of the condition holds the number, or the whole range
 * Members that the draft does not know, flags included, never compare as satisfied. Keys (mkey) and
 * authorized-by are not looked at.
 *
 * @param[out] out  How far they agree; `out->member` is MEASUREMENT_NOTHING when they do.
 * @return True when the condition is satisfied; false of one without values.
 */
bool measurement_compare(const tps_corim_measurement *state, const tps_corim_measurement *condition,
                         measurement_difference *out);

/** True when two lists of digests agree as above. */
bool measurement_same_digests(const tps_corim_digests *state, const tps_corim_digests *condition);

/** The name of a member for programs, as in "executables.other-svn": "svn"; never NULL. */
const char *measurement_member_name(uint32_t member);

/** What a measurement says under the member of a difference, for people, not cleaned; empty when nothing. */
void measurement_show(const tps_corim_measurement *measurement, const measurement_difference *difference,
                      char text[TPS_FINDING_TEXT_MAX]);

/** A measurement key for people: "\"boot\"", "3", "0a1b..."; "" when there is none. At most 72 bytes. */
void measurement_show_key(const tps_corim_value *key, char text[TPS_FINDING_TEXT_MAX]);

#endif
