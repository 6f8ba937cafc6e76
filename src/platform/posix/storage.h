/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file storage.h
 * The platform's operations on files; platform.h says what each promises. `context` is a tps_posix.
 */
#ifndef TPS_PLATFORM_POSIX_STORAGE_H
#define TPS_PLATFORM_POSIX_STORAGE_H

#include "platform/posix/posix.h"

/** Raw storage: the file DIR/secure/storage, as flash. */
#define TPS_POSIX_STORAGE_SIZE 262144u
#define TPS_POSIX_SECTOR_SIZE  4096u
#define TPS_POSIX_UNIT_SIZE    16u

tps_status tps_posix_unique_secret(void *context, uint8_t secret[TPS_UNIQUE_SECRET_SIZE]);
tps_status tps_posix_storage_read(void *context, uint32_t offset, tps_buf out);
tps_status tps_posix_storage_write(void *context, uint32_t offset, tps_span bytes);
tps_status tps_posix_storage_erase(void *context, uint32_t offset);

/** Closes the file of raw storage; the next use opens it again. */
void tps_posix_storage_close(tps_posix *posix);

tps_status tps_posix_counter_read(void *context, uint32_t counter, uint64_t *value);
tps_status tps_posix_counter_increase(void *context, uint32_t counter, uint64_t *value);

/** Reads up to `out.size` bytes from `offset` of an open file. @retval TPS_COMPONENT_STORAGE  It cannot be
 * read. */
tps_status tps_posix_read_at(int file, uint64_t offset, tps_buf out, size_t *size);

#endif
