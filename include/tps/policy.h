/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file policy.h
 * Policies: what facts about a device mean for its trustworthiness, written in Lua 5.4 (docs/policy.md).
 *
 * A policy is asked when evidence is signed by whom it should be, fresh, and of a device of the class that it
 * claims. An ordinary policy adds to the default one: it can only make a claim worse, or set one that nobody
 * has set. A policy that says `full = true` stands in the default's place, and may better what was found.
 *
 * A script reaches nothing but what docs/policy.md lists: no files, no clock but the request's, no random
 * numbers, no code that is made while it runs. It is compiled once; each appraisal begins with the very state
 * that compiling left, so nothing is carried from one to another. TPS_POLICY_STEPS_MAX, TPS_POLICY_ROOM and
 * TPS_POLICY_STRING_MAX bound what a run costs; memory is taken when the policy is added, and none later. An
 * error, one of these bounds included, refuses the device: the finding "policy.failed" names policy and line.
 *
 * Threads: as verifier.h; tps_policy_check() and tps_policy_default() are free of them.
 */
#ifndef TPS_POLICY_H
#define TPS_POLICY_H

#include "tps/appraisal.h"
#include "tps/span.h"
#include "tps/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of a policy's text at most. */
#define TPS_POLICY_TEXT_MAX 65536u

/** Policies of one verifier at most. */
#define TPS_POLICIES_MAX 64u

/** Steps of one run at most: instructions of Lua's machine, and what functions and strings count in
 * addition. */
#define TPS_POLICY_STEPS_MAX 100000u

/** Bytes that a policy, compiled, and one run of it may take together. */
#define TPS_POLICY_ROOM ((size_t)1 << 20)

/** Bytes of one text within a run at most. */
#define TPS_POLICY_STRING_MAX 8192u

/** The size of a problem's text, with its final zero. */
#define TPS_POLICY_PROBLEM_MAX 256u

/** For which devices a policy is. What is empty, or 0, stands for any. */
typedef struct {
    tps_span class_id; /**< the class id of the evidence; else the one that the device was endorsed or
                          certified for */
    tps_span vendor;   /**< as endorsed; text */
    tps_span model;    /**< as endorsed; text */
    uint32_t scheme;   /**< TPS_SCHEME_* */
    tps_span service;  /**< of the request; text */
} tps_policy_selector;

/** What is wrong with a policy, for people. UTF-8, zero-terminated. */
typedef struct {
    uint32_t line; /**< counted from 1; 0: of no single line */
    char text[TPS_POLICY_PROBLEM_MAX];
} tps_policy_problem;

/** What a policy says of itself, and what it costs. */
typedef struct {
    char id[TPS_POLICY_ID_MAX]; /**< "name@version": what results name it by */
    uint8_t sha256[32];         /**< of its text */
    bool is_full;               /**< it stands in the default's place */
    uint32_t steps;             /**< the most that a sample took, rounded up to the next hundred */
    size_t room;                /**< bytes: compiled, and the most that a sample took */
} tps_policy_description;

/**
 * @brief Compile a policy, look for names that do not exist, and run it over built-in samples.
 *
 * Samples are devices of each scheme that the policy is for, good and bad, with and without what evidence may
 * leave out. A policy that fails on one of them would refuse such a device.
 *
 * @param text              The policy, UTF-8; bytecode is refused.
 * @param[out] description  Set if TPS_OK; may be NULL.
 * @param[out] problem      Set unless TPS_OK; may be NULL.
 *
 * @retval TPS_OK
 * @retval TPS_VERIFIER_POLICY_INVALID  See `problem`: the text is no Lua, does not begin with policy { ... },
 *                                      names what does not exist, or fails on a sample.
 * @retval TPS_TOO_LARGE                More than TPS_POLICY_TEXT_MAX bytes.
 * @retval TPS_OUT_OF_MEMORY
 */
TPS_MUST_USE tps_status tps_policy_check(tps_span text, tps_policy_description *description,
                                         tps_policy_problem *problem);

/**
 * @brief Add a policy, after the same checks. The verifier copies what it needs.
 *
 * Of several policies that are for a device the most specific one judges, and no other: one for a class id
 * before one for a model, before one for a vendor, before one for all; among equals one for a service before
 * one for all; then one for a scheme. Where none is, the default policy judges.
 *
 * @param selector  For which devices; NULL: for those that the policy's own policy { ... } names.
 *
 * @retval TPS_OK
 * @retval TPS_VERIFIER_CONFLICT  Another policy is for exactly the same devices.
 * @retval TPS_TOO_LARGE          Also: there are TPS_POLICIES_MAX already.
 * @retval TPS_BAD_ARGUMENT       `selector` has a model without a vendor, a scheme that is none, or more than
 * 128 bytes in one member.
 * @retval others                 As tps_policy_check().
 */
TPS_MUST_USE tps_status tps_verifier_add_policy(tps_verifier *verifier, tps_span text,
                                                const tps_policy_selector *selector,
                                                tps_policy_problem *problem);

/** The text of the default policy: to be read, and to begin one's own with. It stays for ever. */
tps_span tps_policy_default(void);

#ifdef __cplusplus
}
#endif

#endif
