/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that nobody remembers: ids and nonces, against the vectors of spec/session-id.md. */
#include "server/session.h"
#include "tps/crypto.h"

#include "format/text/hex.h"
#include "support/check.h"

#define EXPIRES INT64_C(0x6926c000)
#define NOW     (EXPIRES - 300)

static const uint8_t secret[TPS_STORE_SECRET_SIZE] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                                      11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                                      22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
static const char generation[] = "1a2b3c4d/00000003";

static tps_session_keys keys_of(int64_t tenant, const char *of_generation)
{
    tps_session_keys keys;

    assert_status(tps_session_keys_derive(secret, tenant, of_generation, &keys), TPS_OK);
    return keys;
}

/* A vector of the page, by its name. */
static tps_span published(const char *name, char *page, size_t size)
{
    FILE *file = fopen("spec/session-id.md", "r");
    char line[64];
    char *at;

    assert_non_null(file);
    size = fread(page, 1, size - 1, file);
    page[size] = '\0';
    (void)fclose(file);
    (void)snprintf(line, sizeof line, "\n    %s ", name);
    at = strstr(page, line);
    assert_non_null(at);
    at += strlen(line);
    at += strspn(at, " ");
    return tps_span_make(at, strcspn(at, "\n"));
}

static void expect_hex(tps_span bytes, const char *name)
{
    static char page[16384];
    tps_span text = published(name, page, sizeof page);
    uint8_t expected[64];
    size_t size;

    assert_true(hex_read(text, TPS_BUF_OF(expected), &size));
    assert_span(bytes, tps_span_make(expected, size));
}

static void published_id(const char *name, uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    static char page[16384];
    char text[TPS_SESSION_TEXT_SIZE];
    tps_span shown = published(name, page, sizeof page);

    assert_true(tps_session_parse_id(shown, id));
    tps_session_write_id(id, text);
    assert_span_text(shown, text);
}

static void expect_unknown(const tps_session_keys *keys, const uint8_t id[TPS_STORE_SESSION_ID_SIZE])
{
    tps_session_facts facts;

    assert_status(tps_session_read(keys, id, NOW, &facts), TPS_SERVER_NO_SESSION);
}

static void the_published_vectors_are_ours(void **state)
{
    tps_session_keys keys = keys_of(7, generation);
    tps_session_facts facts;
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];

    (void)state;
    expect_hex(TPS_SPAN_OF(keys.key), "key");

    published_id("id", id);
    assert_status(tps_session_read(&keys, id, NOW, &facts), TPS_OK);
    assert_int_equal(facts.expires, EXPIRES);
    assert_false(facts.is_stored);
    expect_hex(TPS_SPAN_OF(facts.nonce), "nonce");

    published_id("stored-id", id);
    assert_status(tps_session_read(&keys, id, NOW, &facts), TPS_OK);
    assert_true(facts.is_stored);
    for (size_t i = 0; i < sizeof facts.nonce; i++) {
        assert_int_equal(facts.nonce[i], 0);
    }
}

static void an_id_is_a_uuid_of_version_8_and_tells_what_it_was_made_of(void **state)
{
    tps_session_keys keys = keys_of(1, generation);
    uint8_t ones[TPS_STORE_SESSION_ID_SIZE] = {0};
    uint8_t zeros[TPS_STORE_SESSION_ID_SIZE] = {0};

    (void)state;
    for (int i = 0; i < 200; i++) {
        bool is_stored = i % 2 != 0;
        uint8_t id[TPS_STORE_SESSION_ID_SIZE];
        uint8_t nonce[TPS_SESSION_NONCE_SIZE];
        tps_session_facts facts;

        assert_status(tps_session_make(&keys, EXPIRES, is_stored, id, nonce), TPS_OK);
        assert_int_equal(id[6] >> 4, 8);
        assert_int_equal(id[8] >> 6, 2);
        assert_status(tps_session_read(&keys, id, NOW, &facts), TPS_OK);
        assert_int_equal(facts.expires, EXPIRES);
        assert_int_equal(facts.is_stored, is_stored);
        if (!is_stored) {
            assert_memory_equal(facts.nonce, nonce, sizeof nonce);
        }
        for (size_t b = 0; b < sizeof id; b++) {
            ones[b] |= id[b];
            zeros[b] |= (uint8_t)~id[b];
        }
    }
    for (size_t b = 6; b < sizeof ones; b++) { /* every bit that may vary has done so; before are times */
        assert_int_equal(ones[b], b == 6 ? 0x8f : b == 8 ? 0xbf : 0xff);
        assert_int_equal(zeros[b], b == 6 ? 0x7f : b == 8 ? 0x7f : 0xff);
    }
}

static void each_changed_bit_of_an_id_makes_it_unknown(void **state)
{
    tps_session_keys keys = keys_of(1, generation);
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];

    (void)state;
    assert_status(tps_session_make(&keys, EXPIRES, false, id, NULL), TPS_OK);
    for (size_t bit = 0; bit < 8 * sizeof id; bit++) {
        id[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect_unknown(&keys, id);
        id[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void ids_of_other_tenants_secrets_and_generations_are_unknown(void **state)
{
    tps_session_keys keys = keys_of(1, generation);
    tps_session_keys other_secret;
    tps_session_keys renamed = keys;
    tps_session_keys other_tenant = keys_of(2, generation);
    tps_session_keys other_generation = keys_of(1, "1a2b3c4d/00000004");
    uint8_t changed[TPS_STORE_SECRET_SIZE] = {1};
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];

    (void)state;
    renamed.tenant = 2; /* the same key: the MAC itself says whose it is */
    assert_status(tps_session_keys_derive(changed, 1, generation, &other_secret), TPS_OK);
    assert_status(tps_session_make(&keys, EXPIRES, false, id, NULL), TPS_OK);

    expect_unknown(&other_tenant, id);
    expect_unknown(&other_generation, id);
    expect_unknown(&other_secret, id);
    expect_unknown(&renamed, id);
}

static void a_nonce_of_ours_is_known_as_one(void **state)
{
    tps_session_keys keys = keys_of(5, generation);
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    uint8_t nonce[TPS_STORE_NONCE_MAX];
    uint8_t random[TPS_STORE_NONCE_MAX];

    (void)state;
    for (size_t size = 16; size <= sizeof nonce; size++) {
        assert_status(tps_crypto_random(TPS_BUF_OF(random)), TPS_OK);
        assert_false(tps_session_is_own_nonce(tps_span_make(random, size)));
        tps_session_mark_nonce((tps_buf){random, size});
        assert_true(tps_session_is_own_nonce(tps_span_make(random, size)));
    }
    assert_status(tps_session_make(&keys, EXPIRES, false, id, nonce), TPS_OK);
    assert_true(tps_session_is_own_nonce(tps_span_make(nonce, TPS_SESSION_NONCE_SIZE)));
    for (size_t bit = 0; bit < 8 * TPS_SESSION_NONCE_SIZE; bit++) {
        nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(tps_session_is_own_nonce(tps_span_make(nonce, TPS_SESSION_NONCE_SIZE)));
        nonce[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_false(tps_session_is_own_nonce(tps_span_make(nonce, 15)));
}

static void two_nodes_derive_the_same_nonce(void **state)
{
    tps_session_keys one = keys_of(5, generation);
    tps_session_keys two = keys_of(5, generation);
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    uint8_t nonce[TPS_SESSION_NONCE_SIZE];
    tps_session_facts facts;

    (void)state;
    assert_status(tps_session_make(&one, EXPIRES, false, id, nonce), TPS_OK);
    assert_status(tps_session_read(&two, id, NOW, &facts), TPS_OK);
    assert_memory_equal(facts.nonce, nonce, sizeof nonce);
}

static void a_session_ends_when_its_id_says_so(void **state)
{
    tps_session_keys keys = keys_of(1, generation);
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    tps_session_facts facts;

    (void)state;
    assert_status(tps_session_make(&keys, EXPIRES, false, id, NULL), TPS_OK);
    assert_status(tps_session_read(&keys, id, EXPIRES - 1, &facts), TPS_OK);
    assert_status(tps_session_read(&keys, id, EXPIRES, &facts), TPS_SERVER_NO_SESSION);

    assert_status(tps_session_make(&keys, UINT32_MAX, false, id, NULL), TPS_OK);
    assert_status(tps_session_read(&keys, id, EXPIRES, &facts), TPS_OK);
    assert_int_equal(facts.expires, UINT32_MAX);
    assert_status(tps_session_make(&keys, INT64_C(1) << 32, false, id, NULL), TPS_BAD_ARGUMENT);
    assert_status(tps_session_make(&keys, -1, false, id, NULL), TPS_BAD_ARGUMENT);
}

static void only_a_uuid_is_read_as_one(void **state)
{
    static const char *const others[] = {"",
                                         "6926c000-c0ff-8e01-8345-6752ae55962",
                                         "6926c000-c0ff-8e01-8345-6752ae5596280",
                                         "6926c000c-0ff-8e01-8345-6752ae559628",
                                         "6926c000-c0ff-8e01-8345_6752ae559628",
                                         "6926c000-c0ff-8e01-8345-6752ae55962g",
                                         "{926c000-c0ff-8e01-8345-6752ae55962}"};
    uint8_t id[TPS_STORE_SESSION_ID_SIZE];
    uint8_t upper[TPS_STORE_SESSION_ID_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(tps_session_parse_id(tps_span_of_text(others[i]), id));
    }
    assert_true(tps_session_parse_id(TPS_SPAN_LITERAL("6926c000-c0ff-8e01-8345-6752ae559628"), id));
    assert_true(tps_session_parse_id(TPS_SPAN_LITERAL("6926C000-C0FF-8E01-8345-6752AE559628"), upper));
    assert_memory_equal(id, upper, sizeof id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_are_ours),
        cmocka_unit_test(an_id_is_a_uuid_of_version_8_and_tells_what_it_was_made_of),
        cmocka_unit_test(each_changed_bit_of_an_id_makes_it_unknown),
        cmocka_unit_test(ids_of_other_tenants_secrets_and_generations_are_unknown),
        cmocka_unit_test(a_nonce_of_ours_is_known_as_one),
        cmocka_unit_test(two_nodes_derive_the_same_nonce),
        cmocka_unit_test(a_session_ends_when_its_id_says_so),
        cmocka_unit_test(only_a_uuid_is_read_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
