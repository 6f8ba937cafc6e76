/* SPDX-License-Identifier: Apache-2.0 */
/* Buckets that fill, and a table of them under attack. */
#include "server/access/rate_limit.h"

#include "support/check.h"

#define START UINT64_C(5000000)

static void a_bucket_gives_its_burst_and_then_the_rate(void **state)
{
    tps_rate_bucket bucket = {0};
    unsigned taken = 0;

    (void)state;
    while (tps_rate_take(&bucket, 50, START) == 0) {
        taken++;
    }
    assert_int_equal(taken, 50);
    assert_int_equal(tps_rate_take(&bucket, 50, START), 20);
    assert_int_equal(tps_rate_take(&bucket, 50, START + 5), 15);
    for (unsigned ms = 1; ms <= 2000; ms++) {
        taken += tps_rate_take(&bucket, 50, START + ms) == 0;
    }
    assert_int_equal(taken, 50 + 100);
    for (taken = 0; tps_rate_take(&bucket, 50, START + 60000) == 0; taken++) {
    }
    assert_int_equal(taken, 50); /* it holds no more, however long nobody came */
}

static void a_low_rate_has_the_least_burst_and_tells_how_long_to_wait(void **state)
{
    tps_rate_bucket bucket = {0};

    (void)state;
    for (unsigned i = 0; i < TPS_RATE_BURST_MIN; i++) {
        assert_int_equal(tps_rate_take(&bucket, 1, START), 0);
    }
    assert_int_equal(tps_rate_take(&bucket, 1, START), 1000);
    assert_int_equal(tps_rate_take(&bucket, 1, START + 999), 1);
    assert_int_equal(tps_rate_take(&bucket, 1, START + 1000), 0);
    assert_int_equal(tps_rate_retry_after(1), 1);
    assert_int_equal(tps_rate_retry_after(1000), 1);
    assert_int_equal(tps_rate_retry_after(1001), 2);
    assert_int_equal(tps_rate_retry_after(UINT32_MAX), 4294968);
}

static void no_rate_is_no_limit_and_a_higher_one_counts_at_once(void **state)
{
    tps_rate_bucket bucket = {0};

    (void)state;
    for (unsigned i = 0; i < 100000; i++) {
        assert_int_equal(tps_rate_take(&bucket, 0, START), 0);
    }
    for (unsigned i = 0; i < TPS_RATE_BURST_MIN; i++) {
        assert_int_equal(tps_rate_take(&bucket, 1, START), 0);
    }
    assert_true(tps_rate_take(&bucket, 1000, START) <= 1);
    assert_int_equal(tps_rate_take(&bucket, 1000, START + 1), 0);
    assert_int_equal(tps_rate_take(&bucket, UINT32_MAX, START + 2), 0);
}

/* ---- clients ---- */

static tps_rate_client client_of(const char *address)
{
    tps_rate_client client;

    assert_true(tps_rate_client_read(address, &client));
    return client;
}

static void addresses_are_told_apart_by_network(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1:4711", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"192.0.2.1", "::ffff:192.0.2.1", true},
        {"[::ffff:192.0.2.1]:80", "192.0.2.1:81", true},
        {"2001:db8:1:2::1", "2001:db8:1:2:ffff::", true},
        {"2001:db8:1:2::1", "2001:db8:1:3::1", false},
        {"[2001:db8:1:2::1]:443", "2001:db8:1:2::9", true},
        {"fe80::1%eth0", "[fe80::1]:1", true},
        {"::1", "0.0.0.0", false},
        {"::", "0.0.0.0", false},
    };
    static const char *const bad[] = {
        "",  "unix", "1.2.3",       "1.2.3.4.5",
        "[", "[::1", "2001:db8::g", "11111111111111111111111111111111111111111111111111111111111"};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        tps_rate_client a = client_of(cases[i].a);
        tps_rate_client b = client_of(cases[i].b);

        assert_int_equal(a.network == b.network && a.is_v6 == b.is_v6, cases[i].same);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        tps_rate_client client;

        if (strcmp(bad[i], "[::1") == 0) { /* what follows the address is not judged */
            continue;
        }
        assert_false(tps_rate_client_read(bad[i], &client));
        assert_true(client.network == UINT64_MAX && !client.is_v6);
    }
}

/* ---- the table ---- */

static void clients_and_tenants_have_buckets_of_their_own(void **state)
{
    tps_rate_table *table;
    tps_rate_client a = client_of("192.0.2.1");
    tps_rate_client b = client_of("192.0.2.2");

    (void)state;
    assert_status(tps_rate_table_new(1, &table), TPS_OK); /* one set: all are compared with each other */
    for (unsigned i = 0; i < TPS_RATE_BURST_MIN; i++) {
        assert_int_equal(tps_rate_table_take(table, 1, &a, 1, START), 0);
    }
    assert_int_not_equal(tps_rate_table_take(table, 1, &a, 1, START), 0);
    assert_int_equal(tps_rate_table_take(table, 1, &b, 1, START), 0);
    assert_int_equal(tps_rate_table_take(table, 2, &a, 1, START), 0);
    b = (tps_rate_client){a.network, true};
    assert_int_equal(tps_rate_table_take(table, 1, &b, 1, START), 0);
    assert_int_equal(tps_rate_table_take(table, 1, &a, 0, START), 0);
    tps_rate_table_free(table);
    tps_rate_table_free(NULL);
}

/* Whoever has very many addresses gets what the places of the table give, and not a burst an address. */
static void a_flood_of_addresses_gives_nobody_a_new_bucket(void **state)
{
    tps_rate_table *table;
    tps_rate_client own = client_of("192.0.2.1");
    unsigned taken = 0;
    unsigned again = 0;

    (void)state;
    assert_status(tps_rate_table_new(64, &table), TPS_OK);
    while (tps_rate_table_take(table, 1, &own, 1, START) == 0) {
    }
    for (uint64_t i = 0; i < 200000; i++) {
        tps_rate_client other = {i << 7, true};

        taken += tps_rate_table_take(table, 1, &other, 1, START) == 0;
    }
    assert_true(taken <= 64 * TPS_RATE_BURST_MIN);
    for (unsigned i = 0; i < 100; i++) {
        again += tps_rate_table_take(table, 1, &own, 1, START) == 0;
    }
    assert_int_equal(again, 0);
    /* A second later each place has filled by one. */
    for (uint64_t i = 0; i < 200000; i++) {
        tps_rate_client other = {i << 9, true};

        again += tps_rate_table_take(table, 1, &other, 1, START + 1000) == 0;
    }
    assert_true(again <= 64);
    tps_rate_table_free(table);
}

static void sizes_that_make_no_table_are_refused(void **state)
{
    tps_rate_table *table;

    (void)state;
    assert_status(tps_rate_table_new(0, &table), TPS_BAD_ARGUMENT);
    assert_status(tps_rate_table_new(((size_t)1 << 22) + 1, &table), TPS_BAD_ARGUMENT);
    assert_null(table);
    assert_status(tps_rate_table_new(1, &table), TPS_OK);
    tps_rate_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_and_then_the_rate),
        cmocka_unit_test(a_low_rate_has_the_least_burst_and_tells_how_long_to_wait),
        cmocka_unit_test(no_rate_is_no_limit_and_a_higher_one_counts_at_once),
        cmocka_unit_test(addresses_are_told_apart_by_network),
        cmocka_unit_test(clients_and_tenants_have_buckets_of_their_own),
        cmocka_unit_test(a_flood_of_addresses_gives_nobody_a_new_bucket),
        cmocka_unit_test(sizes_that_make_no_table_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
