package assets_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/assets"
)

type section struct {
	Heading    string     `json:"heading"`
	When       string     `json:"when"`
	Fields     [][]string `json:"fields"`
	Paragraphs []string   `json:"paragraphs"`
	Confirm    string     `json:"confirm"`
	Table      *struct {
		Columns []string `json:"columns"`
	} `json:"table"`
}

type template struct {
	ID         string    `json:"id"`
	Version    int       `json:"version"`
	SignedFrom string    `json:"signed_from"`
	Kinds      []string  `json:"kinds"`
	Title      string    `json:"title"`
	Header     string    `json:"header"`
	Footer     string    `json:"footer"`
	Sections   []section `json:"sections"`
	Signatures []struct {
		Party string `json:"party"`
		Label string `json:"label"`
		Name  string `json:"name"`
		Date  string `json:"date"`
	} `json:"signatures"`
}

// placeholders is every name that README.md promises.
var placeholders = strings.Fields(`
	case_id contract_no receipt_no check_code template at point operator as_of academic_year academic_year_end kind channel
	grad_year maturity_date subsidy_until
	intake.county_name intake.point_type
	student.name student.id_type student.id_no student.birth student.sex student.ethnic student.phone
	student.address student.id_valid_to student.name_masked student.id_no_masked
	coborrowers.0.name coborrowers.0.id_type coborrowers.0.id_no coborrowers.0.birth coborrowers.0.sex
	coborrowers.0.ethnic coborrowers.0.phone coborrowers.0.address coborrowers.0.id_valid_to
	coborrowers.0.relation coborrowers.0.name_masked coborrowers.0.id_no_masked
	study.school_name study.school_code study.mode study.level study.years study.entry_year
	study.tuition study.dorm study.major hardship.categories
	loan.amount loan.amount_cn loan.purpose loan.maturity_year loan.previous.contract_no loan.previous.amount
	signatures.proxy_note
	pack.id pack.rate_text pack.grace_years pack.maturity_base pack.maturity_cap pack.maturity_day`)

func readTemplates(t *testing.T) map[string]template {
	t.Helper()
	files, err := fs.ReadDir(assets.Templates(), ".")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]template{}
	for _, f := range files {
		b, err := fs.ReadFile(assets.Templates(), f.Name())
		if err != nil {
			t.Fatal(err)
		}
		var x template
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		if want := fmt.Sprintf("%s-%d.json", x.ID, x.Version); f.Name() != want {
			t.Errorf("file %s holds %s", f.Name(), want)
		}
		out[fmt.Sprintf("%s-%d", x.ID, x.Version)] = x
	}
	return out
}

func TestTemplatesCallOnlyPromisedNames(t *testing.T) {
	call := regexp.MustCompile(`\{\{([^{}]*)\}\}`)
	for id, x := range readTemplates(t) {
		texts := []string{x.Title, x.Header, x.Footer}
		for _, s := range x.Sections {
			texts = append(texts, s.Heading)
			texts = append(texts, s.Paragraphs...)
			for _, row := range s.Fields {
				if len(row) != 2 && len(row) != 4 {
					t.Errorf("%s: a row of %d cells", id, len(row))
				}
				texts = append(texts, row...)
			}
			if s.When != "" && s.When != "loan.supplementary" && !slices.Contains(placeholders, s.When) {
				t.Errorf("%s: when %q", id, s.When)
			}
			texts = append(texts, s.Confirm)
			if len(s.Fields) == 0 && len(s.Paragraphs) == 0 && (s.Table == nil || len(s.Table.Columns) == 0) {
				t.Errorf("%s: section %q is empty", id, s.Heading)
			}
		}
		for _, s := range x.Signatures {
			texts = append(texts, s.Label, s.Name, s.Date)
		}
		for _, text := range texts {
			for _, m := range call.FindAllStringSubmatch(text, -1) {
				if !slices.Contains(placeholders, m[1]) {
					t.Errorf("%s calls %q", id, m[1])
				}
			}
			if rest := call.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
				t.Errorf("%s: stray brace in %q", id, text)
			}
		}
	}
}

func TestTemplatesAreDatedAndWhole(t *testing.T) {
	all := readTemplates(t)
	for _, id := range []string{"loan-contract-2", "application-form-2", "hardship-form-1", "renewal-statement-2", "temporary-receipt-1", "centre-receipt-1", "integrity-card-2"} {
		x, ok := all[id]
		if !ok {
			t.Errorf("%s is missing", id)
			continue
		}
		if _, err := time.Parse(time.DateOnly, x.SignedFrom); err != nil || x.Version < 1 || x.Title == "" || len(x.Kinds) == 0 || len(x.Sections) == 0 {
			t.Errorf("%s is incomplete", id)
		}
	}
	var parties []string
	for _, s := range all["loan-contract-2"].Signatures {
		parties = append(parties, s.Party)
	}
	if want := []string{"student", "coborrower", "centre"}; !slices.Equal(parties, want) {
		t.Errorf("the contract is signed by %v, want %v", parties, want)
	}
	var text strings.Builder
	for _, s := range all["loan-contract-2"].Sections {
		text.WriteString(strings.Join(s.Paragraphs, ""))
		for _, row := range s.Fields {
			text.WriteString(strings.Join(row, ""))
		}
	}
	for _, name := range []string{"student.name", "coborrowers.0.name", "loan.amount_cn", "loan.amount", "maturity_date",
		"pack.rate_text", "pack.grace_years", "subsidy_until", "intake.county_name", "loan.purpose", "pack.maturity_base", "pack.maturity_cap"} {
		if !strings.Contains(text.String(), "{{"+name+"}}") {
			t.Errorf("the contract does not say %s", name)
		}
	}
	for _, words := range []string{"现场手写签名", "数字封存", "送达地址", "对逾期本金", "罚息", "提前归还", "单独同意书", "征信查询与报送授权书", "各方同意以电子形式签订"} {
		if !strings.Contains(text.String(), words) {
			t.Errorf("the contract does not say %s", words)
		}
	}
}

// Every clause that the domain names stands in the contract, in a section of its
// own or with its kin, with the numbers that the pack and the case give it.
func TestTheContractHasEveryClause(t *testing.T) {
	clauses := []struct {
		clause, heading string
		says            []string
		ticked          bool
	}{
		{"amount", "借款金额和用途", []string{"{{loan.amount_cn}}", "{{loan.amount}}"}, false},
		{"purpose", "借款金额和用途", []string{"{{loan.purpose}}", "不得挪作他用"}, false},
		{"term", "借款期限", []string{"{{maturity_date}}", "{{pack.maturity_base}}", "{{pack.maturity_cap}}"}, false},
		{"grace", "还本宽限期和还款", []string{"{{pack.grace_years}}", "只还利息，不还本金"}, false},
		{"rate formula", "利率和结息", []string{"{{pack.rate_text}}", "12月21日"}, false},
		{"subsidy end", "财政贴息", []string{"{{subsidy_until}}", "自行支付"}, false},
		{"early repayment", "提前还款", []string{"提前归还", "不收违约金"}, false},
		{"default interest on overdue principal", "逾期和违约", []string{"逾期", "逾期本金", "罚息"}, true},
		{"address for service", "送达", []string{"通讯地址", "视为有效"}, true},
		{"consents", "个人信息和征信", []string{"敏感个人信息", "征信查询与报送授权书"}, true},
		{"agreed conditions for the electronic signature", "电子签署的约定", []string{"电子形式", "现场手写签名", "数字封存"}, true},
	}
	all := readTemplates(t)
	for _, id := range []string{"loan-contract-1", "loan-contract-2"} {
		for _, c := range clauses {
			t.Run(id+": "+c.clause, func(t *testing.T) {
				at := slices.IndexFunc(all[id].Sections, func(s section) bool { return strings.HasSuffix(s.Heading, "、"+c.heading) })
				if at < 0 {
					t.Fatalf("no section %s", c.heading)
				}
				s := all[id].Sections[at]
				text := strings.Join(s.Paragraphs, "")
				for _, want := range c.says {
					if !strings.Contains(text, want) {
						t.Errorf("%s does not say %s: %s", s.Heading, want, text)
					}
				}
				if s.When != "" {
					t.Errorf("%s stands only when %s", s.Heading, s.When)
				}
				if c.ticked && id == "loan-contract-2" && s.Confirm == "" {
					t.Errorf("%s is not ticked by each party", s.Heading)
				}
			})
		}
	}
}
