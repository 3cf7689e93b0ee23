// PortAudio, opened when it is first called. Linked the ordinary way, it and what
// it needs (ALSA, JACK, the C++ library) take more than a millisecond of every
// start, `offhook version` included, and a machine without it couldn't start the
// program at all. These functions take the place of the library's own, under
// their names, and pass each call on; -Wl,--as-needed then drops the library from
// the program's list of what to load.
//
// Pa_Initialize comes first, under the package's lock, so find needs none.

#include <dlfcn.h>
#include <stddef.h>
#include <portaudio.h>

static void *find(const char *name)
{
	static void *library;
	static int tried;

	if (!tried) {
		tried = 1;
		library = dlopen("libportaudio.so.2", RTLD_NOW | RTLD_LOCAL);
	}
	return library ? dlsym(library, name) : NULL;
}

// PASS defines the function name; absent is what it gives without the library.
#define PASS(type, absent, name, params, args)               \
	type name params                                     \
	{                                                    \
		static type(*real) params;                   \
                                                             \
		if (!real)                                   \
			real = (type(*) params)find(#name);  \
		return real ? real args : (absent);          \
	}

// alsa_usable says whether ALSA's configuration names any devices. PortAudio
// asserts that it does and ends the process, so it is asked first.
static int alsa_usable(void)
{
	void *alsa = dlopen("libasound.so.2", RTLD_NOW | RTLD_LOCAL);
	int (*update)(void), (*search)(void *, const char *, void **);
	void **config, *pcm;

	if (!alsa)
		return 0; // PortAudio needs it to load at all
	update = (int (*)(void))dlsym(alsa, "snd_config_update");
	search = (int (*)(void *, const char *, void **))dlsym(alsa, "snd_config_search");
	config = (void **)dlsym(alsa, "snd_config");
	if (!update || !search || !config)
		return 0;
	return update() >= 0 && *config && search(*config, "pcm", &pcm) >= 0;
}

PaError Pa_Initialize(void)
{
	static PaError (*real)(void);

	if (!alsa_usable())
		return paDeviceUnavailable;
	if (!real)
		real = (PaError(*)(void))find("Pa_Initialize");
	return real ? real() : paNotInitialized;
}
PASS(PaError, paNotInitialized, Pa_Terminate, (void), ())
PASS(int, 0, Pa_GetVersion, (void), ())
PASS(const char *, "absent", Pa_GetVersionText, (void), ())
PASS(const char *, "PortAudio isn't installed (Debian: libportaudio2)", Pa_GetErrorText, (PaError code), (code))
PASS(const PaHostErrorInfo *, NULL, Pa_GetLastHostErrorInfo, (void), ())

PASS(PaHostApiIndex, paNotInitialized, Pa_GetHostApiCount, (void), ())
PASS(PaHostApiIndex, paNotInitialized, Pa_GetDefaultHostApi, (void), ())
PASS(const PaHostApiInfo *, NULL, Pa_GetHostApiInfo, (PaHostApiIndex api), (api))
PASS(PaHostApiIndex, paNotInitialized, Pa_HostApiTypeIdToHostApiIndex, (PaHostApiTypeId id), (id))
PASS(PaDeviceIndex, paNotInitialized, Pa_HostApiDeviceIndexToDeviceIndex, (PaHostApiIndex api, int device), (api, device))

PASS(PaDeviceIndex, paNotInitialized, Pa_GetDeviceCount, (void), ())
PASS(PaDeviceIndex, paNoDevice, Pa_GetDefaultInputDevice, (void), ())
PASS(PaDeviceIndex, paNoDevice, Pa_GetDefaultOutputDevice, (void), ())
PASS(const PaDeviceInfo *, NULL, Pa_GetDeviceInfo, (PaDeviceIndex device), (device))
PASS(PaError, paNotInitialized, Pa_IsFormatSupported,
     (const PaStreamParameters *in, const PaStreamParameters *out, double rate), (in, out, rate))

PASS(PaError, paNotInitialized, Pa_OpenStream,
     (PaStream **stream, const PaStreamParameters *in, const PaStreamParameters *out, double rate,
      unsigned long frames, PaStreamFlags flags, PaStreamCallback *callback, void *user),
     (stream, in, out, rate, frames, flags, callback, user))
PASS(PaError, paNotInitialized, Pa_CloseStream, (PaStream *stream), (stream))
PASS(PaError, paNotInitialized, Pa_StartStream, (PaStream *stream), (stream))
PASS(PaError, paNotInitialized, Pa_StopStream, (PaStream *stream), (stream))
PASS(PaError, paNotInitialized, Pa_AbortStream, (PaStream *stream), (stream))
PASS(const PaStreamInfo *, NULL, Pa_GetStreamInfo, (PaStream *stream), (stream))
PASS(PaTime, 0, Pa_GetStreamTime, (PaStream *stream), (stream))
PASS(double, 0, Pa_GetStreamCpuLoad, (PaStream *stream), (stream))
PASS(PaError, paNotInitialized, Pa_ReadStream, (PaStream *stream, void *buffer, unsigned long frames), (stream, buffer, frames))
PASS(PaError, paNotInitialized, Pa_WriteStream, (PaStream *stream, const void *buffer, unsigned long frames), (stream, buffer, frames))
PASS(signed long, paNotInitialized, Pa_GetStreamReadAvailable, (PaStream *stream), (stream))
PASS(signed long, paNotInitialized, Pa_GetStreamWriteAvailable, (PaStream *stream), (stream))
