// Package bulletin is the centre's word that goes down to its laptops: rosters
// of pre-applied students, school registers, policy packs, templates, grants and
// requests for them, the list of devices shut out and the levels of operators.
//
// It owns the signed bytes of a bulletin, which every road carries alike: the
// network, a neighbour laptop, a stick. It guarantees that what Open gives back
// was signed by the key asked for, is of the county asked for and whole, and
// that no bytes take more memory than the limits say. What the content means is
// loan's and guard's, which version is in force the store's, and the listing
// and fetching parcel's.
//
// # Bulletin
//
// All numbers are big endian. The suite byte is that of internal/seal and names
// the signature and the hash. The signature covers all bytes in front of its own
// length.
//
//	"DSB1" | suite u8
//	county 6       digits
//	len u8, kind   roster, schools, policy, template, standing, operators,
//	               grant, asks, answers, reviews or devices
//	len u8, name   which of its kind: 1 to 64 letters, digits, - or _
//	version u64    rises with every issue under one name; at least issued
//	issued i64     milliseconds since 1970, UTC, by the centre's clock
//	state u8       0 in force; 1 withdrawn: what was under the name is to go
//	plain u32      length of the content, 0 … 16777216; 0 when withdrawn
//	packed u32     length of the packed content, at most 4194304
//	sum 32         hash of the packed content
//	n u16 | signature n      context "doorstep bulletin 1"
//	packed         DEFLATE (RFC 1951) of the content; no bytes when it has none
//
// # Contents
//
//	roster   loan.Roster.Encode; the name is the group code
//	schools  a school register, the text of loan.ParseRegister; the name is
//	         "register"
//	policy   a policy pack, the JSON of loan.ParsePolicy; the name is its id
//	template a template of a contract or form, the JSON whose head is that of
//	         loan.ParseTemplate; the name is its id and version
//	grant    guard.Grant as JSON; the name is its id
//	devices  a line for each device that is shut out, ended by a line feed: id,
//	         milliseconds since 1970, "revoked" or "lost", parted by tabs; the
//	         name is "shut-out"
//	operators a JSON object: "version" 1, "people" a list of "id", "name", "roles"
//	         and, of an account that was switched off, "off"; the name is "roster".
//	         Where anybody has a level "version" is 2, and the last of the roles of
//	         who has one is "@", level, "/" and org, each as in standing; of the
//	         two lists the one of the higher version says who has which level
//	standing a JSON object: "version" 1, "people" a list of "id", "level" (point,
//	         county, province or bank) and "org" (the point's name, the six digits
//	         of the county, the two of the province, or those of the bank's branch,
//	         00 for its head office); who is not named has none and works as
//	         before there were levels; the name is "operators"
//	asks     a JSON object: "version" 1, "asks" a list of at most 200 requests for
//	         grants: "device", "operator", "ask" (the 26 digits of guard.Ask),
//	         "case" (its id, or zeroes), "reason", "at", and of one that was
//	         declined "declined", "by" and "word"; the name is "waiting"
//	answers  a JSON object: "version" 1, "answers" a list of at most 200 answers of
//	         data administrators that took no effect, the newest first: "operator"
//	         who gave it, "answer" (approved, declined, or taken-back of a grant),
//	         "why" (approved, declined, withdrawn, over, may-not or damaged), "by" who
//	         answered before, "device" and "asker" whose the request is, "ask" as
//	         above, "grant" the id of what it becomes, "case", "at"; the name is
//	         "no-effect"
package bulletin
