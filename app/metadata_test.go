package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestMetadataAgreesWithFyneApp(t *testing.T) {
	b, err := os.ReadFile("../FyneApp.toml")
	if err != nil {
		t.Fatal(err)
	}
	_, details, _ := strings.Cut(string(b), "[Details]")
	details, _, _ = strings.Cut(details, "\n[")
	file := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\s*(\w+)\s*=\s*"(.*)"\s*$`).FindAllStringSubmatch(details, -1) {
		file[m[1]] = m[2]
	}
	m := metadata()
	for key, got := range map[string]string{"ID": m.ID, "Name": m.Name, "Version": m.Version} {
		if want := file[key]; got != want || want == "" {
			t.Errorf("%s: got %q, FyneApp.toml has %q", key, got, want)
		}
	}
	icon, err := os.ReadFile(filepath.Join("..", file["Icon"]))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.Icon.Content(), icon) {
		t.Error("the icon is not that of FyneApp.toml")
	}
}
