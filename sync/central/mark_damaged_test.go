package central

import (
	"net/http"
	"testing"
	"time"
)

// TestADamagedPersonKeepsNoLaptopFromItsNews writes roles that cannot be read into the
// roster: the laptop hears what is new of its cases all the same.
func TestADamagedPersonKeepsNoLaptopFromItsNews(t *testing.T) {
	c := staffed(t)
	l := enrol(t, c, serve(t, c))
	status, _, want := l.do("GET", "/v1/news?after=0", "", nil)
	if status != http.StatusOK || len(want) == 0 {
		t.Fatalf("the news: %d, %d bytes", status, len(want))
	}
	if _, err := c.db.ExecContext(t.Context(), `UPDATE operators SET roles = 'x' WHERE id = 'admin-9'`); err != nil {
		t.Fatal(err)
	}
	c.mark.at = time.Time{}
	status, _, got := l.do("GET", "/v1/news?after=0&with=mark", "", nil)
	if status != http.StatusOK || len(got) == 0 {
		t.Errorf("the news with the mark of what cannot be read: %d, %d bytes, want 200 and about %d", status, len(got), len(want))
	}
	if status, _, _ := l.do("GET", "/v1/county?bulletins", "", nil); status == http.StatusOK {
		t.Error("the county's answer: got a roster that cannot be read")
	}
}
