/* SPDX-License-Identifier: Apache-2.0 */
/* The identity of a device: decoding, encoding, and the rules that both keep. */
#include "component/boot/identity.h"

#include "component/platform.h"

enum {
    KEY_VENDOR = 1,
    KEY_MODEL = 2,
    KEY_OEMID = 3,
    KEY_CLASS_ID = 4,
    KEY_HWVERSION = 5,
    KEY_SERIAL = 6,
    KEY_IMAGES = 7,
    KEY_RELEASE_KEYS = 8,
    MEMBERS = 8
};

bool tps_identity_is_text(tps_span text, size_t most)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return false;
        }
    }
    return text.size > 0 && text.size <= most;
}

bool tps_identity_is_image_name(tps_span text)
{
    char name[TPS_IMAGE_NAME_MAX + 1] = {0};

    if (!tps_identity_is_text(text, TPS_IMAGE_NAME_MAX)) {
        return false;
    }
    memcpy(name, text.data, text.size);
    return tps_image_name_is_valid(name);
}

static bool are_image_names(const tps_device_identity *id)
{
    for (size_t i = 0; i < id->image_count; i++) {
        if (!tps_identity_is_image_name(id->images[i])) {
            return false;
        }
    }
    return true;
}

static const char *find_fault(const tps_device_identity *id)
{
    if (!tps_identity_is_text(id->vendor, 64)) {
        return "vendor";
    }
    if (!tps_identity_is_text(id->model, TPS_MODEL_MAX)) {
        return "model";
    }
    if (id->oemid.size != 3 && id->oemid.size != 16) {
        return "oemid";
    }
    if (id->class_id.size != TPS_CLASS_ID_SIZE) {
        return "class id";
    }
    if (!tps_identity_is_text(id->hwversion, 32)) {
        return "hardware version";
    }
    if (!tps_identity_is_text(id->serial, 32)) {
        return "serial number";
    }
    if (id->image_count == 0 || id->image_count > TPS_IMAGES_MAX || !are_image_names(id)) {
        return "images";
    }
    if (id->release_key_count == 0 || id->release_key_count > TPS_RELEASE_KEYS_MAX) {
        return "release keys";
    }
    return NULL;
}

static tps_status check(const tps_device_identity *identity, tps_error *why)
{
    const char *fault = find_fault(identity);

    return fault == NULL ? TPS_OK : tps_fail(why, TPS_COMPONENT_BAD_IDENTITY, 0, fault);
}

/** An array of at most `capacity` items; a longer one is an error of the reader. */
static size_t read_list(tps_cbor_reader *r, tps_span *items, size_t capacity, bool are_texts)
{
    tps_cbor_list list = tps_cbor_enter_array(r);
    size_t count = 0;

    while (tps_cbor_next(r, &list)) {
        if (count == capacity) {
            tps_cbor_fail(r, TPS_CBOR_TOO_MANY);
            break;
        }
        items[count++] = are_texts ? tps_cbor_get_text(r) : tps_cbor_skip(r);
    }
    return count;
}

static void read_member(tps_cbor_reader *r, tps_device_identity *out)
{
    switch (tps_cbor_get_uint(r)) {
    case KEY_VENDOR: out->vendor = tps_cbor_get_text(r); break;
    case KEY_MODEL: out->model = tps_cbor_get_text(r); break;
    case KEY_OEMID: out->oemid = tps_cbor_get_bytes(r); break;
    case KEY_CLASS_ID: out->class_id = tps_cbor_get_bytes(r); break;
    case KEY_HWVERSION: out->hwversion = tps_cbor_get_text(r); break;
    case KEY_SERIAL: out->serial = tps_cbor_get_text(r); break;
    case KEY_IMAGES: out->image_count = read_list(r, out->images, TPS_IMAGES_MAX, true); break;
    case KEY_RELEASE_KEYS:
        out->release_key_count = read_list(r, out->release_keys, TPS_RELEASE_KEYS_MAX, false);
        break;
    default: tps_cbor_fail(r, TPS_COMPONENT_BAD_IDENTITY); break;
    }
}

tps_status tps_identity_decode(tps_span encoded, tps_device_identity *out, tps_error *why)
{
    tps_cbor_reader r = tps_cbor_reader_init(encoded);
    tps_cbor_list map;

    TPS_TRY(tps_cbor_check(encoded, &tps_cbor_limits_message, NULL, why));
    *out = (tps_device_identity){.image_count = 0};
    map = tps_cbor_enter_map(&r);
    while (tps_cbor_next(&r, &map)) {
        read_member(&r, out);
    }
    if (tps_cbor_reader_finish(&r) != TPS_OK) {
        return tps_fail(why, TPS_COMPONENT_BAD_IDENTITY, tps_cbor_offset(&r), "identity");
    }
    return check(out, why);
}

tps_status tps_identity_encode(const tps_device_identity *id, tps_buf out, tps_span *encoded, tps_error *why)
{
    tps_cbor_writer w = tps_cbor_writer_init(out);

    TPS_TRY(check(id, why));
    tps_cbor_put_map(&w, MEMBERS);
    tps_cbor_pair_text_span(&w, KEY_VENDOR, id->vendor);
    tps_cbor_pair_text_span(&w, KEY_MODEL, id->model);
    tps_cbor_pair_bytes(&w, KEY_OEMID, id->oemid);
    tps_cbor_pair_bytes(&w, KEY_CLASS_ID, id->class_id);
    tps_cbor_pair_text_span(&w, KEY_HWVERSION, id->hwversion);
    tps_cbor_pair_text_span(&w, KEY_SERIAL, id->serial);
    tps_cbor_pair_array(&w, KEY_IMAGES, id->image_count);
    for (size_t i = 0; i < id->image_count; i++) {
        tps_cbor_put_text_span(&w, id->images[i]);
    }
    tps_cbor_pair_array(&w, KEY_RELEASE_KEYS, id->release_key_count);
    for (size_t i = 0; i < id->release_key_count; i++) {
        tps_cbor_put_raw(&w, id->release_keys[i]);
    }
    return tps_cbor_writer_finish(&w, encoded);
}
