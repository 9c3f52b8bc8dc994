package parcel

// TypeRecovery is the content type of a recovery request and of an approval,
// whose bytes are package seal's.
const TypeRecovery = "application/vnd.doorstep.recovery"

// What the centre says of a recovery request.
const (
	RecoveryWaiting  = "waiting"  // for a person; also of a request it does not know
	RecoveryApproved = "approved" // Approval has it
	RecoveryRefused  = "refused"
	RecoveryExpired  = "expired" // approved, and the approval's time is over
)

// RecoveryAnswer is what the centre says of a recovery request.
type RecoveryAnswer struct {
	State    string `json:"state"`
	Approval []byte `json:"approval,omitempty"`
}

// KeyRequest gives the centre the key that signs a laptop's chain, where it is
// not that of its certificate: one of the National suite, which TLS cannot use.
// It is taken before the first change alone. Proof is the key's signature for
// KeyContext over the device's id.
type KeyRequest struct {
	PublicKey []byte `json:"public_key"` // PKIX DER
	Proof     []byte `json:"proof"`
}

// KeyContext is the context of KeyRequest.Proof.
const KeyContext = "doorstep chain key 1"

// CountyOperator is a person of the county's roster as it is now.
type CountyOperator struct {
	EnrolOperator
	Off bool `json:"off,omitempty"` // may no longer sign in anywhere
}

// CountyResponse is what a laptop keeps of its county, as it is now.
type CountyResponse struct {
	Recovery  []byte           `json:"recovery"` // the county's recovery key, PKIX DER
	Operators []CountyOperator `json:"operators"`

	// For who asks with WithBulletins alone.
	Bulletins []ListedBulletin `json:"bulletins,omitempty"`
}

// WithRecovery is the query of POST /v1/enrol by which a laptop says that it
// reads the recovery key and the suite in the answer: an earlier one does not,
// and an earlier centre passes over it.
const WithRecovery = "with=recovery"
