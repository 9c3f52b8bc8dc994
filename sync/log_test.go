package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// lines is a log that several goroutines write.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// A whole road with all that can be logged on the way: none of it names anyone.
func TestTheLogNamesNobody(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	settle(t, dir)
	addr := filepath.Join(t.TempDir(), "addr")
	var log lines
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--listen", "127.0.0.1:0", "--data", dir, "--practice", "--address-file", addr,
			"--log", "json", "--verbose", "--metrics", "127.0.0.1:0"}, io.Discard, &log)
	}()
	defer func() { cancel(); <-done }()
	s := &server{dir: dir, url: await(t, addr)}
	l := newLaptop(t, s)
	student := loan.Person{Name: "欧阳测试", IDNo: "522727200601019999", Phone: "13800001234", Address: "平塘县测试乡某村七组", Ethnic: "布依族"}
	id := uuid.Must(uuid.NewV7())
	l.commit(t, id, "practice-clerk", loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026,
		Student: student, Coborrowers: []loan.Coborrower{{Person: loan.Person{Name: "欧阳父亲", IDNo: "522727197001018888", Phone: "13900005678"}}}}})
	l.commit(t, id, "practice-clerk", loan.ChangeVoid, loan.ReasonBody{Reason: "本人要求作废"})
	l.finished(t, noise("paper", 100_000))
	mustCarry(t, l, "")
	// What goes wrong is logged too.
	post(t, s, l.Profile(), []byte("欧阳测试 522727200601019999"))
	if _, err := courier.Enrol(t.Context(), courier.EnrolRequest{Server: s.url, Code: s.code(t)}); err != nil {
		t.Fatal(err)
	}
	stranger := &http.Client{Transport: &http.Transport{TLSClientConfig: seal.EnrolTLS(mustCode(t, s.code(t)).Fingerprint)}}
	for _, path := range []string{"/v1/blob/欧阳测试/0", "/v1/news?after=13800001234", "/欧阳父亲"} {
		if resp, err := stranger.Get(s.url + path); err == nil {
			resp.Body.Close()
		}
	}
	verbOK(t, "operator", "add", "--data", dir, "--id", "new-clerk", "--name", "新来的人", "--role", "clerk")
	var said strings.Builder // a verb's words are no log
	if code := run(t.Context(), []string{"device", "revoke", "--data", dir, "--id", l.Profile().Device.String()}, io.Discard, &said); code != exitOK {
		t.Fatal(code)
	}
	_ = l.carry(t, "") // refused
	cancel()
	if code := <-done; code != exitOK {
		t.Errorf("ended with %d", code)
	}
	done <- 0
	secrets := []string{student.Name, student.IDNo, student.Phone, student.Address, student.Ethnic, "欧阳父亲", "522727197001018888", "13900005678",
		"本人要求作废", "新来的人", "练习操作员", "练习复核员", "测试乡"}
	for _, secret := range secrets {
		if strings.Contains(said.String(), secret) {
			t.Errorf("the verb says %q", secret)
		}
	}
	n := 0
	for line := range strings.Lines(log.b.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Errorf("no JSON: %s", line)
		}
		n++
		plain, _ := json.Marshal(v)
		for _, secret := range secrets {
			if strings.Contains(line, secret) || bytes.Contains(plain, []byte(secret)) {
				t.Errorf("it holds a personal value: %s", line)
			}
		}
	}
	if n < 15 || !strings.Contains(log.b.String(), l.Profile().Device.String()) {
		t.Errorf("%d lines only, or no device's id: nothing was logged", n)
	}
}
