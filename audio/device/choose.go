package device

// Choose is the index in list of the device that a name of the configuration means as a
// microphone, or as a speaker: empty is the default one. -1 is no sound card: a file, a
// tone, silence or null.
func Choose(list []Info, microphone bool, spec string) (int, error) {
	s := sideOut
	if microphone {
		s = sideIn
		in, err := parseInput(spec)
		if err != nil {
			return -1, err
		}
		if _, card := in.(Device); !card {
			return -1, nil
		}
	} else {
		out, err := parseOutput(spec)
		if err != nil {
			return -1, err
		}
		if _, card := out.(Device); !card {
			return -1, nil
		}
	}
	var usable []int
	var names []string
	for i, d := range list {
		n, standard := d.In, d.DefaultIn
		if s == sideOut {
			n, standard = d.Out, d.DefaultOut
		}
		if n == 0 {
			continue
		}
		if spec == "" && standard {
			return i, nil
		}
		usable = append(usable, i)
		names = append(names, d.Name)
	}
	if spec == "" {
		if len(usable) == 0 {
			return -1, ErrNoDevice
		}
		return usable[0], nil
	}
	i, err := match(s.String(), spec, names)
	if err != nil {
		return -1, err
	}
	return usable[i], nil
}
