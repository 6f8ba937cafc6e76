/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of names.h. */
#include "inspect/names.h"

typedef struct {
    int64_t number;
    const char *name;
} entry;

static const entry algorithms[] = {
    {-7, "ES256: ECDSA with SHA-256"},
    {-8, "EdDSA"},
    {-9, "ESP256: ECDSA on P-256 with SHA-256"},
    {-16, "SHA-256"},
    {-19, "Ed25519"},
    {-35, "ES384: ECDSA with SHA-384"},
    {-36, "ES512: ECDSA with SHA-512"},
    {-37, "PS256: RSASSA-PSS with SHA-256"},
    {-43, "SHA-384"},
    {-44, "SHA-512"},
    {-46, "HSS-LMS"},
    {-48, "ML-DSA-44"},
    {-49, "ML-DSA-65"},
    {-50, "ML-DSA-87"},
    {-51, "ESP384: ECDSA on P-384 with SHA-384"},
    {-52, "ESP512: ECDSA on P-521 with SHA-512"},
    {-53, "Ed448"},
    {-257, "RS256: RSASSA-PKCS1-v1_5 with SHA-256"},
    {1, "A128GCM"},
    {2, "A192GCM"},
    {3, "A256GCM"},
    {4, "HMAC 256/64"},
    {5, "HMAC 256/256: HMAC with SHA-256"},
    {6, "HMAC 384/384: HMAC with SHA-384"},
    {7, "HMAC 512/512: HMAC with SHA-512"},
    {10, "AES-CCM-16-64-128"},
    {24, "ChaCha20/Poly1305"},
    {30, "AES-CCM-16-128-128"},
};

static const entry curves[] = {
    {1, "P-256"}, {2, "P-384"},   {3, "P-521"}, {4, "X25519"},
    {5, "X448"},  {6, "Ed25519"}, {7, "Ed448"}, {8, "secp256k1"},
};

static const entry key_types[] = {
    {1, "OKP: Edwards and Montgomery curves"},
    {2, "EC2: elliptic curve with both coordinates"},
    {3, "RSA"},
    {4, "symmetric"},
    {5, "HSS-LMS"},
    {7, "AKP: algorithm key pair"},
};

static const entry key_operations[] = {
    {1, "sign"},       {2, "verify"},     {3, "encrypt"},     {4, "decrypt"},    {5, "wrap key"},
    {6, "unwrap key"}, {7, "derive key"}, {8, "derive bits"}, {9, "create MAC"}, {10, "verify MAC"},
};

static const entry tags[] = {
    {0, "date and time as text"},
    {1, "time in seconds since 1970"},
    {16, "COSE_Encrypt0"},
    {17, "COSE_Mac0"},
    {18, "COSE_Sign1"},
    {32, "URI"},
    {37, "UUID"},
    {61, "CWT"},
    {96, "COSE_Encrypt"},
    {97, "COSE_Mac"},
    {98, "COSE_Sign"},
    {107, "SUIT envelope"},
    {111, "object identifier"},
    {500, "CoRIM in an outdated wrapper"},
    {501, "CoRIM"},
    {502, "signed CoRIM in an outdated wrapper"},
    {505, "CoSWID"},
    {506, "CoMID"},
    {508, "CoTL"},
    {601, "unprotected CWT claims set"},
    {602, "detached EAT bundle"},
};

static const entry content_formats[] = {
    {16, "application/cose; cose-type=\"cose-encrypt0\""},
    {17, "application/cose; cose-type=\"cose-mac0\""},
    {18, "application/cose; cose-type=\"cose-sign1\""},
    {60, "application/cbor"},
    {61, "application/cwt"},
    {101, "application/cose-key"},
    {258, "application/swid+cbor"},
    {263, "application/eat+cwt"},
    {264, "application/eat+jwt"},
    {265, "application/eat-bun+cbor"},
    {266, "application/eat-bun+json"},
    {267, "application/eat-ucs+cbor"},
    {268, "application/eat-ucs+json"},
    {273, "application/cmw+cbor"},
    {274, "application/cmw+json"},
    {275, "application/cmw+cose"},
    {276, "application/cmw+jws"},
    {601, "application/uccs+cbor"},
    {10003, "PSA attestation token (RFC 9783)"},
    {10004, "PSA attestation token, older profile"},
};

static const char *find(const entry *table, size_t count, int64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (table[i].number == number) {
            return table[i].name;
        }
    }
    return NULL;
}

#define FIND(table, number) find(table, sizeof(table) / sizeof((table)[0]), number)

const char *name_of_algorithm(int64_t alg)
{
    return FIND(algorithms, alg);
}

const char *name_of_curve(int64_t curve)
{
    return FIND(curves, curve);
}

const char *name_of_key_type(int64_t type)
{
    return FIND(key_types, type);
}

const char *name_of_key_operation(int64_t operation)
{
    return FIND(key_operations, operation);
}

const char *name_of_tag(uint64_t tag)
{
    return tag > INT64_MAX ? NULL : FIND(tags, (int64_t)tag);
}

const char *name_of_content_format(uint64_t format)
{
    return format > INT64_MAX ? NULL : FIND(content_formats, (int64_t)format);
}

bool is_mac_algorithm(int64_t alg)
{
    return alg >= 4 && alg <= 7;
}
