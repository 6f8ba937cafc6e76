/* SPDX-License-Identifier: Apache-2.0 */
/* The document: its memory (blocks that are freed together), its tree, its faults. */
#include "inspect/model.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "format/cbor/float.h"

#define BLOCK_SIZE   16384u
#define FORMAT_MAX   512u
#define DEPTH_MAX    16u
#define WARNINGS_MAX 64u

typedef struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) uint8_t data[];
} block;

typedef struct step {
    struct step *next;
    inspect_step run;
    inspect_node *node;
    tps_span part;
} step;

struct inspect_document {
    block *blocks;
    step *steps;
    const char *kind;
    tps_span summary;
    inspect_node fields;
    inspect_node warnings;
    inspect_node unchecked;
    inspect_node spare; /* takes what is added when no memory is left */
    inspect_fault fault;
    int64_t now;
    uint32_t warning_count;
    bool is_out_of_memory;
};

inspect_document *inspect_new(int64_t now)
{
    inspect_document *document = calloc(1, sizeof *document);

    if (document != NULL) {
        document->now = now;
        document->fields.document = document;
        document->spare.document = document;
        document->warnings = (inspect_node){.document = document, .kind = NODE_LIST};
        document->unchecked = document->warnings;
    }
    return document;
}

void inspect_free(inspect_document *document)
{
    if (document == NULL) {
        return;
    }
    for (block *b = document->blocks; b != NULL;) {
        block *next = b->next;
        free(b);
        b = next;
    }
    free(document);
}

static void no_memory(inspect_document *document)
{
    document->is_out_of_memory = true;
    inspect_fail(document, TPS_OUT_OF_MEMORY, 0, NULL);
}

void *inspect_allocate(inspect_document *document, size_t size)
{
    size_t rounded = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    block *b = document->blocks;

    if (b == NULL || b->size - b->used < rounded) {
        size_t room = rounded > BLOCK_SIZE ? rounded : BLOCK_SIZE;
        b = calloc(1, sizeof *b + room);
        if (b == NULL) {
            no_memory(document);
            return NULL;
        }
        b->size = room;
        b->next = document->blocks;
        document->blocks = b;
    }
    b->used += rounded;
    return b->data + b->used - rounded;
}

tps_span inspect_copy(inspect_document *document, tps_span bytes)
{
    uint8_t *copy = bytes.size == 0 ? NULL : inspect_allocate(document, bytes.size);

    if (copy == NULL) {
        return TPS_SPAN_EMPTY;
    }
    memcpy(copy, bytes.data, bytes.size);
    return tps_span_make(copy, bytes.size);
}

__attribute__((format(printf, 2, 0))) static tps_span format_arguments(inspect_document *document,
                                                                       const char *format, va_list arguments)
{
    char text[FORMAT_MAX];
    /* clang-tidy 14 does not follow a va_list into a function. */
    int size =
        vsnprintf(text, sizeof text, format, arguments); /* NOLINT(clang-analyzer-valist.Uninitialized) */

    if (size < 0) {
        return TPS_SPAN_EMPTY;
    }
    return inspect_copy(document,
                        tps_span_make(text, (size_t)size < sizeof text ? (size_t)size : sizeof text - 1));
}

tps_span inspect_format(inspect_document *document, const char *format, ...)
{
    va_list arguments;
    tps_span text;

    va_start(arguments, format);
    text = format_arguments(document, format, arguments);
    va_end(arguments);
    return text;
}

void inspect_is(inspect_document *document, const char *kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    document->kind = kind;
    document->summary = format_arguments(document, format, arguments);
    va_end(arguments);
}

const char *inspect_kind(const inspect_document *document)
{
    return document->kind;
}

inspect_node *inspect_fields(inspect_document *document)
{
    return &document->fields;
}

int64_t inspect_now(const inspect_document *document)
{
    return document->now;
}

static bool is_said(const inspect_node *list, tps_span text)
{
    for (const inspect_node *node = list->first; node != NULL; node = node->next) {
        if (tps_span_equal(node->bytes, text)) {
            return true;
        }
    }
    return false;
}

void inspect_warn(inspect_document *document, const char *format, ...)
{
    va_list arguments;
    tps_span text;

    if (document->warning_count == WARNINGS_MAX) {
        return; /* a file that is odd all over has been found out by now */
    }
    va_start(arguments, format);
    text = format_arguments(document, format, arguments);
    va_end(arguments);
    if (!is_said(&document->warnings, text)) {
        document->warning_count++;
        inspect_text(&document->warnings, NULL, text);
    }
}

void inspect_unchecked(inspect_document *document, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    inspect_text(&document->unchecked, NULL, format_arguments(document, format, arguments));
    va_end(arguments);
}

void inspect_fail(inspect_document *document, tps_status status, size_t offset, const char *detail)
{
    if (document->fault.status != TPS_OK) {
        return;
    }
    document->fault.status = status;
    document->fault.offset = offset;
    snprintf(document->fault.detail, sizeof document->fault.detail, "%s", detail == NULL ? "" : detail);
}

const inspect_fault *inspect_fault_of(const inspect_document *document)
{
    return &document->fault;
}

static inspect_node *add(inspect_node *parent, uint32_t kind, const char *name)
{
    inspect_document *document = parent->document;
    inspect_node *node = parent == &document->spare ? NULL : inspect_allocate(document, sizeof *node);

    if (node == NULL) {
        document->spare = (inspect_node){.document = document};
        return &document->spare;
    }
    node->document = document;
    node->parent = parent;
    node->kind = kind;
    node->name = tps_span_of_text(name);
    if (parent->last == NULL) {
        parent->first = node;
    } else {
        parent->last->next = node;
    }
    parent->last = node;
    return node;
}

static inspect_node *add_number(inspect_node *parent, uint32_t kind, const char *name, int64_t number)
{
    inspect_node *node = add(parent, kind, name);

    node->number = number;
    return node;
}

static inspect_node *add_bytes(inspect_node *parent, uint32_t kind, const char *name, tps_span bytes)
{
    inspect_node *node = add(parent, kind, name);

    node->bytes = bytes;
    return node;
}

inspect_node *inspect_object(inspect_node *parent, const char *name)
{
    return add(parent, NODE_OBJECT, name);
}

inspect_node *inspect_list(inspect_node *parent, const char *name)
{
    return add(parent, NODE_LIST, name);
}

inspect_node *inspect_text(inspect_node *parent, const char *name, tps_span text)
{
    return add_bytes(parent, NODE_TEXT, name, text);
}

inspect_node *inspect_words(inspect_node *parent, const char *name, const char *text)
{
    return add_bytes(parent, NODE_TEXT, name, tps_span_of_text(text));
}

inspect_node *inspect_bytes(inspect_node *parent, const char *name, tps_span bytes)
{
    return add_bytes(parent, NODE_BYTES, name, bytes);
}

inspect_node *inspect_int(inspect_node *parent, const char *name, int64_t value)
{
    return add_number(parent, NODE_INT, name, value);
}

inspect_node *inspect_uint(inspect_node *parent, const char *name, uint64_t value)
{
    return add_number(parent, NODE_UINT, name, (int64_t)value);
}

inspect_node *inspect_hex(inspect_node *parent, const char *name, uint64_t value)
{
    inspect_node *node = inspect_uint(parent, name, value);

    node->is_hex = true;
    return node;
}

inspect_node *inspect_bool(inspect_node *parent, const char *name, bool value)
{
    return add_number(parent, NODE_BOOL, name, value);
}

inspect_node *inspect_json(inspect_node *parent, const char *name, tps_span line, tps_span pretty)
{
    inspect_node *node = add_bytes(parent, NODE_JSON, name, line);

    node->pretty = pretty;
    return node;
}

tps_span inspect_date(inspect_document *document, int64_t seconds)
{
    time_t when = (time_t)seconds;
    struct tm parts;
    char text[40];

    /* Years of four digits alone: 0000-01-01 to 9999-12-31. */
    if (seconds < -62167219200 || seconds > 253402300799 || gmtime_r(&when, &parts) == NULL) {
        return tps_span_of_text("beyond the calendar");
    }
    snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900, parts.tm_mon + 1,
             parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    return inspect_format(document, "%s", text);
}

void inspect_warn_expired(inspect_document *document, int64_t expiry)
{
    tps_span date = inspect_date(document, expiry);

    if (expiry < document->now) {
        inspect_warn(document, "it expired: %.*s", (int)date.size, (const char *)date.data);
    }
}

inspect_node *inspect_time(inspect_node *parent, const char *name, int64_t seconds)
{
    return inspect_means_span(inspect_int(parent, name, seconds), inspect_date(parent->document, seconds));
}

/* Collects what the diagnostic printer writes, in memory that grows; `is_full` when there is no more. */
typedef struct {
    char *data;
    size_t room;
    size_t size;
    bool is_full;
} collector;

static void collect(void *context, const char *text, size_t size)
{
    collector *c = context;

    if (!c->is_full && size > c->room - c->size) {
        size_t room = (c->room + size) * 2;
        char *grown = realloc(c->data, room);
        if (grown == NULL) {
            c->is_full = true;
        } else {
            c->data = grown;
            c->room = room;
        }
    }
    if (!c->is_full) {
        memcpy(c->data + c->size, text, size);
        c->size += size;
    }
}

static tps_span diagnostic_of(inspect_document *document, tps_span item)
{
    collector c = {.size = 0};
    tps_span text;

    if (tps_cbor_diagnose(item, collect, &c, NULL) != TPS_OK) {
        inspect_warn(document, "a part in CBOR is not well-formed; it is shown as far as it could be read");
    }
    if (c.is_full) {
        no_memory(document);
    }
    text = inspect_copy(document, tps_span_make(c.data, c.size));
    free(c.data);
    return text;
}

static inspect_node *add_float(inspect_node *parent, const char *name, const tps_cbor_item *item)
{
    char text[CBOR_FLOAT_TEXT_MAX];
    size_t size = cbor_float_text(item->value, item->width, text);
    bool is_number = text[size - 1] >= '0' && text[size - 1] <= '9';

    return add_bytes(parent, is_number ? NODE_NUMBER : NODE_TEXT, name,
                     inspect_copy(parent->document, tps_span_make(text, size)));
}

inspect_node *inspect_cbor(inspect_node *parent, const char *name, tps_span item)
{
    tps_cbor_reader r = tps_cbor_reader_init(item);
    tps_cbor_item head;
    bool is_read = tps_cbor_read(&r, &head) && tps_cbor_reader_finish(&r) == TPS_OK;

    switch (is_read ? head.type : TPS_CBOR_END) {
    case TPS_CBOR_UINT: return inspect_uint(parent, name, head.value);
    case TPS_CBOR_NINT:
        if (head.value <= INT64_MAX) {
            return inspect_int(parent, name, -1 - (int64_t)head.value);
        }
        break;
    case TPS_CBOR_BYTES:
        if (head.value != TPS_CBOR_INDEFINITE_LENGTH) {
            return inspect_bytes(parent, name, head.bytes);
        }
        break;
    case TPS_CBOR_TEXT:
        if (head.value != TPS_CBOR_INDEFINITE_LENGTH) {
            return inspect_text(parent, name, head.bytes);
        }
        break;
    case TPS_CBOR_FLOAT: return add_float(parent, name, &head);
    case TPS_CBOR_SIMPLE:
        if (head.value == 20 || head.value == 21) {
            return inspect_bool(parent, name, head.value == 21);
        }
        break;
    default: break;
    }
    return add_bytes(parent, NODE_LINES, name, diagnostic_of(parent->document, item));
}

inspect_node *inspect_named(inspect_node *node, tps_span name)
{
    node->name = name;
    node->is_foreign = true;
    return node;
}

inspect_node *inspect_means(inspect_node *node, const char *words)
{
    node->meaning = tps_span_of_text(words);
    return node;
}

inspect_node *inspect_means_span(inspect_node *node, tps_span words)
{
    node->meaning = words;
    return node;
}

unsigned inspect_depth(const inspect_node *node)
{
    unsigned depth = 0;

    for (; node->parent != NULL; node = node->parent) {
        depth++;
    }
    return depth;
}

void inspect_later(inspect_node *node, inspect_step run, tps_span part)
{
    step *s;

    if (inspect_depth(node) > DEPTH_MAX) {
        inspect_warn(node->document, "parts that are nested deeper than %u levels are not shown", DEPTH_MAX);
        return;
    }
    s = inspect_allocate(node->document, sizeof *s);
    if (s != NULL) {
        *s = (step){node->document->steps, run, node, part};
        node->document->steps = s;
    }
}

void inspect_run_steps(inspect_document *document)
{
    while (document->steps != NULL && !document->is_out_of_memory) {
        step *s = document->steps;
        document->steps = s->next;
        s->run(s->node, s->part);
    }
}

inspect_view inspect_view_of(const inspect_document *document)
{
    return (inspect_view){document->kind, document->summary, &document->fields, &document->warnings,
                          &document->unchecked};
}
