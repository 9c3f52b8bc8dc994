package central

import (
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

func TestAnswersByTelephone(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := t.Context()
	l := enrol(t, c, serve(t, c))
	for _, o := range []Operator{{ID: "clerk-9", Name: "某操作员", Roles: []string{"clerk"}}, {ID: "admin-9", Name: "某管理员", Roles: []string{"dataadmin"}}} {
		if err := c.AddOperator(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	id := l.enrol.Device
	who := Caller{id.String()[28:], "clerk-9"}
	nonce := []byte{1, 2, 3, 4, 5}
	agree := func(label string) *seal.Key {
		k, err := l.signer.Agree(l.centre, label)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	t.Run("a renewal is good for that laptop, account, request and day", func(t *testing.T) {
		text, err := c.AnswerRenewal(ctx, who, "admin-9", seal.Spoken(nonce))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := seal.ParseSpoken(text, seal.AnswerSize)
		if err != nil {
			t.Fatal(err)
		}
		right := guard.Renewal{Device: id, Operator: "clerk-9", Nonce: [5]byte(nonce)}
		if !agree(guard.RenewalLabel).Answers(right.Message(guard.DayOf(c.now())), answer) {
			t.Error("the laptop does not know the answer")
		}
		other := right
		other.Device = uuid.New()
		if agree(guard.RenewalLabel).Answers(other.Message(guard.DayOf(c.now())), answer) || agree(guard.GrantLabel).Answers(right.Message(guard.DayOf(c.now())), answer) {
			t.Error("another does")
		}
	})
	t.Run("so is the word that lets an account in", func(t *testing.T) {
		text, err := c.AnswerEnabling(ctx, who, "admin-9", "01234 56789")
		if err != nil {
			t.Fatal(err)
		}
		answer, err := seal.ParseSpoken(text, seal.AnswerSize)
		if err != nil {
			t.Fatal(err)
		}
		right := guard.Enabling{Device: id, Operator: "clerk-9", Digits: "0123456789"}
		if !agree(guard.EnableLabel).Answers(right.Message(guard.DayOf(c.now())), answer) {
			t.Error("the laptop does not know the answer")
		}
		for name, e := range map[string]guard.Enabling{"laptop": {Device: uuid.New(), Operator: "clerk-9", Digits: "0123456789"},
			"account": {Device: id, Operator: "admin-9", Digits: "0123456789"}, "request": {Device: id, Operator: "clerk-9", Digits: "0123456788"}} {
			if agree(guard.EnableLabel).Answers(e.Message(guard.DayOf(c.now())), answer) {
				t.Errorf("another %s does", name)
			}
		}
		if agree(guard.EnableLabel).Answers(right.Message(guard.DayOf(c.now())+1), answer) || agree(guard.RenewalLabel).Answers(right.Message(guard.DayOf(c.now())), answer) {
			t.Error("another day does, or another sort of request")
		}
		for name, call := range map[string]func() (string, error){
			"a clerk's word": func() (string, error) { return c.AnswerEnabling(ctx, who, "clerk-9", "0123456789") },
			"too few digits": func() (string, error) { return c.AnswerEnabling(ctx, who, "admin-9", "012345678") },
			"an account that is not there": func() (string, error) {
				return c.AnswerEnabling(ctx, Caller{who.Device, "no-one"}, "admin-9", "0123456789")
			},
			"a laptop that nobody enrolled": func() (string, error) {
				return c.AnswerEnabling(ctx, Caller{"00000000", "clerk-9"}, "admin-9", "0123456789")
			},
		} {
			if text, err := call(); err == nil || text != "" {
				t.Errorf("%s: got %q, %v", name, text, err)
			}
		}
	})
	ask := guard.Ask{Nonce: [4]byte{9, 9, 9, 9}, Fields: []string{"student.phone"}, Hours: 2, Count: 3}
	raw, err := ask.Encode()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a grant too, and it goes down signed, once", func(t *testing.T) {
		var text string
		for range 2 { // it was misheard
			if text, err = c.AnswerGrant(ctx, who, "admin-9", seal.Spoken(raw), "核对投诉"); err != nil {
				t.Fatal(err)
			}
		}
		answer, err := seal.ParseSpoken(text, seal.AnswerSize)
		if err != nil {
			t.Fatal(err)
		}
		plea := guard.Plea{Device: guard.TagOf(id), Operator: "clerk-9", Ask: ask}
		m, err := plea.Message("admin-9", guard.DayOf(c.now()))
		if err != nil || !agree(guard.GrantLabel).Answers(m, answer) {
			t.Errorf("the laptop does not know the answer: %v", err)
		}
		g, err := plea.Grant(uuid.Nil, "核对投诉", "admin-9", c.now())
		if err != nil {
			t.Fatal(err)
		}
		if b, err := c.BulletinFile(ctx, bulletin.Grant, g.ID); err != nil || len(b) == 0 {
			t.Errorf("not sent down: %v", err)
		}
		if _, err := c.Withdraw(ctx, bulletin.Grant, g.ID); err != nil {
			t.Errorf("cannot be withdrawn: %v", err)
		}
	})
	t.Run("who it was is written down", func(t *testing.T) {
		list, err := c.Answers(ctx)
		if err != nil || len(list) != 3 {
			t.Fatalf("got %d, %v", len(list), err)
		}
		for _, a := range list {
			if a.Device != id || a.Operator != "clerk-9" || a.By != "admin-9" {
				t.Errorf("got %+v", a)
			}
		}
	})
	for name, k := range map[string]struct {
		who  Caller
		by   string
		code string
		kind fault.Kind
	}{
		"a code that was misheard":       {who, "admin-9", "ABCD", fault.Input},
		"an answer by a clerk":           {who, "clerk-9", seal.Spoken(nonce), fault.Input},
		"an answer by nobody":            {who, "nobody", seal.Spoken(nonce), fault.Input},
		"an operator who is not ours":    {Caller{who.Device, "stranger"}, "admin-9", seal.Spoken(nonce), fault.Input},
		"a device that is not ours":      {Caller{"00000000", "clerk-9"}, "admin-9", seal.Spoken(nonce), fault.Missing},
		"too little of a device":         {Caller{"1", "clerk-9"}, "admin-9", seal.Spoken(nonce), fault.Input},
		"a device by a pattern":          {Caller{"%%%%%%%%", "clerk-9"}, "admin-9", seal.Spoken(nonce), fault.Input},
		"what is no request for a grant": {who, "admin-9", seal.Spoken(make([]byte, guard.AskSize)), fault.Input},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.AnswerRenewal(ctx, k.who, k.by, k.code); fault.KindOf(err) != k.kind {
				t.Errorf("renewal: got %v", err)
			}
		})
	}
	if _, err := c.AnswerGrant(ctx, Caller{who.Device, "admin-9"}, "admin-9", seal.Spoken(raw), "核对投诉"); fault.KindOf(err) != fault.Denied {
		t.Errorf("approved by oneself: got %v", err)
	}
	if err := c.Revoke(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AnswerRenewal(ctx, who, "admin-9", seal.Spoken(nonce)); fault.KindOf(err) != fault.Denied {
		t.Errorf("a laptop that was shut out: got %v", err)
	}
	_, err = c.AnswerRenewal(ctx, who, "admin-9", seal.Spoken(nonce))
	if say := fault.Sentence(err); !strings.Contains(say, "已被停用") || !strings.Contains(say, "sync device admit") || !strings.Contains(say, "sync code new --again") {
		t.Errorf("of it, whoever answers is told %q", say)
	}
}

func TestAnExportIsAnsweredByTelephoneAndTakenBack(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := t.Context()
	l := enrol(t, c, serve(t, c))
	for _, o := range []Operator{{ID: "clerk-9", Name: "某操作员", Roles: []string{"clerk"}}, {ID: "admin-9", Name: "某管理员", Roles: []string{"dataadmin"}}} {
		if err := c.AddOperator(ctx, o); err != nil {
			t.Fatal(err)
		}
	}
	id := l.enrol.Device
	who := Caller{id.String()[28:], "clerk-9"}
	said := guard.ExportTo{To: "某市学生资助管理中心", Purpose: "市中心抽查合同"}
	ask := guard.Ask{Nonce: [4]byte{9, 9, 9, 9}, Fields: []string{guard.ImagesField}, Hours: 2, Count: 3}
	e, err := guard.NewExportAsk(ask, guard.Release{To: said.To, Key: "age1" + strings.Repeat("q", 58)}, said.Purpose)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := e.Encode()
	if err != nil {
		t.Fatal(err)
	}
	code := seal.Spoken(raw)
	for name, k := range map[string]struct {
		who    Caller
		by     string
		code   string
		said   guard.ExportTo
		reason string
		kind   fault.Kind
	}{
		"a code that was misheard":  {who, "admin-9", code[:len(code)-1], said, "核对是本人", fault.Input},
		"a request to look":         {who, "admin-9", seal.Spoken(raw[:guard.AskSize]), said, "核对是本人", fault.Input},
		"another recipient":         {who, "admin-9", code, guard.ExportTo{To: "某公司", Purpose: said.Purpose}, "核对是本人", fault.Input},
		"no reason":                 {who, "admin-9", code, said, "", fault.Input},
		"an answer by a clerk":      {who, "clerk-9", code, said, "核对是本人", fault.Input},
		"a device that is not ours": {Caller{"00000000", "clerk-9"}, "admin-9", code, said, "核对是本人", fault.Missing},
		"approved by oneself":       {Caller{who.Device, "admin-9"}, "admin-9", code, said, "核对是本人", fault.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := c.AnswerExport(ctx, k.who, k.by, k.code, k.said, k.reason); fault.KindOf(err) != k.kind {
				t.Errorf("got %v", err)
			}
		})
	}
	text, grant, err := c.AnswerExport(ctx, who, "admin-9", code, said, "核对是本人")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := seal.ParseSpoken(text, seal.AnswerSize)
	if err != nil {
		t.Fatal(err)
	}
	plea := guard.ExportPlea{Plea: guard.Plea{Device: guard.TagOf(id), Operator: "clerk-9", Ask: ask}, Print: e.Print, Said: said}
	m, err := plea.Message("admin-9", guard.DayOf(c.now()))
	if err != nil {
		t.Fatal(err)
	}
	k, err := l.signer.Agree(l.centre, guard.GrantLabel)
	if err != nil || !k.Answers(m, answer) {
		t.Errorf("the laptop does not know the answer: %v", err)
	}
	if g, err := plea.Grant(uuid.Nil, said.Purpose, "admin-9", c.now()); err != nil || g.ID != grant {
		t.Errorf("the grant is %s there and %s here, %v", g.ID, grant, err)
	}
	list, err := c.Answers(ctx)
	if err != nil || len(list) != 1 || list[0].Kind != "export" || !strings.Contains(list[0].Reason, e.Fingerprint()) || !strings.Contains(list[0].Reason, said.To) {
		t.Errorf("written down: %+v, %v", list, err)
	}
	if b, err := c.Withdraw(ctx, bulletin.Grant, grant); err != nil || !b.Withdrawn || !b.Expires.After(c.now()) {
		t.Errorf("cannot be taken back: %+v, %v", b, err)
	}
	if _, err := c.Withdraw(ctx, bulletin.Roster, "p-1"); fault.KindOf(err) != fault.Missing {
		t.Errorf("what never was is withdrawn: %v", err)
	}
}
