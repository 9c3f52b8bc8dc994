package store

import "testing"

func TestEar(t *testing.T) {
	e := NewEar()
	for _, c := range []struct {
		sentence, name, query string
		want                  bool
	}{
		{"a name is heard in full pinyin", "布依族", "buyi", true},
		{"in initials", "贵州大学", "gzdx", true},
		{"in a part of it", "平塘县", "ping", true},
		{"in a mix", "贵州大学", "贵州dx", true},
		{"any reading will do", "重庆大学", "chongqing", true},
		{"every word must be heard", "贵州大学", "gui zhou beijing", false},
		{"another name is not", "苗族", "buyi", false},
		{"an empty query is heard everywhere", "苗族", "", true},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if got := e.Hears(c.name, c.query); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
