package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Bounds of a template.
const (
	maxTemplate = 256 << 10
	maxSections = 100
	maxRows     = 100
	maxBlank    = 30
)

// form is a template as its file holds it; assets/README.md has its form.
type form struct {
	ID         string        `json:"id"`
	Version    int           `json:"version"`
	Title      string        `json:"title"`
	Subtitle   string        `json:"subtitle"`
	Header     string        `json:"header"`
	Footer     string        `json:"footer"`
	Sections   []formSection `json:"sections"`
	Signatures []formSigner  `json:"signatures"`
	Witness    formWitness   `json:"witness"`
}

type formSection struct {
	Heading    string     `json:"heading"`
	When       string     `json:"when"`
	Fields     [][]string `json:"fields"`
	Paragraphs []string   `json:"paragraphs"`
	Confirm    string     `json:"confirm"`
	Table      *formTable `json:"table"`
}

// formTable is a table to be filled in by hand.
type formTable struct {
	Columns []string  `json:"columns"`
	Widths  []float64 `json:"widths"` // shares
	Labels  []string  `json:"labels"` // of the first column
	Rows    int       `json:"rows"`
}

// formWitness says when a second operator must have seen both sign.
type formWitness struct {
	Proxy  bool     `json:"proxy"`  // when one signs for the other
	Points []string `json:"points"` // at intake points of these types
}

type formSigner struct {
	Party string `json:"party"`
	Label string `json:"label"`
	Name  string `json:"name"`
	Date  string `json:"date"`
}

func parseForm(b []byte) (*form, error) {
	const op = "contract.template"
	if len(b) > maxTemplate {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	f := new(form)
	if err := json.Unmarshal(b, f); err != nil {
		return nil, fault.New(op, fault.Input, errors.New("not a template"))
	}
	if f.ID == "" || f.Title == "" || len(f.Sections) == 0 || len(f.Sections) > maxSections || len(f.Signatures) > 8 {
		return nil, fault.New(op, fault.Input, errors.New("template is not whole"))
	}
	for _, s := range f.Sections {
		if len(s.Fields) > maxRows || len(s.Paragraphs) > maxRows {
			return nil, fault.New(op, fault.TooLarge, nil)
		}
		for _, row := range s.Fields {
			if len(row) != 2 && len(row) != 4 {
				return nil, fault.New(op, fault.Input, errors.New("a row must have two or four cells"))
			}
		}
		if s.Table != nil && !s.Table.whole() {
			return nil, fault.New(op, fault.Input, errors.New("a table needs columns, as many widths, and 1 to 30 rows"))
		}
	}
	return f, nil
}

func (t *formTable) whole() bool {
	for _, w := range t.Widths {
		if w <= 0 || w > 1000 {
			return false
		}
	}
	return len(t.Columns) > 0 && len(t.Columns) <= 12 && len(t.Widths) == len(t.Columns) &&
		t.Rows > 0 && t.Rows <= maxBlank && len(t.Labels) <= t.Rows
}

func (f *form) name() string { return fmt.Sprintf("%s-%d", f.ID, f.Version) }

// edition is what a paper says of its template; it bears the title itself.
func (f *form) edition() string { return fmt.Sprintf("样式第 %d 版", f.Version) }

// noValue is printed for a name that holds nothing.
const noValue = "—"

// names resolves what a template calls by name.
type names struct {
	app   *loan.Application
	fixed map[string]string
}

// newNames gives the names of assets/README.md; extra holds those that the
// caller supplies ready for print, such as masked values.
func newNames(in *Input, template string, extra map[string]string) *names {
	app := &in.App
	grad, day := 0, func(year int, monthDay string) string {
		if year <= 0 {
			return ""
		}
		return printDate(fmt.Sprintf("%04d-%s", year, monthDay))
	}
	if app.Study.EntryYear > 0 && app.Study.Years > 0 {
		grad = app.Study.EntryYear + app.Study.Years
	}
	p := &in.Pack
	fixed := map[string]string{
		"loan.amount_cn":     strings.TrimPrefix(Capital(app.Loan.Amount), "人民币"),
		"academic_year_end":  printYear(app.AcademicYear, 1),
		"grad_year":          printYear(grad, 0),
		"maturity_date":      day(app.Loan.MaturityYear, p.MaturityDay),
		"subsidy_until":      day(grad, p.SubsidyUntil),
		"pack.id":            p.ID,
		"pack.rate_text":     p.Rate.Text,
		"pack.grace_years":   fmt.Sprint(p.GraceYears),
		"pack.maturity_base": fmt.Sprint(p.MaturityBase),
		"pack.maturity_cap":  fmt.Sprint(p.MaturityCap),
		"pack.maturity_day":  strings.TrimPrefix(printDate("2000-"+p.MaturityDay), "2000年"),
		"contract_no":        given(in.ContractNo),
		"case_id":            in.CaseID.String(),
		"template":           template,
		"point":              in.Point,
		"operator":           in.Operator,
		"at":                 beijing(in.At).Format("2006年1月2日 15:04"),
	}
	for k, v := range extra {
		fixed[k] = v
	}
	return &names{app, fixed}
}

// beijing is the zone of every date in print, wherever the machine thinks it is.
func beijing(t time.Time) time.Time { return t.In(time.FixedZone("CST", 8*3600)) }

func printYear(y, add int) string {
	if y <= 0 {
		return ""
	}
	return fmt.Sprint(y + add)
}

// printDate writes YYYY-MM-DD as 2026年8月5日 and leaves anything else as it is.
func printDate(s string) string {
	t, err := loan.Date(s).Time()
	if err != nil {
		return s
	}
	return t.Format("2006年1月2日")
}

// value is what a name prints; a name that nobody promised is fault.Input.
func (n *names) value(name string) (string, error) {
	if v, ok := n.fixed[name]; ok {
		return v, nil
	}
	raw, err := n.app.Field(name)
	if err != nil {
		return "", fault.Say("contract.template", fault.Input, "合同模板中有无法识别的项目。", err)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return "", fault.New("contract.template", fault.Input, errors.New("no value"))
	}
	return printValue(name, v), nil
}

func printValue(name string, v any) string {
	switch v := v.(type) {
	case string:
		return printDate(v)
	case float64:
		return printNumber(name, int(v))
	case bool:
		if v {
			return "是"
		}
	case []any:
		parts := make([]string, 0, len(v))
		for _, e := range v {
			if s := printValue(name, e); s != "" {
				parts = append(parts, s)
			}
		}
		return strings.Join(parts, "、")
	}
	return ""
}

func printNumber(name string, v int) string {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "amount", "tuition", "dorm":
		return thousands(v)
	}
	return printYear(v, 0)
}

func thousands(v int) string {
	s := fmt.Sprint(v)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// holds says whether a name has a value.
func (n *names) holds(name string) (bool, error) {
	v, err := n.value(name)
	return v != "", err
}

// spans splits a template's text at its names; their values are underlined
// where line is set.
func (n *names) spans(text, field string, line bool) ([]span, error) {
	var out []span
	for text != "" {
		before, rest, ok := strings.Cut(text, "{{")
		if before != "" {
			out = append(out, span{text: before, field: field})
		}
		if !ok {
			break
		}
		name, after, ok := strings.Cut(rest, "}}")
		if !ok {
			return nil, fault.New("contract.template", fault.Input, errors.New("a name is not closed"))
		}
		v, err := n.value(name)
		if err != nil {
			return nil, err
		}
		if v == "" {
			v = noValue
		}
		out = append(out, span{text: v, underline: line, field: printedName(name)})
		text = after
	}
	return out, nil
}

// printedName is what the clerk calls a name, for the error that points at it.
func printedName(name string) string {
	parts := strings.Split(name, ".")
	who := map[string]string{"student": "借款学生", "coborrowers": "共同借款人", "hardship": "家庭情况"}[parts[0]]
	what, ok := map[string]string{
		"name": "姓名", "id_no": "证件号码", "id_type": "证件类型", "ethnic": "民族", "phone": "手机号码",
		"address": "通讯地址", "id_valid_to": "证件有效期", "school_name": "学校名称", "school_code": "学校标识码",
		"major": "专业", "purpose": "贷款用途", "county_name": "县名", "proxy_note": "代签说明",
		"categories": "认定情况", "contract_no": "合同编号", "receipt_no": "回执编号", "check_code": "回执校验码", "point": "受理点", "operator": "经办人", "rate_text": "利率",
	}[strings.TrimSuffix(parts[len(parts)-1], "_masked")]
	if !ok {
		return name
	}
	return who + what
}

// FieldName is what a path of the application is called on the evidence page
// and to people; of one that has no words of its own, its part of the contract.
func FieldName(path string) string {
	if words := printedName(path); words != path {
		return words
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	if words, ok := map[string]string{
		"amount": "贷款金额", "maturity_year": "贷款到期年份", "tuition": "学费", "dorm": "住宿费", "years": "学制",
		"entry_year": "入学年份", "level": "培养层次", "college": "院系", "class": "班级", "student_no": "学号", "mode": "学习形式",
	}[last]; ok {
		return words
	}
	part, _, _ := strings.Cut(path, ".")
	who := map[string]string{"student": "借款学生的", "coborrowers": "共同借款人的", "study": "就学信息的", "loan": "贷款信息的"}[part]
	what, ok := map[string]string{"birth": "出生日期", "sex": "性别", "hukou_code": "户籍地", "id_valid_from": "证件有效期起",
		"relation": "与学生关系", "postcode": "邮政编码", "email": "电子邮箱", "qq": "QQ", "wechat": "微信"}[last]
	if !ok {
		what = "其他内容"
	}
	return who + what
}

// text is spans joined to one string.
func (n *names) text(text string) (string, error) {
	spans, err := n.spans(text, "", false)
	var b strings.Builder
	for _, s := range spans {
		b.WriteString(s.text)
	}
	return b.String(), err
}
