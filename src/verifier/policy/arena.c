/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for one script: see arena.h. */
#include "verifier/policy/arena.h"

#include <string.h>

enum { STEP = 16, STEPPED_MAX = 512, STEPPED = STEPPED_MAX / STEP, BLOCK_MAX = 1 << 20 };

/* The class of a size, and the size that its blocks have. Sizes beyond the largest class have none. */
static size_t class_of(size_t size, size_t *rounded)
{
    size_t class = STEPPED;

    if (size <= STEPPED_MAX) {
        *rounded = (size + STEP - 1) / STEP * STEP;
        return *rounded / STEP - 1;
    }
    for (*rounded = (size_t)2 * STEPPED_MAX; *rounded < size && *rounded < BLOCK_MAX; *rounded *= 2) {
        class ++;
    }
    return *rounded < size ? ARENA_CLASSES : class;
}

arena *arena_init(void *block, size_t size)
{
    arena *a = block;

    *a = (arena){.size = size, .top = (sizeof *a + STEP - 1) / STEP * STEP};
    return a;
}

static void *take(arena *a, size_t size)
{
    size_t rounded;
    size_t class = class_of(size, &rounded);
    void *found = NULL;

    if (class < ARENA_CLASSES && !a->is_exhausted) {
        found = a->free[class];
        if (found != NULL) {
            memcpy(&a->free[class], found, sizeof a->free[class]);
        } else if (rounded <= a->size - a->top) {
            found = (uint8_t *)a + a->top;
            a->top += rounded;
        }
    }
    a->is_exhausted = found == NULL;
    return found;
}

static void give_back(arena *a, void *block, size_t size)
{
    size_t rounded;
    size_t class = class_of(size, &rounded);

    memcpy(block, &a->free[class], sizeof a->free[class]);
    a->free[class] = block;
}

void *arena_resize(arena *a, void *old, size_t old_size, size_t wanted)
{
    size_t had;
    size_t has;
    void *found;

    if (old == NULL) {
        return wanted == 0 ? NULL : take(a, wanted);
    }
    if (wanted == 0) {
        give_back(a, old, old_size);
        return NULL;
    }
    if (class_of(old_size, &had) == class_of(wanted, &has)) {
        return old;
    }
    found = take(a, wanted);
    if (found == NULL) {
        return wanted < old_size ? old : NULL;
    }
    memcpy(found, old, wanted < old_size ? wanted : old_size);
    give_back(a, old, old_size);
    return found;
}
