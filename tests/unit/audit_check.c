/* SPDX-License-Identifier: Apache-2.0 */
/* Checking an exported audit log: every byte that is changed is found, and so is what is missing, moved, cut
 * off or written anew, as far as a checkpoint proves it. */
#include "support/check.h"

#include "server/audit/audit.h"
#include "server/audit/check.h"
#include "server/audit/checkpoint.h"
#include "server/audit/lines.h"
#include "store/sqlite/sqlite_store.h"

#define NOW       1700000000
#define LINES_MAX 64

static char folder[] = "/tmp/tps-audit-check-XXXXXX";
static tps_crypto_key *key, *other_key;
static tps_result_keys ring, other_ring;
static char jwks[1024], other_jwks[1024];

/* A log as it was exported, and its newest checkpoint. */
typedef struct {
    char *lines[LINES_MAX];
    size_t count;
    char checkpoint[TPS_AUDIT_CHECKPOINT_MAX];
    size_t checkpoint_size;
} exported;

static exported whole; /* 1 created, 2 to 5, 6 checkpoint of 5, 7, 8, 9 checkpoint of 8, 10 */

static void write_jwks(const tps_result_keys *keys, char out[1024])
{
    size_t size = 0;

    assert_status(tps_result_keys_jwks(keys, NOW, 3600, (tps_buf){(uint8_t *)out, 1023}, &size), TPS_OK);
    out[size] = '\0';
}

static tps_status keep_line(void *context, tps_span line)
{
    exported *e = context;

    assert_true(e->count < LINES_MAX);
    e->lines[e->count] = malloc(line.size + 1);
    memcpy(e->lines[e->count], line.data, line.size);
    e->lines[e->count++][line.size] = '\0';
    return TPS_OK;
}

/* Makes a log of ten entries in a store of its own; `what` goes into its entries. */
static void make_log(const char *tenant_name, const char *what, const tps_result_keys *keys, exported *out)
{
    static unsigned number;
    tps_audit_origin origin = tps_audit_origin_make("oidc", what, NULL, NULL);
    tps_audit_note note = {.origin = &origin, .now = NOW};
    tps_store_tenant tenant = {.settings = TPS_SPAN_LITERAL("{}")};
    char path[80];
    tps_store *store = NULL;
    int64_t id = 0, sequence;
    bool made;

    (void)snprintf(path, sizeof(path), "%s/%u.db", folder, number++);
    (void)snprintf(tenant.name, sizeof(tenant.name), "%s", tenant_name);
    assert_status(tps_sqlite_store_open(path, &store, NULL, 0), TPS_OK);
    assert_status(tps_audit_create_tenant(store, &tenant, &note, &id), TPS_OK);
    for (int i = 2; i <= 10; i++) {
        note.now = NOW + i;
        if (i == 6 || i == 9) {
            assert_status(tps_audit_checkpoint_append(store, id, tenant_name, keys, note.now, &made), TPS_OK);
            assert_true(made);
        } else {
            assert_status(tps_audit_append(store, id, TPS_AUDIT_SECRET_CHANGED, &note), TPS_OK);
        }
    }
    memset(out, 0, sizeof(*out));
    assert_status(tps_audit_export(store, id, tenant_name, 1, 0, keep_line, out), TPS_OK);
    assert_int_equal(out->count, 10);
    assert_status(
        tps_audit_checkpoint_last(store, id, &sequence, TPS_BUF_OF(out->checkpoint), &out->checkpoint_size),
        TPS_OK);
    store->ops->close(store);
}

static void free_log(exported *e)
{
    for (size_t i = 0; i < e->count; i++) {
        free(e->lines[i]);
    }
}

static int make_all(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return 1;
    }
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &key), TPS_OK);
    assert_status(tps_crypto_key_generate(TPS_CURVE_P256, &other_key), TPS_OK);
    assert_status(tps_result_keys_add(&ring, key, 0), TPS_OK);
    assert_status(tps_result_keys_add(&other_ring, other_key, 0), TPS_OK);
    write_jwks(&ring, jwks);
    write_jwks(&other_ring, other_jwks);
    make_log("acme", "ann", &ring, &whole);
    return 0;
}

static int end_all(void **state)
{
    char command[96];

    (void)state;
    free_log(&whole);
    tps_crypto_key_free(key);
    tps_crypto_key_free(other_key);
    (void)snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static tps_audit_checker *checker_with(const char *keys)
{
    tps_audit_checker *checker = NULL;

    assert_status(tps_audit_checker_new(&checker), TPS_OK);
    assert_status(tps_audit_checker_add_keys(checker, tps_span_of_text(keys)), TPS_OK);
    return checker;
}

/* What a checker says of these lines in the end. */
static tps_status judge(tps_audit_checker *checker, char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        tps_status status = tps_audit_checker_line(checker, tps_span_of_text(lines[i]), NULL);

        if (status != TPS_OK) {
            return status;
        }
    }
    return tps_audit_checker_finish(checker);
}

static void assert_judged(const char *keys, char *const *lines, size_t count, tps_status expected, int64_t at)
{
    tps_audit_checker *checker = checker_with(keys);

    assert_status(judge(checker, lines, count), expected);
    assert_int_equal(tps_audit_checker_findings(checker)->at, at);
    tps_audit_checker_free(checker);
}

static void a_log_is_proven_up_to_what_its_last_checkpoint_names(void **state)
{
    tps_audit_checker *checker = checker_with(jwks);
    const tps_audit_findings *found = tps_audit_checker_findings(checker);

    (void)state;
    assert_status(judge(checker, whole.lines, whole.count), TPS_OK);
    assert_string_equal(found->tenant, "acme");
    assert_int_equal(found->first, 1);
    assert_int_equal(found->last, 10);
    assert_int_equal(found->proven, 8);
    assert_int_equal(found->proven_time, NOW + 9);
    assert_string_equal(found->proven_by, ring.keys[0].id);
    assert_int_equal(found->checkpoints, 2);
    assert_int_equal(found->unknown_keys, 0);
    tps_audit_checker_free(checker);
}

static void every_changed_byte_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < whole.count; i++) {
        for (size_t at = 0; at < strlen(whole.lines[i]); at++) {
            static const uint8_t flips[] = {0x01, 0x20, 0x80};

            for (size_t f = 0; f < sizeof(flips); f++) {
                tps_audit_checker *checker = checker_with(jwks);
                tps_status status;

                whole.lines[i][at] = (char)(whole.lines[i][at] ^ flips[f]);
                status = judge(checker, whole.lines, whole.count);
                whole.lines[i][at] = (char)(whole.lines[i][at] ^ flips[f]);
                if (status == TPS_OK) {
                    fail_msg("byte %zu of line %zu, changed by %02x, was not found", at, i, flips[f]);
                }
                tps_audit_checker_free(checker);
            }
        }
    }
}

static void a_missing_entry_is_found_wherever_it_was(void **state)
{
    (void)state;
    for (size_t gap = 1; gap + 1 < whole.count; gap++) {
        char *lines[LINES_MAX];
        size_t count = 0;

        for (size_t i = 0; i < whole.count; i++) {
            if (i != gap) {
                lines[count++] = whole.lines[i];
            }
        }
        assert_judged(jwks, lines, count, TPS_SERVER_AUDIT_MISSING, (int64_t)gap + 1);
    }
}

static void entries_out_of_order_or_twice_are_found(void **state)
{
    for (size_t i = 0; i + 1 < whole.count; i++) {
        char *lines[LINES_MAX];

        (void)state;
        memcpy(lines, whole.lines, sizeof(lines));
        lines[i] = whole.lines[i + 1];
        lines[i + 1] = whole.lines[i];
        if (i == 0) {
            assert_judged(jwks, lines, whole.count, TPS_SERVER_AUDIT_ORDER, 1);
        } else {
            assert_judged(jwks, lines, whole.count, TPS_SERVER_AUDIT_MISSING, (int64_t)i + 1);
        }
        lines[i] = whole.lines[i];
        lines[i + 1] = whole.lines[i];
        assert_judged(jwks, lines, whole.count, TPS_SERVER_AUDIT_ORDER, (int64_t)i + 1);
    }
}

static void a_cut_end_is_found_by_a_checkpoint_that_was_kept(void **state)
{
    (void)state;
    for (size_t count = 6; count <= whole.count; count++) {
        tps_audit_checker *checker = checker_with(jwks);

        assert_status(
            tps_audit_checker_add_checkpoint(checker, tps_span_make(whole.checkpoint, whole.checkpoint_size)),
            TPS_OK);
        assert_status(judge(checker, whole.lines, count), count < 8 ? TPS_SERVER_AUDIT_MISSING : TPS_OK);
        assert_int_equal(tps_audit_checker_findings(checker)->at, count < 8 ? count + 1 : 0);
        tps_audit_checker_free(checker);
    }
    assert_judged(jwks, whole.lines, 6, TPS_OK,
                  0); /* by itself it is whole: that is what they are kept for */
}

static void checkpoints_that_were_kept_may_come_in_any_order(void **state)
{
    tps_audit_checkpoint says = {.tenant = "acme", .time = NOW};
    static const int64_t sequences[] = {9, 2, 7, 2, 4};

    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        tps_audit_checker *checker = checker_with(jwks);

        for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
            char text[TPS_AUDIT_CHECKPOINT_MAX];
            tps_audit_line line;
            size_t size = 0;

            assert_status(tps_audit_line_read(tps_span_of_text(whole.lines[sequences[i] - 1]), &line, NULL),
                          TPS_OK);
            says.sequence = sequences[i];
            memcpy(says.hash, line.hash, sizeof(says.hash));
            says.hash[0] ^= (uint8_t)(wrong && sequences[i] == 4);
            assert_status(tps_audit_checkpoint_sign(&says, &ring.keys[0], TPS_BUF_OF(text), &size), TPS_OK);
            assert_status(tps_audit_checker_add_checkpoint(checker, tps_span_make(text, size)), TPS_OK);
        }
        assert_status(judge(checker, whole.lines, whole.count), wrong ? TPS_SERVER_AUDIT_FORKED : TPS_OK);
        assert_int_equal(tps_audit_checker_findings(checker)->at, wrong ? 4 : 0);
        assert_int_equal(tps_audit_checker_findings(checker)->proven, wrong ? 2 : 9);
        tps_audit_checker_free(checker);
    }
}

static void a_log_that_was_written_anew_is_found_by_a_checkpoint_that_was_kept(void **state)
{
    tps_audit_checker *checker = checker_with(jwks);
    exported forged;

    (void)state;
    make_log("acme", "bob", &ring, &forged); /* with the tenant's very key */
    assert_judged(jwks, forged.lines, forged.count, TPS_OK, 0);
    assert_status(
        tps_audit_checker_add_checkpoint(checker, tps_span_make(whole.checkpoint, whole.checkpoint_size)),
        TPS_OK);
    assert_status(judge(checker, forged.lines, forged.count), TPS_SERVER_AUDIT_FORKED);
    assert_int_equal(tps_audit_checker_findings(checker)->at, 8);
    tps_audit_checker_free(checker);
    free_log(&forged);
}

static void a_log_that_was_written_anew_without_the_key_is_unproven(void **state)
{
    tps_audit_checker *checker = checker_with(jwks);
    exported forged;

    (void)state;
    make_log("acme", "ann", &other_ring, &forged);
    assert_status(judge(checker, forged.lines, forged.count), TPS_SERVER_AUDIT_UNPROVEN);
    assert_int_equal(tps_audit_checker_findings(checker)->unknown_keys, 2);
    tps_audit_checker_free(checker);
    free_log(&forged);
}

static void an_entry_of_another_tenant_does_not_pass(void **state)
{
    char *lines[LINES_MAX];
    exported others;

    (void)state;
    make_log("other", "ann", &ring, &others);
    memcpy(lines, whole.lines, sizeof(lines));
    lines[4] = others.lines[4];
    assert_judged(jwks, lines, whole.count, TPS_SERVER_AUDIT_MALFORMED, 5);
    free_log(&others);
}

static void a_checkpoint_of_another_tenant_proves_nothing_here(void **state)
{
    tps_audit_checker *checker = checker_with(jwks);
    exported others;

    (void)state;
    make_log("other", "ann", &ring, &others);
    assert_status(
        tps_audit_checker_add_checkpoint(checker, tps_span_make(others.checkpoint, others.checkpoint_size)),
        TPS_OK);
    assert_status(judge(checker, whole.lines, whole.count), TPS_SERVER_AUDIT_BAD_CHECKPOINT);
    tps_audit_checker_free(checker);
    free_log(&others);
}

static void a_kept_checkpoint_must_be_signed_by_a_key_that_is_given(void **state)
{
    tps_audit_checker *checker = checker_with(other_jwks);
    char changed[TPS_AUDIT_CHECKPOINT_MAX];

    (void)state;
    assert_status(
        tps_audit_checker_add_checkpoint(checker, tps_span_make(whole.checkpoint, whole.checkpoint_size)),
        TPS_SERVER_AUDIT_UNPROVEN);
    tps_audit_checker_free(checker);
    checker = checker_with(jwks);
    for (size_t at = 0; at < whole.checkpoint_size; at++) {
        memcpy(changed, whole.checkpoint, whole.checkpoint_size);
        changed[at] ^= 1;
        assert_true(tps_audit_checker_add_checkpoint(
                        checker, tps_span_make(changed, whole.checkpoint_size)) != TPS_OK);
    }
    tps_audit_checker_free(checker);
}

static void a_part_of_a_log_is_proven_by_itself(void **state)
{
    tps_audit_checker *checker = checker_with(jwks);

    (void)state;
    assert_status(judge(checker, whole.lines + 6, 4), TPS_OK);
    assert_int_equal(tps_audit_checker_findings(checker)->first, 7);
    assert_int_equal(tps_audit_checker_findings(checker)->proven, 8);
    tps_audit_checker_free(checker);
    assert_judged(jwks, whole.lines + 5, 2, TPS_SERVER_AUDIT_UNPROVEN, 0); /* 6 names 5, which is not there */
    assert_judged(jwks, whole.lines, 0, TPS_SERVER_AUDIT_UNPROVEN, 0);
}

static void keys_come_as_a_set_or_one_by_one(void **state)
{
    tps_audit_checker *checker = checker_with(jwks);
    char one[TPS_RESULT_JWK_MAX + 1];
    size_t size = 0;

    (void)state;
    assert_status(tps_audit_checker_add_keys(checker, TPS_SPAN_LITERAL("{\"keys\":[]}")), TPS_CRYPTO_BAD_KEY);
    assert_status(tps_audit_checker_add_keys(checker, TPS_SPAN_LITERAL("{\"keys\":[{\"kty\":\"RSA\"}]}")),
                  TPS_CRYPTO_BAD_KEY);
    assert_true(tps_audit_checker_add_keys(checker, TPS_SPAN_LITERAL("nonsense")) != TPS_OK);
    assert_true(tps_audit_checker_add_keys(checker, TPS_SPAN_LITERAL("{\"keys\":")) != TPS_OK);
    tps_audit_checker_free(checker);
    assert_status(tps_result_key_jwk(&ring.keys[0], (tps_buf){(uint8_t *)one, sizeof(one) - 1}, &size),
                  TPS_OK);
    one[size] = '\0';
    assert_judged(one, whole.lines, whole.count, TPS_OK, 0);
}

static void lines_are_read_strictly(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "x",
        "{\"entry\":{},\"hash\":\"00\",\"previous\":\"00\",\"sequence\":1,\"tenant\":\"a\",\"time\":1}",
    };
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const char *const tails[] = {
        "\"sequence\":1,\"tenant\":\"a\",\"time\":1,\"more\":1",
        "\"sequence\":0,\"tenant\":\"a\",\"time\":1",
        "\"sequence\":1,\"tenant\":\"A\",\"time\":1",
        "\"sequence\":1.0,\"tenant\":\"a\",\"time\":1",
        "\"sequence\":1,\"tenant\":\"a\"",
        "\"sequence\":1,\"tenant\":\"\",\"time\":1",
    };
    tps_audit_line line;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(tps_audit_line_read(tps_span_of_text(bad[i]), &line, NULL) != TPS_OK);
    }
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        char text[512];

        (void)snprintf(text, sizeof(text), "{\"entry\":{},\"hash\":\"%s\",\"previous\":\"%s\",%s}", zeros,
                       zeros, tails[i]);
        assert_status(tps_audit_line_read(tps_span_of_text(text), &line, NULL), TPS_SERVER_AUDIT_MALFORMED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_is_proven_up_to_what_its_last_checkpoint_names),
        cmocka_unit_test(every_changed_byte_is_found),
        cmocka_unit_test(a_missing_entry_is_found_wherever_it_was),
        cmocka_unit_test(entries_out_of_order_or_twice_are_found),
        cmocka_unit_test(a_cut_end_is_found_by_a_checkpoint_that_was_kept),
        cmocka_unit_test(checkpoints_that_were_kept_may_come_in_any_order),
        cmocka_unit_test(a_log_that_was_written_anew_is_found_by_a_checkpoint_that_was_kept),
        cmocka_unit_test(a_log_that_was_written_anew_without_the_key_is_unproven),
        cmocka_unit_test(an_entry_of_another_tenant_does_not_pass),
        cmocka_unit_test(a_checkpoint_of_another_tenant_proves_nothing_here),
        cmocka_unit_test(a_kept_checkpoint_must_be_signed_by_a_key_that_is_given),
        cmocka_unit_test(a_part_of_a_log_is_proven_by_itself),
        cmocka_unit_test(keys_come_as_a_set_or_one_by_one),
        cmocka_unit_test(lines_are_read_strictly),
    };

    return cmocka_run_group_tests(tests, make_all, end_all);
}
