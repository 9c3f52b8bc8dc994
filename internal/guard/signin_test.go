package guard

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestWhatTheRecordSaysOfTriesToSignIn(t *testing.T) {
	last := time.Date(2026, 7, 20, 1, 5, 0, 0, time.UTC)
	for name, c := range map[string]struct{ operator, detail, want string }{
		"of an account":                  {"x", FailedWords("x", 3, last), "输错密码 3 次，最后一次 07-20 09:05"},
		"by none that is known":          {Unknown, FailedWords(Unknown, 12, last), "登录失败 12 次，账号不在本机，最后一次 07-20 09:05"},
		"as an earlier program wrote it": {"x", "failed 2 times", "输错密码 2 次"},
		"at the centre, by no account":   {Unknown, CentreRefused, "在中心登录失败 1 次，没有这个账号"},
		"at the centre, counted alone":   {Unknown, CentreRefused + "; 12 times more", "在中心登录失败 12 次，没有这个账号"},
		"at the centre, by one of it":    {"x", CentreRefused, ""},
		"a sign-in":                      {"x", "", ""},
		"one that may but sync":          {"x", "to sync alone", ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := Line{At: last, Operator: c.operator, Kind: loan.ChangeSignIn, Detail: c.detail}
			if got := l.Subject(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if got := l.Row(nil, AccountLabel); c.want != "" && got[slices.Index(LineColumns(), "备注")] != c.want {
				t.Errorf("in a report: got %q", got)
			}
		})
	}
}

func TestManyTriesByNoKnownAccountAreOddAtTheirLaptop(t *testing.T) {
	noon := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	here, there := uuid.New(), uuid.New()
	tries := func(device uuid.UUID, n int) Act {
		return Act{At: noon, Device: device, Operator: Unknown, Kind: loan.ChangeSignIn, Detail: FailedWords(Unknown, n, noon)}
	}
	for name, c := range map[string]struct {
		acts []Act
		want int
	}{
		"a name mistyped now and then":           {[]Act{tries(here, 4)}, 0},
		"many":                                   {[]Act{tries(here, 3), tries(here, 2)}, 5},
		"a few at each of two laptops":           {[]Act{tries(here, 4), tries(there, 4)}, 0},
		"many at one, a few at the other":        {[]Act{tries(here, 40), tries(there, 4)}, 40},
		"one wrong password of a known one with": {[]Act{tries(here, 4), {At: noon, Device: here, Operator: "x", Kind: loan.ChangeSignIn, Detail: FailedWords("x", 1, noon)}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := Odd(c.acts)
			if c.want == 0 && len(got) != 0 || c.want > 0 && (len(got) != 1 || got[0].Kind != OddPassword || got[0].Count != c.want) {
				t.Errorf("got %+v, want %d", got, c.want)
			}
		})
	}
}

// TestChangesOfPersonAreNotManySignIns lets two change places at a desk.
func TestChangesOfPersonAreNotManySignIns(t *testing.T) {
	noon := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	desk := uuid.New()
	in := func(n int, who ...string) (out []Act) {
		for i := range n {
			for _, o := range who {
				out = append(out, Act{At: noon.Add(time.Duration(i) * time.Minute), Device: desk, Operator: o, Kind: loan.ChangeSignIn})
			}
		}
		return out
	}
	failed := Act{At: noon, Device: desk, Operator: "y", Kind: loan.ChangeSignIn, Detail: FailedWords("y", 1, noon)}
	for name, c := range map[string]struct {
		acts []Act
		want []int
	}{
		"one person's locks of a day":           {in(39, "x"), nil},
		"more of them":                          {in(40, "x"), []int{40}},
		"two who change for each case of a day": {in(60, "x", "y"), nil},
		"and have locks too":                    {append(in(60, "x", "y"), in(30, "y")...), nil},
		"two who change without end":            {in(101, "x", "y"), []int{41, 41}},
		"another who failed between":            {append(in(20, "x"), append([]Act{failed}, in(20, "x")...)...), []int{40}},
		"changes at another desk":               {append(in(39, "x"), Act{At: noon, Device: uuid.New(), Operator: "x", Kind: loan.ChangeSignIn}), []int{40}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			for _, o := range Odd(c.acts) {
				if o.Kind == OddSignIns {
					got = append(got, o.Count)
				}
			}
			if len(got) != len(c.want) || len(got) > 0 && (got[0] != c.want[0] || got[len(got)-1] != c.want[len(got)-1]) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	t.Run("also where one of the two alone is looked at", func(t *testing.T) {
		var w Watch
		for _, a := range in(60, "x", "y") {
			if a.Operator == "x" {
				w.See(a)
			} else {
				w.Pass(a)
			}
		}
		if got := w.Found(); len(got) != 0 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestAnActThatFailedIsNoWrongPassword(t *testing.T) {
	l := Line{Kind: loan.ChangeView, Detail: "failed act: device revoke"}
	if got := l.Words(nil); got != "没有做成：停用电脑" {
		t.Errorf("got %s", got)
	}
}
