package guard

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

func TestAnAskSaysNoMoreThanItMay(t *testing.T) {
	good := Ask{Nonce: [4]byte{1, 2, 3, 4}, Fields: []string{"student.phone", ImagesField}, Hours: 2, Count: 3}
	b, err := good.Encode()
	if err != nil || len(b) != AskSize {
		t.Fatal(len(b), err)
	}
	if again, err := ParseAsk(b); err != nil || !reflect.DeepEqual(again, good) {
		t.Errorf("got %+v, %v", again, err)
	}
	for name, change := range map[string]func(*Ask){
		"no field":        func(a *Ask) { a.Fields = nil },
		"no time":         func(a *Ask) { a.Hours = 0 },
		"a week":          func(a *Ask) { a.Hours = 168 },
		"nothing":         func(a *Ask) { a.Count = 0 },
		"too many":        func(a *Ask) { a.Count = MaxAskCount + 1 },
		"a case and more": func(a *Ask) { a.Case = [4]byte{1} },
	} {
		a := good
		change(&a)
		if _, err := a.Encode(); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAPleaIsForOneCaseAndOneAnswerer(t *testing.T) {
	id, now := uuid.New(), time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	p := Plea{Device: [4]byte{7}, Operator: "x", Ask: Ask{Nonce: [4]byte{1}, Fields: []string{ImagesField}, Hours: 2, Case: TagOf(id)}}
	g, err := p.Grant(id, "核对", "admin", now)
	if err != nil || len(g.Cases) != 1 || g.Cases[0] != id || !g.Until.Equal(now.Add(2*time.Hour)) {
		t.Fatalf("got %+v, %v", g, err)
	}
	if _, err := p.Grant(uuid.New(), "核对", "admin", now); fault.KindOf(err) != fault.Input {
		t.Errorf("another case: got %v", err)
	}
	if _, err := p.Message("x", 1); fault.KindOf(err) != fault.Denied {
		t.Errorf("by oneself: got %v", err)
	}
	one, _ := p.Message("admin", 1)
	for name, q := range map[string]func() ([]byte, error){
		"another day":      func() ([]byte, error) { return p.Message("admin", 2) },
		"another answerer": func() ([]byte, error) { return p.Message("admin2", 1) },
		"another operator": func() ([]byte, error) { r := p; r.Operator = "y"; return r.Message("admin", 1) },
		"another laptop":   func() ([]byte, error) { r := p; r.Device = [4]byte{8}; return r.Message("admin", 1) },
		"another request":  func() ([]byte, error) { r := p; r.Ask.Nonce = [4]byte{2}; return r.Message("admin", 1) },
	} {
		if two, err := q(); err != nil || bytes.Equal(one, two) {
			t.Errorf("%s: the same message, %v", name, err)
		}
	}
}

func TestTenure(t *testing.T) {
	at := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		t    Tenure
		now  time.Time
		says string
	}{
		"fresh":                        {Tenure{Centre: at, Latest: at}, at, ""},
		"the last moment of a week":    {Tenure{Centre: at, Latest: at}, at.Add(7*day - 1), ""},
		"a week":                       {Tenure{Centre: at, Latest: at}, at.Add(7 * day), "7 天"},
		"a week, renewed":              {Tenure{Centre: at, Account: at.Add(day), Latest: at}, at.Add(7 * day), ""},
		"two weeks, account renewed":   {Tenure{Centre: at, Account: at.Add(13 * day), Latest: at}, at.Add(14 * day), "14 天"},
		"two weeks, both renewed":      {Tenure{Centre: at, Account: at.Add(13 * day), Lease: at.Add(13 * day), Latest: at}, at.Add(14 * day), ""},
		"a clock a day behind":         {Tenure{Centre: at, Latest: at}, at.Add(-ClockSlack), ""},
		"a clock more than that":       {Tenure{Centre: at, Latest: at}, at.Add(-ClockSlack - 1), "校正电脑"},
		"a clock set forward":          {Tenure{Centre: at, Latest: at, Was: at}, at.Add(2 * day), "再登录一次"},
		"shut out":                     {Tenure{Centre: at, Latest: at, ShutOut: at}, at, "停用"},
		"shut out, and answered after": {Tenure{Centre: at, Latest: at, ShutOut: at, Since: at, Lease: at, Account: at}, at, ""},
		"shut out, answered before":    {Tenure{Centre: at, Latest: at, ShutOut: at.Add(time.Second), Since: at, Lease: at.Add(time.Hour)}, at, "停用"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.t.Check(c.now)
			if (err == nil) != (c.says == "") || err != nil && (fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), c.says)) {
				t.Errorf("got %v %q", err, fault.Sentence(err))
			}
		})
	}
}

func FuzzParseAsk(f *testing.F) {
	b, err := Ask{Nonce: [4]byte{1}, Fields: []string{ImagesField}, Hours: 1, Count: 1}.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAsk(b)
		if err != nil {
			return
		}
		again, err := a.Encode()
		if err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%x came back as %x, %v", b, again, err)
		}
	})
}
