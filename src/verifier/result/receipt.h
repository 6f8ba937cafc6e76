/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of a receipt (spec/receipt.cddl): what writing and reading share. */
#ifndef TPS_VERIFIER_RECEIPT_H
#define TPS_VERIFIER_RECEIPT_H

#include "tps/receipt.h"

enum { RECEIPT_VERSION = 1 };

/** Of a receipt. */
enum {
    RECEIPT_OF_VERSION = 1,
    RECEIPT_EVIDENCE = 2,
    RECEIPT_REQUEST = 3,
    RECEIPT_KNOWN = 4,
    RECEIPT_RESULT = 5
};

/** Of a request. */
enum {
    REQUEST_NOW = 1,
    REQUEST_FRESHNESS = 2,
    REQUEST_NONCE = 3,
    REQUEST_OF_RELYING_PARTY = 4,
    REQUEST_BINDER = 5,
    REQUEST_BINDER_ORIGINS = 6,
    REQUEST_MAX_AGE = 7,
    REQUEST_EPOCHS = 8,
    REQUEST_AUD = 9,
    REQUEST_SERVICE = 10,
    REQUEST_HISTORY = 11
};

/** Of a history. */
enum {
    HISTORY_COUNT = 1,
    HISTORY_FIRST_SEEN = 2,
    HISTORY_LAST_SEEN = 3,
    HISTORY_LAST_TIER = 4,
    HISTORY_BOOTCOUNT = 5,
    HISTORY_SECURITY_COUNTER = 6
};

/** Of what was known: the kinds of things are 1 + TPS_RECEIPT_ANCHOR ... */
enum { KNOWN_FIRST = 1, KNOWN_RULES = 5, KNOWN_OPTION_BITS = 6 };

/** True when freshness was judged with a secret that is not in the receipt. */
static inline bool receipt_is_by_time(const tps_appraisal_request *request)
{
    return request->freshness == TPS_FRESHNESS_TIME;
}

#endif
