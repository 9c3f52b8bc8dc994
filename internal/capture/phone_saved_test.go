package capture

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestAPageFromAFileIsAnsweredByTheTokenAlone(t *testing.T) {
	p, g := servePhone(t)
	proof := phoneMAC(p.token, "saved")
	ask := func(method, path, origin string, head map[string]string) (int, http.Header, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, g.base+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		for k, v := range head {
			req.Header.Set(k, v)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, res.Header, string(b)
	}
	for _, origin := range []string{"null", "file://", "content://"} {
		status, head, text := ask(http.MethodGet, "saved/"+proof+"/about", origin, nil)
		if status != http.StatusOK || head.Get("Access-Control-Allow-Origin") != origin || !strings.Contains(text, "户口簿") {
			t.Errorf("%s: got %d %v %s", origin, status, head, text)
		}
	}
	status, head, _ := ask(http.MethodOptions, "saved/"+proof+"/pair", "null", map[string]string{
		"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"})
	if status != http.StatusNoContent || head.Get("Access-Control-Allow-Private-Network") != "true" || head.Get("Access-Control-Allow-Origin") != "null" {
		t.Errorf("the question before: got %d %v", status, head)
	}
	for name, c := range map[string]struct{ method, path, origin string }{
		"the plain paths":                  {http.MethodGet, "about", "null"},
		"the plain pairing":                {http.MethodPost, "pair", "null"},
		"the page to be saved":             {http.MethodGet, savedName, "null"},
		"a question before a plain path":   {http.MethodOptions, "pair", "null"},
		"another token":                    {http.MethodGet, "saved/" + phoneMAC("GUESS", "saved") + "/about", "null"},
		"a question before another token":  {http.MethodOptions, "saved/" + phoneMAC("GUESS", "saved") + "/pair", "null"},
		"no token":                         {http.MethodPost, "saved//pair", "null"},
		"the proof of another request":     {http.MethodPost, "saved/" + phoneMAC(p.token, "look") + "/pair", "null"},
		"a page with an address":           {http.MethodGet, "saved/" + proof + "/about", "http://192.0.2.9"},
		"a page with an address, pairing":  {http.MethodPost, "saved/" + proof + "/pair", "https://phone.test"},
		"a page with an address, question": {http.MethodOptions, "saved/" + proof + "/pair", "http://192.0.2.9"},
		"no page":                          {http.MethodGet, "saved/" + proof + "/about", ""},
	} {
		status, head, text := ask(c.method, c.path, c.origin, map[string]string{"Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"})
		for k := range head {
			if strings.HasPrefix(k, "Access-Control-Allow") {
				t.Errorf("%s: got %s", name, k)
			}
		}
		if strings.HasPrefix(c.path, "saved/") && (status < 400 || strings.Contains(text, "户口簿")) {
			t.Errorf("%s: got %d %s", name, status, text)
		}
	}
	status, _, text := ask(http.MethodPost, "saved/"+proof+"/pair", "null", nil)
	if status != http.StatusForbidden {
		t.Errorf("an offer that proves nothing: got %d %s", status, text)
	}
}

func TestThePageToBeSavedIsWholeAndTheSameForEverybody(t *testing.T) {
	p, g := servePhone(t)
	res, err := http.Get(g.base + savedName)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Error("a browser may show it where it is not saved")
	}
	if text := string(b); strings.Contains(text, p.token) || strings.Contains(text, "户口簿") {
		t.Error("it holds the token or the title: it comes over a network")
	}
	if found := regexp.MustCompile(`(?:src|href)="|@import|url\(`).Find(b); found != nil {
		t.Errorf("it needs something from elsewhere: %s", found)
	}
	for name, o := range map[string]PhoneOptions{
		"the laptop's own browser": {Title: "照片", Local: true},
		"a signature":              {Title: "手机签名", Sign: testSigning()},
		"a file":                   {Title: "保存合同", Gift: testGift()},
	} {
		q, err := ServePhone(t.Context(), func() PhoneOptions { o.Loopback = true; return o }())
		if err != nil {
			t.Fatal(err)
		}
		base, _, _ := strings.Cut(q.address("127.0.0.1"), "#")
		for _, path := range []string{savedName, "saved/" + phoneMAC(q.token, "saved") + "/about"} {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
			req.Header.Set("Origin", "null")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s is answered with %d", name, path, res.StatusCode)
			}
		}
		q.Close()
	}
}
