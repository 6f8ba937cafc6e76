/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accepted claims against the statements of endorsements (draft-ietf-rats-corim-10, "ACS Augmentation"):
 * reference values, then endorsed values, conditional endorsements and their series, and domains, until
 * nothing is added. How the draft is understood where it is silent:
 *
 * - Claims of one environment and one origin are one entry; an endorsement's are one entry for each manifest.
 * - A reference triple is one state: its measurements corroborate claims only if each key that it speaks of
 *   is in the entry, and every claim of the entry under these keys is one of them. So states of different
 *   triples are never mixed. Several measurements of one key in a triple are alternatives. A triple with a
 *   single measurement corroborates each claim by itself.
 * - A file of a linked CoSWID is a reference value with one digest, for claims that have no other name than
 *   the file's and no other version than the file's, or the software's. Not all files need be there.
 * - A condition holds if one entry has all of it. It may match evidence that is not corroborated: it names
 *   the values itself. `authorized-by` is met by who signed the evidence, for evidence; by the maker of the
 *   manifest, for claims that a manifest corroborated or added (authority.h).
 * - A series is looked at for each entry that meets its condition, and adds to the environment of that entry:
 *   one part's certificate is not another's. Series come after all else, whose additions they could see.
 * - Membership: a domain is found by its own environment. If any of its members is in the evidence, all must
 *   be; else the finding hardware.missing-part. If none is, they are other parts of a composite device, which
 *   are appraised by themselves. A member may be a domain with members of its own. A domain whose members
 *   are all there and proven becomes a claim without values.
 * - Dependency: of the domains on which one depends, those that are in the evidence must be proven; else the
 *   finding executables.unproven-dependency on it.
 */
#ifndef TPS_VERIFIER_MATCH_STATEMENTS_H
#define TPS_VERIFIER_MATCH_STATEMENTS_H

#include "tps/appraisal.h"
#include "verifier/knowledge/knowledge.h"
#include "verifier/match/accepted.h"
#include "verifier/trust/revocation.h"

/** What one appraisal may look at: statements, measurements in them, files of CoSWIDs. More: nothing is
 * affirming, by the finding executables.too-many-statements. A look takes about half a microsecond. */
#define STATEMENTS_LOOKS_MAX 131072u

/**
 * @brief Corroborates claims, adds endorsed ones, and reports each claim of evidence that must match and does
 * not, by the member that differs. Findings:
 *
 *   executables.no-reference-values   nothing is known of its environment
 *   executables.unknown-measurement   its digests differ, or nothing is known under its key
 *   executables.unknown-register      an integrity register differs, or is missing
 *   executables.other-version, .other-svn, .other-name, .other-range, .other-extension
 *   executables.old-svn               it is below the minimum
 *   executables.mixed-state           it matches, but others of the same statement do not
 *   configuration.other-flags, .other-raw-value, .other-mac-address, .other-ip-address
 *   hardware.other-serial, .other-ueid, .other-uuid, .other-keys
 *   executables.known-bad             a digest of it, or of what it matched, is of a revoked image
 *   executables.too-many-claims       endorsed values found no room
 *
 * and those above. No claim of the vector is set to something affirming: see evidence_conclude().
 *
 * @param maker    When not NULL, statements of manifests that lead to another trust anchor (see
 *                 knowledge_source) count for nothing. Those that lead to none were permitted by whoever
 *                 loaded them, and count.
 * @param revoked  For images; may be NULL.
 * @return How many looks it took: for n distinct environments at most n times what the index gives for one,
 * once for reference values, and once a round for the rest; each round but the last adds a claim.
 */
size_t match_statements(const knowledge *k, accepted_claims *set, const uint8_t *maker,
                        const revocations *revoked, int64_t now, tps_appraisal *appraisal);

#endif
