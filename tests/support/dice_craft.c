/* SPDX-License-Identifier: Apache-2.0 */
/* X.509 certificates for tests of what stands in them. */
#include "support/dice_craft.h"

#include "support/check.h"
#include "support/vectors.h"

/* Appends to hex text of this room. */
static void append(char *text, size_t room, const char *more)
{
    size_t length = strlen(text);

    assert_true(length + strlen(more) < room);
    memcpy(text + length, more, strlen(more) + 1);
}

static void append_bytes(char *text, size_t room, tps_span bytes)
{
    char two[3];

    for (size_t i = 0; i < bytes.size; i++) {
        snprintf(two, sizeof two, "%02x", bytes.data[i]);
        append(text, room, two);
    }
}

/* Sets the head of a constructed value before the hex that stands in `text`. */
static void wrap(char *text, size_t room, const char *tag)
{
    tps_buf content = bytes_from_hex(text);
    char *inner = strdup(text);
    char head[16];

    snprintf(head, sizeof head,
             content.size < 0x80    ? "%s%02zx"
             : content.size < 0x100 ? "%s81%02zx"
                                    : "%s82%04zx",
             tag, content.size);
    text[0] = 0;
    append(text, room, head);
    append(text, room, inner);
    free(inner);
    free(content.data);
}

/* Name with a common name of this one letter. */
static void append_name(char *text, size_t room, char letter)
{
    if (letter == CRAFT_NOBODY) {
        append(text, room, "3000");
        return;
    }
    append(text, room, "300c310a300806035504030c01");
    append_bytes(text, room, tps_span_make(&letter, 1));
}

tps_buf craft_certificate(char subject, char issuer, const char *extensions)
{
    static const char algorithm[] = "300506032b6570";
    static char list[20000];
    static char text[20000];

    list[0] = 0;
    append(list, sizeof list, extensions);
    wrap(list, sizeof list, "30");
    wrap(list, sizeof list, "a3");
    text[0] = 0;
    append(text, sizeof text, "a003020102 020101");
    append(text, sizeof text, algorithm);
    append_name(text, sizeof text, issuer);
    append(text, sizeof text, "3022 180f31393730303130313030303030305a 180f33303030303130313030303030305a");
    append_name(text, sizeof text, subject);
    append(text, sizeof text, "300a 300506032b6570 030100");
    append(text, sizeof text, extensions[0] == 0 ? "" : list);
    wrap(text, sizeof text, "30");
    append(text, sizeof text, algorithm);
    append(text, sizeof text, "030200aa");
    wrap(text, sizeof text, "30");
    return bytes_from_hex(text);
}

char *craft_extension(tps_span oid, bool is_critical, tps_span value)
{
    size_t room = 2 * (oid.size + value.size) + 64;
    char *text = calloc(1, room);
    char *head = calloc(1, room);

    append_bytes(text, room, value);
    wrap(text, room, "04");
    append_bytes(head, room, oid);
    wrap(head, room, "06");
    append(head, room, is_critical ? "0101ff" : "");
    append(head, room, text);
    wrap(head, room, "30");
    free(text);
    return head;
}
