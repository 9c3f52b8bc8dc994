package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/sync/central"
	"github.com/google/uuid"
)

// tellsOfSigningAgain says that the record at the centre has a signing anew in the words
// that the laptop has for it.
func tellsOfSigningAgain(t *testing.T, s *server, id uuid.UUID) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.csv")
	s.must(t, "record", "export", "--reason", "年度检查", "--case", id.String(), "--kind", "correct", "--out", file)
	report, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"the report": string(report),
	} {
		var lines []string
		for l := range strings.Lines(text) {
			if strings.Contains(l, id.String()) {
				lines = append(lines, l)
			}
		}
		if len(lines) != 1 || !strings.Contains(lines[0], "重新签署") || !strings.Contains(lines[0], "签名作废，重新签署") || strings.Contains(lines[0], "申请金额") || strings.Contains(lines[0], "补正") {
			t.Errorf("%s says of a case that was signed anew %q", where, lines)
		}
	}
	var found central.RecordFound
	err = json.Unmarshal([]byte(s.must(t, "record", "list", "--reason", "年度检查", "--case", id.String(), "--kind", "correct", "--json")), &found)
	if err != nil || len(found.Lines) != 1 || found.Lines[0].Sort() != "sign-again" || len(found.Lines[0].Fields) > 0 {
		t.Errorf("for programs: %+v, %v", found.Lines, err)
	}
}
