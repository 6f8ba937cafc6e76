/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from strangers, made fit to be shown: what would steer a terminal, hide or reorder characters is
 * written as an escape of JSON (RFC 8259, 7). Shared by diagnostic notation and by whatever prints to people.
 */
#ifndef TPS_FORMAT_ESCAPE_H
#define TPS_FORMAT_ESCAPE_H

#include "tps/cbor_diagnostic.h"

/** What escape_text() does with the two characters that mean something to a reader of quoted text. */
enum {
    ESCAPE_PLAIN = 0,  /**< outside of quotes: the backslash is doubled, a quote stays */
    ESCAPE_QUOTED = 1, /**< inside of quotes: the result is a string of JSON when quotes are set around it */
    ESCAPE_SOURCE = 2  /**< text that has its own escapes already, such as JSON: both stay */
};

/**
 * Writes `text` through `sink`, with these as \n or \uXXXX: control characters (C0, DEL, C1), line and
 * paragraph separators, marks that change the direction of writing, characters without width, tags. A byte
 * that is not UTF-8 becomes \ufffd. All else goes through as it is.
 */
void escape_text(tps_span text, uint32_t mode, tps_text_sink sink, void *context);

/**
 * True when the character at the start of `text` may be shown as it is: it is UTF-8, and none that
 * escape_text() escapes. For whoever replaces instead of escaping.
 * @param text         Not empty.
 * @param[out] length  Its bytes; 1 when it is no UTF-8.
 */
bool escape_is_shown(tps_span text, size_t *length);

#endif
