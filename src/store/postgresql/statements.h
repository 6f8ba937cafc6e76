/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file statements.h
 * Every statement of the store, by name. All are prepared when a connection is made. Parameters and results
 * are binary; the casts say what the parameters are.
 *
 * Changes of tenants, items and audit logs take LOCK_CHANGES first, in a statement of its own: what follows
 * sees everything that others have committed, and numbers become visible in the order in which they were
 * given. Steps of sessions take LOCK_SESSIONS, which they share; raising the watermark takes it alone, in a
 * transaction of its own, so that no row is added on the strength of a watermark that is about to rise. What
 * lies behind the watermark may then be dropped by anybody at any time.
 */
#ifndef TPS_STORE_POSTGRESQL_STATEMENTS_H
#define TPS_STORE_POSTGRESQL_STATEMENTS_H

#define TPS_PG_NOTED                                   \
    "noted AS (UPDATE changes SET revision=revision+1" \
    " WHERE EXISTS(SELECT FROM done) RETURNING revision)"

#define TPS_PG_SESSION_COLUMNS \
    "tenant,id,state,nonce,nonce_from_client,type,evidence,evidence_sha256,result,created,expires"

#define TPS_PG_TENANT_COLUMNS "id,name,settings,revision,created,secret"

/* A page of items: at most $4 (0: 64, or 512 heads), and of bodies no more than begin within 4 MiB. */
#define TPS_PG_ITEM_PAGE(condition)                                                              \
    "SELECT kind,name,attributes,CASE WHEN $5::bool THEN body ELSE '' END,size,sequence,changed" \
    " FROM (SELECT *, sum(size) OVER (ORDER BY sequence)-size AS before FROM ("                  \
    "SELECT * FROM items WHERE tenant=$1::int8 AND " condition " AND sequence>$3::int8"          \
    " ORDER BY sequence LIMIT $4::int8) AS page) AS sized"                                       \
    " WHERE NOT $5::bool OR before<4194304 ORDER BY sequence"

/*
 * Expired by the node's clock ($1 has the 60 seconds of TPS_STORE_PRUNE_AFTER taken off) and by the
 * database's, and not passed yet.
 */
#define TPS_PG_EXPIRED                        \
    "expires>(SELECT expires FROM watermark)" \
    " AND expires<=(SELECT least($1::int8,floor(extract(epoch FROM clock_timestamp()))::int8-60))"

/* At most $2 of them, the oldest. */
#define TPS_PG_OLDEST "SELECT expires FROM sessions WHERE " TPS_PG_EXPIRED " ORDER BY expires LIMIT $2::int8"

#define TPS_PG_STATEMENTS(X)                                                                                 \
    X(BEGIN, "BEGIN READ WRITE")                                                                             \
    X(BEGIN_SNAPSHOT, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")                                     \
    X(STAY, "SET LOCAL idle_in_transaction_session_timeout=0")                                               \
    X(COMMIT, "COMMIT")                                                                                      \
    X(ROLLBACK, "ROLLBACK")                                                                                  \
    X(LISTEN, "LISTEN tps_changes")                                                                          \
    X(NOTIFY, "NOTIFY tps_changes")                                                                          \
    X(LONGER, "SET LOCAL statement_timeout=300000")                                                          \
    X(AS_BEFORE, "SET LOCAL statement_timeout=5000")                                                         \
    X(NOT_LONG, "SET LOCAL lock_timeout=100")                                                                \
    X(REVISION, "SELECT revision FROM changes")                                                              \
    X(IMPORTING, "SELECT importing FROM changes")                                                            \
    X(LOCK_CHANGES, "SELECT FROM changes FOR UPDATE")                                                        \
    X(LOCK_SESSIONS, "SELECT pg_advisory_xact_lock_shared(7630963,2)")                                       \
    X(LOCK_SESSIONS_ALONE, "SELECT pg_advisory_xact_lock(7630963,2)")                                        \
    /* tenants */                                                                                            \
    X(CREATE_TENANT, "WITH done AS (INSERT INTO tenants(name,settings,secret,created,revision)"              \
                     " SELECT $1::text,$2::bytea,$3::bytea,$4::int8,revision+1 FROM changes"                 \
                     " ON CONFLICT DO NOTHING RETURNING id)," TPS_PG_NOTED " SELECT id FROM done,noted")     \
    X(FIND_TENANT, "SELECT " TPS_PG_TENANT_COLUMNS " FROM tenants WHERE name=$1::text")                      \
    X(EACH_TENANT, "SELECT " TPS_PG_TENANT_COLUMNS " FROM tenants WHERE name>$1::text"                       \
                   " ORDER BY name LIMIT 100")                                                               \
    X(SET_SETTINGS,                                                                                          \
      "WITH done AS (UPDATE tenants SET settings=$2::bytea,revision=(SELECT revision+1 FROM changes)"        \
      " WHERE id=$1::int8 AND ($3::int8=-1 OR revision=$3::int8) RETURNING 1)," TPS_PG_NOTED                 \
      " SELECT (SELECT count(*) FROM tenants WHERE id=$1::int8),(SELECT count(*) FROM noted)")               \
    X(SET_SECRET,                                                                                            \
      "WITH done AS (UPDATE tenants SET secret=$2::bytea,revision=(SELECT revision+1 FROM changes)"          \
      " WHERE id=$1::int8 RETURNING 1)," TPS_PG_NOTED                                                        \
      " SELECT (SELECT count(*) FROM tenants WHERE id=$1::int8),(SELECT count(*) FROM noted)")               \
    X(REMOVE_ITEMS, "DELETE FROM items WHERE tenant=$1::int8")                                               \
    X(REMOVE_AUDIT, "DELETE FROM audit WHERE tenant=$1::int8")                                               \
    X(REMOVE_SESSIONS, "DELETE FROM sessions WHERE tenant=$1::int8")                                         \
    X(REMOVE_NONCES, "DELETE FROM client_nonces WHERE tenant=$1::int8")                                      \
    X(REMOVE_TENANT, "WITH done AS (DELETE FROM tenants WHERE id=$1::int8 RETURNING 1)," TPS_PG_NOTED        \
                     " SELECT count(*) FROM noted")                                                          \
    /* items */                                                                                              \
    X(PUT_ITEM,                                                                                              \
      "WITH old AS (SELECT sequence FROM items"                                                              \
      "  WHERE tenant=$1::int8 AND kind=$2::int8 AND name=$3::text),"                                        \
      " owner AS (SELECT id FROM tenants WHERE id=$1::int8),"                                                \
      " next AS (UPDATE changes SET revision=revision+1 WHERE EXISTS(SELECT FROM owner) AND"                 \
      "  ($4::int8=-1 OR $4::int8=COALESCE((SELECT sequence FROM old),0)) RETURNING revision),"              \
      " put AS (INSERT INTO items(tenant,kind,name,attributes,body,size,changed,sequence)"                   \
      "  SELECT $1::int8,$2::int8,$3::text,$5::bytea,$6::bytea,octet_length($6::bytea),$7::int8,revision"    \
      "  FROM next ON CONFLICT(tenant,kind,name) DO UPDATE SET attributes=excluded.attributes,"              \
      "  body=excluded.body,size=excluded.size,changed=excluded.changed,sequence=excluded.sequence),"        \
      " noted AS (UPDATE tenants SET revision=next.revision FROM next WHERE id=$1::int8)"                    \
      " SELECT (SELECT count(*) FROM owner),(SELECT revision FROM next)")                                    \
    X(REMOVE_ITEM,                                                                                           \
      "WITH old AS (SELECT 1 FROM items WHERE tenant=$1::int8 AND kind=$2::int8 AND name=$3::text),"         \
      " done AS (DELETE FROM items WHERE tenant=$1::int8 AND kind=$2::int8 AND name=$3::text"                \
      "  AND ($4::int8=-1 OR sequence=$4::int8) RETURNING 1)," TPS_PG_NOTED ","                              \
      " told AS (UPDATE tenants SET revision=noted.revision FROM noted WHERE id=$1::int8)"                   \
      " SELECT (SELECT count(*) FROM old),(SELECT count(*) FROM noted)")                                     \
    X(FIND_ITEM, "SELECT kind,name,attributes,body,size,sequence,changed FROM items"                         \
                 " WHERE tenant=$1::int8 AND kind=$2::int8 AND name=$3::text")                               \
    X(EACH_ITEM, TPS_PG_ITEM_PAGE("$2::int8=0"))                                                             \
    X(EACH_ITEM_OF_KIND, TPS_PG_ITEM_PAGE("kind=$2::int8"))                                                  \
    /* sessions */                                                                                           \
    X(WATERMARK, "SELECT expires FROM watermark")                                                            \
    X(ADD_SESSIONS,                                                                                          \
      "INSERT INTO sessions(" TPS_PG_SESSION_COLUMNS ",claimed)"                                             \
      " SELECT tenant,id,state,nonce,false,type,evidence,sha256,result,created,expires,$11::int8"            \
      " FROM unnest($1::int8[],$2::uuid[],$3::int8[],$4::bytea[],$5::bytea[],$6::bytea[],$7::bytea[],"       \
      "  $8::bytea[],$9::int8[],$10::int8[])"                                                                \
      "  AS new(tenant,id,state,nonce,type,evidence,sha256,result,created,expires)"                          \
      " WHERE expires>(SELECT expires FROM watermark) ON CONFLICT DO NOTHING RETURNING tenant,id")           \
    X(ADD_WITH_NONCE,                                                                                        \
      "WITH used AS (SELECT FROM client_nonces WHERE tenant=$1::int8 AND nonce=$4::bytea),"                  \
      " added AS (INSERT INTO sessions(" TPS_PG_SESSION_COLUMNS ",claimed)"                                  \
      "  SELECT $1::int8,$2::uuid,$3::int8,$4::bytea,true,$5::bytea,$6::bytea,$7::bytea,$8::bytea,"          \
      "   $9::int8,"                                                                                         \
      "   $10::int8,$11::int8 WHERE $10::int8>(SELECT expires FROM watermark)"                               \
      "   AND NOT EXISTS(SELECT FROM used) ON CONFLICT DO NOTHING RETURNING 1),"                             \
      " taken AS (INSERT INTO client_nonces(tenant,nonce,session) SELECT $1::int8,$4::bytea,$2::uuid"        \
      "  FROM added WHERE $3::int8<>1 ON CONFLICT DO NOTHING RETURNING 1)"                                   \
      " SELECT (SELECT count(*) FROM added),(SELECT count(*) FROM taken),(SELECT count(*) FROM used),"       \
      "  (SELECT count(*) FROM sessions WHERE id=$2::uuid AND tenant=$1::int8)")                             \
    /* Behind ADD_WITH_NONCE: the nonce was taken by another at the same moment, so this row is not to be.   \
     */                                                                                                      \
    X(DROP_WITHOUT_NONCE,                                                                                    \
      "DELETE FROM sessions AS s WHERE id=$2::uuid AND tenant=$1::int8 AND nonce_from_client AND state<>1"   \
      " AND NOT EXISTS(SELECT FROM client_nonces AS n WHERE n.tenant=s.tenant AND n.nonce=s.nonce"           \
      " AND (n.session=s.id OR n.session IS NULL))")                                                         \
    X(STEP_SESSION,                                                                                          \
      "WITH old AS MATERIALIZED (SELECT state,nonce,expires,"                                                \
      "  nonce_from_client AND state=1 AND $4::int8 NOT IN (1,5) AS takes,"                                  \
      "  state=$3::int8 AND expires>$10::int8 AS may"                                                        \
      "  FROM sessions WHERE id=$2::uuid AND tenant=$1::int8 FOR UPDATE),"                                   \
      " taken AS (INSERT INTO client_nonces(tenant,nonce,session) SELECT $1::int8,nonce,$2::uuid FROM old"   \
      "  WHERE may AND takes ON CONFLICT DO NOTHING RETURNING 1),"                                           \
      " done AS (UPDATE sessions AS s SET state=$4::int8,type=$5::bytea,evidence=$6::bytea,"                 \
      "  evidence_sha256=$7::bytea,result=$8::bytea,expires=$9::int8,claimed=$10::int8 FROM old"             \
      "  WHERE s.id=$2::uuid AND s.tenant=$1::int8 AND may AND (NOT takes OR EXISTS(SELECT FROM taken))"     \
      "  RETURNING 1)"                                                                                       \
      " SELECT (SELECT count(*) FROM done),(SELECT state FROM old WHERE expires>$10::int8)")                 \
    X(FIND_SESSION, "SELECT " TPS_PG_SESSION_COLUMNS " FROM sessions"                                        \
                    " WHERE id=$2::uuid AND tenant=$1::int8 AND expires>$3::int8")                           \
    X(EACH_SESSION, "SELECT " TPS_PG_SESSION_COLUMNS " FROM sessions"                                        \
                    " WHERE (id,tenant)>($1::uuid,$2::int8) ORDER BY id,tenant LIMIT $3::int8")              \
    X(FIND_NONCE, "SELECT FROM client_nonces WHERE tenant=$1::int8 AND nonce=$2::bytea")                     \
    X(EACH_NONCE, "SELECT nonce FROM client_nonces WHERE tenant=$1::int8 AND nonce>$2::bytea"                \
                  " ORDER BY nonce LIMIT $3::int8")                                                          \
    X(CLAIM_SESSIONS,                                                                                        \
      "UPDATE sessions AS s SET claimed=$1::int8 FROM (SELECT id AS i,tenant AS t FROM sessions"             \
      "  WHERE state=2 AND claimed<$2::int8 AND expires>$1::int8 ORDER BY claimed LIMIT $3::int8"            \
      "  FOR UPDATE SKIP LOCKED) AS left_behind WHERE id=i AND tenant=t RETURNING " TPS_PG_SESSION_COLUMNS)  \
    X(DROP_PASSED, "DELETE FROM sessions WHERE (id,tenant) IN (SELECT id,tenant FROM sessions"               \
                   " WHERE expires<=(SELECT expires FROM watermark) ORDER BY expires LIMIT $1::int8"         \
                   " FOR UPDATE SKIP LOCKED)")                                                               \
    X(HAS_EXPIRED, "SELECT 1::int8 FROM sessions WHERE " TPS_PG_EXPIRED " ORDER BY expires LIMIT 1")         \
    X(NEXT_WATERMARK, "SELECT max(expires) FROM (" TPS_PG_OLDEST ") AS old")                                 \
    X(RAISE, "UPDATE watermark SET expires=greatest(expires,"                                                \
             "(SELECT max(expires) FROM (" TPS_PG_OLDEST ") AS old))")                                       \
    /* audit logs */                                                                                         \
    X(AUDIT_HEAD, "SELECT t.name,a.sequence,a.hash FROM tenants AS t LEFT JOIN audit AS a ON a.tenant=t.id"  \
                  " WHERE t.id=$1::int8 ORDER BY a.sequence DESC LIMIT 1")                                   \
    X(APPEND_AUDIT, "INSERT INTO audit(tenant,sequence,time,entry,hash)"                                     \
                    " VALUES($1::int8,$2::int8,$3::int8,$4::bytea,$5::bytea)")                               \
    X(EACH_AUDIT, "SELECT sequence,time,entry,hash FROM audit"                                               \
                  " WHERE tenant=$1::int8 AND sequence>=$2::int8 ORDER BY sequence LIMIT $3::int8")          \
    /* filling it from another store */                                                                      \
    X(BEGIN_IMPORT, "UPDATE changes SET importing=$1::text,revision=revision+1"                              \
                    " WHERE importing=$1::text OR (importing='' AND NOT EXISTS(SELECT FROM tenants))"        \
                    " RETURNING revision")                                                                   \
    X(IMPORT_TENANT, "INSERT INTO tenants(id,name,settings,revision,created,secret) OVERRIDING SYSTEM VALUE" \
                     " VALUES($1::int8,$2::text,$3::bytea,$4::int8,$5::int8,$6::bytea)"                      \
                     " ON CONFLICT DO NOTHING")                                                              \
    X(IMPORT_ITEM,                                                                                           \
      "WITH put AS (INSERT INTO items(tenant,kind,name,attributes,body,size,sequence,changed)"               \
      " SELECT id,$2::int8,$3::text,$4::bytea,$5::bytea,octet_length($5::bytea),$6::int8,$7::int8"           \
      " FROM tenants WHERE id=$1::int8 ON CONFLICT DO NOTHING)"                                              \
      " SELECT count(*) FROM tenants WHERE id=$1::int8")                                                     \
    X(IMPORT_SESSION, "WITH put AS (INSERT INTO sessions(" TPS_PG_SESSION_COLUMNS ",claimed)"                \
                      " SELECT t.id,$2::uuid,$3::int8,$4::bytea,$5::bool,$6::bytea,$7::bytea,$8::bytea,"     \
                      "$9::bytea,$10::int8,$11::int8,0 FROM tenants AS t WHERE t.id=$1::int8"                \
                      " ON CONFLICT DO NOTHING) SELECT count(*) FROM tenants WHERE id=$1::int8")             \
    X(IMPORT_NONCE, "WITH put AS (INSERT INTO client_nonces(tenant,nonce) SELECT id,$2::bytea"               \
                    " FROM tenants WHERE id=$1::int8 ON CONFLICT DO NOTHING)"                                \
                    " SELECT count(*) FROM tenants WHERE id=$1::int8")                                       \
    X(IMPORT_AUDIT, "WITH put AS (INSERT INTO audit(tenant,sequence,time,entry,hash)"                        \
                    " SELECT id,$2::int8,$3::int8,$4::bytea,$5::bytea FROM tenants WHERE id=$1::int8"        \
                    " ON CONFLICT DO NOTHING) SELECT count(*) FROM tenants WHERE id=$1::int8")               \
    X(END_IMPORT, "UPDATE changes SET importing='',revision=greatest($1::int8,revision,"                     \
                  "(SELECT max(sequence) FROM items),(SELECT max(revision) FROM tenants))")                  \
    X(RAISE_WATERMARK, "UPDATE watermark SET expires=greatest(expires,$1::int8)")                            \
    X(RAISE_TENANT_IDS, "SELECT setval(pg_get_serial_sequence('tenants','id'),max(id)) FROM tenants")

/** TPS_PG_BEGIN ... */
enum {
#define TPS_PG_AS_ENUM(name, sql) TPS_PG_##name,
    TPS_PG_STATEMENTS(TPS_PG_AS_ENUM)
#undef TPS_PG_AS_ENUM
        TPS_PG_STATEMENT_COUNT
};

#endif
