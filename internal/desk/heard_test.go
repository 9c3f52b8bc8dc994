package desk_test

import (
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

func TestNobodySignsWithoutHavingHeardAndReadAll(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	c := passed(t, d, entered(t, d))
	_, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	student, other, all := loan.StudentParty, loan.CoborrowerParty, spoken(t)
	short, blank := read(c)[1:], read(c)
	blank[0] = 0
	refused := func(sub string, p loan.Party, want string) {
		t.Helper()
		if _, err := d.Sign(ctx, c.ID, p, loan.InPerson, "", strokes(), ticks(t, d, c)...); fault.KindOf(err) != fault.Input || !strings.Contains(fault.Sentence(err), want) {
			t.Errorf("%s: got %v (%s), want input and %q", sub, err, fault.Sentence(err), want)
		}
	}
	refused("nothing noted", student, "诚信")
	must(d.Read(ctx, c.ID, c.Contract.Blob, student, read(c)))
	refused("no text heard", student, "诚信")
	must(d.Read(ctx, c.ID, c.Contract.Blob, student, read(c), all[0]))
	refused("one text heard", student, "骗")
	must(d.Read(ctx, c.ID, c.Contract.Blob, student, short, all...))
	refused("a page short", student, "还有 1 页")
	must(d.Read(ctx, c.ID, c.Contract.Blob, student, blank, all...))
	refused("a page that was not shown", student, "还有 1 页")
	must(d.Read(ctx, c.ID, c.Contract.Blob, student, read(c), all...))
	refused("the other heard and read", other, "共同借款人")
	must(d.Sign(ctx, c.ID, student, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Read(ctx, c.ID, c.Contract.Blob, other, read(c), all...))
	must(d.Sign(ctx, c.ID, other, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	c = must(d.Read(ctx, c.ID, c.Contract.Blob, student, short, all...))
	if _, err := d.Seal(ctx, c.ID); fault.KindOf(err) != fault.Input {
		t.Errorf("sealed with a reading of the student's that lacks a page: got %v, want input", err)
	}
	must(d.Read(ctx, c.ID, c.Contract.Blob, student, read(c), all...))
	must(d.Seal(ctx, c.ID))
}

func TestAReadingNotedOfBothAtOnceStillCounts(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	c := passed(t, d, entered(t, d))
	_, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	former := loan.ReadBody{Contract: c.Contract.Blob, Millis: read(c), Texts: spoken(t)}
	if _, err := d.Store().Commit(ctx, []store.Entry{{Case: c.ID, Kind: loan.ChangeRead, Operator: clerk().ID, Body: former}}, nil); err != nil {
		t.Fatal(err)
	}
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = must(d.Sign(ctx, c.ID, p, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	}
	c = must(d.Seal(ctx, c.ID))
	sealed, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	if text := reads(t, sealed); !strings.Contains(text, "与另一方一并记录") {
		t.Error("the evidence does not say that the reading was noted of both at once")
	}
}

func TestTheProxyIsWhoHeardAndRead(t *testing.T) {
	d := laptop(t, t.TempDir())
	defer d.Close()
	ctx, must := t.Context(), step(t)
	c := passed(t, d, renewal(t, d))
	const note = "父亲韦测乙代学生签"
	_, c, err := d.FillContract(ctx, c.ID, loan.Signatures{Student: loan.ByProxy, Coborrower: loan.InPerson, ProxyNote: note})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Sign(ctx, c.ID, loan.StudentParty, loan.ByProxy, note, strokes(), ticks(t, d, c)...); !strings.Contains(fault.Sentence(err), "代签人（代借款学生）") {
		t.Errorf("got %v (%s), want the proxy told to hear and read", err, fault.Sentence(err))
	}
	c = heard(t, d, c)
	if got := c.Contract.Readings[loan.StudentParty].By; got != loan.ByProxy {
		t.Errorf("the student's reading is by %q, want the proxy", got)
	}
	must(d.Sign(ctx, c.ID, loan.StudentParty, loan.ByProxy, note, strokes(), ticks(t, d, c)...))
	must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	must(d.Witness(ctx, c.ID, "reviewer-1", []byte(reviewPassword)))
	c = must(d.Seal(ctx, c.ID))
	sealed, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	text := reads(t, sealed)
	for _, want := range []string{"借款学生听读文本", "代签人代为听读", "共同借款人逐页阅读"} {
		if !strings.Contains(text, want) {
			t.Errorf("the evidence does not say %s", want)
		}
	}
}
