/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection needs while a request is under way: reader, request, buffers. The server keeps a stock of
 * them, so that a request allocates nothing and an idle connection holds nothing.
 */
#include <stdlib.h>

#include "server/http/internal.h"

#define STOCK_MAX 256u /* works that are kept for later; about 5 KiB each */

bool tps_http_buffer_reserve(http_buffer *buffer, size_t needed)
{
    size_t size = buffer->capacity < 1024 ? 1024 : buffer->capacity;
    uint8_t *grown;

    if (needed <= buffer->capacity) {
        return true;
    }
    while (size < needed) {
        size *= 2;
    }
    grown = realloc(buffer->data, size);
    if (grown == NULL) {
        return false;
    }
    buffer->data = grown;
    buffer->capacity = size;
    return true;
}

static void free_buffer(http_buffer *buffer)
{
    free(buffer->data);
    *buffer = (http_buffer){NULL, 0, 0};
}

void tps_http_work_free(connection_work *work)
{
    free(work->input.data);
    free(work->head.data);
    free(work->body.data);
    free(work);
}

bool tps_http_work_take(tps_http_exchange *c)
{
    tps_http_server *server = c->server;
    connection_work *work = server->stock;

    if (c->work != NULL) {
        return true;
    }
    if (work != NULL) {
        server->stock = work->next;
        server->stock_size--;
    } else {
        work = calloc(1, sizeof(*work));
    }
    if (work == NULL) {
        return false;
    }
    server->body_memory += work->body.capacity;
    c->work = work;
    return true;
}

void tps_http_work_give_back(tps_http_exchange *c)
{
    connection_work *work = c->work;
    tps_http_server *server = c->server;

    if (work == NULL) {
        return;
    }
    c->work = NULL;
    if (server != NULL) {
        server->body_memory -= work->body.capacity;
    }
    if (server == NULL || server->stock_size >= STOCK_MAX) {
        tps_http_work_free(work);
        return;
    }
    if (work->input.capacity > KEPT_BODY_MAX) {
        free_buffer(&work->input);
    }
    if (work->body.capacity > KEPT_BODY_MAX) {
        free_buffer(&work->body);
    }
    work->input.size = work->body.size = 0;
    work->has_head = false;
    work->context = NULL;
    work->field = NULL;
    work->next = server->stock;
    server->stock = work;
    server->stock_size++;
}
