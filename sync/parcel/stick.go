package parcel

// StickKeyContext is the context of StickKey.Signature.
const StickKeyContext = "doorstep stick key 1"

// StickKey is the key of the centre to which a laptop of the National suite
// seals what goes by stick. Signature is the centre's, over Key.
type StickKey struct {
	Key       []byte `json:"key"` // PKIX DER
	Signature []byte `json:"signature"`
}
