/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file faults.h
 * Every fault, of either world, ends here: the console says what happened and where, and the chip starts
 * anew.
 */
#ifndef AN505_FAULTS_H
#define AN505_FAULTS_H

/** The handler of every exception that nothing else takes. */
void an505_fault_entry(void);

#endif
