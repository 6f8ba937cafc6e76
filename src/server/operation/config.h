/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file config.h
 * A file of configuration: lines of `name = value`. What the names mean is the caller's business.
 *
 *     # the server of acme
 *     listen = 0.0.0.0:8443
 *     tls-certificate = /etc/tps/tls/server.pem
 *     demo = no
 *
 * A line is empty, a comment (its first character that is no blank is "#"), or a name of a-z, 0-9 and "-",
 * "=", and a value: the rest of the line without blanks around it, never empty, and taken as it is, "#" and
 * quotes included. All else is an error and names its line: a server that guesses what was meant is not what
 * its owner thinks it is.
 */
#ifndef TPS_SERVER_OPERATION_CONFIG_H
#define TPS_SERVER_OPERATION_CONFIG_H

#include "tps/span.h"
#include "tps/status.h"

#define TPS_CONFIG_FILE_MAX 65536u /**< bytes */
#define TPS_CONFIG_LINE_MAX 4096u  /**< bytes of a line */

/** What is wrong with a file. */
typedef struct {
    size_t line;       /**< from 1 */
    const char *cause; /**< static text */
} tps_config_error;

/**
 * Takes one setting; name and value lie in the file's text, and have a zero behind them.
 * @return NULL, or a static text that says what is wrong.
 */
typedef const char *(*tps_config_take)(void *context, const char *name, const char *value, size_t line);

/**
 * @brief Read a file's text, each setting in its order.
 *
 * @param text       Changed: zeros are put behind names and values. One byte more than its size must be
 * there.
 * @param[out] error The first that is wrong.
 * @return false when something is wrong; what came before it was taken.
 */
bool tps_config_read(tps_buf text, tps_config_take take, void *context, tps_config_error *error);

#endif
