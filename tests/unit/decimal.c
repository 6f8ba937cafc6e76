/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal to double: the C library's strtod(), which rounds correctly, is the judge. */
#include "format/text/decimal.h"

#include "format/cbor/float.h"
#include "support/check.h"

static void assert_double(const char *text)
{
    uint64_t bits = 0;
    uint64_t expected_bits;
    double expected = strtod(text, NULL);
    bool is_finite = decimal_to_double(tps_span_of_text(text), &bits);

    memcpy(&expected_bits, &expected, sizeof expected);
    if (bits != expected_bits) {
        fail_msg("%.80s: %016llx, not %016llx", text, (unsigned long long)bits,
                 (unsigned long long)expected_bits);
    }
    assert_int_equal(is_finite, (expected_bits >> 52 & 0x7ff) != 0x7ff);
}

static void hard_cases_are_rounded_to_nearest_with_ties_to_even(void **state)
{
    static const char *const samples[] = {
        "0",
        "-0",
        "0.0",
        "-0.0e5",
        "+1",
        "1",
        "-1",
        "10",
        "123456789",
        "0.1",
        "1e0",
        "1E5",
        "1e+22",
        "1e23",
        "8.5",
        "9007199254740992",
        "9007199254740993",
        "9007199254740994",
        "9007199254740995",
        "9007199254740993.0000000000000000000000000000000000001",
        "9007199254740992.9999999999999999999999999999",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793728971405301e276",
        "1e309",
        "-1e309",
        "1e400",
        "1e99999999999999999999",
        "-1e99999999999999999999",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.225073858507201136057409796709131975934819546351645648023426109724822222021076945516529523908135087914149158913039621106870086438694594645527657207407820621743379988141063267329253552286881372149012981122451451889849057222307285255133155755015914397476397983411801999323962548289017107081850690630666655994938275772572015763062690663332647565300009245888316433037779791869612049497390377829704905051080609940730262937128958950003583799967207254304360284078895771796150945516748243471030702609144621572289880258182545180325707018860872113128079512233426288368622321503775666622503982534335974568884423900265498198385487948292206894721689831099698365846814022854243330660339850886445804001034933970427567186443383770486037861622771738545623065874679014086723327636718749999999999999999999999999999999999999",
        "5e-324",
        "4.9e-324",
        "2.5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.470328229206232720882843964341106861825299013071623822127928412503377536351043759326499181808179961898982823477228588654633283551779698981993873980053909390631503565951557022639229085839244910518443593180284993653615250031937045767824922195402247e-324",
        "1e-323",
        "7.4e-324",
        "1e-400",
        "1e-324",
        "3e-324",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001e99",
        "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000e-98",
    };

    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        assert_double(samples[i]);
    }
}

/* More digits than are looked at one by one: only the last tells on which side of a tie the number lies. */
static void digits_far_behind_still_decide(void **state)
{
    char text[1100];

    (void)state;
    memset(text, '0', sizeof text);
    memcpy(text, "9007199254740993.", 17);
    text[sizeof text - 1] = '\0';
    assert_double(text);
    text[1000] = '1';
    assert_double(text);
    text[0] = '-';
    memset(text + 1, '9', sizeof text - 2);
    text[300] = '.';
    assert_double(text);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void random_numbers_agree_with_the_c_library(void **state)
{
    uint64_t seed = 0x9e3779b97f4a7c15;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        char text[64];
        int exponent = (int)(next_random(&seed) % 700) - 360;
        snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)next_random(&seed) >> (i % 64),
                 (unsigned long long)next_random(&seed) >> (i % 61), exponent);
        assert_double(text);
    }
}

/* Odd integers from 2^53 on lie midway between two doubles; and numbers just beside them. */
static void ties_between_neighbours_go_to_the_even_one(void **state)
{
    uint64_t seed = 42;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint64_t middle = (next_random(&seed) & 0x1fffffffffffff) | 0x20000000000001;
        char text[96];
        snprintf(text, sizeof text, "%llu", (unsigned long long)middle);
        assert_double(text);
        snprintf(text, sizeof text, "%llu.00000000000000000000000000000000000000000001",
                 (unsigned long long)middle);
        assert_double(text);
        snprintf(text, sizeof text, "%llu.99999999999999999999999999999999999999999999",
                 (unsigned long long)middle - 1);
        assert_double(text);
    }
}

static void what_the_shortest_text_says_reads_back(void **state)
{
    uint64_t seed = 7;

    (void)state;
    for (int i = 0; i < 5000; i++) {
        uint64_t bits = next_random(&seed) & 0xffefffffffffffff;
        uint64_t back = 0;
        char text[CBOR_FLOAT_TEXT_MAX];
        size_t size = cbor_float_text(bits, 8, text);
        assert_true(decimal_to_double(tps_span_make(text, size), &back));
        assert_true(back == bits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_cases_are_rounded_to_nearest_with_ties_to_even),
        cmocka_unit_test(digits_far_behind_still_decide),
        cmocka_unit_test(random_numbers_agree_with_the_c_library),
        cmocka_unit_test(ties_between_neighbours_go_to_the_even_one),
        cmocka_unit_test(what_the_shortest_text_says_reads_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
