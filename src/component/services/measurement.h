/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file measurement.h
 * The measurement service: what the first stage measured at this start, and registers into which what runs
 * after it measures on.
 *
 * A register is what a PCR of a TPM is: 32 zeros at every start of the component, and changed in one way
 * only, by extension: new = SHA-256(old, digest). Heads are in every evidence (DiceTcbInfo calls them
 * integrityRegisters); the log of a register, replayed, gives its head, as in the TCG Canonical Event Log.
 *
 * The first TPS_REGISTERS_SHARED registers speak of the device, and only the administrator extends them. Each
 * further one belongs to an application, whatever login it comes by: it gets one with its first extension,
 * and extends no other. There are as many as applications can be, so that none can keep another from
 * measuring.
 *
 * An extension is never refused for want of room in the log: who wants to hide what runs could fill the log
 * first, and the head would stay clean. The log keeps the first TPS_REGISTER_EVENTS events of a register, the
 * count goes on, and the log says that it is not whole: a verifier that replays it sees another head.
 *
 * What goes into a register is shown to every provider: measure what is the same on all devices of a class
 * (code, configuration), never what tells one device or one person from another.
 *
 * Messages in spec/measurement.cddl: tags 10 list, 11 extend, 12 registers, 13 log. All logins but PUBLIC may
 * ask. Nothing is stored.
 */
#ifndef TPS_COMPONENT_MEASUREMENT_H
#define TPS_COMPONENT_MEASUREMENT_H

#include "component/core/limits.h"
#include "component/core/service.h"
#include "tps/crypto.h"

/** Registers of the device: numbers 0 to this - 1. */
#define TPS_REGISTERS_SHARED 4u
/** All registers: those of applications have the numbers from TPS_REGISTERS_SHARED on. */
#define TPS_REGISTERS_MAX (TPS_REGISTERS_SHARED + TPS_COMPONENT_APPLICATIONS_MAX)
/** Events of a register that its log keeps: the first ones. */
#ifndef TPS_REGISTER_EVENTS
#define TPS_REGISTER_EVENTS 16u
#endif
/** Bytes of an event's content, at most. */
#ifndef TPS_EVENT_CONTENT_MAX
#define TPS_EVENT_CONTENT_MAX 64u
#endif

/** Errors in responses. */
enum {
    TPS_MEASUREMENT_ERROR_REGISTER = 1, /**< there is no such register */
    TPS_MEASUREMENT_ERROR_DIGEST = 2,   /**< a digest has 32 bytes, a content 1 to TPS_EVENT_CONTENT_MAX */
    TPS_MEASUREMENT_ERROR_FULL = 3      /**< no register is left for another application */
};

/** What was extended into a register. */
typedef struct {
    uint8_t digest[TPS_SHA256_SIZE];
    uint8_t content_size; /**< 0: the caller gave a digest only */
    uint8_t content[TPS_EVENT_CONTENT_MAX];
} tps_register_event;

/** A register as evidence shows it. */
typedef struct {
    uint64_t count; /**< extensions since the start; at least 1 */
    uint32_t number;
    bool has_application;          /**< false: shared */
    uint8_t application[32];       /**< digest of its image, as in tps_application; zeros if shared */
    uint8_t head[TPS_SHA256_SIZE]; /**< what they came to */
} tps_register_head;

/** A register with the events that its log keeps. Private. */
typedef struct {
    tps_register_head head; /**< `count` 0: not in use */
    tps_register_event events[TPS_REGISTER_EVENTS];
} tps_register;

/** The service's memory, about 20 KiB. */
typedef struct {
    tps_register registers[TPS_REGISTERS_MAX];
} tps_measurement_state;

extern const tps_service tps_measurement_service;

/**
 * The registers that were extended since this start, in the order of their numbers: for evidence. None tells
 * devices apart by itself; an application's digest is that of the list of applications.
 *
 * @param[out] heads  Room for all; valid until the next message to the service.
 * @return how many; 0 also if the component has no measurement service.
 */
size_t tps_measurement_heads(const tps_component *component,
                             const tps_register_head *heads[TPS_REGISTERS_MAX]);

#endif
