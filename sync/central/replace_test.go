package central

import (
	"testing"

	"doorstep/internal/loan"
)

func TestAPageTakenAnewStandsForTheLostOne(t *testing.T) {
	for name, before := range map[string]bool{"the lost page is known before": true, "all comes at once": false} {
		t.Run(name, func(t *testing.T) {
			c := open(t, t.TempDir())
			l := enrol(t, c, serve(t, c))
			lost, whole, fresh := content("lost", 9000), content("whole", 7000), content("fresh", 8000)
			id, blobs := l.finished(lost, whole)
			for _, b := range blobs[1:] {
				l.blob(b)
			}
			if before {
				l.send(l.changes)
				if h := l.held(c, id); h.Lacking != 1 || h.ReceiptNo != "" {
					t.Fatalf("before: %d lacking, receipt %q", h.Lacking, h.ReceiptNo)
				}
			}
			l.change(id, loan.ChangeReplace, loan.ReplaceBody{Lost: l.county.Name(lost), Attachment: loan.Attachment{
				Slot: loan.DocSlot(loan.HukouBook), Blob: l.county.Name(fresh), Size: int64(len(fresh)), Media: "image/jpeg"}})
			if before {
				l.send(l.changes[len(l.changes)-1:])
			} else {
				l.send(l.changes)
			}
			if h := l.held(c, id); h.Lacking != 1 || h.ReceiptNo != "" {
				t.Errorf("without the new page: %d lacking, receipt %q, want 1 and none", h.Lacking, h.ReceiptNo)
			}
			l.blob(fresh)
			if h := l.held(c, id); !h.Whole() || h.Lacking != 0 || h.Aside != 0 || h.Status != "received" {
				t.Errorf("with it: %s, %d lacking, %d aside, receipt %q", h.Status, h.Lacking, h.Aside, h.ReceiptNo)
			}
		})
	}
}
