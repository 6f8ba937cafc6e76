/* SPDX-License-Identifier: Apache-2.0 */
/* The document for people: what it is, a line a field, what is odd, what was not checked. */
#include "format/text/escape.h"
#include "inspect/model.h"

#include <inttypes.h>
#include <stdio.h>

#define INDENT          2u
#define LABEL_WIDTH_MAX 30u
/* Longer byte strings are cut for people; the JSON output has them whole. */
#define BYTES_SHOWN 66u

typedef struct {
    tps_text_sink sink;
    void *context;
} writer;

static void put(const writer *w, const char *text)
{
    w->sink(w->context, text, strlen(text));
}

static void put_blanks(const writer *w, size_t count)
{
    for (; count > 0; count--) {
        put(w, " ");
    }
}

static void put_foreign(const writer *w, tps_span text)
{
    escape_text(text, ESCAPE_PLAIN, w->sink, w->context);
}

static void put_hex(const writer *w, tps_span bytes)
{
    char text[3];

    for (size_t i = 0; i < bytes.size && i < BYTES_SHOWN; i++) {
        snprintf(text, sizeof text, "%02x", bytes.data[i]);
        put(w, text);
    }
    if (bytes.size > BYTES_SHOWN) {
        char rest[48];
        snprintf(rest, sizeof rest, "... (%zu bytes)", bytes.size);
        put(w, rest);
    }
    if (bytes.size == 0) {
        put(w, "(empty)");
    }
}

/* Lines that are escaped already, but for what separates them; each is indented. */
static void put_lines(const writer *w, tps_span text, size_t indent)
{
    size_t at = 0;

    while (at < text.size) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        size_t size = end == NULL ? text.size - at : (size_t)(end - text.data) - at;
        put(w, "\n");
        put_blanks(w, indent);
        escape_text(tps_span_make(text.data + at, size), ESCAPE_SOURCE, w->sink, w->context);
        at += size + 1;
    }
}

static void put_number(const writer *w, const inspect_node *node)
{
    char text[32];

    if (node->is_hex) {
        snprintf(text, sizeof text, "0x%04" PRIx64, (uint64_t)node->number);
    } else if (node->kind == NODE_UINT) {
        snprintf(text, sizeof text, "%" PRIu64, (uint64_t)node->number);
    } else {
        snprintf(text, sizeof text, "%" PRId64, node->number);
    }
    put(w, text);
}

static void put_value(const writer *w, const inspect_node *node, size_t indent)
{
    switch (node->kind) {
    case NODE_TEXT: put_foreign(w, node->bytes); break;
    case NODE_BYTES: put_hex(w, node->bytes); break;
    case NODE_INT:
    case NODE_UINT: put_number(w, node); break;
    case NODE_BOOL: put(w, node->number != 0 ? "true" : "false"); break;
    case NODE_NUMBER: put_foreign(w, node->bytes); break;
    case NODE_LINES: put_lines(w, node->bytes, indent + INDENT); break;
    case NODE_JSON: put_lines(w, node->pretty, indent + INDENT); break;
    default: break;
    }
    if (node->meaning.size > 0) {
        put(w, node->kind == NODE_OBJECT || node->kind == NODE_LIST ? "(" : " = ");
        put_foreign(w, node->meaning);
        put(w, node->kind == NODE_OBJECT || node->kind == NODE_LIST ? ")" : "");
    }
}

static bool is_leaf(const inspect_node *node)
{
    return node->kind != NODE_OBJECT && node->kind != NODE_LIST;
}

/* The column of the values: one behind the longest name of a leaf beside it. */
static size_t label_width(const inspect_node *parent)
{
    size_t width = 0;

    for (const inspect_node *node = parent->first; node != NULL; node = node->next) {
        size_t size = node->name.size < LABEL_WIDTH_MAX ? node->name.size : LABEL_WIDTH_MAX;
        if (is_leaf(node) && size > width) {
            width = size;
        }
    }
    return width;
}

/* "boot_seed" is for programs; people read "boot seed". */
static void put_name(const writer *w, const inspect_node *node)
{
    if (node->is_foreign) {
        put_foreign(w, node->name);
        return;
    }
    for (size_t i = 0; i < node->name.size; i++) {
        char c = (char)node->name.data[i];
        w->sink(w->context, c == '_' ? " " : &c, 1);
    }
}

static void put_node(const writer *w, const inspect_node *node, size_t indent, size_t width, unsigned number)
{
    char text[16];

    put_blanks(w, indent);
    if (node->parent->kind == NODE_LIST) {
        snprintf(text, sizeof text, is_leaf(node) ? "%u  " : "%u", number);
        put(w, text);
    } else {
        put_name(w, node);
        if (is_leaf(node) && node->kind != NODE_LINES && node->kind != NODE_JSON) {
            put_blanks(w, 2 + (node->name.size < width ? width - node->name.size : 0));
        }
    }
    if (!is_leaf(node) && node->meaning.size > 0) {
        put(w, " ");
    }
    put_value(w, node, indent);
    if (!is_leaf(node) && node->first == NULL) {
        put(w, "  none");
    }
    put(w, "\n");
}

/* A level of the tree under way. */
typedef struct {
    size_t width;
    unsigned number;
} level;

/* Deeper ones share the last: inspect_later() keeps documents shallower than this. */
#define LEVELS 32u

static level *enter(level levels[LEVELS], unsigned depth, const inspect_node *parent)
{
    level *l = &levels[depth < LEVELS ? depth : LEVELS - 1];

    *l = (level){label_width(parent), 0};
    return l;
}

/* Walks the tree without recursion: down to the children, on to the next, up when there is none. */
static void put_tree(const writer *w, const inspect_node *root)
{
    level levels[LEVELS] = {{0, 0}};
    const inspect_node *node = root->first;
    unsigned depth = 0;
    level *l = enter(levels, depth, root);

    while (node != NULL) {
        l->number++;
        put_node(w, node, INDENT * (depth + 1), l->width, l->number);
        if (node->first != NULL) {
            l = enter(levels, ++depth, node);
            node = node->first;
            continue;
        }
        while (node != root && node->next == NULL) {
            node = node->parent;
            depth -= node == root ? 0 : 1;
        }
        l = &levels[depth < LEVELS ? depth : LEVELS - 1];
        node = node == root ? NULL : node->next;
    }
}

static void put_remarks(const writer *w, const char *what, const inspect_node *list)
{
    for (const inspect_node *node = list->first; node != NULL; node = node->next) {
        put(w, what);
        put_foreign(w, node->bytes);
        put(w, "\n");
    }
}

void inspect_write_text(const inspect_document *document, tps_text_sink sink, void *context)
{
    inspect_view view = inspect_view_of(document);
    writer w = {sink, context};

    if (inspect_fault_of(document)->status != TPS_OK) {
        return;
    }
    put_foreign(&w, view.summary);
    put(&w, "\n");
    put_tree(&w, view.fields);
    put_remarks(&w, "warning: ", view.warnings);
    put_remarks(&w, "not checked: ", view.unchecked);
}
