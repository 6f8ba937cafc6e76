/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk over the tokens of a policy, twice: once for what it declares, once for what it uses. Blocks are not
 * followed: a name that is declared anywhere counts as known everywhere. What slips through that way is an
 * error of the run.
 */
#include "verifier/policy/names.h"

#include <stdio.h>

#include "verifier/policy/library.h"

enum { DECLARED_MAX = 512, NESTING_MAX = 256 };

/* ---- tokens (Lua 5.4 reference manual, 3.1) ---- */

enum { TOKEN_END, TOKEN_NAME, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_SIGN };

typedef struct {
    uint32_t type;
    tps_span text; /**< of a sign: one character, or "..", "::", "==" and the like */
    uint32_t line;
} token;

typedef struct {
    tps_span text;
    size_t at;
    uint32_t line;
} lexer;

static int peek(const lexer *l, size_t ahead)
{
    return l->at + ahead < l->text.size ? l->text.data[l->at + ahead] : -1;
}

static void skip(lexer *l, size_t count)
{
    while (count-- > 0 && l->at < l->text.size) {
        l->line += l->text.data[l->at++] == '\n';
    }
}

static bool is_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* At "[[" or "[=*[": how many "=" there are; else -1. */
static int level_of(const lexer *l)
{
    int level = 0;

    if (peek(l, 0) != '[') {
        return -1;
    }
    while (peek(l, 1 + (size_t)level) == '=') {
        level++;
    }
    return peek(l, 1 + (size_t)level) == '[' ? level : -1;
}

static void skip_long(lexer *l, int level)
{
    skip(l, (size_t)level + 2);
    while (peek(l, 0) != -1) {
        int found = 0;
        while (peek(l, 0) == ']' && found < level && peek(l, 1 + (size_t)found) == '=') {
            found++;
        }
        if (peek(l, 0) == ']' && found == level && peek(l, 1 + (size_t)found) == ']') {
            skip(l, (size_t)level + 2);
            return;
        }
        skip(l, 1);
    }
}

static void skip_quoted(lexer *l)
{
    int quote = peek(l, 0);

    skip(l, 1);
    while (peek(l, 0) != quote && peek(l, 0) != -1) {
        skip(l, peek(l, 0) == '\\' ? 2 : 1);
    }
    skip(l, 1);
}

/* White space and comments. */
static void skip_space(lexer *l)
{
    for (;;) {
        int c = peek(l, 0);
        if (c == ' ' || (c >= '\t' && c <= '\r')) {
            skip(l, 1);
        } else if (c == '-' && peek(l, 1) == '-') {
            skip(l, 2);
            if (level_of(l) >= 0) {
                skip_long(l, level_of(l));
            } else {
                while (peek(l, 0) != '\n' && peek(l, 0) != -1) {
                    skip(l, 1);
                }
            }
        } else {
            return;
        }
    }
}

static uint32_t skip_word(lexer *l)
{
    uint32_t type = is_digit(peek(l, 0)) ? TOKEN_NUMBER : TOKEN_NAME;

    while (is_letter(peek(l, 0)) || is_digit(peek(l, 0)) || (type == TOKEN_NUMBER && peek(l, 0) == '.')) {
        skip(l, 1);
    }
    return type;
}

/* Signs of two characters matter where they hold "=", ":" or "." that would stand for something alone. */
static void skip_sign(lexer *l)
{
    int c = peek(l, 0);
    int next = peek(l, 1);
    bool is_pair = (next == '=' && (c == '=' || c == '~' || c == '<' || c == '>')) ||
                   (c == next && (c == '.' || c == ':'));

    skip(l, c == '.' && next == '.' && peek(l, 2) == '.' ? 3 : is_pair ? 2 : 1);
}

static token next_token(lexer *l)
{
    token t = {TOKEN_END, TPS_SPAN_EMPTY, 0};
    size_t from;
    int c;

    skip_space(l);
    from = l->at;
    t.line = l->line;
    c = peek(l, 0);
    if (c == -1) {
        return t;
    }
    if (is_letter(c) || is_digit(c)) {
        t.type = skip_word(l);
    } else if (c == '"' || c == '\'') {
        t.type = TOKEN_TEXT;
        skip_quoted(l);
    } else if (level_of(l) >= 0) {
        t.type = TOKEN_TEXT;
        skip_long(l, level_of(l));
    } else {
        t.type = TOKEN_SIGN;
        skip_sign(l);
    }
    t.text = tps_span_make(l->text.data + from, l->at - from);
    return t;
}

static bool is(token t, const char *text)
{
    return (t.type == TOKEN_NAME || t.type == TOKEN_SIGN) && tps_span_is_text(t.text, text);
}

static bool is_keyword(token t)
{
    static const char *const words[] = {
        "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
        "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is(t, words[i])) {
            return true;
        }
    }
    return false;
}

/* ---- what is declared ---- */

typedef struct {
    tps_span names[DECLARED_MAX];
    size_t count;
    bool is_full;
} declarations;

static bool is_declared(const declarations *d, tps_span name)
{
    for (size_t i = 0; i < d->count; i++) {
        if (tps_span_equal(d->names[i], name)) {
            return true;
        }
    }
    return false;
}

static void declare(declarations *d, token t)
{
    if (t.type != TOKEN_NAME || is_keyword(t) || is_declared(d, t.text)) {
        return;
    }
    if (d->count == DECLARED_MAX) {
        d->is_full = true;
    } else {
        d->names[d->count++] = t.text;
    }
}

/* Names between `local`, `for` or a parameter list's "(" and what ends each: all words there are names, or an
 * attribute ("<const>"), which does no harm. */
static token declare_list(declarations *d, lexer *l, token t)
{
    while (t.type == TOKEN_NAME || is(t, ",") || is(t, "<") || is(t, ">") || is(t, "...")) {
        if (is_keyword(t)) {
            return t;
        }
        declare(d, t);
        t = next_token(l);
    }
    return t;
}

static void collect(tps_span text, declarations *d)
{
    lexer l = {text, 0, 1};
    token t = next_token(&l);

    while (t.type != TOKEN_END) {
        if (is(t, "local") || is(t, "for")) {
            t = declare_list(d, &l, next_token(&l));
            continue;
        }
        if (is(t, "function")) {
            token name = next_token(&l);
            if (!is(name, "(")) { /* `local function f`: f is declared; `function f` is reported later */
                declare(d, name);
                while (!is(name, "(") && name.type != TOKEN_END) {
                    name = next_token(&l);
                }
            }
            t = declare_list(d, &l, next_token(&l));
            continue;
        }
        t = next_token(&l);
    }
}

/* ---- what is used ---- */

typedef struct {
    lexer lexer;
    const declarations *declared;
    tps_policy_problem *problem;
    char open[NESTING_MAX]; /**< brackets that are open: '(', '[' or '{' */
    size_t depth;
    token before[3]; /**< the tokens before the present one, the nearest first */
} walk;

static bool is_field_name(const walk *w, token next)
{
    bool in_table = w->depth > 0 && w->open[w->depth - 1] == '{';

    return is(w->before[0], ".") || is(w->before[0], ":") || is(w->before[0], "goto") ||
           is(w->before[0], "::") ||
           (in_table && is(next, "=") &&
            (is(w->before[0], "{") || is(w->before[0], ",") || is(w->before[0], ";")));
}

static const library_name *find_name(tps_span text)
{
    for (const library_name *known = library_names; known->name != NULL; known++) {
        if (tps_span_is_text(text, known->name)) {
            return known;
        }
    }
    return NULL;
}

static tps_status report(const walk *w, token t, const char *what, const char *nearest)
{
    bool has_nearest = nearest != NULL;

    w->problem->line = t.line;
    snprintf(w->problem->text, sizeof w->problem->text, "%s \"%.*s\"%s%s%s", what,
             (int)(t.text.size > 64 ? 64 : t.text.size), (const char *)t.text.data,
             has_nearest ? "; do you mean \"" : "", has_nearest ? nearest : "", has_nearest ? "\"?" : "");
    return TPS_VERIFIER_POLICY_INVALID;
}

static void copy_name(tps_span text, char name[64])
{
    snprintf(name, 64, "%.*s", (int)(text.size > 63 ? 63 : text.size), (const char *)text.data);
}

/* `evidence.lifecyle`: the object is not a local one, and no member of something else. */
static tps_status check_member(const walk *w, token t)
{
    const token object = w->before[1];
    const library_name *known =
        is(w->before[0], ".") && object.type == TOKEN_NAME && !is(w->before[2], ".") && !is(w->before[2], ":")
            ? find_name(object.text)
            : NULL;
    char name[64];
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    char what[96];

    copy_name(t.text, name);
    if (known == NULL || known->kind == NULL || is_declared(w->declared, object.text) ||
        view_find(known->kind, name) != NULL) {
        return TPS_OK;
    }
    for (const view_member *member = known->kind->members; member->name != NULL; member++) {
        library_take_nearer(name, member->name, &least, &nearest);
    }
    snprintf(what, sizeof what, "%s has no", known->name);
    return report(w, t, what, nearest);
}

static tps_status check_name(const walk *w, token t, token next)
{
    char name[64];

    if (t.type != TOKEN_NAME || is_keyword(t)) {
        return TPS_OK;
    }
    if (is_field_name(w, next)) {
        return check_member(w, t);
    }
    if (is_declared(w->declared, t.text) || find_name(t.text) != NULL) {
        return TPS_OK;
    }
    copy_name(t.text, name);
    return is(next, "=") ? report(w, t, "write local before the first use of", NULL)
                         : report(w, t, "there is no", library_nearest(name));
}

static void follow_brackets(walk *w, token t)
{
    if (is(t, "(") || is(t, "[") || is(t, "{")) {
        if (w->depth < NESTING_MAX) { /* Lua's own limit is lower */
            w->open[w->depth++] = (char)t.text.data[0];
        }
    } else if ((is(t, ")") || is(t, "]") || is(t, "}")) && w->depth > 0) {
        w->depth--;
    }
}

tps_status names_check(tps_span text, tps_policy_problem *problem)
{
    declarations declared = {.count = 0};
    walk w = {.lexer = {text, 0, 1}, .declared = &declared, .problem = problem};
    token t = next_token(&w.lexer);

    collect(text, &declared);
    if (declared.is_full) {
        snprintf(problem->text, sizeof problem->text, "it declares more than %d names", DECLARED_MAX);
        return TPS_VERIFIER_POLICY_INVALID;
    }
    while (t.type != TOKEN_END) {
        token next = next_token(&w.lexer);
        TPS_TRY(check_name(&w, t, next));
        follow_brackets(&w, t);
        w.before[2] = w.before[1];
        w.before[1] = w.before[0];
        w.before[0] = t;
        t = next;
    }
    return TPS_OK;
}
