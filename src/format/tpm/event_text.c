/* SPDX-License-Identifier: Apache-2.0 */
/* What events say of themselves, for people. All of it is the firmware's word, and may be cut or wrong: what
 * cannot be read gives no text. */
#include "format/tpm/reader.h"

enum {
    GUID_SIZE = 16,
    PATH_MEDIA = 4,
    PATH_FILE = 4,
    PATH_END = 0x7f,
    NODE_HEAD = 4,
    LOAD_ADDRESSES = 24 /* where an image lies, its size, where it was linked for */
};

/* The text under construction; what does not fit is left out. */
typedef struct {
    char *text;
    size_t size;
} sink;

static void put(sink *s, char c)
{
    if (s->size + 1 < TPS_TPM_EVENT_TEXT_MAX) {
        s->text[s->size++] = c;
        s->text[s->size] = '\0';
    }
}

/* Only characters that no terminal obeys. */
static void put_character(sink *s, uint32_t c)
{
    put(s, c >= 0x20 && c < 0x7f ? (char)c : '?');
}

static void put_hex(sink *s, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    put(s, digits[byte >> 4]);
    put(s, digits[byte & 15]);
}

static void put_utf16(sink *s, tps_span text)
{
    for (size_t i = 0; i + 1 < text.size; i += 2) {
        uint32_t c = (uint32_t)text.data[i] | (uint32_t)text.data[i + 1] << 8;
        if (c == 0) {
            return;
        }
        put_character(s, c);
    }
}

static void put_ascii(sink *s, tps_span text)
{
    for (size_t i = 0; i < text.size && text.data[i] != 0; i++) {
        put_character(s, text.data[i]);
    }
}

static bool is_ascii(tps_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == 0) {
            return i > 0;
        }
        if (text.data[i] < 0x20 || text.data[i] >= 0x7f) {
            return false;
        }
    }
    return text.size > 0;
}

static bool is_utf16(tps_span text)
{
    return text.size >= 2 && text.data[0] >= 0x20 && text.data[0] < 0x7f && text.data[1] == 0;
}

/* A text in whichever of the two encodings. */
static void put_text(sink *s, tps_span text)
{
    if (is_utf16(text)) {
        put_utf16(s, text);
    } else if (is_ascii(text)) {
        put_ascii(s, text);
    }
}

/* UEFI_VARIABLE_DATA: a GUID, the sizes of name and content, the name in UTF-16. */
static void put_variable(sink *s, tps_span data)
{
    tpm_reader r = tpm_reader_init(data);
    uint64_t length;

    (void)tpm_take(&r, GUID_SIZE, NULL);
    length = tpm_le64(&r, NULL);
    (void)tpm_le64(&r, NULL);
    if (r.status == TPS_OK && length <= (r.in.size - r.at) / 2) {
        put_utf16(s, tpm_take(&r, 2 * (size_t)length, NULL));
    }
}

/* The files of a device path. */
static void put_path(sink *s, tps_span path)
{
    tpm_reader r = tpm_reader_init(path);

    while (r.status == TPS_OK && r.at < r.in.size) {
        uint8_t type = tpm_u8(&r, NULL);
        uint8_t subtype = tpm_u8(&r, NULL);
        uint16_t size = tpm_le16(&r, NULL);
        if (type == PATH_END || size < NODE_HEAD) {
            return;
        }
        if (type == PATH_MEDIA && subtype == PATH_FILE) {
            put_utf16(s, tpm_take(&r, size - NODE_HEAD, NULL));
        } else {
            (void)tpm_take(&r, size - NODE_HEAD, NULL);
        }
    }
}

/* UEFI_IMAGE_LOAD_EVENT */
static void put_image(sink *s, tps_span data)
{
    tpm_reader r = tpm_reader_init(data);
    uint64_t length;

    (void)tpm_take(&r, LOAD_ADDRESSES, NULL);
    length = tpm_le64(&r, NULL);
    if (r.status == TPS_OK && length <= r.in.size - r.at) {
        put_path(s, tpm_take(&r, (size_t)length, NULL));
    }
}

/* UEFI_PLATFORM_FIRMWARE_BLOB2: a description behind its size. */
static void put_blob(sink *s, tps_span data)
{
    tpm_reader r = tpm_reader_init(data);

    put_text(s, tpm_take(&r, tpm_u8(&r, NULL), NULL));
}

static void put_separator(sink *s, tps_span data)
{
    for (size_t i = 0; i < data.size && i < 4; i++) {
        put_hex(s, data.data[i]);
    }
}

void tps_tpm_event_describe(const tps_tpm_event *event, char text[TPS_TPM_EVENT_TEXT_MAX])
{
    sink s = {text, 0};

    *text = '\0';
    switch (event->type) {
    case TPS_TPM_EV_EFI_VARIABLE_DRIVER_CONFIG:
    case TPS_TPM_EV_EFI_VARIABLE_BOOT:
    case TPS_TPM_EV_EFI_VARIABLE_BOOT2:
    case TPS_TPM_EV_EFI_VARIABLE_AUTHORITY: put_variable(&s, event->data); break;
    case TPS_TPM_EV_EFI_BOOT_SERVICES_APPLICATION:
    case TPS_TPM_EV_EFI_BOOT_SERVICES_DRIVER:
    case TPS_TPM_EV_EFI_RUNTIME_SERVICES_DRIVER: put_image(&s, event->data); break;
    case TPS_TPM_EV_EFI_PLATFORM_FIRMWARE_BLOB2: put_blob(&s, event->data); break;
    case TPS_TPM_EV_SEPARATOR: put_separator(&s, event->data); break;
    default: put_text(&s, event->data); break;
    }
}
