/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file dice_craft.h
 * X.509 certificates for tests of what stands in them: names of one letter, any extensions, and a signature
 * that is none.
 */
#ifndef TPS_TEST_DICE_CRAFT_H
#define TPS_TEST_DICE_CRAFT_H

#include "tps/span.h"

/** An Extension in hex: CRAFT_CA_* say whether the certificate may issue others. */
#define CRAFT_CA        "300f 0603551d13 0101ff 0405 30030101ff"
#define CRAFT_CA_PATH_0 "3012 0603551d13 0101ff 0408 30060101ff020100"
#define CRAFT_CERT_SIGN "300e 0603551d0f 0101ff 0404 03020204"

/** In place of a letter: a name that is empty. */
#define CRAFT_NOBODY ' '

/**
 * A certificate of version 3.
 * @param extensions  Extension values one after another, as hex; "" for none. @return heap memory
 */
tps_buf craft_certificate(char subject, char issuer, const char *extensions);

/** One Extension with this identifier's content and value, as hex. @return heap memory, zero-terminated */
char *craft_extension(tps_span oid, bool is_critical, tps_span value);

#endif
