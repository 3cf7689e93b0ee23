// Package codec describes audio codecs and puts them in order for negotiation.
//
// A codec is an Info and two constructors; its folder (codec/g711, codec/opus)
// is imported by the composition root alone, which lists the codecs it wants in
// a Set (and codec/opus by audio/soundfile, for files). ua reads a Set to make offers and answers; audio takes encoders and
// decoders from the Codec that was negotiated. codec imports neither.
//
//	cmd ── codec.Set{opus.Codec{}, g722.Codec{}, …}
//	  │
//	  ├─> ua/sdp   Info, Find, Static: rtpmap, fmtp, payload types
//	  └─> audio    NewEncoder, NewDecoder: PCM to payload and back
package codec
