package bulletin

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// Kind is the sort of a bulletin.
type Kind string

// The kinds.
const (
	Roster  Kind = "roster"  // pre-applied students of a school
	Schools Kind = "schools" // the school register
	Policy  Kind = "policy"  // a policy pack
	Grant   Kind = "grant"   // leave for sensitive use
	Devices Kind = "devices" // devices shut out

	Standing Kind = "standing" // level and organisation of operators
	Asks     Kind = "asks"     // requests for grants that wait for an answer
	Reviews  Kind = "reviews"  // what was said at the centre of emergencies

	Template Kind = "template" // the words of a contract or form

	Answers Kind = "answers" // answers to requests that took no effect

	Operators Kind = "operators" // the roster of operators, and who of it was switched off
)

// Names of bulletins of which a county has one.
const (
	RegisterName = "register"
	ShutOutName  = "shut-out"
	StandingName = "operators"
	AsksName     = "waiting"
	ReviewsName  = "emergencies"
	AnswersName  = "no-effect"

	OperatorsName = "roster"
)

// Kinds lists every kind known here, in the order a screen shows them.
func Kinds() []Kind {
	return []Kind{Policy, Template, Schools, Roster, Operators, Standing, Grant, Asks, Answers, Reviews, Devices}
}

// Known says whether this program knows what the kind means.
func (k Kind) Known() bool { return slices.Contains(Kinds(), k) }

// Label is the kind's name on screen.
func (k Kind) Label() string {
	switch k {
	case Roster:
		return "预申请名单"
	case Schools:
		return "院校名册"
	case Policy:
		return "政策包"
	case Template:
		return "合同和表单模板"
	case Grant:
		return "敏感信息使用授权"
	case Devices:
		return "停用设备名单"
	case Asks:
		return "授权申请"
	case Answers:
		return "没有生效的答复"
	case Reviews:
		return "紧急查看的复查"
	case Operators:
		return "人员名册"
	case Standing:
		return "人员层级和所属机构"
	}
	return "未知内容"
}

// Limits of a bulletin.
const (
	MaxPlain  = 16 << 20
	MaxPacked = 4 << 20
	// MaxBytes bounds the bytes of a whole bulletin.
	MaxBytes = MaxPacked + 1024
	maxName  = 64
)

const (
	magic   = "DSB1"
	context = "doorstep bulletin 1"
)

// Bulletin is one word of the centre: the content under a kind and a name.
type Bulletin struct {
	County    string
	Kind      Kind
	Name      string
	Version   uint64
	Issued    time.Time
	Withdrawn bool
	Content   []byte // empty when withdrawn
}

// Hash names the bytes of a bulletin, signature and all.
type Hash [sha256.Size]byte

// HashOf is the hash of a bulletin's bytes.
func HashOf(raw []byte) Hash { return sha256.Sum256(raw) }

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText makes JSON hold the hash as String gives it.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (h *Hash) UnmarshalText(b []byte) (err error) {
	*h, err = ParseHash(string(b))
	return err
}

// ParseHash is the inverse of String; anything else is fault.Input.
func ParseHash(s string) (h Hash, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) {
		return h, fault.New("bulletin.ParseHash", fault.Input, errors.New("not a hash"))
	}
	return Hash(b), nil
}

// Label is how people name a version to one another: when it was issued, by
// China's time wherever it is read, and the beginning of its hash.
func Label(issued time.Time, h Hash) string {
	return issued.In(time.FixedZone("", 8*60*60)).Format("20060102-1504") + "-" + h.String()[:4]
}

// Sign gives the bulletin's bytes, signed by the centre's key; fault.Input for
// a bulletin that Open would not take, fault.TooLarge past the limits.
func (b *Bulletin) Sign(s *seal.Signer) ([]byte, error) {
	const op = "bulletin.Sign"
	if why := b.wrong(); why != "" {
		return nil, fault.New(op, fault.Input, errors.New(why))
	}
	packed, err := pack(b.Content)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	if len(b.Content) > MaxPlain || len(packed) > MaxPacked {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	out := append(append([]byte(magic), byte(s.Suite())), b.County...)
	out = append(append(out, byte(len(b.Kind))), b.Kind...)
	out = append(append(out, byte(len(b.Name))), b.Name...)
	out = binary.BigEndian.AppendUint64(out, b.Version)
	out = binary.BigEndian.AppendUint64(out, uint64(b.Issued.UnixMilli()))
	state := byte(0)
	if b.Withdrawn {
		state = 1
	}
	out = binary.BigEndian.AppendUint32(append(out, state), uint32(len(b.Content)))
	out = binary.BigEndian.AppendUint32(out, uint32(len(packed)))
	sum := s.Suite().Sum(packed)
	out = append(out, sum[:]...)
	sig := s.Sign(context, out)
	out = append(binary.BigEndian.AppendUint16(out, uint16(len(sig))), sig...)
	return append(out, packed...), nil
}

// wrong says what keeps a bulletin from being one; nothing when it is.
func (b *Bulletin) wrong() string {
	switch {
	case !digits(b.County):
		return "county"
	case !label(string(b.Kind), 16):
		return "kind"
	case !label(b.Name, maxName):
		return "name"
	case b.Issued.UnixMilli() < 0 || b.Version < uint64(b.Issued.UnixMilli()) || b.Version > 1<<62:
		return "version"
	case b.Withdrawn && len(b.Content) > 0, !b.Withdrawn && len(b.Content) == 0:
		return "content"
	}
	return ""
}

func pack(content []byte) ([]byte, error) {
	if len(content) == 0 {
		return nil, nil
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	w.Write(content) // a bytes.Buffer does not fail
	err = w.Close()
	return out.Bytes(), err
}

// ValidName says whether a bulletin may have the name.
func ValidName(s string) bool { return label(s, maxName) }

func label(s string, most int) bool {
	if s == "" || len(s) > most {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

func digits(s string) bool {
	if len(s) != 6 {
		return false
	}
	for i := range s {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Open reads a bulletin that the centre's key signed for a county. Bytes that
// are no bulletin, or were altered behind the signature, are fault.Damaged;
// another's signature or another county's bulletin is fault.Untrusted; one of a
// later form is fault.Newer; each with words for the person who handed it in.
func Open(raw []byte, centre seal.PublicKey, county string) (*Bulletin, error) {
	const op = "bulletin.Open"
	if len(raw) > MaxBytes {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	h, err := readHead(raw)
	if err != nil {
		return nil, err
	}
	if h.suite != centre.Suite() || centre.Verify(context, h.signed, h.signature) != nil {
		return nil, fault.Say(op, fault.Untrusted, "签名不是本县资助中心的，没有采用。请只使用县资助中心下发的文件。", errors.New("signature of another"))
	}
	if h.County != county {
		return nil, fault.Say(op, fault.Untrusted, "这是其他县（市、区）的内容，没有采用。", errors.New("another county"))
	}
	if h.suite.Sum(h.packed) != h.sum {
		return nil, broken(op, "packed content")
	}
	if h.Content, err = unpack(h.packed, h.plain); err != nil {
		return nil, broken(op, "content does not unpack")
	}
	if why := h.wrong(); why != "" {
		return nil, broken(op, why)
	}
	return &h.Bulletin, nil
}

func broken(op, what string) error {
	return fault.Say(op, fault.Damaged, "文件不完整或已损坏，没有采用。请重新拷贝或重新下发。", errors.New(what))
}

// head is what stands in front of the content, and the content still packed.
type head struct {
	Bulletin
	suite             seal.Suite
	plain             int
	sum               [seal.HashSize]byte
	signed, signature []byte
	packed            []byte
}

func readHead(raw []byte) (*head, error) {
	const op = "bulletin.readHead"
	r := reader{b: raw}
	if m := string(r.take(4)); m != magic {
		if m[:3] == magic[:3] && m[3] > '1' && m[3] <= '9' {
			return nil, fault.New(op, fault.Newer, nil)
		}
		return nil, fault.Say(op, fault.Damaged, "这不是县资助中心下发的文件。", errors.New("not a bulletin"))
	}
	h := &head{suite: seal.Suite(r.take(1)[0])}
	h.County, h.Kind, h.Name = string(r.take(6)), Kind(r.text()), r.text()
	h.Version = binary.BigEndian.Uint64(r.take(8))
	h.Issued = time.UnixMilli(int64(binary.BigEndian.Uint64(r.take(8)))).UTC()
	state := r.take(1)[0]
	h.Withdrawn = state == 1
	h.plain = int(binary.BigEndian.Uint32(r.take(4)))
	packed := int(binary.BigEndian.Uint32(r.take(4)))
	copy(h.sum[:], r.take(len(h.sum)))
	h.signed = raw[:r.at]
	h.signature = r.take(int(binary.BigEndian.Uint16(r.take(2))))
	if r.bad || !h.suite.Known() || state > 1 || h.plain > MaxPlain || packed > MaxPacked || packed != len(raw)-r.at ||
		(packed == 0) != (h.plain == 0) {
		return nil, broken(op, "head")
	}
	h.packed = raw[r.at:]
	return h, nil
}

// unpack gives exactly plain bytes out of exactly the packed ones.
func unpack(packed []byte, plain int) ([]byte, error) {
	if plain == 0 {
		return nil, nil
	}
	src := bytes.NewReader(packed)
	out, err := io.ReadAll(io.LimitReader(flate.NewReader(src), int64(plain)+1))
	if err != nil || len(out) != plain || src.Len() != 0 {
		return nil, errors.New("length")
	}
	return out, nil
}

// reader reads fixed fields; past the end it gives zeroes and remembers.
type reader struct {
	b   []byte
	at  int
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n > len(r.b)-r.at {
		r.bad = true
		return make([]byte, min(n, 64))
	}
	r.at += n
	return r.b[r.at-n : r.at]
}

func (r *reader) text() string { return string(r.take(int(r.take(1)[0]))) }
