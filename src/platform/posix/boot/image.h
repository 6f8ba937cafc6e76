/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file image.h
 * Programs that the first stage starts: taken once into sealed memory, verified there, and run from there.
 * What was verified is what runs, whatever happens to the file.
 */
#ifndef TPS_PLATFORM_POSIX_BOOT_IMAGE_H
#define TPS_PLATFORM_POSIX_BOOT_IMAGE_H

#include "tps/span.h"
#include "tps/status.h"

/** Bytes of a program, at most. */
#define TPS_BOOT_PROGRAM_MAX ((uint64_t)1 << 28)

/**
 * @brief Copy a program into sealed memory: nobody can change, grow or shrink it any more.
 *
 * @param at, path    As openat(). A link is not followed at the end of a path inside the device's folder
 * (`at` is not AT_FDCWD).
 * @param mode        Of the memory's file. Without the right to read, the kernel keeps the process that runs
 * it from being traced or dumped from its first instruction on.
 * @param[out] image  Its descriptor, close-on-exec; the caller closes it. -1 unless TPS_OK.
 *
 * @retval TPS_NOT_FOUND          There is no such file.
 * @retval TPS_TOO_LARGE          More than TPS_BOOT_PROGRAM_MAX bytes.
 * @retval TPS_UNSUPPORTED        It is no ELF program: what interprets a script would not be verified.
 * @retval TPS_COMPONENT_STORAGE  It cannot be read, or memory cannot be had.
 */
TPS_MUST_USE tps_status tps_boot_image_take(int at, const char *path, uint32_t mode, int *image);

#endif
