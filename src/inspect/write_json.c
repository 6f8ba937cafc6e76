/* SPDX-License-Identifier: Apache-2.0 */
/* The document for programs: one object in one line. docs/inspect.md describes it. */
#include "format/text/escape.h"
#include "inspect/model.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct {
    tps_text_sink sink;
    void *context;
} writer;

static void put(const writer *w, const char *text)
{
    w->sink(w->context, text, strlen(text));
}

static void put_string(const writer *w, tps_span text)
{
    put(w, "\"");
    escape_text(text, ESCAPE_QUOTED, w->sink, w->context);
    put(w, "\"");
}

static void put_hex(const writer *w, tps_span bytes)
{
    char text[3];

    put(w, "\"");
    for (size_t i = 0; i < bytes.size; i++) {
        snprintf(text, sizeof text, "%02x", bytes.data[i]);
        put(w, text);
    }
    put(w, "\"");
}

static void put_number(const writer *w, const inspect_node *node)
{
    char text[32];

    if (node->kind == NODE_UINT) {
        snprintf(text, sizeof text, "%" PRIu64, (uint64_t)node->number);
    } else {
        snprintf(text, sizeof text, "%" PRId64, node->number);
    }
    put(w, text);
}

static void put_plain(const writer *w, const inspect_node *node)
{
    switch (node->kind) {
    case NODE_TEXT:
    case NODE_LINES: put_string(w, node->bytes); break;
    case NODE_BYTES: put_hex(w, node->bytes); break;
    case NODE_INT:
    case NODE_UINT: put_number(w, node); break;
    case NODE_BOOL: put(w, node->number != 0 ? "true" : "false"); break;
    case NODE_NUMBER: w->sink(w->context, (const char *)node->bytes.data, node->bytes.size); break;
    case NODE_JSON: escape_text(node->bytes, ESCAPE_SOURCE, w->sink, w->context); break;
    case NODE_LIST: put(w, "["); break;
    default: put(w, "{"); break;
    }
}

static bool is_leaf(const inspect_node *node)
{
    return node->kind != NODE_OBJECT && node->kind != NODE_LIST;
}

/* Name, value and, of an object or list, the opening bracket. */
static void put_node(const writer *w, const inspect_node *node)
{
    if (node->parent->first != node) {
        put(w, ",");
    }
    if (node->parent->kind == NODE_OBJECT) {
        put_string(w, node->name);
        put(w, ":");
    }
    if (is_leaf(node) && node->meaning.size > 0) {
        put(w, "{\"value\":");
        put_plain(w, node);
        put(w, ",\"meaning\":");
        put_string(w, node->meaning);
        put(w, "}");
    } else {
        put_plain(w, node);
    }
}

static void put_closing(const writer *w, const inspect_node *node)
{
    if (!is_leaf(node)) {
        put(w, node->kind == NODE_LIST ? "]" : "}");
    }
}

/* The children of `root`, without its brackets. */
static void put_children(const writer *w, const inspect_node *root)
{
    const inspect_node *node = root->first;

    while (node != NULL) {
        put_node(w, node);
        if (node->first != NULL) {
            node = node->first;
            continue;
        }
        put_closing(w, node);
        while (node != root && node->next == NULL) {
            node = node->parent;
            if (node != root) {
                put_closing(w, node);
            }
        }
        node = node == root ? NULL : node->next;
    }
}

/* Lists hang outside of the tree; their children are texts. */
static void put_list(const writer *w, const char *name, const inspect_node *list)
{
    put(w, name);
    put_children(w, list);
    put(w, "]");
}

static void put_fault(const writer *w, const inspect_fault *fault)
{
    char offset[48];

    put(w, "{\"error\":{\"name\":");
    put_string(w, tps_span_of_text(tps_status_name(fault->status)));
    put(w, ",\"cause\":");
    put_string(w, tps_span_of_text(tps_status_cause(fault->status)));
    put(w, ",\"detail\":");
    put_string(w, tps_span_of_text(fault->detail));
    snprintf(offset, sizeof offset, ",\"offset\":%zu,\"next_step\":", fault->offset);
    put(w, offset);
    put_string(w, tps_span_of_text(tps_status_next_step(fault->status)));
    put(w, "}}\n");
}

void inspect_write_json(const inspect_document *document, tps_text_sink sink, void *context)
{
    inspect_view view = inspect_view_of(document);
    const inspect_fault *fault = inspect_fault_of(document);
    writer w = {sink, context};

    if (fault->status != TPS_OK) {
        put_fault(&w, fault);
        return;
    }
    put(&w, "{\"kind\":");
    put_string(&w, tps_span_of_text(view.kind));
    put(&w, ",\"summary\":");
    put_string(&w, view.summary);
    put(&w, ",\"fields\":{");
    put_children(&w, view.fields);
    put_list(&w, "},\"warnings\":[", view.warnings);
    put_list(&w, ",\"not_checked\":[", view.unchecked);
    put(&w, "}\n");
}
