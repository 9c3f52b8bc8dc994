package capture

import (
	"bytes"
	"testing"

	"doorstep/internal/fault"
)

func TestAPhoneIsToldThatItsPictureCameAndItCountsOnce(t *testing.T) {
	p, g := servePhone(t)
	one, two := goodShot(t, 80, 60), goodShot(t, 81, 60)
	for n := range 2 { // and the phone is back
		conn, err := g.join()
		if err != nil {
			t.Fatal(err)
		}
		joined(t, p)
		told(t, conn, recordWords)
		writeRecord(conn, recordName, []byte("first"))
		writeRecord(conn, recordShot, one)
		if n == 0 {
			if got := shot(t, p); !bytes.Equal(got.Data, one) {
				t.Error("another picture came")
			}
			p.Say(true, "好。")
		}
		if got := told(t, conn, recordHave); string(got) != "first" {
			t.Errorf("the phone is told of %q", got)
		}
		if n == 0 {
			told(t, conn, recordWords) // about the picture, after it
		}
		conn.Close()
		if e := next(t, p); !e.Left {
			t.Fatalf("got %+v, want that it left, and no second picture", e)
		}
	}
	conn, err := g.join()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	joined(t, p)
	told(t, conn, recordWords)
	for _, c := range []struct {
		name string
		data []byte
	}{{"second", one}, {"third", two}} { // the same bytes by another name are another picture
		writeRecord(conn, recordName, []byte(c.name))
		writeRecord(conn, recordShot, c.data)
		if got := shot(t, p); !bytes.Equal(got.Data, c.data) {
			t.Errorf("%s: another picture came", c.name)
		}
		if got := told(t, conn, recordHave); string(got) != c.name {
			t.Errorf("the phone is told of %q, want %s", got, c.name)
		}
	}
	writeRecord(conn, recordName, []byte("fourth"))
	writeRecord(conn, recordShot, []byte("no picture"))
	if e := next(t, p); e.Refused == nil {
		t.Errorf("got %+v", e)
	}
	if got := told(t, conn, recordHave); string(got) != "fourth" { // it is not sent again for ever
		t.Errorf("the phone is told of %q", got)
	}
	told(t, conn, recordWords)
	writeRecord(conn, recordName, make([]byte, maxName+1))
	if e := next(t, p); fault.KindOf(e.Refused) != fault.TooLarge {
		t.Errorf("a name too long: got %+v", e)
	}
}
