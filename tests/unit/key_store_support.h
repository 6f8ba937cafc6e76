/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the key store for its tests: built from fields, sent, and searched for secrets. */
#ifndef TPS_TEST_KEY_STORE_SUPPORT_H
#define TPS_TEST_KEY_STORE_SUPPORT_H

#include "services_support.h"
#include "tps/cose_encrypt.h"

/* A member of a request. */
typedef struct {
    uint32_t member;
    char type; /* text, number, bytes, raw CBOR, flag, usages as bits */
    uint64_t number;
    tps_span bytes;
} field;

#define TEXT(member, text)                       \
    {                                            \
        (member), 't', 0, tps_span_of_text(text) \
    }
#define NUMBER(member, number)   \
    {                            \
        (member), 'n', (number), \
        {                        \
            NULL, 0              \
        }                        \
    }
#define BYTES(member, span)      \
    {                            \
        (member), 'b', 0, (span) \
    }
#define RAW(member, span)        \
    {                            \
        (member), 'r', 0, (span) \
    }
#define FLAG(member, flag)     \
    {                          \
        (member), 'f', (flag), \
        {                      \
            NULL, 0            \
        }                      \
    }
#define USAGES(bits)                 \
    {                                \
        TPS_KEY_USAGES, 'u', (bits), \
        {                            \
            NULL, 0                  \
        }                            \
    }
#define NAME(text) TEXT(TPS_KEY_NAME, text)
#define KIND(kind) NUMBER(TPS_KEY_KIND, kind)
#define DATA(text) BYTES(TPS_KEY_DATA, tps_span_of_text(text))

/* Sends a message in a session of its own (or in `session`, if not 0), with a full room; it must work. The
 * answer lies in static memory until the next message. */
tps_span key_send(device *d, uint32_t session, const tps_login *login, uint64_t tag, const field *fields,
                  size_t count);

/* The same into a room of the test's, whatever comes of it. */
tps_status key_try(device *d, uint32_t session, const tps_login *login, uint64_t tag, const field *fields,
                   size_t count, tps_buf room, tps_span *answer);

#define FIELDS(...)               (const field[]){__VA_ARGS__}, sizeof((const field[]){__VA_ARGS__}) / sizeof(field)
#define ASK(d, login, tag, ...)   key_send(d, 0, login, tag, FIELDS(__VA_ARGS__))
#define ERROR(d, login, tag, ...) error_of(ASK(d, login, tag, __VA_ARGS__))

/* A session with the key store, which stays open. */
uint32_t key_open(device *d, const tps_login *login);
void key_close(device *d, uint32_t session);

/* Copies a member of an answer, so that it outlives the next message. */
tps_span key_copy(tps_span bytes);

/* The public key of a stored key. */
tps_crypto_key *key_public(device *d, const tps_login *login, const char *name);

/* A COSE_Key of `key`, wrapped for the import key `to` of the device; static memory. */
tps_span key_wrap(device *d, const tps_login *login, const char *to, tps_span cose_key);

/* A symmetric COSE_Key; key_ops as bits, 0 for none; alg 0 for none. Static memory. */
tps_span key_symmetric(tps_span secret, int64_t alg, uint32_t ops);

/* A COSE_Key with its private part; static memory. */
tps_span key_private(const tps_crypto_key *key);

/* What the vault holds of a key of this login. */
tps_key_entry key_stored(device *d, const tps_login *login, const char *name);

/* No window of 8 bytes of `secret` is in any message so far. */
void assert_untold(const device *d, tps_span secret);

#endif
