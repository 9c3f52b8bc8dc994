package loan

// Code names one reason of the verdict, such as E-ID-001.
type Code string

// Severity of a code: its first letter.
type Severity string

// The severities: reject, review, notice.
const (
	Reject Severity = "E"
	Review Severity = "R"
	Notice Severity = "W"
)

// Severity is the code's own.
func (c Code) Severity() Severity {
	if c == "" {
		return ""
	}
	return Severity(c[:1])
}
