/* SPDX-License-Identifier: Apache-2.0 */
/* Times in DER, as certificates have them. */
#include "format/der/time.h"

/* The number of `count` decimal digits; more than any field can be, if one is none. */
static uint32_t digits(const uint8_t *at, size_t count)
{
    uint32_t value = 0;

    for (size_t i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return UINT32_MAX;
        }
        value = 10 * value + (uint32_t)(at[i] - '0');
    }
    return value;
}

/* Days up to this month, which counts from March, as then a leap day is the last of its year. */
static uint32_t days_before(uint32_t year, uint32_t month)
{
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5;
}

/* MMDDHHMMSS in the year, as seconds since 1970; INT64_MIN if it is no date. */
static int64_t seconds_of(uint32_t year, const uint8_t *at)
{
    static const uint8_t most[5] = {12, 31, 23, 59, 59};
    uint32_t field[5];
    uint32_t month;
    uint32_t days;

    for (size_t i = 0; i < 5; i++) {
        field[i] = digits(at + 2 * i, 2);
        if (field[i] > most[i] || (i < 2 && field[i] == 0)) {
            return INT64_MIN;
        }
    }
    month = (field[0] + 9) % 12;
    year +=
        400 - (month >= 10); /* of the calendar's next round: January of the year 0 lies in one before it */
    days = days_before(year, month) + field[1];
    if (days > (month == 11 ? days_before(year + 1, 0) : days_before(year, month + 1))) {
        return INT64_MIN;
    }
    days -= days_before(2369, 10) + 1;
    return (int64_t)(int32_t)days * 86400 + (int64_t)((field[2] * 60 + field[3]) * 60 + field[4]);
}

int64_t der_get_time(der_reader *reader)
{
    const uint8_t *start = reader->at;
    bool is_short = der_peek(reader) == DER_UTC_TIME;
    tps_span text = der_get(reader, is_short ? DER_UTC_TIME : DER_GENERALIZED_TIME);
    size_t year_size = is_short ? 2 : 4;
    int64_t seconds = INT64_MIN;

    if (reader->status != TPS_OK) {
        return 0;
    }
    if (text.size == year_size + 11 && text.data[text.size - 1] == 'Z') {
        uint32_t year = digits(text.data, year_size);

        if (year <= 9999) {
            year += !is_short ? 0 : year < 50 ? 2000 : 1900;
            seconds = seconds_of(year, text.data + year_size);
        }
    }
    if (seconds == INT64_MIN) {
        reader->at = start;
        der_fail(reader, TPS_DER_OUT_OF_RANGE);
        return 0;
    }
    return seconds;
}
