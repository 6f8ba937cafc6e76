/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a recogniser builds and a renderer writes: a small tree of named values. A recogniser adds to it
 * without looking at errors: when memory runs out, the document knows, and all that is added from there on is
 * dropped.
 *
 * Names are those of the JSON output ("boot_seed"); people see them with spaces. A value may have a meaning
 * in words.
 */
#ifndef TPS_INSPECT_MODEL_H
#define TPS_INSPECT_MODEL_H

#include "inspect/inspect.h"

enum {
    NODE_OBJECT = 0, /**< children have names */
    NODE_LIST = 1,   /**< children have none */
    NODE_TEXT = 2,
    NODE_BYTES = 3,
    NODE_INT = 4,
    NODE_UINT = 5,
    NODE_BOOL = 6,
    NODE_NUMBER = 7, /**< `bytes` holds a number of JSON as text: for what is no integer */
    NODE_LINES = 8,  /**< text of several lines that is escaped already, such as diagnostic notation */
    NODE_JSON = 9    /**< `bytes` holds JSON in one line, `pretty` the same in several */
};

typedef struct inspect_node inspect_node;

struct inspect_node {
    inspect_document *document;
    inspect_node *parent;
    inspect_node *first;
    inspect_node *last;
    inspect_node *next;
    tps_span name;    /**< empty in a list */
    tps_span meaning; /**< in words; empty when there is none */
    tps_span bytes;   /**< of texts and bytes */
    tps_span pretty;
    int64_t number; /**< of integers and truth values; a NODE_UINT keeps its bits here */
    uint32_t kind;
    bool is_foreign; /**< the name came from the file: shown as it is */
    bool is_hex;     /**< the number is shown in hexadecimal to people */
};

/** An empty document; inspect_free() ends it. NULL when no memory is left. */
inspect_document *inspect_new(int64_t now);

/** Memory that lives as long as the document; zeroed. NULL when there is none left. */
void *inspect_allocate(inspect_document *document, size_t size);

/** A copy that lives as long as the document; empty when no memory is left. */
tps_span inspect_copy(inspect_document *document, tps_span bytes);

/** Text made as by printf, at most 500 characters, that lives as long as the document. */
__attribute__((format(printf, 2, 3))) tps_span inspect_format(inspect_document *document, const char *format,
                                                              ...);

/** What the file is: a stable word for programs, and a line for people. The last call counts. */
__attribute__((format(printf, 3, 4))) void inspect_is(inspect_document *document, const char *kind,
                                                      const char *format, ...);

/** Whether inspect_is() was called, and with which word; NULL if not. */
const char *inspect_kind(const inspect_document *document);

/** The root of what is to be said. */
inspect_node *inspect_fields(inspect_document *document);

/** Seconds since 1970, as inspect_file() was told. */
int64_t inspect_now(const inspect_document *document);

/** Something that a person should look at. */
__attribute__((format(printf, 2, 3))) void inspect_warn(inspect_document *document, const char *format, ...);

/** Something that a reader might take for checked and that was not. */
__attribute__((format(printf, 2, 3))) void inspect_unchecked(inspect_document *document, const char *format,
                                                             ...);

/** Warns if `expiry`, in seconds since 1970, is over. */
void inspect_warn_expired(inspect_document *document, int64_t expiry);

/** The file is not understood. The first call counts. `detail` may be NULL. */
void inspect_fail(inspect_document *document, tps_status status, size_t offset, const char *detail);

/** Adds to an object or, with `name` NULL, to a list. Never NULL. Names that are literals are not copied. */
inspect_node *inspect_object(inspect_node *parent, const char *name);
inspect_node *inspect_list(inspect_node *parent, const char *name);
inspect_node *inspect_text(inspect_node *parent, const char *name, tps_span text);
inspect_node *inspect_words(inspect_node *parent, const char *name, const char *text);
inspect_node *inspect_bytes(inspect_node *parent, const char *name, tps_span bytes);
inspect_node *inspect_int(inspect_node *parent, const char *name, int64_t value);
inspect_node *inspect_uint(inspect_node *parent, const char *name, uint64_t value);
inspect_node *inspect_hex(inspect_node *parent, const char *name, uint64_t value);
inspect_node *inspect_bool(inspect_node *parent, const char *name, bool value);
inspect_node *inspect_json(inspect_node *parent, const char *name, tps_span line, tps_span pretty);

/** Seconds since 1970, with the date in UTC as its meaning. */
inspect_node *inspect_time(inspect_node *parent, const char *name, int64_t seconds);

/** The date of `seconds` since 1970 in UTC: 2026-09-01T12:00:00Z. */
tps_span inspect_date(inspect_document *document, int64_t seconds);

/** An item of CBOR, whatever it is: plain values as such, all else in diagnostic notation. */
inspect_node *inspect_cbor(inspect_node *parent, const char *name, tps_span item);

/** Gives a node the name that stands in the file. */
inspect_node *inspect_named(inspect_node *node, tps_span name);

/** Gives a node a meaning in words; with NULL none. */
inspect_node *inspect_means(inspect_node *node, const char *words);
inspect_node *inspect_means_span(inspect_node *node, tps_span words);

/** How many objects and lists lie around a node. */
unsigned inspect_depth(const inspect_node *node);

/** A recogniser of a part that lies within another: called later, so that nesting needs no recursion. */
typedef void (*inspect_step)(inspect_node *node, tps_span part);

/** Calls `run` when the present one is done. Nesting beyond 16 levels is dropped with a warning. */
void inspect_later(inspect_node *node, inspect_step run, tps_span part);

/** Calls what inspect_later() kept, until nothing is left. */
void inspect_run_steps(inspect_document *document);

/** For the renderers. */
typedef struct {
    const char *kind;
    tps_span summary;
    const inspect_node *fields;
    const inspect_node *warnings;  /**< a list of texts */
    const inspect_node *unchecked; /**< a list of texts */
} inspect_view;

inspect_view inspect_view_of(const inspect_document *document);

#endif
