/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of claims for tests. */
#include "support/claims_map.h"

#include "support/check.h"
#include "support/vectors.h"
#include "tps/cbor.h"

static tps_buf held;

claims_map claims_map_of(const claim *claims, size_t count)
{
    claims_map map = {.count = count};

    assert_true(count <= CLAIMS_MAP_MAX);
    memcpy(map.claims, claims, count * sizeof *claims);
    return map;
}

void claims_map_set(claims_map *map, int64_t label, const char *value)
{
    size_t i = 0;

    while (i < map->count && map->claims[i].label != label) {
        i++;
    }
    if (i == map->count) {
        assert_true(map->count < CLAIMS_MAP_MAX);
        map->count++;
    }
    map->claims[i] = (claim){label, value};
}

void claims_map_reverse(claims_map *map)
{
    for (size_t i = 0; i < map->count / 2; i++) {
        claim first = map->claims[i];

        map->claims[i] = map->claims[map->count - 1 - i];
        map->claims[map->count - 1 - i] = first;
    }
}

static void put_hex(tps_cbor_writer *w, const char *hex)
{
    tps_buf bytes = bytes_from_hex(hex);

    tps_cbor_put_raw(w, span_of(bytes));
    free(bytes.data);
}

static void put_map(tps_cbor_writer *w, const claims_map *map)
{
    size_t count = map->extra_count;

    for (size_t i = 0; i < map->count; i++) {
        count += map->claims[i].value != NULL;
    }
    if (map->is_indefinite) {
        put_hex(w, "bf");
    } else {
        tps_cbor_put_map(w, count);
    }
    for (size_t i = 0; i < map->count; i++) {
        if (map->claims[i].value != NULL) {
            tps_cbor_put_int(w, map->claims[i].label);
            put_hex(w, map->claims[i].value);
        }
    }
    put_hex(w, map->extra == NULL ? "" : map->extra);
    put_hex(w, map->is_indefinite ? "ff" : "");
}

tps_span claims_map_encode(const claims_map *map)
{
    tps_cbor_writer measure = tps_cbor_writer_init(TPS_BUF_MEASURE);
    tps_cbor_writer w;

    put_map(&measure, map);
    free(held.data);
    held = (tps_buf){malloc(measure.size), measure.size};
    assert_non_null(held.data);
    w = tps_cbor_writer_init(held);
    put_map(&w, map);
    return span_of(held);
}

int claims_map_clean(void **state)
{
    (void)state;
    free(held.data);
    held = (tps_buf){NULL, 0};
    return 0;
}
