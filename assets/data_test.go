package assets_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/assets"
)

// table reads a table and checks its head.
func table(t *testing.T, b []byte, head string) [][]string {
	t.Helper()
	var out [][]string
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 0; lines.Scan(); n++ {
		if n == 0 {
			if got := lines.Text(); got != strings.ReplaceAll(head, " ", "\t") {
				t.Fatalf("head %q, want %q", got, head)
			}
			continue
		}
		cols := strings.Split(lines.Text(), "\t")
		if len(cols) != len(strings.Fields(head)) || cols[0] == "" || cols[1] == "" {
			t.Fatalf("line %d has %d columns or an empty code or name", n+1, len(cols))
		}
		out = append(out, cols)
	}
	return out
}

func codesOf(rows [][]string) map[string]bool {
	out := map[string]bool{}
	for _, r := range rows {
		out[r[0]] = true
	}
	return out
}

func TestPacksAreTheFiveOfThePolicy(t *testing.T) {
	type pack struct {
		ID           string `json:"id"`
		SignedFrom   string `json:"signed_from"`
		Under        int    `json:"undergraduate_max"`
		Graduate     int    `json:"graduate_max"`
		Minimum      int    `json:"minimum"`
		Multiple     int    `json:"multiple"`
		MaturityBase int    `json:"maturity_base"`
		MaturityCap  int    `json:"maturity_cap"`
		Grace        int    `json:"grace_years"`
		LivingCosts  bool   `json:"living_costs"`
		MaturityDay  string `json:"maturity_day"`
		SubsidyUntil string `json:"subsidy_until"`
		Rate         struct {
			Base    string `json:"base"`
			MinusBP int    `json:"minus_bp"`
			Text    string `json:"text"`
		} `json:"rate"`
	}
	want := []pack{
		{ID: "P2019", SignedFrom: "2019-01-01", Under: 8000, Graduate: 12000, MaturityBase: 13, MaturityCap: 20, Grace: 3},
		{ID: "P2020", SignedFrom: "2020-01-01", Under: 8000, Graduate: 12000, MaturityBase: 15, MaturityCap: 22, Grace: 5},
		{ID: "P2021", SignedFrom: "2021-09-01", Under: 12000, Graduate: 16000, MaturityBase: 15, MaturityCap: 22, Grace: 5, LivingCosts: true},
		{ID: "P2023B", SignedFrom: "2023-09-12", Under: 16000, Graduate: 20000, MaturityBase: 15, MaturityCap: 22, Grace: 5, LivingCosts: true},
		{ID: "P2024B", SignedFrom: "2024-10-12", Under: 20000, Graduate: 25000, MaturityBase: 15, MaturityCap: 22, Grace: 5, LivingCosts: true},
	}
	bp := []int{0, 30, 30, 60, 70}
	files := assets.PackFiles()
	if len(files) != len(want) {
		t.Fatalf("%d packs, want %d", len(files), len(want))
	}
	for i, b := range files {
		var got pack
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		w := want[i]
		w.Minimum, w.Multiple, w.MaturityDay, w.SubsidyUntil = 1000, 100, "09-20", "08-31"
		w.Rate.Base, w.Rate.MinusBP, w.Rate.Text = "LPR5Y", bp[i], got.Rate.Text
		if i == 0 {
			w.Rate.Base = "PBOC"
		}
		if got != w {
			t.Errorf("got %+v, want %+v", got, w)
		}
		if got.Rate.Text == "" {
			t.Errorf("%s has no words for its rate", got.ID)
		}
	}
}

func TestLPRChangesAreDatedInOrder(t *testing.T) {
	var l struct {
		Through string `json:"known_through"`
		Changes []struct {
			From string `json:"from"`
			BP   int    `json:"bp"`
		} `json:"changes"`
	}
	if err := json.Unmarshal(assets.LPR(), &l); err != nil {
		t.Fatal(err)
	}
	last := ""
	for _, c := range l.Changes {
		if _, err := time.Parse(time.DateOnly, c.From); err != nil || c.From <= last || c.From > l.Through || c.BP < 100 || c.BP > 600 {
			t.Errorf("change of %q to %d: %v", c.From, c.BP, err)
		}
		last = c.From
	}
	if len(l.Changes) < 11 {
		t.Errorf("%d changes, want 11 or more", len(l.Changes))
	}
}

func TestCodesHaveWordsAndAStep(t *testing.T) {
	type words struct {
		Msg      string `json:"msg"`
		Severity string `json:"severity"`
		Step     string `json:"step"`
	}
	var got map[string]words
	if err := json.Unmarshal(assets.Codes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 63 {
		t.Errorf("%d codes, want 63", len(got))
	}
	for code, w := range got {
		if w.Msg == "" || w.Severity != code[:1] || !strings.HasSuffix(w.Step, "。") {
			t.Errorf("%s: %+v", code, w)
		}
	}
	b, err := os.ReadFile("../../shared/cases/codes.json")
	if err != nil {
		t.Skip("the shared list of codes is not on this machine")
	}
	var want map[string]words
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	for code, w := range want {
		if g := got[code]; g.Msg != w.Msg || g.Severity != w.Severity {
			t.Errorf("%s: got %+v, want %+v", code, g, w)
		}
	}
}

func TestTextsCoverEveryPurpose(t *testing.T) {
	var purposes []string
	for _, b := range assets.Texts() {
		var x struct {
			ID         string   `json:"id"`
			Purpose    string   `json:"purpose"`
			Version    string   `json:"version"`
			Title      string   `json:"title"`
			Summary    string   `json:"summary"`
			Paragraphs []string `json:"paragraphs"`
		}
		if err := json.Unmarshal(b, &x); err != nil {
			t.Fatal(err)
		}
		purposes = append(purposes, x.Purpose)
		if !strings.HasSuffix(strings.Split(x.ID, "+")[0], x.Version) || x.Title == "" || x.Summary == "" || len(x.Paragraphs) < 3 {
			t.Errorf("%s is incomplete", x.ID)
		}
	}
	if want := []string{"antifraud", "credit", "sensitive", "sensitive", "share", "integrity"}; !slices.Equal(purposes, want) {
		t.Errorf("purposes %v, want %v", purposes, want)
	}
}

func TestNationsAre56AndOther(t *testing.T) {
	got := strings.Fields(string(assets.Nations()))
	if len(got) != 57 || got[0] != "汉族" || got[56] != "其他" {
		t.Errorf("%d nations from %s to %s", len(got), got[0], got[len(got)-1])
	}
	slices.Sort(got)
	if len(slices.Compact(got)) != 57 {
		t.Error("a nation stands twice")
	}
}

func TestAreasAreComplete(t *testing.T) {
	six := regexp.MustCompile(`^\d{6}$`)
	counties := table(t, assets.Counties(), "code name city province")
	historic := table(t, assets.HistoricAreas(), "code name")
	if len(counties) != 2978 || len(historic) < 1500 {
		t.Errorf("%d counties, %d other codes", len(counties), len(historic))
	}
	current, former := codesOf(counties), codesOf(historic)
	for code := range former {
		if !six.MatchString(code) || current[code] {
			t.Errorf("%s is no code or current as well", code)
		}
	}
	for _, code := range []string{"522727", "410307", "410308", "441900", "460400"} {
		if !current[code] {
			t.Errorf("%s is not current", code)
		}
	}
	for _, code := range []string{"410381", "410322", "110103", "653228", "511028", "710101"} {
		if !former[code] {
			t.Errorf("%s is not known", code)
		}
	}
	provinces := map[string]string{}
	for _, r := range table(t, assets.Provinces(), "code name") {
		provinces[r[0]] = r[1]
	}
	if len(provinces) != 34 {
		t.Errorf("%d provinces, want 34", len(provinces))
	}
	for _, r := range counties {
		if !six.MatchString(r[0]) || provinces[r[0][:2]] != r[3] {
			t.Errorf("%s is in %q, want %q", r[0], r[3], provinces[r[0][:2]])
		}
	}
	for _, r := range table(t, assets.RenamedAreas(), "old new") {
		if !former[r[0]] || !current[r[1]] {
			t.Errorf("%s became %s, which is not so", r[0], r[1])
		}
	}
}

func TestTownshipsBelongToCounties(t *testing.T) {
	b, err := assets.Townships()
	if err != nil {
		t.Fatal(err)
	}
	rows := table(t, b, "code name")
	if len(rows) != 41352 {
		t.Errorf("%d townships, want 41352", len(rows))
	}
	counties := codesOf(table(t, assets.Counties(), "code name city province"))
	for _, r := range rows {
		if len(r[0]) != 9 || !counties[r[0][:6]] {
			t.Errorf("%s %s has no county", r[0], r[1])
		}
	}
}

// acceptanceSchools is the schools of the public acceptance cases.
var acceptanceSchools = strings.Fields(`
4111010023 4111010025 4113010086 4115010136 4122010184 4132010290 4133010345
4134010371 4136010403 4141010459 4141010477 4143010542 4144010561 4145010593
4146011658 4150010635 4151010656 4152010657 4152012222 4152012823 4153010691
4154010694 4161010712 4162010730 4162013955 4163010748 4164010749 4165010755`)

func TestStarterSchoolsServeTheAcceptanceCases(t *testing.T) {
	rows := table(t, assets.Schools(), "code name kind level place authority")
	have := codesOf(rows)
	adult := 0
	for _, r := range rows {
		if len(r[0]) != 10 || r[2] != "regular" && r[2] != "adult" || r[2] == "regular" && r[3] == "" {
			t.Errorf("bad row %v", r)
		}
		if r[2] == "adult" {
			adult++
		}
	}
	if len(have) != len(rows) || len(rows) < 220 || adult < 20 {
		t.Errorf("%d schools, %d codes, %d adult", len(rows), len(have), adult)
	}
	wanted := acceptanceSchools
	if b, err := os.ReadFile("../../shared/cases/acceptance.jsonl"); err == nil {
		for line := range bytes.Lines(b) {
			var c struct {
				Study struct {
					Code string `json:"school_code"`
				} `json:"study"`
			}
			if err := json.Unmarshal(line, &c); err != nil {
				t.Fatal(err)
			}
			wanted = append(wanted, c.Study.Code)
		}
	}
	for _, code := range wanted {
		if !have[code] {
			t.Errorf("school %s is missing", code)
		}
	}
	former := table(t, assets.FormerSchoolNames(), "code former")
	if !slices.ContainsFunc(former, func(r []string) bool { return r[0] == "4141010477" && r[1] == "信阳师范学院" }) {
		t.Error("信阳师范学院 is missing")
	}
	for _, r := range former {
		if !have[r[0]] {
			t.Errorf("former name of %s, which is not listed", r[0])
		}
	}
}
