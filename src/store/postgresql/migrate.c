/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing a database's tables to a version, for the command that does it. */
#include <stdio.h>
#include <stdlib.h>

#include "store/postgresql/postgresql_store.h"
#include "store/postgresql/schema.h"

static tps_status migrate(tps_pg_connection *c, int version, tps_pg_schema_facts *facts)
{
    TPS_TRY(tps_pg_connect_for_scripts(c));
    return version == 0 ? tps_pg_schema_look(c, facts) : tps_pg_schema_move(c, version, facts);
}

tps_status tps_postgresql_store_migrate(const char *url, int version, bool lose, tps_store_migration *out,
                                        char *explanation, size_t explanation_size)
{
    tps_pg_connection c = {.url = strdup(url)};
    tps_pg_schema_facts facts = {0};
    tps_status status = c.url == NULL ? TPS_OUT_OF_MEMORY : migrate(&c, version, &facts);

    (void)lose;
    if (status == TPS_OK) {
        *out = (tps_store_migration){
            .version = facts.version, .newest = TPS_PG_SCHEMA_VERSION, .oldest = facts.oldest};
    } else if (explanation != NULL && explanation_size > 0) {
        (void)snprintf(explanation, explanation_size, "%s", c.why);
    }
    tps_pg_drop(&c);
    free(c.url);
    return status;
}
