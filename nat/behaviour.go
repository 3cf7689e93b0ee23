package nat

// Mapping is to which public address and port a NAT maps one socket's packets to different
// destinations (RFC 4787, section 4.1).
type Mapping uint8

const (
	MappingUnknown Mapping = iota
	// MappingNone: there is no NAT, the public address is the socket's own.
	MappingNone
	// MappingEndpointIndependent: always the same, so that what one server sees is good for all.
	MappingEndpointIndependent
	// MappingAddressDependent: another for each address that is sent to.
	MappingAddressDependent
	// MappingAddressAndPortDependent: another for each address and port that is sent to.
	MappingAddressAndPortDependent
)

func (m Mapping) String() string {
	switch m {
	case MappingUnknown:
		return "unknown"
	case MappingNone:
		return "none"
	case MappingEndpointIndependent:
		return "endpoint-independent"
	case MappingAddressDependent:
		return "address-dependent"
	case MappingAddressAndPortDependent:
		return "address-and-port-dependent"
	}
	return "unknown"
}

// Filtering is whose packets come in through a mapping (RFC 4787, section 5).
type Filtering uint8

const (
	FilteringUnknown Filtering = iota
	// FilteringEndpointIndependent: anybody's.
	FilteringEndpointIndependent
	// FilteringAddressDependent: those of addresses that were sent to.
	FilteringAddressDependent
	// FilteringAddressAndPortDependent: those of addresses and ports that were sent to.
	FilteringAddressAndPortDependent
)

func (f Filtering) String() string {
	switch f {
	case FilteringUnknown:
		return "unknown"
	case FilteringEndpointIndependent:
		return "endpoint-independent"
	case FilteringAddressDependent:
		return "address-dependent"
	case FilteringAddressAndPortDependent:
		return "address-and-port-dependent"
	}
	return "unknown"
}

// Hairpin is whether two sockets behind one NAT reach each other by their public
// addresses (RFC 4787, section 6).
type Hairpin uint8

const (
	HairpinUntested Hairpin = iota
	HairpinWorks
	HairpinFails
)

func (h Hairpin) String() string {
	switch h {
	case HairpinUntested:
		return "untested"
	case HairpinWorks:
		return "works"
	case HairpinFails:
		return "fails"
	}
	return "untested"
}

// Kind is a NAT by the old names (RFC 3489, section 5), which people still use.
type Kind uint8

const (
	KindUnknown Kind = iota
	// KindNone: no NAT, and nothing is filtered.
	KindNone
	// KindFirewall: no NAT, but a firewall lets in only answers.
	KindFirewall
	KindFullCone
	KindAddressRestricted
	KindPortRestricted
	// KindCone: one of the three above; what it lets in isn't known.
	KindCone
	KindSymmetric
	// KindBlocked: no UDP gets through at all.
	KindBlocked
)

func (k Kind) String() string {
	switch k {
	case KindUnknown:
		return "unknown"
	case KindNone:
		return "none"
	case KindFirewall:
		return "firewall"
	case KindFullCone:
		return "full cone"
	case KindAddressRestricted:
		return "address-restricted cone"
	case KindPortRestricted:
		return "port-restricted cone"
	case KindCone:
		return "cone"
	case KindSymmetric:
		return "symmetric"
	case KindBlocked:
		return "UDP blocked"
	}
	return "unknown"
}

// KindOf gives the old name of a behaviour.
//
//	mapping \ filtering    endpoint-ind.   address-dep.         address-and-port-dep.   unknown
//	none                   none            firewall             firewall                none
//	endpoint-independent   full cone       address-restricted   port-restricted         cone
//	any other              symmetric       symmetric            symmetric               symmetric
func KindOf(m Mapping, f Filtering) Kind {
	switch m {
	case MappingUnknown:
		return KindUnknown
	case MappingNone:
		if f == FilteringAddressDependent || f == FilteringAddressAndPortDependent {
			return KindFirewall
		}
		return KindNone
	case MappingAddressDependent, MappingAddressAndPortDependent:
		return KindSymmetric
	case MappingEndpointIndependent:
	}
	switch f {
	case FilteringEndpointIndependent:
		return KindFullCone
	case FilteringAddressDependent:
		return KindAddressRestricted
	case FilteringAddressAndPortDependent:
		return KindPortRestricted
	case FilteringUnknown:
	}
	return KindCone
}
