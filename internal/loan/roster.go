package loan

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"doorstep/internal/fault"
)

// Preapplied is a student of a high school's pre-application roster 预申请名单.
type Preapplied struct {
	IDNo, Name, Phone, Ethnic, Address string // phone, nation and address may be empty
	Categories                         []string
	Approved                           bool // the pre-application passed: no 认定表 is needed
}

// Roster is the pre-application roster of one high school for one school year.
type Roster struct {
	Group  string // group code
	Year   int    // in which the school year begins
	School string // name of the high school
	People []Preapplied
}

// Limits of a roster.
const (
	MaxRoster     = 8 << 20 // bytes of a file
	maxRosterLine = 1500
	maxGroup      = 32
)

const rosterMagic = "doorstep roster 1"

// HardshipKinds lists the categories of hardship a student may declare, in the
// order a form offers them.
func HardshipKinds() []string {
	return []string{"孤儿", "原建档立卡脱贫家庭学生", "家庭经济困难残疾学生及残疾人子女",
		"普通高中认定家庭经济困难学生", "低保家庭学生", "特困救助供养学生", "其他"}
}

func rosterColumns() []string {
	return []string{"id_no", "name", "phone", "ethnic", "address", "categories", "approved"}
}

// columnOf is the column that a heading of a school's file means; empty for
// none.
func columnOf(heading string) string {
	switch h := strings.TrimSpace(heading); h {
	case "身份证号", "身份证号码", "证件号码":
		return "id_no"
	case "姓名", "学生姓名":
		return "name"
	case "手机号", "手机号码", "联系电话":
		return "phone"
	case "民族":
		return "ethnic"
	case "家庭住址", "通讯地址", "地址":
		return "address"
	case "困难类型", "家庭经济困难类型":
		return "categories"
	case "预申请结果", "审核结果":
		return "approved"
	default:
		if slices.Contains(rosterColumns(), h) {
			return h
		}
	}
	return ""
}

// Encode gives the roster's bytes, as ParseRoster reads them: UTF-8, lines
// ended by a line feed, columns parted by tabs. First "doorstep roster 1", group
// code, year, name of the high school; then the head "id_no name phone ethnic
// address categories approved"; then a student a line, categories joined by ";",
// approved "yes" or "no".
func (r *Roster) Encode() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\t%s\t%d\t%s\n%s\n", rosterMagic, r.Group, r.Year, r.School, strings.Join(rosterColumns(), "\t"))
	for _, p := range r.People {
		approved := "no"
		if p.Approved {
			approved = "yes"
		}
		b.WriteString(strings.Join([]string{p.IDNo, p.Name, p.Phone, p.Ethnic, p.Address, strings.Join(p.Categories, ";"), approved}, "\t"))
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// ParseRoster reads what Encode wrote. It fails with fault.Input that names the
// first bad line and the reason, and nobody, and is all or nothing.
func ParseRoster(content []byte) (*Roster, error) {
	first, rest, _ := bytes.Cut(content, []byte("\n"))
	c := strings.Split(string(first), "\t")
	if len(c) != 4 || c[0] != rosterMagic {
		return nil, badRoster(1, "这不是预申请名单", "not a roster")
	}
	year, err := strconv.Atoi(c[2])
	if err != nil {
		return nil, badRoster(1, "学年不对", "year")
	}
	r := &Roster{Group: c[1], Year: year, School: c[3]}
	return r, r.read(rest, 2)
}

// ImportRoster reads a high school's file: UTF-8 text whose first line names
// the columns, in Chinese or as Encode names them, in any order, parted by tabs
// or commas; 身份证号, 姓名 and 预申请结果 must be among them. Errors are those of
// ParseRoster.
func ImportRoster(src io.Reader, group string, year int, school string) (*Roster, error) {
	const op = "read roster"
	b, err := io.ReadAll(io.LimitReader(src, MaxRoster+1))
	if err != nil {
		return nil, fault.New(op, fault.Disk, err)
	}
	if len(b) > MaxRoster {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	r := &Roster{Group: group, Year: year, School: strings.TrimSpace(school)}
	return r, r.read(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), 1)
}

func badRoster(line int, say, why string) error {
	return fault.Say("read roster", fault.Input, fmt.Sprintf("名单第 %d 行：%s。", line, say), fmt.Errorf("line %d: %s", line, why))
}

// read takes the head line and the people; at is the number of the first line.
func (r *Roster) read(b []byte, at int) error {
	const op = "read roster"
	switch {
	case len(b) > MaxRoster:
		return fault.New(op, fault.TooLarge, nil)
	case !groupCode(r.Group):
		return fault.Say(op, fault.Input, "群组码须为 1 至 32 位字母、数字或连字符。", errors.New("group code: 1 to 32 letters, digits or -"))
	case r.Year < 2000 || r.Year > 2999:
		return fault.Say(op, fault.Input, "学年不对。", errors.New("year"))
	case r.School == "" || len(r.School) > 200 || !plainText(r.School):
		return fault.Say(op, fault.Input, "请写明高中校名。", errors.New("name of the high school: 1 to 200 bytes"))
	}
	var columns []string
	part := ","
	seen := map[string]int{}
	for line := range strings.SplitSeq(string(b), "\n") {
		line = strings.TrimRight(line, "\r")
		switch {
		case !utf8.ValidString(line):
			return badRoster(at, "文件不是 UTF-8 编码，请另存为“CSV UTF-8”或“Unicode 文本”", "not UTF-8")
		case strings.Trim(line, "\t, ") == "":
		case columns == nil:
			if strings.Contains(line, "\t") {
				part = "\t"
			}
			var err error
			if columns, err = rosterHead(line, part, at); err != nil {
				return err
			}
		default:
			p, err := preapplied(line, part, columns, at)
			if err != nil {
				return err
			}
			if n, ok := seen[p.IDNo]; ok {
				return badRoster(at, fmt.Sprintf("与第 %d 行的身份证号相同", n), fmt.Sprintf("the same ID number as line %d", n))
			}
			seen[p.IDNo] = at
			r.People = append(r.People, p)
		}
		at++
	}
	if len(r.People) == 0 {
		return fault.Say(op, fault.Input, "名单里没有学生。", errors.New("nobody in it"))
	}
	return nil
}

func groupCode(s string) bool {
	if s == "" || len(s) > maxGroup {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func plainText(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) })
}

func rosterHead(line, part string, at int) ([]string, error) {
	var out []string
	cells, err := cellsOf(line, part)
	if err != nil {
		return nil, badRoster(at, "引号不成对", "quotes")
	}
	for _, h := range cells {
		c := columnOf(h)
		switch {
		case c == "":
			return nil, badRoster(at, fmt.Sprintf("第 %d 列的标题不认识", len(out)+1), fmt.Sprintf("unknown heading of column %d", len(out)+1))
		case slices.Contains(out, c):
			return nil, badRoster(at, fmt.Sprintf("第 %d 列的标题重复", len(out)+1), fmt.Sprintf("column %d stands twice", len(out)+1))
		}
		out = append(out, c)
	}
	for _, need := range []string{"id_no", "name", "approved"} {
		if !slices.Contains(out, need) {
			return nil, badRoster(at, "须有“身份证号”“姓名”“预申请结果”三列", "no column "+need)
		}
	}
	return out, nil
}

// cellsOf parts a line; only one parted by commas has quotes.
func cellsOf(line, part string) ([]string, error) {
	if part == "\t" {
		return strings.Split(line, part), nil
	}
	return csv.NewReader(strings.NewReader(line)).Read()
}

// preapplied reads one student's line.
func preapplied(line, part string, columns []string, at int) (Preapplied, error) {
	var p Preapplied
	cells, err := cellsOf(line, part)
	if err != nil {
		return p, badRoster(at, "引号不成对", "quotes")
	}
	if len(cells) != len(columns) {
		return p, badRoster(at, fmt.Sprintf("有 %d 列，应为 %d 列", len(cells), len(columns)), fmt.Sprintf("%d columns, want %d", len(cells), len(columns)))
	}
	if len(line) > maxRosterLine {
		return p, badRoster(at, "太长", "longer than any student's line")
	}
	for i, c := range columns {
		cell := strings.TrimSpace(strings.TrimPrefix(cells[i], "'")) // a spreadsheet's mark of text
		if !plainText(cell) {
			return p, badRoster(at, "含有看不见的控制字符", "a control character")
		}
		if say, why := p.set(c, cell); why != "" {
			return p, badRoster(at, say, why)
		}
	}
	return p, nil
}

// set takes one cell; why is empty when it holds.
func (p *Preapplied) set(column, cell string) (say, why string) {
	switch column {
	case "id_no":
		id, _ := IDNumber(strings.ToUpper(cell)).Canonical()
		switch _, dated := birthOf(id); {
		case !id.WellFormed():
			return "身份证号应为 18 位", "ID number: not 17 digits and a digit or X"
		case !dated:
			return "身份证号中的出生日期不存在", "ID number: no such date"
		case id.CheckCharacter() != id[17]:
			return "身份证号校验位不对", "ID number: check character"
		}
		p.IDNo = string(id)
	case "name":
		p.Name, _ = NormalizeName(cell)
		if nameHasPlaceholder(p.Name) || !nameWellFormed(p.Name) || len(p.Name) > 200 {
			return "姓名应为汉字，中间点用“·”，不能用“?”或“□”代替生僻字", "name: not Han characters"
		}
	case "phone":
		if cell != "" && !phone(cell) {
			return "手机号应为 11 位", "phone"
		}
		p.Phone = cell
	case "ethnic":
		if len(cell) > 60 {
			return "民族太长", "nation too long"
		}
		p.Ethnic = cell
	case "address":
		if len(cell) > 360 {
			return "地址太长", "address too long"
		}
		p.Address = cell
	case "categories":
		for c := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(";；、", r) }) {
			if c = strings.TrimSpace(c); !slices.Contains(HardshipKinds(), c) {
				return "困难类型不在规定的类型中", "unknown category"
			}
			if !slices.Contains(p.Categories, c) {
				p.Categories = append(p.Categories, c)
			}
		}
	case "approved":
		switch cell {
		case "yes", "是", "通过", "已通过":
			p.Approved = true
		case "no", "否", "未通过", "不通过":
		default:
			return "预申请结果应为“通过”或“未通过”", "approved is neither yes nor no"
		}
	}
	return "", ""
}

func birthOf(id IDNumber) (Date, bool) {
	if !id.WellFormed() {
		return "", false
	}
	t, ok := id.Birth()
	return DateOf(t), ok
}
