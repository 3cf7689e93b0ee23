package main

import "offhook/audio/impair"

// impairment is how bad the network is made for the media. The flag wins over the
// configuration, and a mistake is blamed on whichever made it.
func impairment(s settings, m mediaFlags) (impair.Spec, error) {
	if m.impair != "" {
		spec, err := impair.Parse(m.impair)
		if err != nil {
			return spec, failf(exitUsage, "--impair: %w", err)
		}
		return spec, nil
	}
	spec, err := impair.Parse(s.Media.Impair)
	if err != nil {
		return spec, fail(exitConfig, at(s, "media.impair", "media.impair: %w", err))
	}
	return spec, nil
}
