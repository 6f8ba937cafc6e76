/* SPDX-License-Identifier: Apache-2.0 */
/* One fault in a run: a test's stand-ins for functions (linked with --wrap) ask whether to fail, and the test
 * says at which asking. */
#ifndef TPS_TEST_FAULTS_H
#define TPS_TEST_FAULTS_H

#include <stdbool.h>

/** The nth fault_now() from here is true; 0: none is. */
void fault_arm(unsigned nth);

/** Whether the caller, a stand-in, must fail now. */
bool fault_now(void);

/** Whether the fault armed last has struck. Disarms. */
bool fault_struck(void);

#endif
