/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers are big endian; an array is its dimensions and type, then each element behind its length. */
#include "store/postgresql/parameters.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>

#define ARRAY_HEAD 20u /* dimensions, has nulls, type, elements, number of the first */

static void write_number(uint8_t *out, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        out[i] = (uint8_t)(value >> (8u * (size - 1u - i)));
    }
}

static void put(tps_pg_parameters *p, const uint8_t *data, size_t size)
{
    assert((unsigned)p->count < TPS_PG_PARAMETERS_MAX && size <= INT_MAX);
    /* NULL would be SQL's NULL, which an empty value is not. */
    p->values[p->count] = (const char *)(size == 0 ? p->numbers[p->count] : data);
    p->lengths[p->count] = (int)size;
    p->count++;
}

void tps_pg_put_int(tps_pg_parameters *p, int64_t value)
{
    write_number(p->numbers[p->count], (uint64_t)value, 8);
    put(p, p->numbers[p->count], 8);
}

void tps_pg_put_bool(tps_pg_parameters *p, bool value)
{
    p->numbers[p->count][0] = value ? 1 : 0;
    put(p, p->numbers[p->count], 1);
}

void tps_pg_put_bytes(tps_pg_parameters *p, tps_span bytes)
{
    put(p, bytes.data, bytes.size);
}

static bool make_room(tps_pg_array *a, size_t more)
{
    size_t room = a->room == 0 ? 1024 : a->room;
    uint8_t *data;

    if (a->size == 0) {
        more += ARRAY_HEAD;
    }
    while (room - a->size < more) {
        room *= 2;
    }
    if (!a->failed && room > a->room) {
        data = room <= INT_MAX ? realloc(a->data, room) : NULL;
        a->failed = data == NULL;
        a->data = data == NULL ? a->data : data;
        a->room = data == NULL ? a->room : room;
    }
    if (!a->failed && a->size == 0) {
        a->size = ARRAY_HEAD;
    }
    return !a->failed;
}

void tps_pg_array_add(tps_pg_array *a, tps_span element)
{
    if (!make_room(a, 4 + element.size)) {
        return;
    }
    write_number(a->data + a->size, element.size, 4);
    if (element.size > 0) {
        memcpy(a->data + a->size + 4, element.data, element.size);
    }
    a->size += 4 + element.size;
    a->count++;
}

void tps_pg_array_add_int(tps_pg_array *a, int64_t element)
{
    uint8_t number[8];

    write_number(number, (uint64_t)element, 8);
    tps_pg_array_add(a, TPS_SPAN_OF(number));
}

tps_span tps_pg_array_finish(tps_pg_array *a)
{
    if (!make_room(a, 0)) {
        return TPS_SPAN_EMPTY;
    }
    write_number(a->data, 1, 4);
    write_number(a->data + 4, 0, 4);
    write_number(a->data + 8, a->type, 4);
    write_number(a->data + 12, a->count, 4);
    write_number(a->data + 16, 1, 4);
    return tps_span_make(a->data, a->size);
}

void tps_pg_array_free(tps_pg_array *a)
{
    free(a->data);
    *a = (tps_pg_array){.type = a->type};
}

int64_t tps_pg_int(const PGresult *result, int row, int column)
{
    tps_span bytes = tps_pg_bytes(result, row, column);
    uint64_t value = bytes.size > 0 && bytes.data[0] >= 0x80 ? UINT64_MAX : 0;

    for (size_t i = 0; i < bytes.size && i < 8; i++) {
        value = value << 8 | bytes.data[i];
    }
    return (int64_t)value;
}

tps_span tps_pg_bytes(const PGresult *result, int row, int column)
{
    return tps_span_make(PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}
