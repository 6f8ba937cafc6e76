/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Explaining files: what a file of this field is, what each of its fields means, what is odd about it, and
 * what was not checked. Nothing is verified here and nothing is believed. For hosts: it uses the heap.
 *
 * One document is built from a file, then rendered for a person or for a program (docs/inspect.md has the
 * format).
 */
#ifndef TPS_INSPECT_INSPECT_H
#define TPS_INSPECT_INSPECT_H

#include "tps/cbor_diagnostic.h"

/** The largest file that is explained, in bytes. */
#define INSPECT_SIZE_MAX (16u << 20)

typedef struct inspect_document inspect_document;

/** Why a file could not be explained. */
typedef struct {
    tps_status status; /**< TPS_OK when it was */
    size_t offset;     /**< in bytes from the file's start */
    char detail[192];  /**< adds to the status's cause; empty when there is nothing to add */
} inspect_fault;

/**
 * @brief Explain a file.
 *
 * @param file  Its bytes; they must stay as long as the document is used.
 * @param now   Seconds since 1970: to say what has expired.
 *
 * @return A document, which tells in inspect_fault_of() whether the file was understood; the caller frees it.
 * NULL when no memory is left.
 */
inspect_document *inspect_file(tps_span file, int64_t now);

/** Ends a document. NULL is allowed. */
void inspect_free(inspect_document *document);

/** Why it was not understood; `status` is TPS_OK if it was. Lives as long as the document. */
const inspect_fault *inspect_fault_of(const inspect_document *document);

/** Write the document for a person: lines of text, safe for a terminal. Nothing if it was not understood. */
void inspect_write_text(const inspect_document *document, tps_text_sink sink, void *context);

/** Write the document for a program: one object of JSON in one line, also if it was not understood. */
void inspect_write_json(const inspect_document *document, tps_text_sink sink, void *context);

#endif
