/* SPDX-License-Identifier: Apache-2.0 */
/* Statements in the general form: an array, and lists of them under each subject. */
#include "verifier/knowledge/statements.h"

#include <stdlib.h>

#include "verifier/knowledge/store.h"
#include "verifier/knowledge/table.h"

/* What a subject is: also the stages of a walk, from the most to the least special. */
enum {
    SUBJECT_INSTANCE,
    SUBJECT_CLASS,
    SUBJECT_MODEL,
    SUBJECT_VENDOR,
    SUBJECT_GROUP,
    SUBJECT_NOTHING,
    SUBJECTS,
    SUBJECT_KEY, /* by one of its keys: no stage */
    EVERYTHING
};

/* The kind of what is no triple. */
enum { COSWID_CONTENT = 64 };

/* How an identifier is named: the kind of value, and what it is for. */
static uint32_t scope_of(uint32_t kind, uint32_t what, uint32_t how)
{
    return kind | what << 8 | how << 16;
}

static table_key key_of_subject(const knowledge *k, uint32_t index)
{
    const knowledge_subject *subject = &k->subjects[index];

    return (table_key){subject->scope, {subject->parts[0], subject->parts[1]}};
}

/* The subject of an environment at a stage; false when it says nothing there. */
static bool subject_at(const tps_corim_environment *e, uint32_t kind, uint32_t what, table_key *out)
{
    *out = (table_key){.scope = scope_of(kind, what, 0)};
    switch (what) {
    case SUBJECT_INSTANCE:
        *out = (table_key){scope_of(kind, what, e->instance.kind), {e->instance.bytes}};
        return e->instance.kind != TPS_CORIM_ABSENT;
    case SUBJECT_CLASS:
        *out = (table_key){scope_of(kind, what, e->class_id.kind), {e->class_id.bytes}};
        return e->class_id.kind != TPS_CORIM_ABSENT;
    case SUBJECT_MODEL:
        out->parts[0] = e->vendor;
        out->parts[1] = e->model;
        return e->model.size != 0;
    case SUBJECT_VENDOR: out->parts[0] = e->vendor; return e->vendor.size != 0;
    case SUBJECT_GROUP:
        *out = (table_key){scope_of(kind, what, e->group.kind), {e->group.bytes}};
        return e->group.kind != TPS_CORIM_ABSENT;
    default: return true;
    }
}

/* The most special subject that an environment has. */
static table_key subject_of(const tps_corim_environment *environment, uint32_t kind)
{
    table_key key;
    uint32_t what = SUBJECT_INSTANCE;

    while (!subject_at(environment, kind, what, &key)) {
        what++;
    }
    return key;
}

/* ---- adding ---- */

/* The subject, made if there is none such. */
static tps_status add_subject(knowledge *k, const table_key *key, uint32_t *index)
{
    knowledge_subject made = {.scope = key->scope, .last_link = KNOWLEDGE_NONE};
    void *subjects;

    *index = table_find(k, &k->subject_table, key, key_of_subject);
    if (*index != KNOWLEDGE_NONE) {
        return TPS_OK;
    }
    subjects = store_grow(k, k->subjects, &k->subject_capacity, k->subject_count, sizeof *k->subjects);
    if (subjects == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->subjects = subjects;
    TPS_TRY(table_reserve(k, &k->subject_table, key_of_subject));
    TPS_TRY(store_copy(k, key->parts[0], &made.parts[0]));
    TPS_TRY(store_copy(k, key->parts[1], &made.parts[1]));
    *index = (uint32_t)k->subject_count;
    k->subjects[k->subject_count++] = made;
    table_put(k, &k->subject_table, *index, key_of_subject);
    return TPS_OK;
}

/* Hangs a statement under a subject. */
static tps_status add_link(knowledge *k, const table_key *key, uint32_t statement)
{
    knowledge_link made = {.statement = statement};
    void *links = store_grow(k, k->links, &k->link_capacity, k->link_count, sizeof *k->links);

    if (links == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->links = links;
    TPS_TRY(add_subject(k, key, &made.subject));
    if (k->subjects[made.subject].count == STATEMENTS_OF_SUBJECT_MAX) {
        return TPS_TOO_LARGE;
    }
    made.previous = k->subjects[made.subject].last_link;
    k->subjects[made.subject].last_link = (uint32_t)k->link_count;
    k->subjects[made.subject].count++;
    k->links[k->link_count++] = made;
    return TPS_OK;
}

static bool is_of_claims(uint32_t kind)
{
    return kind != STATEMENT_IDENTITY_KEYS && kind != STATEMENT_ATTEST_KEYS && kind != COSWID_CONTENT;
}

static tps_status add_under(knowledge *k, const table_key *key, uint32_t kind, tps_span encoded,
                            uint32_t source)
{
    knowledge_statement made = {.kind = kind, .source = source};
    void *statements =
        store_grow(k, k->statements, &k->statement_capacity, k->statement_count, sizeof *k->statements);

    if (statements == NULL) {
        return TPS_OUT_OF_MEMORY;
    }
    k->statements = statements;
    TPS_TRY(store_copy(k, encoded, &made.encoded));
    TPS_TRY(add_link(k, key, (uint32_t)k->statement_count));
    k->statements[k->statement_count++] = made;
    k->claim_statement_count += is_of_claims(kind);
    return TPS_OK;
}

tps_status knowledge_add_statement(knowledge *k, uint32_t kind, const tps_corim_environment *environment,
                                   tps_span encoded, uint32_t source)
{
    table_key key = subject_of(environment, kind);

    return add_under(k, &key, kind, encoded, source);
}

static table_key key_of_coswid(const tps_corim_value *tag_id)
{
    return (table_key){scope_of(COSWID_CONTENT, SUBJECT_KEY, tag_id->kind), {tag_id->bytes}};
}

tps_status knowledge_add_coswid(knowledge *k, const tps_corim_value *tag_id, tps_span content,
                                uint32_t source)
{
    table_key key = key_of_coswid(tag_id);

    return add_under(k, &key, COSWID_CONTENT, content, source);
}

tps_status knowledge_add_statement_key(knowledge *k, uint32_t by, tps_span digest)
{
    uint32_t statement = (uint32_t)k->statement_count - 1;
    table_key key = {scope_of(k->statements[statement].kind, SUBJECT_KEY, by), {digest}};

    return add_link(k, &key, statement);
}

void statements_go_back(knowledge *k, const knowledge_mark *mark)
{
    while (k->link_count > mark->links) {
        const knowledge_link *link = &k->links[--k->link_count];
        k->subjects[link->subject].last_link = link->previous;
        k->subjects[link->subject].count--;
    }
    while (k->statement_count > mark->statements) {
        k->claim_statement_count -= is_of_claims(k->statements[--k->statement_count].kind);
    }
    if (k->subject_count != mark->subjects) {
        k->subject_count = mark->subjects;
        table_refill(k, &k->subject_table, k->subject_count, key_of_subject);
    }
}

void statements_free(knowledge *k)
{
    free(k->statements);
    free(k->subjects);
    free(k->links);
    free(k->subject_table.slots);
}

/* ---- walking ---- */

static uint32_t last_link_of(const knowledge *k, const table_key *key)
{
    uint32_t subject = table_find(k, &k->subject_table, key, key_of_subject);

    return subject == KNOWLEDGE_NONE ? KNOWLEDGE_NONE : k->subjects[subject].last_link;
}

knowledge_statement_walk knowledge_statements_of(const knowledge *k, uint32_t kind,
                                                 const tps_corim_environment *environment, int64_t now)
{
    knowledge_statement_walk walk = {k, environment, kind, SUBJECT_INSTANCE, KNOWLEDGE_NONE, now};

    if (environment == NULL) {
        walk.stage = EVERYTHING;
        walk.at = 0;
    } else if (k->statement_count == 0) {
        walk.stage = SUBJECTS;
    }
    return walk;
}

knowledge_statement_walk knowledge_statements_by_key(const knowledge *k, uint32_t kind, uint32_t by,
                                                     tps_span digest, int64_t now)
{
    table_key key = {scope_of(kind, SUBJECT_KEY, by), {digest}};

    return (knowledge_statement_walk){k, NULL, kind, SUBJECTS, last_link_of(k, &key), now};
}

/* The next link of the walk's subjects, or KNOWLEDGE_NONE. */
static uint32_t next_link(knowledge_statement_walk *walk)
{
    uint32_t at;

    while (walk->at == KNOWLEDGE_NONE && walk->stage < SUBJECTS) {
        table_key key;
        if (subject_at(walk->environment, walk->kind, walk->stage++, &key)) {
            walk->at = last_link_of(walk->k, &key);
        }
    }
    at = walk->at;
    if (at != KNOWLEDGE_NONE) {
        walk->at = walk->k->links[at].previous;
    }
    return at;
}

/* The next statement of all, or KNOWLEDGE_NONE. */
static uint32_t next_of_all(knowledge_statement_walk *walk)
{
    while (walk->at < walk->k->statement_count) {
        if (walk->k->statements[walk->at++].kind == walk->kind) {
            return walk->at - 1;
        }
    }
    return KNOWLEDGE_NONE;
}

static uint32_t next_index(knowledge_statement_walk *walk)
{
    uint32_t link;

    if (walk->stage == EVERYTHING) {
        return next_of_all(walk);
    }
    link = next_link(walk);
    return link == KNOWLEDGE_NONE ? KNOWLEDGE_NONE : walk->k->links[link].statement;
}

bool knowledge_next_statement(knowledge_statement_walk *walk, knowledge_statement *out)
{
    for (uint32_t at = next_index(walk); at != KNOWLEDGE_NONE; at = next_index(walk)) {
        const knowledge_statement *found = &walk->k->statements[at];
        if (knowledge_is_current(walk->k, found->source, walk->now)) {
            *out = *found;
            return true;
        }
    }
    return false;
}

bool knowledge_find_coswid(const knowledge *k, const tps_corim_value *tag_id, uint32_t source, int64_t now,
                           tps_span *content)
{
    table_key key = key_of_coswid(tag_id);
    knowledge_statement_walk walk = {k, NULL, COSWID_CONTENT, SUBJECTS, last_link_of(k, &key), now};
    knowledge_statement found;

    while (knowledge_next_statement(&walk, &found)) {
        if (memcmp(k->sources[found.source].maker, k->sources[source].maker, 32) == 0) {
            *content = found.encoded;
            return true;
        }
    }
    return false;
}
