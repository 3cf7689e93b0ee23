// The C side of webrtc-audio-processing, whose own interface is C++.
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

typedef struct apm apm;

// apm_new returns NULL when the library refuses the rate. noise is 0 for off, 1 to 3
// for low to high.
apm *apm_new(int rate, int echo, int noise, int gain);
void apm_free(apm *a);
// apm_suppress changes noise.
void apm_suppress(apm *a, int noise);
// Each takes 10 ms of mono at the rate. apm_near works in place; should the library
// refuse a frame, it stays as it is.
void apm_far(apm *a, const short *pcm);
void apm_near(apm *a, short *pcm);

#ifdef __cplusplus
}
#endif
