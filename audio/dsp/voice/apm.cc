//go:build !novoice

#include "apm.h"

#include <new>
#include <vector>

#include <webrtc/common.h>
#include <webrtc/modules/audio_processing/include/audio_processing.h>

using webrtc::AudioProcessing;

struct apm {
	AudioProcessing *ap;
	webrtc::StreamConfig format;
	std::vector<float> buf; // 10 ms; allocated once

	void load(const short *pcm)
	{
		for (size_t i = 0; i < buf.size(); i++)
			buf[i] = pcm[i] * (1.0f / 32768);
	}
};

extern "C" apm *apm_new(int rate, int echo, int noise, int gain)
{
	webrtc::Config config;
	// Half a second of room and a delay that nobody tells: what sound servers and
	// USB headsets add can't be known.
	config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
	config.Set<webrtc::DelayAgnostic>(new webrtc::DelayAgnostic(true));

	apm *a = new (std::nothrow) apm;
	if (!a)
		return NULL;
	a->ap = AudioProcessing::Create(config);
	a->format = webrtc::StreamConfig(rate, 1);
	a->buf.resize(a->format.num_frames());
	if (!a->ap) {
		delete a;
		return NULL;
	}
	webrtc::ProcessingConfig all;
	for (webrtc::StreamConfig &s : all.streams)
		s = a->format;
	int err = a->ap->high_pass_filter()->Enable(echo || noise);
	if (echo) {
		// The gentlest suppressor of what the filter leaves still takes more than
		// 30 dB, of a loudspeaker that distorts, too; the others take twice as much
		// of a voice that speaks at the same time.
		err |= a->ap->echo_cancellation()->set_suppression_level(webrtc::EchoCancellation::kLowSuppression);
		err |= a->ap->echo_cancellation()->Enable(true);
	}
	apm_suppress(a, noise);
	if (gain) {
		err |= a->ap->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital);
		err |= a->ap->gain_control()->Enable(true);
	}
	err |= a->ap->Initialize(all);
	if (err) {
		apm_free(a);
		return NULL;
	}
	return a;
}

extern "C" void apm_suppress(apm *a, int noise)
{
	if (noise)
		a->ap->noise_suppression()->set_level(webrtc::NoiseSuppression::Level(noise - 1));
	a->ap->noise_suppression()->Enable(noise != 0);
}

extern "C" void apm_free(apm *a)
{
	delete a->ap;
	delete a;
}

extern "C" void apm_far(apm *a, const short *pcm)
{
	a->load(pcm);
	float *chan = a->buf.data();
	a->ap->ProcessReverseStream(&chan, a->format, a->format, &chan);
}

extern "C" void apm_near(apm *a, short *pcm)
{
	a->load(pcm);
	// The caller holds the far end back by most of the delay, and the canceller
	// estimates what is left, but it wants to be told something each time.
	a->ap->set_stream_delay_ms(0);
	float *chan = a->buf.data();
	if (a->ap->ProcessStream(&chan, a->format, a->format, &chan) != 0)
		return;
	for (size_t i = 0; i < a->buf.size(); i++) {
		float v = a->buf[i] * 32768;
		pcm[i] = v >= 32767 ? 32767 : v <= -32768 ? -32768 : short(v + (v < 0 ? -0.5f : 0.5f));
	}
}
