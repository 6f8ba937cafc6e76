/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file profile.h
 * Where the time of a call goes. Only in the image an505_secure_profile, for tests/firmware/cost.py: the
 * linker puts a hook around each function named here (-Wl,--wrap), and no other file knows of it. NOT FOR
 * DEVICES: it tells how long secrets were worked on.
 *
 * Each hook belongs to a part, and time is counted by the part that is innermost. So the parts of a record
 * add up to the whole. A hook itself costs some ten instructions before and after, which the two parts share
 * that meet there. The clock is a timer of the secure world; under QEMU's -icount it counts instructions.
 *
 * On the secure console, in hexadecimal, a record for the start and for each transaction, when the next call
 * comes:
 *
 *     cost begin
 *     cost PART TICKS CALLS
 *     cost end TICKS
 */
#ifndef AN505_PROFILE_H
#define AN505_PROFILE_H

/** The parts, each with its name. */
#define PROFILE_PARTS(X)        \
    X(GATEWAY, "gateway")       \
    X(CORE, "core-and-service") \
    X(FACTS, "facts")           \
    X(CLAIMS, "claims")         \
    X(COSE, "cose")             \
    X(HASH, "hashing")          \
    X(SIGN, "signing")          \
    X(VERIFY, "verifying")      \
    X(KEYS, "making-keys")      \
    X(DERIVE, "derivation")     \
    X(AEAD, "aead")             \
    X(RANDOM, "random")         \
    X(VAULT, "vault")           \
    X(FLASH, "flash")           \
    X(START, "first-stage")     \
    X(SERVICES, "start-of-services")

#endif
