/* SPDX-License-Identifier: Apache-2.0 */
/* tps tpm, in four files: the subcommand with what its parts share (tpm.c), evidence (tpm_wrap.c), manifests
 * (tpm_endorse.c), activation of attestation keys (tpm_activate.c). */
#ifndef CLI_TPM_H
#define CLI_TPM_H

#include <stdbool.h>

#include "tps/corim.h"
#include "tps/tpm.h"

enum { TPM_FILE_LIMIT = 1 << 20, TPM_CERTIFICATES_ROOM = 65536 };

/** The parts of the subcommand; argv[0] is the part's name. CLI_* */
int tpm_challenge(int argc, char **argv);
int tpm_wrap(int argc, char **argv);
int tpm_endorse(int argc, char **argv);
int tpm_credential(int argc, char **argv);
int tpm_bind(int argc, char **argv);

/** True if each of the options has a value; prints the first that has none. */
bool tpm_need(const char *command, const char *const *names, const char *const *values, size_t count);

/** Certificates of a file, PEM or DER, leaf first: as spans into `room`. Prints its error. */
bool tpm_read_certificates(const char *path, tps_buf room, tps_span *ders, size_t *count);

/** The class of a model of a maker's, with its id (spec/tpm-evidence.md); `id` has room for 32 bytes. */
TPS_MUST_USE tps_status tpm_class(const char *vendor, const char *model, uint8_t id[TPS_SHA256_SIZE],
                                  tps_corim_environment *environment);

/** Writes an unsigned manifest with one CoMID, named after its content. CLI_* */
int tpm_write_manifest(const char *path, tps_corim_comid *comid);

#endif
