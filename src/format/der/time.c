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

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t days_of_month(uint32_t month, uint32_t year)
{
    return month == 2 ? 28u + is_leap(year) : 30u + ((month + (month > 7)) & 1u);
}

/* Days from the first of January of the year 0 to that of this one. */
static int64_t days_before(uint32_t year)
{
    int64_t leap_years = year == 0 ? 0 : 1 + (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400;

    return 365 * (int64_t)year + leap_years;
}

/* MMDDHHMMSS in the year, as seconds since 1970; INT64_MIN if it is no date. */
static int64_t seconds_of(uint32_t year, const uint8_t *at)
{
    uint32_t field[5];
    int64_t days;

    for (size_t i = 0; i < 5; i++) {
        field[i] = digits(at + 2 * i, 2);
    }
    if (field[0] < 1 || field[0] > 12 || field[1] < 1 || field[1] > days_of_month(field[0], year) ||
        field[2] > 23 || field[3] > 59 || field[4] > 59) {
        return INT64_MIN;
    }
    days = days_before(year) - days_before(1970) + field[1] - 1;
    for (uint32_t month = 1; month < field[0]; month++) {
        days += days_of_month(month, year);
    }
    return ((days * 24 + field[2]) * 60 + field[3]) * 60 + field[4];
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
