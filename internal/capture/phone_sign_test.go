package capture

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
)

func testSigning() *PhoneSigning {
	return &PhoneSigning{Document: "国家助学贷款借款合同", Signer: "借款学生 韦*甲", Manner: "请写本人姓名。", Mark: "a1b2 c3d4"}
}

// packInk is a signature as the page sends it.
func packInk(mark string, ink Ink) []byte {
	b := append([]byte{byte(len(mark))}, mark...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(ink)))
	for _, s := range ink {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		for _, p := range s {
			for _, v := range []uint32{math.Float32bits(p.X), math.Float32bits(p.Y), p.T, math.Float32bits(p.P)} {
				b = binary.BigEndian.AppendUint32(b, v)
			}
		}
	}
	return b
}

func someInk() Ink {
	return Ink{{{.1, .5, 0, 0}, {.4, .3, 60, .5}, {.8, .6, 140, 1}}, {{0, 0, 300, 0}, {1, 1, 300, 0}}}
}

func TestInkFromAPhoneIsTakenOrRefusedInWords(t *testing.T) {
	const mark = "a1b2 c3d4"
	got, err := readInk(packInk(mark, someInk()), mark)
	if err != nil || len(got) != 2 || got[0][1] != someInk()[0][1] || got[1][1] != someInk()[1][1] {
		t.Fatalf("got %v, %v, want what was drawn", got, err)
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	one := func(p InkPoint) []byte { return packInk(mark, Ink{{{.1, .1, 50, 0}, p}}) }
	good := packInk(mark, someInk())
	many := packInk(mark, Ink{make(InkStroke, maxInkPoints), make(InkStroke, 1)})
	for name, k := range map[string]struct {
		b    []byte
		want string
	}{
		"too many points":              {many, "笔画过多"},
		"too many strokes":             {packInk(mark, make(Ink, maxInkStrokes+1)), "笔画数不对"},
		"no stroke":                    {packInk(mark, nil), "笔画数不对"},
		"a stroke without a point":     {packInk(mark, Ink{{}}), "不完整"},
		"no number across":             {one(InkPoint{X: nan, T: 60}), "框外"},
		"no number down":               {one(InkPoint{Y: nan, T: 60}), "框外"},
		"right of the pad":             {one(InkPoint{X: 1.01, T: 60}), "框外"},
		"left of the pad":              {one(InkPoint{X: -.01, T: 60}), "框外"},
		"below the pad":                {one(InkPoint{Y: inf, T: 60}), "框外"},
		"above the pad":                {one(InkPoint{Y: -inf, T: 60}), "框外"},
		"no pressure there is":         {one(InkPoint{P: 2, T: 60}), "压力"},
		"a pressure that is no number": {one(InkPoint{P: nan, T: 60}), "压力"},
		"a time going backwards":       {one(InkPoint{T: 49}), "时间"},
		"backwards between strokes":    {packInk(mark, Ink{{{T: 90}}, {{T: 89}}}), "时间"},
		"a time past all patience":     {one(InkPoint{T: maxInkTime + 1}), "时间"},
		"another document":             {packInk("ffff ffff", someInk()), "不是电脑上的这份合同"},
		"nothing":                      {nil, "不完整"},
		"cut off in the mark":          {good[:5], "不完整"},
		"cut off in a stroke":          {good[:len(good)-1], "不完整"},
		"cut off before a stroke":      {good[:len(good)-2*inkPointSize-1], "不完整"},
		"bytes behind the end":         {append(bytes.Clone(good), 0), "多余"},
	} {
		if _, err := readInk(k.b, mark); fault.KindOf(err) != fault.Input || !strings.Contains(fault.Sentence(err), k.want) {
			t.Errorf("%s: got %v (%s), want %s", name, err, fault.Sentence(err), k.want)
		}
	}
	if len(many) > maxInk+2*inkPointSize || len(packInk(mark, Ink{make(InkStroke, maxInkPoints)})) > maxInk {
		t.Error("the bound of the record does not fit the bounds of the ink")
	}
}

// joins pairs as the page does and takes its own token.
func (g *phonePage) joins(t *testing.T, p *Phone) *peer.Conn {
	t.Helper()
	conn, err := g.join()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if g.key == "" {
		g.key = string(told(t, conn, recordKey))
	}
	return conn
}

func TestASignatureComesFromAPhone(t *testing.T) {
	p, g := servePhoneFor(t, PhoneOptions{Title: "手机签名", Sign: testSigning()})
	if _, text := g.get("about"); strings.Contains(text, "韦") || strings.Contains(text, "a1b2") {
		t.Errorf("who has no token is told %s", text)
	}
	conn := g.joins(t, p)
	if a := hears[phoneAsk](t, conn, recordAsk); a != phoneAsk(*testSigning()) {
		t.Errorf("the phone shows %+v", a)
	}
	if e := next(t, p); !e.Joined || e.Digits != "" {
		t.Fatalf("got %+v, want that it joined", e)
	}
	words := func() phoneWords { return hears[phoneWords](t, conn, recordWords) }
	words()
	bad := someInk()
	bad[0][1].X = 7
	for name, ink := range map[string][]byte{"outside the pad": packInk(testSigning().Mark, bad), "of another document": packInk("0000 0000", someInk())} {
		writeRecord(conn, recordInk, ink)
		if e := next(t, p); fault.KindOf(e.Refused) != fault.Input || e.Ink != nil {
			t.Errorf("%s: got %+v, want it refused", name, e)
		}
		if w := words(); w.Kind != "bad" || !strings.Contains(w.Text, "重写") {
			t.Errorf("%s: the phone is told %v", name, w)
		}
	}
	writeRecord(conn, recordInk, packInk(testSigning().Mark, someInk()))
	if w := words(); w.Kind != "good" {
		t.Errorf("the phone is told %v", w)
	}
	if e := next(t, p); len(e.Ink) != 2 || e.Ink[0][2] != someInk()[0][2] {
		t.Fatalf("got %+v, want the signature", e)
	}
	writeRecord(conn, recordInk, packInk(testSigning().Mark, someInk()))
	if e := next(t, p); e.Ink != nil || !strings.Contains(fault.Sentence(e.Refused), "已经签过") {
		t.Errorf("a second signature after the end: got %+v", e)
	}
	words()
	p.AskAgain("太小，请写大一些。")
	hears[phoneAsk](t, conn, recordAsk)
	if w := words(); w.Text != "太小，请写大一些。" {
		t.Errorf("the phone is told %v", w)
	}
	writeRecord(conn, recordInk, packInk(testSigning().Mark, someInk()[:1]))
	if e := next(t, p); len(e.Ink) != 1 {
		t.Errorf("got %+v, want the signature that was asked for again", e)
	}
	words()
	t.Run("a picture is no signature, and ends the connection", func(t *testing.T) {
		writeRecord(conn, recordShot, goodShot(t, 80, 60))
		if e := next(t, p); e.Shot != nil || fault.KindOf(e.Refused) != fault.Input {
			t.Errorf("got %+v", e)
		}
		if e := next(t, p); !e.Left {
			t.Errorf("got %+v, want it gone", e)
		}
	})
	t.Run("the code is for one phone, which may come back", func(t *testing.T) {
		if _, err := (phonePage{t: t, base: g.base, token: g.token}).join(); err == nil {
			t.Fatal("another phone joined by the same code")
		}
		if e := next(t, p); fault.KindOf(e.Refused) != fault.Untrusted {
			t.Errorf("the clerk is told %+v", e)
		}
		g.joins(t, p)
		if !next(t, p).Joined {
			t.Error("the phone cannot come back")
		}
	})
}

func FuzzInk(f *testing.F) {
	f.Add(packInk("a1b2 c3d4", someInk()))
	f.Add(packInk("a1b2 c3d4", nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		ink, err := readInk(b, "a1b2 c3d4")
		if err != nil {
			return
		}
		if !bytes.Equal(packInk("a1b2 c3d4", ink), b) {
			t.Fatal("what was taken does not come back the same")
		}
		last := uint32(0)
		for _, s := range ink {
			for _, p := range s {
				if !(p.X >= 0 && p.X <= 1 && p.Y >= 0 && p.Y <= 1 && p.P >= 0 && p.P <= 1) || p.T < last {
					t.Fatalf("taken: %+v", p)
				}
				last = p.T
			}
		}
	})
}
