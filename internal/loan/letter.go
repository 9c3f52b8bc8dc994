package loan

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Said is something that a code on a paper says, as the form has it.
type Said struct {
	Field string            // the field's path; empty for what the form has no field for
	Label string            // what it is, where there is no field
	Value string            //
	With  map[string]string // fields that belong to it
}

// ExamNumber is what a code says that the form has no field for.
const ExamNumber = "考生号"

const (
	maxSaid  = 60 // characters of a value
	maxPairs = 60 // pieces of a text that are looked at
)

// LetterSays finds in the text of a code on a letter of admission what the form
// has too: name, number and school of the student, the major, and the number of
// the examination. A letter's code follows no standard: what is named by its key,
// in Chinese or by the usual initials, is taken as that; without a key only what
// cannot be anything else. The text is from unknown hands; what does not look
// right is passed over.
func LetterSays(g *Register, text string) []Said {
	var out []Said
	add := func(s Said) {
		if !slices.ContainsFunc(out, func(o Said) bool { return o.Field == s.Field && o.Label == s.Label }) {
			out = append(out, s)
		}
	}
	text = strings.NewReplacer(`":"`, ":", `": "`, ":", `":`, ":").Replace(text) // JSON's keys
	for i, piece := range strings.FieldsFunc(text, partsLetter) {
		if i == maxPairs {
			break
		}
		key, value := "", piece
		if at := strings.IndexAny(piece, "=:："); at >= 0 {
			_, n := utf8.DecodeRuneInString(piece[at:])
			key, value = piece[:at], piece[at+n:]
		}
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		if value = strings.TrimSpace(value); value == "" || utf8.RuneCountInString(value) > maxSaid || !utf8.ValidString(value) ||
			strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }) {
			continue
		}
		if s, ok := g.said(letterKey(key), value); ok {
			add(s)
		}
	}
	return out
}

// partsLetter says whether a character parts the pieces of a code's text.
func partsLetter(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune("&?,;|#/\"'{}[]()，；、。（）【】《》", r)
}

// letterKey is what a key names: a field's path, ExamNumber, or nothing.
func letterKey(key string) string {
	switch strings.ToLower(strings.TrimSpace(key)) {
	case "姓名", "考生姓名", "学生姓名", "xm", "name":
		return "student.name"
	case "身份证", "身份证号", "身份证号码", "公民身份号码", "sfzh", "sfzjh":
		return "student.id_no"
	case "学校", "院校", "学校名称", "院校名称", "录取院校", "录取学校", "yxmc", "xxmc":
		return "study.school_name"
	case "学校代码", "院校代码", "学校标识码", "yxdm", "xxdm":
		return "study.school_code"
	case "专业", "专业名称", "录取专业", "zymc", "zy":
		return "study.major"
	case ExamNumber, "高考考生号", "ksh":
		return ExamNumber
	}
	return ""
}

// said is a value as the form has it, where it can be that.
func (g *Register) said(key, value string) (Said, bool) {
	digits := strings.Trim(value, "0123456789") == ""
	id, _ := IDNumber(value).Canonical()
	school := g.exact(value)
	switch {
	case (key == "" || key == "student.id_no") && id.WellFormed() && id.CheckCharacter() == id[17]:
		return Said{Field: "student.id_no", Value: string(id)}, true
	case (key == "" || key == ExamNumber) && digits && len(value) == 14:
		return Said{Label: ExamNumber, Value: value}, true
	case (key == "" || key == "study.school_name" || key == "study.school_code") && school.Code != "":
		return Said{Field: "study.school_name", Value: school.Name, With: map[string]string{"study.school_code": school.Code}}, true
	case key == "student.name":
		name, _ := NormalizeName(value)
		return Said{Field: key, Value: name}, nameWellFormed(name) && utf8.RuneCountInString(name) <= 30
	case key == "study.major":
		return Said{Field: key, Value: value}, strings.ContainsFunc(value, han)
	}
	return Said{}, false
}

// exact is the school of just that code, name or former name; none has no code.
func (g *Register) exact(value string) School {
	if s, ok := g.ByCode(value); ok {
		return s
	}
	for _, s := range g.Find(value, 20) {
		if s.Name == value || g.FormerName(s.Code, value) {
			return s
		}
	}
	return School{}
}
