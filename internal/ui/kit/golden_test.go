package kit

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"
)

// golden is a widget as it is drawn, compared with what testdata holds. A
// drawing that differs is left in testdata/failed; where it is the better one
// it takes the place of the old.
type golden struct {
	name          string
	width, height float32
	make          func() fyne.CanvasObject
	then          func(s *stage, o fyne.CanvasObject)
}

func goldens() []golden {
	fixed := func() time.Time { return time.Date(2026, 8, 20, 9, 0, 0, 0, time.UTC) }
	return []golden{
		{"field", 320, 120, func() fyne.CanvasObject {
			f := NewField()
			f.SetText("张𬎆明")
			l := NewLabeled("姓名", true, f)
			l.SetHint("与身份证一致")
			return l
		}, nil},
		{"field-focused", 320, 60, func() fyne.CanvasObject {
			f := NewField()
			f.SetText("利川市")
			return f
		}, func(s *stage, o fyne.CanvasObject) { s.focus(o.(*Field)) }},
		{"field-composing", 320, 60, func() fyne.CanvasObject { return NewField() }, func(s *stage, o fyne.CanvasObject) {
			s.focus(o.(*Field))
			s.write("利川")
			o.(*Field).setPreedit([]rune("shi"), 3, span{0, 3})
		}},
		{"field-error", 320, 120, func() fyne.CanvasObject {
			l := NewLabeled("手机号", true, NewField())
			l.SetError("请填写手机号")
			return l
		}, nil},
		{"field-lines", 320, 120, func() fyne.CanvasObject {
			f := NewField()
			f.MultiLine = true
			f.SetText("第一行\n第二行，写得很长很长很长很长很长很长很长很长很长。")
			return f
		}, nil},
		{"field-password", 320, 60, func() fyne.CanvasObject {
			f := NewField()
			f.Password = true
			f.SetText("secret")
			return f
		}, nil},
		{"masked", 320, 60, func() fyne.CanvasObject {
			m := NewMasked(func(string) string { return "422802********0315" })
			m.SetText("422802200703150315")
			return m
		}, nil},
		{"amount", 320, 60, func() fyne.CanvasObject { a := NewAmount(); a.SetValue(16000); return a }, nil},
		{"choice", 320, 60, func() fyne.CanvasObject {
			c := NewChoice(Option{ID: "1", Text: "首贷"}, Option{ID: "2", Text: "续贷"})
			c.SetValue("2")
			return c
		}, nil},
		{"check", 320, 80, func() fyne.CanvasObject {
			c := NewCheck("本人已阅读并同意全部条款，知悉还款责任与逾期后果", true)
			c.SetChecked(true)
			return c
		}, nil},
		{"buttons", 560, 80, func() fyne.CanvasObject {
			off, busy := NewSecondary("不可用", nil, nil), NewPrimary("保存", nil, nil)
			off.Disable()
			busy.SetBusy("正在保存…")
			return container.NewHBox(NewPrimary("保存", Icon("check"), nil), NewSecondary("存草稿", nil, nil), NewQuiet("更多", nil, nil), NewDanger("作废", Icon("trash"), nil), off, busy)
		}, nil},
		{"picker-open", 320, 300, func() fyne.CanvasObject { return container.NewVBox(NewFixedPicker(nations())) }, func(s *stage, o fyne.CanvasObject) {
			p := find[*Picker](o, 0)
			s.focus(p.Field())
			s.press(fyne.KeyDown, fyne.KeyDown)
		}},
		{"calendar-open", 320, 400, func() fyne.CanvasObject {
			d := NewDate()
			d.Now, d.AllowLongTerm = fixed, true
			d.SetValue("20070315")
			return container.NewVBox(d)
		}, func(s *stage, o fyne.CanvasObject) {
			s.focus(find[*DateField](o, 0).Field())
			s.press(fyne.KeyDown)
		}},
		{"rail", 170, 400, func() fyne.CanvasObject {
			r := NewRail("家门口办贷", "谋道镇受理点", RailEntry{ID: "a", Text: "今日", Icon: Icon("home")}, RailEntry{ID: "b", Text: "案件", Icon: Icon("cases"), Badge: "12"})
			r.SetActive("a")
			r.SetFooter(NewStatusLine(Warning, "离线"), NewStatusLine(Good, "已保存 10:42"))
			return r
		}, nil},
		{"steps", 700, 60, func() fyne.CanvasObject {
			s := NewSteps("核验材料", "学生", "签署", "回执")
			s.SetState(0, StepDone)
			s.SetState(2, StepProblem)
			s.SetCurrent(1)
			return s
		}, nil},
		{"steps-narrow", 260, 60, func() fyne.CanvasObject { return NewSteps("核验材料", "学生", "签署", "回执") }, nil},
		{"list", 420, 200, func() fyne.CanvasObject {
			l := NewList([]Column{{Title: "姓名", Weight: 1}, {Title: "金额", Weight: 1, Right: true}}, func() int { return 100 }, func(i int) []Cell {
				return []Cell{{Text: "袁涵霞", Detail: "贵州大学", Bold: true}, {Text: "9,500", Color: ColorOK}}
			})
			l.TwoLines = true
			l.Select(1)
			return l
		}, nil},
		{"problems", 300, 200, func() fyne.CanvasObject {
			p := NewProblems("没有问题")
			p.Set([]Problem{{"E-ID-02", "身份证号校验码不对，请核对证件后重新填写。", Bad, nil}, {"W-PH-01", "手机号与去年不同。", Warning, nil}})
			return p
		}, nil},
		{"problems-none", 300, 60, func() fyne.CanvasObject { return NewProblems("没有问题") }, nil},
		{"photo", 200, 300, func() fyne.CanvasObject {
			p := NewPhotoFrame("尚无照片", 150, 1.23, NewSecondary("拍照", Icon("camera"), nil))
			p.SetCaption(Warning, "光线偏暗")
			return p
		}, nil},
		{"photo-watermark", 200, 260, func() fyne.CanvasObject {
			p := NewPhotoFrame("", 150, 1.23)
			p.SetImage(photo(30, 40))
			p.SetWatermark("仅供助学贷款使用")
			return p
		}, nil},
		{"card", 400, 160, func() fyne.CanvasObject {
			return Card("学生信息", NewLine("自动填写", TextCaption), NewText("内容", TextBody))
		}, nil},
		{"dialog", 600, 300, func() fyne.CanvasObject { return NewField() }, func(s *stage, _ fyne.CanvasObject) {
			Confirm(s.w, "作废？", "作废后不能恢复。", "作废", "返回", nil)
		}},
		{"notice", 500, 200, func() fyne.CanvasObject { return NewField() }, func(s *stage, _ fyne.CanvasObject) {
			Notice(s.w, Good, "已保存到本机")
		}},
		{"signature", 360, 160, func() fyne.CanvasObject { return NewSignaturePad("请在此处签名") }, nil},
	}
}

func TestGoldens(t *testing.T) {
	for _, g := range goldens() {
		for variant, v := range map[string]Variant{"light": Light, "dark": Dark} {
			t.Run(g.name+" "+variant, func(t *testing.T) {
				wear(v, 1)
				o := g.make()
				s := showIn(t, o, g.width, g.height, v)
				if g.then != nil {
					g.then(s, o)
				}
				test.AssertRendersToMarkup(t, "golden/"+g.name+"-"+variant+".xml", s.w.Canvas())
			})
		}
	}
}
