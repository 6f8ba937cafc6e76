/* SPDX-License-Identifier: Apache-2.0 */
/* A form that items may be asked to have. The checker calls it through the limits' pointer, so that who asks
 * for none does not link it. */
#ifndef TPS_FORMAT_CBOR_FORM_H
#define TPS_FORMAT_CBOR_FORM_H

#include "tps/cbor.h"

struct tps_cbor_form {
    /** Whether an item is in this form, with its head at `head`, and for a tag what stands behind it. */
    bool (*is_good)(const uint8_t *head, const tps_cbor_item *item, const uint8_t *behind,
                    const uint8_t *end);
    bool
        is_for_all; /**< it is asked of every item, and of the order of keys; else of what keys are or hold */
};

#endif
