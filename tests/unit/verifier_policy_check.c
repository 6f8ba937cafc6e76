/* SPDX-License-Identifier: Apache-2.0 */
/* What tps_policy_check() finds in a policy before it is used; memory that is not there; the arena. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tps/policy.h"
#include "verifier/policy/arena.h"
#include "verifier_support.h"

#define HEAD "policy { name = \"test\", version = \"1\" } "

static tps_policy_problem problem;

/* ---- memory that runs out ---- */

static size_t allocations;
static size_t fail_at; /* the Nth from now; 0: never */
static bool hash_fails;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
tps_status __real_tps_crypto_hash_of(int32_t alg, tps_span data, tps_digest *digest);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span data, tps_digest *digest);

void *__wrap_malloc(size_t size)
{
    return ++allocations == fail_at ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    return ++allocations == fail_at ? NULL : __real_calloc(count, size);
}

tps_status __wrap_tps_crypto_hash_of(int32_t alg, tps_span data, tps_digest *digest)
{
    return hash_fails ? TPS_CRYPTO_FAILED : __real_tps_crypto_hash_of(alg, data, digest);
}

static void fail_from_here(size_t at)
{
    allocations = 0;
    fail_at = at;
}

static void a_policy_is_added_whole_or_not_at_all_when_memory_runs_out(void **state)
{
    tps_psa_claims claims = lamp_psa();
    tps_verifier *v = maker_verifier();
    tps_status status = TPS_OUT_OF_MEMORY;
    size_t at = 0;

    (void)state;
    while (status != TPS_OK) {
        fail_from_here(++at);
        status = tps_verifier_add_policy(v, TPS_SPAN_LITERAL(HEAD), NULL, &problem);
        fail_from_here(0);
        assert_true(status == TPS_OK || status == TPS_OUT_OF_MEMORY);
        assert_string_equal(appraise(v, sign_psa(&claims, device_key(1), TPS_ALG_ES256))->policy_id,
                            status == TPS_OK ? "test@1" : "policy:PSA_IOT");
    }
    assert_in_range(at, 5, 12);
    tps_verifier_free(v);
}

static void without_a_digest_there_is_no_policy(void **state)
{
    (void)state;
    hash_fails = true;
    assert_int_equal(tps_policy_check(TPS_SPAN_LITERAL(HEAD), NULL, &problem), TPS_CRYPTO_FAILED);
    hash_fails = false;
}

static void a_run_takes_no_memory_from_the_heap(void **state)
{
    tps_verifier *v = maker_verifier();
    tps_device_claims claims = lamp_eat();
    tps_span evidence = sign_eat(&claims, device_key(1), NULL, 0);
    size_t without;
    size_t with;

    (void)state;
    (void)appraise(v, evidence);
    allocations = 0;
    (void)appraise(v, evidence);
    without = allocations;
    assert_int_equal(
        tps_verifier_add_policy(
            v, TPS_SPAN_LITERAL(HEAD "local t = {} for i = 1, 100 do t[i] = evidence.scheme .. i end"), NULL,
            &problem),
        TPS_OK);
    (void)appraise(v, evidence);
    allocations = 0;
    expect_affirming(appraise(v, evidence));
    with = allocations;
    assert_int_equal(with, without);
    tps_verifier_free(v);
}

/* ---- the arena ---- */

static void the_arena_gives_what_it_got_back_and_no_byte_twice(void **state)
{
    enum { BLOCKS = 64, SIZE = 65536 };
    static _Alignas(16) uint8_t block[SIZE];
    arena *a = arena_init(block, sizeof block);
    uint8_t *blocks[BLOCKS] = {NULL};
    size_t sizes[BLOCKS] = {0};
    uint32_t random = 7;

    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t i;
        size_t wanted;
        uint8_t *made;
        random = random * 1664525u + 1013904223u;
        i = random >> 8 & (BLOCKS - 1);
        wanted = (random >> 16) % 700;
        made = arena_resize(a, blocks[i], sizes[i], wanted);
        if (wanted == 0) {
            assert_null(made);
        } else if (made == NULL) {
            assert_true(wanted > sizes[i]);
            continue; /* the old one stays */
        } else {
            size_t kept = wanted < sizes[i] ? wanted : sizes[i];
            assert_int_equal((uintptr_t)made % 16, 0);
            for (size_t k = 0; k < kept; k++) {
                assert_int_equal(made[k], (uint8_t)i);
            }
            memset(made, (int)i, wanted);
        }
        blocks[i] = made;
        sizes[i] = wanted;
        assert_true(a->top <= sizeof block);
    }
}

static void an_arena_that_could_not_give_once_gives_no_more(void **state)
{
    static _Alignas(16) uint8_t block[4096];
    arena *a = arena_init(block, sizeof block);
    uint8_t *some = arena_resize(a, NULL, 0, 100);

    (void)state;
    assert_non_null(some);
    assert_null(arena_resize(a, NULL, 0, 0));
    assert_null(arena_resize(a, NULL, 0, (size_t)2 << 20)); /* larger than any class */
    assert_true(a->is_exhausted);
    assert_null(arena_resize(a, NULL, 0, 16));
    assert_ptr_equal(arena_resize(a, some, 100, 20), some); /* smaller never fails */
    assert_null(arena_resize(a, some, 20, 200));
}

/* ---- what is found ---- */

static void expect_problem(const char *text, uint32_t line, const char *words)
{
    tps_status status = tps_policy_check(tps_span_of_text(text), NULL, &problem);

    if (status != TPS_VERIFIER_POLICY_INVALID || problem.line != line ||
        strstr(problem.text, words) == NULL) {
        fail_msg("%s: line %u: %s\nof: %s", tps_status_name(status), (unsigned)problem.line, problem.text,
                 text);
    }
}

static void expect_good(const char *text)
{
    tps_status status = tps_policy_check(tps_span_of_text(text), NULL, &problem);

    if (status != TPS_OK) {
        fail_msg("%s: line %u: %s\nof: %s", tps_status_name(status), (unsigned)problem.line, problem.text,
                 text);
    }
}

static void a_policy_begins_with_what_it_is(void **state)
{
    (void)state;
    expect_problem("", 1, "a policy begins with policy {");
    expect_problem("local x = 1", 1, "a policy begins with policy {");
    expect_problem("\nset('hardware', 2)", 2, "a policy begins with policy {");
    expect_problem("\nlocal x = evidence.scheme", 2, "a policy begins with policy {");
    expect_problem("\nlocal x = #evidence.components", 2, "a policy begins with policy {");
    expect_problem("policy()", 1, "table expected");
    expect_problem("policy {}", 1, "\"name\" is missing");
    expect_problem("policy { name = 'a' }", 1, "\"version\" is missing");
    expect_problem("policy { name = 'a', version = 1, colour = 2 }", 1, "\"colour\" is not known here");
    expect_problem("policy { 'a', version = 1 }", 1, "\"a number\" is not known here");
    expect_problem("policy { name = 'a b', version = '1' }", 1, "name and version have");
    expect_problem("policy { name = 'a', version = '12345678901234567890123456789012' }", 1,
                   "name and version");
    expect_problem("policy { name = 'a', version = '1', full = 1 }", 1, "\"full\" is true or false");
    expect_problem("policy { name = 'a', version = '1', scheme = 'X' }", 1, "there is no scheme \"X\"");
    expect_problem("policy { name = 'a', version = '1', model = 'X' }", 1, "a model needs its vendor");
    expect_problem("policy { name = 'a', version = '1', class = 'x' }", 1, "hexadecimal");
    expect_problem("policy { name = 'a', version = '1', class = '1' }", 1, "hexadecimal");
    expect_problem("policy { name = 'a', version = '1', class = 'ag' }", 1, "hexadecimal");
    expect_problem("policy { name = 'a', version = '1', class = 'ga' }", 1, "hexadecimal");
    expect_problem("policy { name = 'a', version = '1', class = {} }", 1, "must be a text");
    expect_good(
        "policy { name = 'a', version = 1, class = '0aff', vendor = 'V', model = 'M', service = 's' }");
    expect_good("policy { name = 'a', version = '1', scheme = 'DICE' }");
}

static void selectors_have_128_bytes_at_most(void **state)
{
    char text[512];
    char name[300];

    (void)state;
    memset(name, 'a', sizeof name);
    snprintf(text, sizeof text, "policy { name = 'a', version = '1', vendor = '%.128s' }", name);
    expect_good(text);
    snprintf(text, sizeof text, "policy { name = 'a', version = '1', vendor = '%.129s' }", name);
    expect_problem(text, 1, "at most 128 bytes");
    snprintf(text, sizeof text, "policy { name = 'a', version = '1', class = '%.258s' }", name);
    expect_problem(text, 1, "hexadecimal");
}

static void what_is_no_lua_is_told_with_its_line(void **state)
{
    (void)state;
    expect_problem("policy { name = 'a',\nversion = 1 } if", 2, "unexpected symbol");
    expect_problem("\n\n'open", 3, "unfinished string");
    expect_problem(HEAD "goto nowhere", 1, "no visible label");
    expect_problem(HEAD "break", 1, "break outside loop");
    expect_problem(HEAD "local x <const> = 1 x = 2", 1, "attempt to assign to const variable");
    expect_problem(HEAD "--[[ open", 1, "unfinished long comment");
    expect_problem("\xff\xfe", 1, "");
}

/* Where no sample comes to, too. */
static void names_that_do_not_exist_are_found(void **state)
{
    (void)state;
    expect_problem(HEAD "\nif false then evidense() end", 2,
                   "there is no \"evidense\"; do you mean \"evidence\"?");
    expect_problem(HEAD "if false then zzzzzz() end", 1, "there is no \"zzzzzz\"");
    expect_problem(HEAD "if false then local x = evidence.lifecyle end", 1,
                   "evidence has no \"lifecyle\"; do you mean \"lifecycle\"?");
    expect_problem(HEAD "if false then local x = history.zzz end", 1, "history has no \"zzz\"");
    expect_problem(HEAD "if false then x = 1 end", 1, "write local before the first use of \"x\"");
    expect_problem(HEAD "if false then local t = { [x] = 1 } end", 1, "there is no \"x\"");
    expect_problem(HEAD "if false then local t = { x } end", 1, "there is no \"x\"");
    expect_problem(HEAD "if false then local t = { a = x } end", 1, "there is no \"x\"");
    expect_problem(HEAD "if false then local t = f(x == 1) end", 1, "there is no \"f\"");
    expect_problem(HEAD "if false then local t = 1 .. x end", 1, "there is no \"x\"");
    expect_problem(HEAD "--[==[ ]] ]=] ]==] local s = [=[ ]] ]=] x()", 1, "there is no \"x\"");
    expect_problem(HEAD "local s = 'it\\'s' .. \"\\\"\" x()", 1, "there is no \"x\"");
    expect_problem(HEAD "-- a comment: y()\nx()", 2, "there is no \"x\"");
    expect_problem(HEAD "- - x", 1, "");
}

static void names_that_exist_are_left_alone(void **state)
{
    (void)state;
    expect_good(
        HEAD "local a, b <const> = 1, 2 for i = a, b do local c = i end for k, v in pairs({}) do a = k end");
    expect_good(HEAD "local function f(x, y, ...) local z = { ... } return x, y, z end f(1)");
    expect_good(HEAD "local f = function(p) return p end local t = { p = 1, q = 2; r = 3 } f(t.p + t.q)");
    expect_good(HEAD "local t = { a = { b = { c = 1 } } } local x = t.a.b.c t.d = 1");
    expect_good(HEAD "::top:: local n = 1 if n > 1 then goto top end");
    expect_good(HEAD "local t = { evidence = { anything = 1 } } local x = t.evidence.anything");
    expect_good(HEAD "local function f() local evidence = { other = 1 } return evidence.other end f()");
    expect_good(HEAD
                "local x = 0x1p4 + 3.25 + 1e3 + 5 // 2 local s = 'a' .. 'b' local c = x ~= 1 and x <= 2");
    expect_good(HEAD "local t = {} t['k'] = 1 local e = t.k ~= nil and (t)['k'] or #t");
    expect_good(HEAD "local s = ([[ \n long ]]):upper() --[[ two\nlines ]] local r = s");
    expect_good(HEAD "repeat local done = true until done while false do end");
}

static void a_name_at_run_time_is_found_there(void **state)
{
    (void)state;
    expect_problem(HEAD "local t = evidence.components[1].versoin", 1,
                   "a component has no \"versoin\"; do you mean \"version\"?");
    expect_problem(HEAD "local k = 'lifecyle' local t = evidence[k]", 1, "do you mean \"lifecycle\"?");
    expect_problem(HEAD "local function f() local y = 1 end local z = y", 1, "there is no \"y\"");
    expect_problem(HEAD "local function f() local y = 1 end y = 2", 1, "write \"local y = ...\"");
    expect_problem(HEAD "local evidence = evidence local t = evidence.zzzzz", 1, "evidence has no \"zzzzz\"");
    expect_problem(HEAD "local t = evidence[('x'):upper() .. '0123456789012345678901234567890123456789']", 1,
                   "evidence has no \"X012");
}

static void a_policy_is_tried_on_devices_of_the_schemes_that_it_is_for(void **state)
{
    (void)state;
    expect_problem(HEAD "\nif evidence.security_counter < 3 then return end", 2,
                   "(over a sample: a PSA token of a good device)");
    expect_problem("policy { name = 'a', version = 1, scheme = 'OPENTPS' } "
                   "if evidence.security_counter < 3 then return end",
                   1, "(over a sample: evidence of the opentps profile without optional claims)");
    expect_good("policy { name = 'a', version = 1, scheme = 'OPENTPS' } "
                "if (evidence.security_counter or 0) < 3 then return end");
    expect_good(
        "policy { name = 'a', version = 1, scheme = 'TPM2' } local m = evidence.measurements[1] "
        "if m and m.registers[0][1]:starts('01') and m.svn > 1 and m.version == '1.0' and m.matched "
        "and m.flags.debug == false and m.layer == 1 and m.index == nil and m.class == nil and m.raw == nil "
        "and m.digests[1] and m.key == nil and m.name == nil and m.serial == nil and m.number == nil "
        "and m.vendor == 'Vendor' and m.model == 'Model 1' then return end if m then set() end");
    expect_good(
        "policy { name = 'a', version = 1, scheme = 'DICE' } local c = endorsed.values "
        "if endorsed.known and (c['opentps.certification'].name ~= endorsed.certification or #c ~= 1 "
        "or not c[1].matched or c[1].key ~= 'opentps.certification' or c[1].layer ~= nil "
        "or c[1].svn ~= nil or #c[1].digests ~= 0 or c[1].class or c[1].vendor or c[1].model or c[1].index "
        "or c[1].version or c[1].raw or c[1].serial or c[1].number or c[1].flags.debug or "
        "c[1].registers[0]) then set() end");
    expect_good(
        "policy { name = 'a', version = 1, scheme = 'OPENTPS' } if evidence.registers and "
        "(evidence.registers[1][1] ~= 1 or evidence.applications[1][2] ~= 1 or evidence.staged[1][2] ~= '1' "
        "or evidence.cnf[3] ~= '00' or evidence.exp <= evidence.iat or evidence.nbf ~= evidence.iat "
        "or evidence.aud ~= 'a service' or evidence.intuse == nil or evidence.binder_origin ~= 'component' "
        "or evidence.bootcount <= history.bootcount or evidence.hwversion ~= '1' or not evidence.oemboot "
        "or evidence.swname ~= 'application' or evidence.swversion ~= '1.0' or #evidence.oemid ~= 6 "
        "or evidence.sueid or #evidence.bootseed ~= 64 or #evidence.application ~= 64 "
        "or request.bound ~= 'key' or endorsed.purpose ~= 'a sample') then set() end");
    expect_good(
        "policy { name = 'a', version = 1, scheme = 'PSA_IOT' } "
        "if evidence.client_id == 1 and evidence.certification_reference ~= '1234567890123-12345' then "
        "set() end if evidence.client_id == -1 and (signer.kind ~= 'shared key' or signer.key or "
        "request.freshness or request.fresh or evidence.components[1].name or evidence.bootseed) then "
        "set() end if signer.kind ~= 'shared key' and signer.kind ~= 'endorsed key' then set() end "
        "if #result.findings > 0 and not (found('hardware.unknown-class') and result.findings[1].value == 97 "
        "and result.findings[1].claim == 'hardware' and result.findings[1].cause:starts('no') and "
        "result.findings['hardware.unknown-class'] and result.status == 'contraindicated') then set() end");
}

static void what_a_policy_is_and_costs_is_told(void **state)
{
    tps_policy_description d;
    tps_digest digest;
    tps_span text = TPS_SPAN_LITERAL(HEAD "for i = 1, 2000 do local x = i end");

    (void)state;
    assert_int_equal(tps_policy_check(text, &d, &problem), TPS_OK);
    assert_int_equal(tps_crypto_hash_of(TPS_ALG_SHA256, text, &digest), TPS_OK);
    assert_memory_equal(d.sha256, digest.bytes, 32);
    assert_string_equal(d.id, "test@1");
    assert_false(d.is_full);
    assert_in_range(d.steps, 3000, 9000);
    assert_in_range(d.room, 10000, 100000);
    assert_int_equal(problem.line, 0);
    assert_int_equal(tps_policy_check(text, NULL, NULL), TPS_OK);
}

static void more_names_than_can_be_followed_are_refused(void **state)
{
    static char text[TPS_POLICY_TEXT_MAX];
    size_t at = (size_t)snprintf(text, sizeof text, HEAD);

    (void)state;
    for (unsigned i = 0; i < 600; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "do local x%u = 1 end\n", i);
    }
    expect_problem(text, 0, "more than 512 names");
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_policy_is_added_whole_or_not_at_all_when_memory_runs_out),
        TEST(without_a_digest_there_is_no_policy),
        TEST(a_run_takes_no_memory_from_the_heap),
        TEST(the_arena_gives_what_it_got_back_and_no_byte_twice),
        TEST(an_arena_that_could_not_give_once_gives_no_more),
        TEST(a_policy_begins_with_what_it_is),
        TEST(selectors_have_128_bytes_at_most),
        TEST(what_is_no_lua_is_told_with_its_line),
        TEST(names_that_do_not_exist_are_found),
        TEST(names_that_exist_are_left_alone),
        TEST(a_name_at_run_time_is_found_there),
        TEST(a_policy_is_tried_on_devices_of_the_schemes_that_it_is_for),
        TEST(what_a_policy_is_and_costs_is_told),
        TEST(more_names_than_can_be_followed_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, support_end);
}
