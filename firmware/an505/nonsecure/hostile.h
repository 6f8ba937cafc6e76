/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file hostile.h
 * An image that wants what it may not have: its three files, and what they say to the host
 * (tests/firmware/hostile.py).
 *
 *     fault NUMBER: NAME        before an attempt that must end in a fault; the chip starts anew then
 *     VALUE, no fault           it did not: what was read, in decimal; then a line of its own
 *     NAME: RESULT              of an attempt that must end in an error, or of some: their results, in order
 *     facts: MEASUREMENT ATTESTATION    answers of the services, in hexadecimal
 *     done                      all was tried; nothing is done any more
 */
#ifndef AN505_HOSTILE_H
#define AN505_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Called by the system timer's interrupt; NULL: nothing is. */
extern void (*volatile hostile_on_tick)(void);

/** Interrupts of the timer that came while the secure world ran, and every bit that was set in a register
 * then. */
extern volatile uint32_t hostile_ticks_within;
extern volatile uint32_t hostile_seen_within;

/** The timer's interrupt comes each `cycles` of the processor. */
void hostile_tick_each(uint32_t cycles);

/** Attempts that must end in a fault, one of them. @return false when there is no such number. */
bool hostile_fault(uint32_t number);

/** Attempts that must end in an error. */
void hostile_errors(void);

/** Calls while others are under way, what registers hold after one, and calls that nobody thought of. */
void hostile_interrupts(void);

#endif
