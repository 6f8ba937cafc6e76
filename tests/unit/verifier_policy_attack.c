/* SPDX-License-Identifier: Apache-2.0 */
/* Policies that try to run for ever, to take all memory, to reach what they must not, or to break the
 * machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tps/policy.h"
#include "verifier_support.h"

#define HEAD "policy { name = \"test\", version = \"1\" } "

/* How long a check may take at most, with sanitizers on a busy machine: a bound was passed, not a second. */
enum { SECONDS_MAX = 20 };

static tps_policy_problem problem;

static tps_status check(const char *text)
{
    clock_t start = clock();
    tps_status status = tps_policy_check(tps_span_of_text(text), NULL, &problem);

    assert_true((clock() - start) / CLOCKS_PER_SEC < SECONDS_MAX);
    return status;
}

/* The policy is refused, and the problem names this. */
static void expect_refused(const char *text, const char *words)
{
    if (check(text) != TPS_VERIFIER_POLICY_INVALID) {
        fail_msg("taken: %s", text);
    }
    if (strstr(problem.text, words) == NULL) {
        fail_msg("line %u: %s\nof: %.200s", (unsigned)problem.line, problem.text, text);
    }
}

static void expect_each_refused(const char *const *texts, size_t count, const char *words)
{
    char whole[2048];

    for (size_t i = 0; i < count; i++) {
        snprintf(whole, sizeof whole, HEAD "%s", texts[i]);
        expect_refused(whole, words);
    }
}

#define EACH(texts, words) expect_each_refused(texts, sizeof texts / sizeof texts[0], words)

/* ---- time ---- */

static void loops_without_an_end_are_ended(void **state)
{
    static const char *const texts[] = {
        "while true do end",
        "repeat until false",
        "::again:: goto again",
        "for i = 1, 2 ^ 62 do end",
        "for i = 1, 0x7fffffffffffffff do local x = i end",
        "local function f() return f() end f()",
        "local t = { 1 } while true do for k in pairs(t) do end end",
        "while true do found('x') end",
        "while true do local a = evidence.components end",
        "while true do local a = #evidence.components end",
        "while true do claim(10) end",
        "local s = ('x'):upper() while true do s:contains('y') end",
    };

    (void)state;
    EACH(texts, "");
}

static void a_loop_that_is_ended_is_named_with_its_line(void **state)
{
    (void)state;
    expect_refused(HEAD "\n\nwhile true do\nend", "more than 100000 steps");
    assert_int_equal(problem.line, 3);
}

/* What takes one instruction, and yet long: each is bounded by the size of its texts. */
static void slow_single_steps_are_bounded(void **state)
{
    static const char build[] = "local s = 'x' for i = 1, 12 do s = s .. s end local r = s .. 'y' ";
    static const char *const loops[] = {
        "while true do local b = s < r end",
        "while true do local b = s == r end",
        "while true do local b = s:contains(r) end",
        "while true do local b = r:lower() end",
        "while true do local b = at_least(s, r) end",
        "while true do local b = tonumber(s) end",
        "local t = {} for i = 1, 250 do t[i] = i end while true do for k in pairs(t) do end end",
        "while true do refuse { claim = 'hardware', cause = s, next_step = r } end",
    };
    char whole[1024];

    (void)state;
    for (size_t i = 0; i < sizeof loops / sizeof loops[0]; i++) {
        snprintf(whole, sizeof whole, HEAD "%s%s", build, loops[i]);
        expect_refused(whole, "");
    }
}

/* ---- memory ---- */

static void what_takes_too_much_memory_is_refused(void **state)
{
    static const char *const texts[] = {
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 1000000 do t[i] = { i } end",
        "local t = {} while true do t = { t } end",
        "local function f(n) return 1 + f(n + 1) end f(1)",
        "local function f(...) return f(1, ...) + 1 end f()",
        "local t = {} for i = 1, 100000 do t['k' .. i] = i end",
        "while true do local f = function() return request.now end end",
        "while true do local a = evidence.components[1] end",
        "local s = ('x'):upper() for i = 1, 20 do s = s .. s end",
        "while true do claim(10) end",
    };

    (void)state;
    EACH(texts, "");
    expect_refused(HEAD "\nlocal s = 'x'\nwhile true do s = s .. s end", "more memory than a policy may");
    assert_int_equal(problem.line, 3);
}

static void a_text_may_be_8_kib_and_no_more(void **state)
{
    (void)state;
    assert_int_equal(check(HEAD "local s = 'x' for i = 1, 13 do s = s .. s end"), TPS_OK);
    expect_refused(HEAD "local s = 'x' for i = 1, 14 do s = s .. s end", "more than 8 KiB");
    expect_refused(HEAD "local s = 'x' for i = 1, 1000 do s = s .. s .. s .. s .. s .. s end", "8 KiB");
}

static void a_literal_of_more_than_8_kib_is_refused(void **state)
{
    static char text[10000];
    size_t at = (size_t)snprintf(text, sizeof text, HEAD "local s = '");

    (void)state;
    memset(text + at, 'x', 9000);
    snprintf(text + at + 9000, sizeof text - at - 9000, "'");
    expect_refused(text, "8 KiB");
}

/* ---- reaching out ---- */

static void nothing_of_lua_s_libraries_is_there(void **state)
{
    static const char *const names[] = {
        "io.open('x')",
        "os.exit()",
        "os.getenv('x')",
        "os.time()",
        "load('x')",
        "loadstring('x')",
        "dofile('x')",
        "loadfile('x')",
        "require('x')",
        "package.path",
        "debug.getinfo(1)",
        "collectgarbage()",
        "setmetatable({}, {})",
        "getmetatable('')",
        "rawset({}, 1, 2)",
        "rawget({}, 1)",
        "rawequal(1, 1)",
        "rawlen({})",
        "next({})",
        "pcall(error)",
        "xpcall(error)",
        "error('x')",
        "assert(false)",
        "print('x')",
        "warn2('x')",
        "select('#')",
        "string.rep('x', 9)",
        "string.format('x')",
        "table.concat({})",
        "table.unpack({})",
        "math.random()",
        "math.huge",
        "coroutine.create(print)",
        "utf8.char(1)",
        "_G.x",
        "_ENV.x",
        "_VERSION",
        "unpack({})",
    };
    char text[256];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(text, sizeof text, HEAD "local a = %s", names[i]);
        expect_refused(text, "there is no \"");
        snprintf(text, sizeof text, HEAD "if request.now == 0 then local a = %s end", names[i]);
        expect_refused(text, "there is no \""); /* where no sample comes to, too */
    }
}

static void texts_have_no_methods_with_patterns(void **state)
{
    static const char *const texts[] = {
        "local a = ('x'):rep(1000000000)", "local a = ('x'):find('(a*)*b')", "local a = ('x'):format(1)",
        "local a = ('x'):gsub('x', 'y')",  "local a = ('x'):match('.-b')",   "local a = ('x'):byte()",
    };

    (void)state;
    EACH(texts, "a text has no");
}

static void nothing_can_be_changed_but_what_is_local(void **state)
{
    static const char *const texts[] = {
        "evidence.lifecycle = 'secured'",    "result.hardware = 2",
        "evidence.components[1] = 1",        "history.count = 1",
        "evidence.components[1].name = 'x'",
    };
    static const char *const names[] = {"x = 1", "function f() end", "set = warn2"};

    (void)state;
    EACH(texts, "cannot be changed");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, HEAD "%s", names[i]);
        assert_int_equal(check(text), TPS_VERIFIER_POLICY_INVALID);
    }
    expect_refused(HEAD "set = nil", "write \"local set = ...\"");
    expect_refused(HEAD "('x').starts = nil", "");
    expect_refused(HEAD "local _ENV = { set = set } set('hardware', 2) x = 1 y()", "");
}

static void bytecode_is_refused(void **state)
{
    static const uint8_t code[] = "\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08";

    (void)state;
    assert_int_equal(tps_policy_check(TPS_SPAN_OF(code), NULL, &problem), TPS_VERIFIER_POLICY_INVALID);
    assert_non_null(strstr(problem.text, "binary"));
}

/* ---- breaking it ---- */

/* Operations on what they are not for. */
static const char *const wrong_operations[] = {
    "local a = evidence + 1",
    "local a = evidence.components .. 'x'",
    "local a = #evidence",
    "local a = evidence()",
    "local a = -result",
    "local a = evidence < history",
    "local a = evidence.components['x']['y']",
    "local a = evidence.components[1.5]",
    "local a = evidence.components[{}]",
    "local a = evidence[1]",
    "local a = evidence[nil]",
    "local a = 1 // 0",
    "local a = 1 % 0",
    "local a = '10' + 1",
    "local a = 1 << 'x'",
    "local a = 2 ^ 70 | 1",
    "local a = {} a[nil] = 1",
    "local a = {} a[0 / 0] = 1",
    "for i = 1, 'x' do end",
    "for i = 1, 10, 0 do end",
    "for a in 5 do end",
    "local t <close> = {}",
    "local t <close> = evidence",
    "ipairs(5)",
    "pairs(evidence)",
    "pairs({ [true] = 1 })",
    "tostring({})",
    "tostring(set)",
    "tonumber({})",
    "tonumber()",
    "type()",
    "min()",
    "min('a')",
    "max({})",
    "hex('x')",
    "hex(1.5)",
    "at_least(1, 2)",
    "at_least('1')",
    "local a = ('x'):starts()",
    "local a = ('x'):sub('a')",
    "local a = ('x').starts(5, 'x')",
    "claim()",
    "claim('no such claim')",
    "claim({})",
    "found()",
    "withdraw('x')",
    "default()",
    "set()",
    "set('hardware')",
    "set('hardwar', 2)",
    "set('hardware', 128)",
    "set('hardware', -129)",
    "set('hardware', 2.5)",
    "set('hardware', '2')",
    "refuse()",
    "refuse('hardware')",
    "refuse { cause = 'c', next_step = 'n' }",
    "refuse { claim = 'hardware', next_step = 'n' }",
    "refuse { claim = 'hardware', cause = 'c' }",
    "refuse { claim = 'hardware', cause = {}, next_step = 'n' }",
    "refuse { claim = 'hardware', cause = 'c', next_step = 'n', valeu = 3 }",
    "refuse { claim = 'hardware', cause = 'c', next_step = 'n', 3 }",
    "refuse { claim = 'hardware', cause = 'c', next_step = 'n', value = 32 }",
    "warn { claim = 'hardware', cause = 'c', next_step = 'n', value = 96 }",
    "finding { claim = 'hardware', cause = 'c', next_step = 'n' }",
    "refuse { claim = 'hardware', cause = 'c', next_step = 'n', name = 'a b' }",
    "refuse { claim = 'hardware', cause = 'c', next_step = 'n', name = '' }",
    "refuse { claim = 'hardware', cause = 'c', next_step = 'n', "
    "name = 'a2345678901234567890123456789012345678901234567890' }",
};

/* Each is an error of the script, and none of the machine. */
static void wrong_operations_are_errors_with_a_line(void **state)
{
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof wrong_operations / sizeof wrong_operations[0]; i++) {
        snprintf(text, sizeof text, HEAD "\n%s", wrong_operations[i]);
        expect_refused(text, "over a sample: ");
        if (problem.line != 2) {
            fail_msg("line %u: %s\nof: %s", (unsigned)problem.line, problem.text, text);
        }
    }
}

static void pairs_takes_256_keys(void **state)
{
    (void)state;
    assert_int_equal(check(HEAD "local t = {} for i = 1, 256 do t[i] = i end for k in pairs(t) do end"),
                     TPS_OK);
    expect_refused(HEAD "local t = {} for i = 1, 257 do t[i] = i end for k in pairs(t) do end",
                   "at most 256");
}

/* Deeply nested text, and text that never ends, is the compiler's to refuse. */
static void text_that_is_nested_deeply_is_refused(void **state)
{
    static char text[TPS_POLICY_TEXT_MAX];
    static const char *const open[] = {"(", "{", "function() return ", "- -", "not ", "a[", "f(", "'x' .. "};

    (void)state;
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++) {
        size_t at = (size_t)snprintf(text, sizeof text, HEAD "local f, a = 1, 2 local x = ");
        while (at + strlen(open[i]) + 2 < sizeof text) {
            at += (size_t)snprintf(text + at, sizeof text - at, "%s", open[i]);
        }
        assert_int_equal(check(text), TPS_VERIFIER_POLICY_INVALID);
    }
}

static void a_text_of_64_kib_is_taken_and_no_longer_one(void **state)
{
    static char text[TPS_POLICY_TEXT_MAX + 2];

    (void)state;
    memset(text, ' ', sizeof text);
    memcpy(text, HEAD, sizeof HEAD - 1);
    assert_int_equal(tps_policy_check(tps_span_make(text, TPS_POLICY_TEXT_MAX), NULL, &problem), TPS_OK);
    assert_int_equal(tps_policy_check(tps_span_make(text, TPS_POLICY_TEXT_MAX + 1), NULL, NULL),
                     TPS_TOO_LARGE);
}

/* 64 KiB of short statements compile; what needs more than there is is refused as such. */
static void a_large_policy_compiles_or_is_refused_for_its_size(void **state)
{
    static char text[TPS_POLICY_TEXT_MAX];
    size_t at = (size_t)snprintf(text, sizeof text, HEAD);

    (void)state;
    for (unsigned i = 0; at + 40 < sizeof text; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "do local x%u = { %u } end\n", i % 100, i);
    }
    assert_int_equal(check(text), TPS_OK);
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(loops_without_an_end_are_ended),
        TEST(a_loop_that_is_ended_is_named_with_its_line),
        TEST(slow_single_steps_are_bounded),
        TEST(what_takes_too_much_memory_is_refused),
        TEST(a_text_may_be_8_kib_and_no_more),
        TEST(a_literal_of_more_than_8_kib_is_refused),
        TEST(nothing_of_lua_s_libraries_is_there),
        TEST(texts_have_no_methods_with_patterns),
        TEST(nothing_can_be_changed_but_what_is_local),
        TEST(bytecode_is_refused),
        TEST(wrong_operations_are_errors_with_a_line),
        TEST(pairs_takes_256_keys),
        TEST(text_that_is_nested_deeply_is_refused),
        TEST(a_text_of_64_kib_is_taken_and_no_longer_one),
        TEST(a_large_policy_compiles_or_is_refused_for_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
