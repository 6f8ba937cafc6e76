/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking CBOR, against libcbor's streaming decoder and its tree. Each of the three looks at every item of
 * the same bytes and adds up what it finds, so that no work can be left out; ours checks bounds and UTF-8,
 * which the streaming decoder does not. Then the checker, and the lookup of ten claims against a walk of
 * their map.
 */
#include <cbor.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/cbor_samples.h"
#include "bench/measure.h"
#include "tps/psa.h"

#define ROUNDS     15u
#define ROUND_TIME 0.02 /* seconds, about, of each of the two in a round */

/* Adds up what it finds, `count` times. */
typedef uint64_t (*walker)(const cbor_sample *sample, size_t count);

static uint64_t walk_reader(const cbor_sample *sample, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t part = 0; part < sample->count; part++) {
            tps_cbor_reader r = tps_cbor_reader_init(sample->parts[part]);
            tps_cbor_item item;

            while (!tps_cbor_at_end(&r) && tps_cbor_read(&r, &item)) {
                sum += item.value;
            }
            bench_require(r.status == TPS_OK, "the sample is bad");
        }
    }
    return sum;
}

static uint64_t check(const cbor_sample *sample, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t part = 0; part < sample->count; part++) {
            size_t size = 0;

            bench_require(tps_cbor_check(sample->parts[part], &tps_cbor_limits_file, &size, NULL) == TPS_OK,
                          "the sample is bad");
            sum += size;
        }
    }
    return sum;
}

static uint64_t check_and_walk(const cbor_sample *sample, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum = check(sample, 1) + walk_reader(sample, 1);
    }
    return sum;
}

static void add_8(void *sum, uint8_t value)
{
    *(uint64_t *)sum += value;
}

static void add_16(void *sum, uint16_t value)
{
    *(uint64_t *)sum += value;
}

static void add_32(void *sum, uint32_t value)
{
    *(uint64_t *)sum += value;
}

static void add_64(void *sum, uint64_t value)
{
    *(uint64_t *)sum += value;
}

static void add_string(void *sum, cbor_data data, size_t size)
{
    (void)data;
    *(uint64_t *)sum += size;
}

static void add_size(void *sum, size_t count)
{
    *(uint64_t *)sum += count;
}

static uint64_t walk_libcbor_stream(const cbor_sample *sample, size_t count)
{
    struct cbor_callbacks callbacks = cbor_empty_callbacks;
    uint64_t sum = 0;

    callbacks.uint8 = callbacks.negint8 = add_8;
    callbacks.uint16 = callbacks.negint16 = add_16;
    callbacks.uint32 = callbacks.negint32 = add_32;
    callbacks.uint64 = callbacks.negint64 = callbacks.tag = add_64;
    callbacks.byte_string = callbacks.string = add_string;
    callbacks.array_start = callbacks.map_start = add_size;
    for (size_t i = 0; i < count; i++) {
        for (size_t part = 0; part < sample->count; part++) {
            const uint8_t *data = sample->parts[part].data;
            size_t size = sample->parts[part].size;

            for (size_t at = 0; at < size;) {
                struct cbor_decoder_result result =
                    cbor_stream_decode(data + at, size - at, &callbacks, &sum);
                bench_require(result.status == CBOR_DECODER_FINISHED, "libcbor refuses the sample");
                at += result.read;
            }
        }
    }
    return sum;
}

static uint64_t add_tree(const cbor_item_t *item)
{
    uint64_t sum;

    switch (cbor_typeof(item)) {
    case CBOR_TYPE_UINT:
    case CBOR_TYPE_NEGINT: return cbor_get_int(item);
    case CBOR_TYPE_BYTESTRING: return cbor_bytestring_length(item);
    case CBOR_TYPE_STRING: return cbor_string_length(item);
    case CBOR_TYPE_ARRAY:
        sum = cbor_array_size(item);
        for (size_t i = 0; i < cbor_array_size(item); i++) {
            sum += add_tree(cbor_array_handle(item)[i]);
        }
        return sum;
    case CBOR_TYPE_MAP:
        sum = cbor_map_size(item);
        for (size_t i = 0; i < cbor_map_size(item); i++) {
            sum += add_tree(cbor_map_handle(item)[i].key) + add_tree(cbor_map_handle(item)[i].value);
        }
        return sum;
    case CBOR_TYPE_TAG: return cbor_tag_value(item) + add_tree(item->metadata.tag_metadata.tagged_item);
    default: return 0;
    }
}

static uint64_t walk_libcbor_tree(const cbor_sample *sample, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        for (size_t part = 0; part < sample->count; part++) {
            struct cbor_load_result result;
            cbor_item_t *item = cbor_load(sample->parts[part].data, sample->parts[part].size, &result);

            bench_require(item != NULL, "libcbor refuses the sample");
            sum += add_tree(item);
            cbor_decref(&item);
        }
    }
    return sum;
}

static const int64_t claims[10] = {TPS_PSA_INSTANCE_ID,
                                   TPS_PSA_IMPLEMENTATION_ID,
                                   TPS_PSA_NONCE,
                                   TPS_PSA_CLIENT_ID,
                                   TPS_PSA_LIFECYCLE,
                                   TPS_PSA_EAT_PROFILE,
                                   TPS_PSA_BOOT_SEED,
                                   TPS_PSA_SOFTWARE_COMPONENTS,
                                   TPS_PSA_VERIFICATION_SERVICE,
                                   TPS_PSA_CERTIFICATION_REFERENCE};

/* The order in which the claims are asked for: that of the map, or another. */
static tps_cbor_label labels[10];

static uint64_t find_ten(const cbor_sample *sample, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        tps_cbor_reader r = tps_cbor_reader_init(sample->parts[0]);
        tps_span values[10];
        size_t others = tps_cbor_find(&r, labels, values, 10);

        bench_require(r.status == TPS_OK && others == 0, "a claim was not found");
        for (size_t k = 0; k < 10; k++) {
            sum += values[k].size;
        }
    }
    return sum;
}

static bench_rounds compare(const cbor_sample *sample, walker ours, walker bound)
{
    bench_rounds rounds = {.rounds = ROUNDS};
    size_t count = 1;
    volatile uint64_t sum;

    for (double took = 0; took < ROUND_TIME; count *= 2) {
        double start = bench_cpu_seconds();
        sum = bound(sample, count);
        took = bench_cpu_seconds() - start;
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        double start = bench_cpu_seconds();
        double middle;
        sum = ours(sample, count);
        middle = bench_cpu_seconds();
        sum = bound(sample, count);
        rounds.ours[i] = (middle - start) / (double)count;
        rounds.bound[i] = (bench_cpu_seconds() - middle) / (double)count;
    }
    (void)sum;
    return rounds;
}

/* The worse of the two samples is the figure; the note has both. */
static void report(const char *name, walker ours, walker bound, const char *note)
{
    cbor_sample psa = cbor_sample_psa();
    cbor_sample corim = cbor_sample_corim();
    bench_rounds a = compare(&psa, ours, bound);
    bench_rounds b = compare(&corim, ours, bound);
    const bench_rounds *worse = bench_median_ratio(&a) < bench_median_ratio(&b) ? &a : &b;

    printf("{\"name\":\"%s\",\"ratio\":%.3f,\"value\":%.1f,\"unit\":\"ns\",\"bound\":%.1f,"
           "\"note\":\"PSA payload of %zu bytes: %.2f (%.0f ns); CoRIM of %zu bytes: %.2f (%.0f ns); %s\"}\n",
           name, bench_median_ratio(worse), bench_median_ours(worse) * 1e9, bench_median_bound(worse) * 1e9,
           psa.size, bench_median_ratio(&a), bench_median_ours(&a) * 1e9, corim.size, bench_median_ratio(&b),
           bench_median_ours(&b) * 1e9, note);
    fflush(stdout);
}

/* The map's order, the same backwards, and a stride of three: the worst of them is the figure. */
static void report_lookup(void)
{
    static const size_t strides[3] = {1, 9, 3};
    cbor_sample sample = cbor_sample_psa_full();
    bench_rounds rounds[3];
    double cost[3];
    size_t worst = 0;

    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 10; k++) {
            labels[k].number = claims[strides[i] * k % 10];
        }
        rounds[i] = compare(&sample, find_ten, walk_reader);
        cost[i] = 1 / bench_median_ratio(&rounds[i]);
        worst = cost[i] > cost[worst] ? i : worst;
    }
    printf(
        "{\"name\":\"cbor.lookup.ten\",\"ratio\":%.3f,\"value\":%.1f,\"unit\":\"ns\",\"bound\":%.1f,"
        "\"note\":\"lower is better: ten claims by label / one walk of their map of %zu bytes; asked for in the "
        "map's order %.2f, backwards %.2f, every third %.2f\"}\n",
        cost[worst], bench_median_ours(&rounds[worst]) * 1e9, bench_median_bound(&rounds[worst]) * 1e9,
        sample.size, cost[0], cost[1], cost[2]);
    fflush(stdout);
}

int main(void)
{
    bench_pin(0);
    report("cbor.walk.stream", walk_reader, walk_libcbor_stream,
           "tps_cbor_read() against cbor_stream_decode(); times faster");
    report("cbor.walk.dom", walk_reader, walk_libcbor_tree,
           "tps_cbor_read() against cbor_load(), a look at every item, cbor_decref(); times faster");
    report("cbor.check", check, walk_libcbor_stream,
           "tps_cbor_check() against cbor_stream_decode(), which sees neither UTF-8 nor keys nor nesting");
    report("cbor.check.dom", check_and_walk, walk_libcbor_tree,
           "tps_cbor_check() and tps_cbor_read() against cbor_load(), a look at every item, cbor_decref()");
    report_lookup();
    return 0;
}
