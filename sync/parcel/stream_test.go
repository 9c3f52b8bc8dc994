package parcel

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// whole takes a frame apart again.
func whole(t *testing.T, b []byte, up bool) (FrameHead, []byte) {
	t.Helper()
	r := bytes.NewReader(b)
	h, err := ReadHead(r, up)
	if err != nil || r.Len() != h.Len {
		t.Fatalf("head %+v, %v, %d bytes behind it", h, err, r.Len())
	}
	return h, b[len(b)-h.Len:]
}

func TestFrames(t *testing.T) {
	h := loan.Hash{1, 2, 3}
	t.Run("a request comes out as it went in", func(t *testing.T) {
		a := &Ask{ID: 7, Method: "POST", Path: "/v1/receipt?x=1", Type: TypeJSON, Body: []byte("{}")}
		b, err := a.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, body := whole(t, b, true)
		if got, err := ParseAsk(body); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("an answer comes out as it went in", func(t *testing.T) {
		a := &Answer{ID: 7, Status: 409, Type: TypeJSON, Body: []byte("x")}
		b, err := a.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		_, body := whole(t, b, false)
		if got, err := ParseAnswer(body); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("a question about blobs and its answer belong together", func(t *testing.T) {
		blobs := []BlobSize{{h, 100}, {loan.Hash{9}, 70_000}}
		_, body := whole(t, AppendLack(nil, 3, blobs), true)
		id, got, err := ParseLack(body)
		if err != nil || id != 3 || !reflect.DeepEqual(got, blobs) {
			t.Fatalf("got %d, %v, %v", id, got, err)
		}
		lacks := []Lack{{Hash: h, Held: true}, {Hash: loan.Hash{9}, Ranges: [][2]int64{{0, 10}, {20, 70_000}}}}
		_, body = whole(t, AppendLacking(nil, 3, lacks), false)
		if LackingID(body) != 3 {
			t.Error("another question's answer")
		}
		if got, err := ParseLacking(body, blobs); err != nil || !reflect.DeepEqual(got, lacks) {
			t.Errorf("got %+v, %v", got, err)
		}
		if _, err := ParseLacking(body, blobs[:1]); fault.KindOf(err) != fault.Input {
			t.Errorf("about other blobs: %v", err)
		}
	})
	t.Run("more holes than fit are one, and none is lost", func(t *testing.T) {
		l := Lack{Hash: h}
		for i := range int64(200) {
			l.Ranges = append(l.Ranges, [2]int64{i * 10, i*10 + 5})
		}
		_, body := whole(t, AppendLacking(nil, 1, []Lack{l}), false)
		got, err := ParseLacking(body, []BlobSize{{h, 2000}})
		if err != nil || len(got[0].Ranges) != maxRanges || got[0].Ranges[maxRanges-1][1] != 1995 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("a refusal comes out as it went in, and is cut where it is too long", func(t *testing.T) {
		_, body := whole(t, (&Refused{Hash: h, Status: 507, Body: []byte(strings.Repeat("x", 9000))}).Append(nil), false)
		if got, err := ParseRefused(body); err != nil || got.Hash != h || got.Status != 507 || len(got.Body) != 4096 {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestFramesRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"a type that there is not":             {200, 0, 0, 1, 0},
		"an answer from a laptop":              AppendNumber(nil, FrameTaken, 1),
		"data longer than may be":              AppendHead(nil, FrameData, MaxData+5),
		"a request longer than any":            AppendHead(nil, FrameAsk, 1<<24-1),
		"a question about no blob":             AppendHead(nil, FrameLack, 4),
		"the beginning of a ping of no length": AppendHead(nil, FramePing, 0),
	} {
		t.Run(name+" is no frame", func(t *testing.T) {
			if _, err := ReadHead(bytes.NewReader(b), true); fault.KindOf(err) != fault.Input {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := ParseBlob(AppendBlob(nil, BlobSize{loan.Hash{1}, MaxBlob + 1})[4:]); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("a blob past the limit: %v", err)
	}
}

func TestPacker(t *testing.T) {
	var p Packer
	var u Unpacker
	text := []byte(strings.Repeat("家庭主要收入来源为务农和外出务工，", 60))
	for range 2 { // the second time with what the first left behind
		b := p.Pack(text)
		if len(b) == 0 || len(b) > len(text)/2 {
			t.Fatalf("%d bytes became %d", len(text), len(b))
		}
		if got, err := u.Unpack(b, int64(len(text))); err != nil || !bytes.Equal(got, text) {
			t.Errorf("got another text, %v", err)
		}
		for _, size := range []int64{int64(len(text)) - 1, int64(len(text)) + 1, MaxPackedOne + 1} {
			if _, err := u.Unpack(b, size); fault.KindOf(err) != fault.Input {
				t.Errorf("as %d bytes: %v", size, err)
			}
		}
	}
	noise := make([]byte, 20_000)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[i] = byte(x >> 3)
	}
	if p.Pack(noise) != nil {
		t.Error("noise was packed")
	}
}

func FuzzFrames(f *testing.F) {
	a, _ := (&Ask{ID: 1, Method: "GET", Path: "/", Body: []byte("b")}).Append(nil)
	n, _ := (&Answer{ID: 1, Status: 200, Type: TypeJSON}).Append(nil)
	for _, b := range [][]byte{a, n, AppendBlob(nil, BlobSize{loan.Hash{1}, 5}), AppendData(nil, 3, []byte("xy")),
		AppendLack(nil, 1, []BlobSize{{loan.Hash{1}, 5}}), AppendLacking(nil, 1, []Lack{{Ranges: [][2]int64{{0, 5}}}}),
		(&Refused{Status: 400}).Append(nil), AppendNumber(nil, FramePing, 9)} {
		f.Add(b, true)
		f.Add(b, false)
	}
	f.Fuzz(func(t *testing.T, b []byte, up bool) {
		r := bytes.NewReader(b)
		h, err := ReadHead(r, up)
		if err != nil || r.Len() < h.Len {
			return
		}
		body := b[4 : 4+h.Len]
		switch h.Type {
		case FrameAsk:
			if a, err := ParseAsk(body); err == nil {
				if again, err := a.Append(nil); err != nil || !bytes.Equal(again[4:], body) {
					t.Fatalf("%x became %x, %v", body, again, err)
				}
			}
		case FrameAnswer:
			if a, err := ParseAnswer(body); err == nil {
				if again, err := a.Append(nil); err != nil || !bytes.Equal(again[4:], body) {
					t.Fatalf("%x became %x, %v", body, again, err)
				}
			}
		case FrameBlob:
			if s, err := ParseBlob(body); err == nil && (s.Size < 1 || s.Size > MaxBlob) {
				t.Fatalf("size %d", s.Size)
			}
		case FrameLack:
			if id, blobs, err := ParseLack(body); err == nil && !bytes.Equal(AppendLack(nil, id, blobs)[4:], body) {
				t.Fatal("another question")
			}
		case FrameLacking:
			ls, err := ParseLacking(body, []BlobSize{{loan.Hash{1}, 500}})
			for _, l := range ls {
				for _, x := range l.Ranges {
					if err == nil && (x[0] < 0 || x[1] <= x[0] || x[1] > 500) {
						t.Fatalf("range %v", x)
					}
				}
			}
		case FrameRefused:
			_, _ = ParseRefused(body)
		case FramePacked:
			if out, err := new(Unpacker).Unpack(body, 300); err == nil && len(out) != 300 {
				t.Fatalf("%d bytes", len(out))
			}
		}
	})
}
