/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for a function of crypto.h, which fails when faults.h says so and is the real function
 * otherwise. The linker puts it in the place of the real one (--wrap); a test names those that it wraps. */
#ifndef TPS_TEST_STAND_IN_H
#define TPS_TEST_STAND_IN_H

#include "support/faults.h"
#include "tps/crypto.h"

#define STAND_IN(name, parameters, arguments)                             \
    tps_status __real_##name parameters;                                  \
    tps_status __wrap_##name parameters;                                  \
    tps_status __wrap_##name parameters                                   \
    {                                                                     \
        return fault_now() ? TPS_CRYPTO_FAILED : __real_##name arguments; \
    }

#endif
