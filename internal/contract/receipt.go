package contract

import (
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// ReceiptInput is what a receipt is made of, temporary or of the centre.
type ReceiptInput struct {
	App        loan.Application
	Pack       loan.Policy
	Template   []byte // a file of assets.Templates
	CaseID     uuid.UUID
	ContractNo string // this and the next two are empty while the centre has given none
	ReceiptNo  string
	CheckCode  string
	Point      string
	Operator   string
	// Masked holds the names of the template that end in _masked, ready for
	// print: student.name_masked and so on. One that is missing prints as “—”.
	Masked map[string]string
	Status loan.Status
	At     time.Time
}

// Receipt makes the receipt of its template, 临时受理回执 or 受理回执, as PDF/A-2u, with a QR code
// of the case's id and status: "doorstep:case:" id ":" status. Errors are those
// of Fill. It is never sealed.
func (p *Press) Receipt(in ReceiptInput) ([]byte, error) {
	const op = "contract.Receipt"
	f, err := parseForm(in.Template)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	extra := maskedNames(in.Masked)
	extra["receipt_no"], extra["check_code"] = given(in.ReceiptNo), given(in.CheckCode)
	filled := Input{App: in.App, Pack: in.Pack, CaseID: in.CaseID, ContractNo: in.ContractNo,
		Point: in.Point, Operator: in.Operator, At: in.At}
	w := newWriter(p, &filled, f, newNames(&filled, f.edition(), extra))
	if err := w.slip(&in); err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := w.finish(false)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return b, nil
}

// given is a number of the centre's, or that it is still to come.
func given(number string) string {
	if number == "" {
		return "由中心编发"
	}
	return number
}

func (w *writer) slip(in *ReceiptInput) error {
	if err := w.title(); err != nil {
		return err
	}
	if in.Status == loan.Returned {
		err := w.l.paragraph(para{size: 12, leading: 20, align: alignCentre, after: 6}, span{text: "已退回：本案已被中心退回，须改正后重新提交。", bold: true, field: "模板"})
		if err != nil {
			return err
		}
	}
	for i := range w.form.Sections {
		if err := w.section(&w.form.Sections[i]); err != nil {
			return err
		}
	}
	const side = 118.0
	w.l.skip(14)
	w.l.need(side)
	s, y := w.l.page(), w.l.y-side
	if err := s.qr(caseQR(in.CaseID)+":"+in.Status.String(), marginX-8, y, side); err != nil {
		return err
	}
	for i, t := range []struct {
		text string
		bold bool
		size float64
	}{
		{"当前状态：" + stood(in.Status), true, 12},
		{"受理编号：" + in.CaseID.String(), false, 10},
		{"凭二维码或受理编号到受理点查询办理进度。", false, 10},
	} {
		err := w.l.put(s, marginX+side+6, y+side-34-22*float64(i), bodyWidth-side, alignLeft,
			pen{size: t.size}, span{text: t.text, bold: t.bold, field: "受理编号"})
		if err != nil {
			return err
		}
	}
	w.l.y = y
	return w.margins()
}

// stood is a status in the words of a paper, which is read beside no other.
func stood(s loan.Status) string {
	if s == loan.Returned {
		return "已退回"
	}
	return s.Label()
}
