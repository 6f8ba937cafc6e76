/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file files.h
 * Files and folders of the factory. Failures fill a tps_factory_problem with path and reason. Files are never
 * replaced, except by factory_replace().
 */
#ifndef TPS_FACTORY_FILES_H
#define TPS_FACTORY_FILES_H

#include "factory/factory.h"

/** Fills `problem` and returns `status`. */
__attribute__((format(printf, 4, 5))) tps_status factory_fail(tps_factory_problem *problem, tps_status status,
                                                              const char *next_step, const char *cause, ...);

/** As factory_fail(), with the status's own cause and next step behind `subject`. */
tps_status factory_fail_status(tps_factory_problem *problem, tps_status status, const char *subject);

/** A path from a printf format, in `path`. @retval TPS_TOO_LARGE */
__attribute__((format(printf, 3, 4))) TPS_MUST_USE tps_status factory_path(char path[TPS_FACTORY_PATH_MAX],
                                                                           tps_factory_problem *problem,
                                                                           const char *format, ...);

/** Makes one folder; fine if it is there already. */
TPS_MUST_USE tps_status factory_make_folder(const char *path, unsigned mode, tps_factory_problem *problem);

/** Gives what is at `path` this mode, whatever the umask: a device's files are for another user than who made
 * them. */
TPS_MUST_USE tps_status factory_set_mode(const char *path, unsigned mode, tps_factory_problem *problem);

/** True if nothing is at `path`, or an empty folder. */
bool factory_is_free(const char *path);

/** True if there is something at `path`. */
bool factory_exists(const char *path);

/** Writes a new file. Its content is on the disk on return. @retval TPS_STORE_EXISTS  It is there already. */
TPS_MUST_USE tps_status factory_write(const char *path, unsigned mode, tps_span content,
                                      tps_factory_problem *problem);

/** Replaces a file at once, or makes it. */
TPS_MUST_USE tps_status factory_replace(const char *path, unsigned mode, tps_span content,
                                        tps_factory_problem *problem);

/** Adds a line to a file. */
TPS_MUST_USE tps_status factory_append(const char *path, const char *line, tps_factory_problem *problem);

/** Reads a whole file of at most `limit` bytes into heap memory, with a zero behind it; the caller frees
 * `content->data`. */
TPS_MUST_USE tps_status factory_read(const char *path, size_t limit, tps_buf *content,
                                     tps_factory_problem *problem);

/** Seconds since 1970. */
int64_t factory_now(void);

/** The span of a buffer. */
static inline tps_span factory_span(tps_buf buffer)
{
    return tps_span_make(buffer.data, buffer.size);
}

#endif
