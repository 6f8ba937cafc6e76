/* SPDX-License-Identifier: Apache-2.0 */
/* INSECURE: numbers mixed, calls counted, failures struck. */
#include "support/fake_crypto/mix.h"

insecure_fake_live insecure_live;
insecure_fake_work insecure_work;
static unsigned calls;
static unsigned fails_at;

void insecure_fake_fail(unsigned nth)
{
    calls = 0;
    fails_at = nth;
    insecure_work = (insecure_fake_work){0, 0, 0};
    insecure_fake_begin_random();
}

bool insecure_fake_struck(void)
{
    return fails_at != 0 && calls >= fails_at;
}

unsigned insecure_fake_calls(void)
{
    return calls;
}

bool insecure_fake_fails(void)
{
    calls++;
    return calls == fails_at;
}

insecure_fake_live insecure_fake_now(void)
{
    return insecure_live;
}

insecure_fake_work insecure_fake_done(void)
{
    return insecure_work;
}

static uint64_t stir(uint64_t number)
{
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
    number = (number ^ number >> 27) * 0x94d049bb133111ebu;
    return number ^ number >> 31;
}

insecure_mix insecure_mix_begin(const char *purpose)
{
    insecure_mix mix = {0x6f70656e74707321u};

    insecure_mix_add(&mix, tps_span_of_text(purpose));
    return mix;
}

void insecure_mix_stream(insecure_mix *mix, tps_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        mix->number = stir(mix->number + bytes.data[i] + 1);
    }
}

void insecure_mix_add(insecure_mix *mix, tps_span bytes)
{
    insecure_mix_stream(mix, bytes);
    mix->number = stir(mix->number ^ bytes.size << 9);
}

void insecure_mix_out(insecure_mix mix, tps_buf out)
{
    for (size_t i = 0; i < out.size; i++) {
        if (i % 8 == 0) {
            mix.number = stir(mix.number + 0x9e3779b97f4a7c15u);
        }
        out.data[i] = (uint8_t)(mix.number >> 8 * (i % 8));
    }
}
