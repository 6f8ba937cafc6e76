/* SPDX-License-Identifier: Apache-2.0 */
/* What a wrapper's types may be: media types, content formats and their tags, types of collections. */
#include "format/text/hex.h"
#include "tps/cmw.h"

#define NAME_MAX       127u
#define FIRST_TAG      1668546817u
#define FORMAT_TAG_MAX 65024u

/* ---- content formats ---- */

static const struct {
    uint32_t content_format;
    const char *media_type;
} registered[] = {
    {16, "application/cose; cose-type=\"cose-encrypt0\""},
    {17, "application/cose; cose-type=\"cose-mac0\""},
    {18, "application/cose; cose-type=\"cose-sign1\""},
    {60, "application/cbor"},
    {61, "application/cwt"},
    {TPS_CONTENT_FORMAT_EAT_CWT, "application/eat+cwt"},
    {TPS_CONTENT_FORMAT_EAT_JWT, "application/eat+jwt"},
    {265, "application/eat-bun+cbor"},
    {266, "application/eat-bun+json"},
    {267, "application/eat-ucs+cbor"},
    {268, "application/eat-ucs+json"},
    {TPS_CONTENT_FORMAT_CMW_CBOR, "application/cmw+cbor"},
    {TPS_CONTENT_FORMAT_CMW_JSON, "application/cmw+json"},
    {TPS_CONTENT_FORMAT_CMW_COSE, "application/cmw+cose"},
    {TPS_CONTENT_FORMAT_CMW_JWS, "application/cmw+jws"},
    {601, "application/uccs+cbor"},
    {TPS_CONTENT_FORMAT_PSA, "application/eat+cwt; eat_profile=\"tag:psacertified.org,2023:psa#tfm\""},
    {TPS_CONTENT_FORMAT_PSA_LEGACY,
     "application/eat+cwt; eat_profile=\"tag:psacertified.org,2019:psa#legacy\""},
};

uint64_t tps_cmw_tag_of(uint32_t content_format)
{
    if (content_format > FORMAT_TAG_MAX) {
        return 0;
    }
    return FIRST_TAG + (uint64_t)(content_format / 255) * 256 + content_format % 255;
}

uint32_t tps_cmw_content_format_of(uint64_t tag)
{
    uint64_t number = tag - FIRST_TAG;

    /* Every 256th number of the range is left out, so that no tag has a byte ff at its end. */
    if (tag < FIRST_TAG || number / 256 > FORMAT_TAG_MAX / 255 || number % 256 == 255) {
        return TPS_CMW_NO_CONTENT_FORMAT;
    }
    return (uint32_t)(number / 256 * 255 + number % 256);
}

const char *tps_cmw_media_type(uint32_t content_format)
{
    for (size_t i = 0; i < sizeof registered / sizeof registered[0]; i++) {
        if (registered[i].content_format == content_format) {
            return registered[i].media_type;
        }
    }
    return NULL;
}

/* ---- media types ---- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_one_of(uint8_t c, const char *characters)
{
    for (; *characters != '\0'; characters++) {
        if (c == (uint8_t)*characters) {
            return true;
        }
    }
    return false;
}

/* A place in text: what was taken is behind it. */
typedef struct {
    const uint8_t *at;
    const uint8_t *end;
} cursor;

static uint8_t next_of(const cursor *text)
{
    return text->at == text->end ? 0 : *text->at;
}

static bool take(cursor *text, char c)
{
    if (next_of(text) != (uint8_t)c) {
        return false;
    }
    text->at++;
    return true;
}

/* restricted-name of RFC 6838, 4.2. */
static bool take_name(cursor *text)
{
    const uint8_t *start = text->at;

    if (!is_letter(next_of(text)) && !is_digit(next_of(text))) {
        return false;
    }
    while (is_letter(next_of(text)) || is_digit(next_of(text)) || is_one_of(next_of(text), "!#$&-^_.+")) {
        text->at++;
    }
    return (size_t)(text->at - start) <= NAME_MAX;
}

static bool take_token(cursor *text)
{
    const uint8_t *start = text->at;

    while (is_letter(next_of(text)) || is_digit(next_of(text)) ||
           is_one_of(next_of(text), "!#$%&'*+-.^_`|~")) {
        text->at++;
    }
    return text->at != start;
}

static bool is_printable(uint8_t c)
{
    return c >= 0x20 && c <= 0x7e;
}

/* A quote is next. */
static bool take_quoted(cursor *text)
{
    text->at++;
    while (is_printable(next_of(text)) && next_of(text) != '"') {
        if (take(text, '\\') && !is_printable(next_of(text))) {
            return false;
        }
        text->at++;
    }
    return take(text, '"');
}

static void take_spaces(cursor *text)
{
    while (take(text, ' ')) {
    }
}

static bool take_parameter(cursor *text)
{
    take_spaces(text);
    if (!take(text, ';')) {
        return false;
    }
    take_spaces(text);
    return take_token(text) && take(text, '=') &&
           (next_of(text) == '"' ? take_quoted(text) : take_token(text));
}

bool tps_cmw_type_is_valid(tps_span media_type)
{
    cursor text = {media_type.data, media_type.data + media_type.size};

    if (media_type.size == 0 || !take_name(&text) || !take(&text, '/') || !take_name(&text)) {
        return false;
    }
    while (text.at != text.end) {
        if (!take_parameter(&text)) {
            return false;
        }
    }
    return true;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The next character that counts; 0 at the end. Case counts in values only, and a quoted pair is its second
 * character. Names end at '=', values at ';'. */
typedef struct {
    cursor text;
    bool is_value;
    bool is_quoted;
} reading;

static uint8_t next_meaning(reading *r)
{
    uint8_t c;

    if (!r->is_quoted) {
        take_spaces(&r->text);
    }
    while (take(&r->text, '"')) {
        r->is_quoted = !r->is_quoted;
        if (!r->is_quoted) {
            take_spaces(&r->text);
        }
    }
    if (r->text.at == r->text.end) {
        return 0;
    }
    if (r->is_quoted) {
        (void)take(&r->text, '\\');
        return *r->text.at++;
    }
    c = *r->text.at++;
    if (c == ';' || c == '=') {
        r->is_value = c == '=';
        return c;
    }
    return r->is_value ? c : lower(c);
}

bool tps_cmw_type_equal(tps_span a, tps_span b)
{
    reading x = {{a.data, a.data + a.size}, false, false};
    reading y = {{b.data, b.data + b.size}, false, false};
    uint8_t c;

    if (!tps_cmw_type_is_valid(a) || !tps_cmw_type_is_valid(b)) {
        return false;
    }
    do {
        c = next_meaning(&x);
        /* what is quoted is no sign of the grammar */
        if (c != next_meaning(&y) || (c != 0 && (c == ';' || c == '=') && x.is_quoted != y.is_quoted)) {
            return false;
        }
    } while (c != 0);
    return true;
}

uint32_t tps_cmw_content_format(tps_span media_type)
{
    for (size_t i = 0; i < sizeof registered / sizeof registered[0]; i++) {
        if (tps_cmw_type_equal(media_type, tps_span_of_text(registered[i].media_type))) {
            return registered[i].content_format;
        }
    }
    return TPS_CMW_NO_CONTENT_FORMAT;
}

/* ---- types of collections ---- */

/* Dotted decimals without leading zeros: the first 0 to 2, and at least one more (X.660). */
static bool is_oid(tps_span text)
{
    cursor c = {text.data, text.data + text.size};
    size_t arcs = 1;

    if (!take(&c, '0') && !take(&c, '1') && !take(&c, '2')) {
        return false;
    }
    while (take(&c, '.')) {
        bool is_zero = next_of(&c) == '0';
        const uint8_t *start = c.at;
        while (is_digit(next_of(&c))) {
            c.at++;
        }
        if (c.at == start || (is_zero && c.at - start > 1)) {
            return false;
        }
        arcs++;
    }
    return c.at == c.end && arcs > 1;
}

/* A scheme, a colon, and characters that a URI may hold; no fragment (RFC 3986, 4.3). */
static bool is_absolute_uri(tps_span text)
{
    cursor c = {text.data, text.data + text.size};

    if (!is_letter(next_of(&c))) {
        return false;
    }
    while (is_letter(next_of(&c)) || is_digit(next_of(&c)) || is_one_of(next_of(&c), "+-.")) {
        c.at++;
    }
    if (!take(&c, ':') || c.at == c.end) {
        return false;
    }
    for (; c.at != c.end; c.at++) {
        bool is_plain = is_letter(*c.at) || is_digit(*c.at) || is_one_of(*c.at, "-._~:/?[]@!$&'()*+,;=");
        bool is_escape =
            *c.at == '%' && c.end - c.at > 2 && hex_digit(c.at[1]) >= 0 && hex_digit(c.at[2]) >= 0;
        if (!is_plain && !is_escape) {
            return false;
        }
    }
    return true;
}

bool tps_cmw_collection_type_is_valid(tps_span text)
{
    return text.size != 0 && text.size <= TPS_CMW_TYPE_MAX && (is_oid(text) || is_absolute_uri(text));
}

const char *tps_cmw_indicator_name(uint32_t bit)
{
    static const char *const names[] = {"reference values", "endorsements", "evidence", "attestation results",
                                        "appraisal policy"};

    return bit < sizeof names / sizeof names[0] ? names[bit] : NULL;
}
