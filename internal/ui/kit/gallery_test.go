package kit

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"doorstep/assets"
)

// realFonts are the program's own faces.
func realFonts() Fonts {
	return Fonts{
		Regular: fyne.NewStaticResource("DoorstepSans-Regular.otf", assets.Sans()),
		Bold:    fyne.NewStaticResource("DoorstepSans-Bold.otf", assets.SansBold()),
	}
}

// gallery is a screen with everything on it.
func gallery() fyne.CanvasObject {
	rail := NewRail("家门口办贷", "利川市谋道镇受理点",
		RailEntry{ID: "a", Text: "今日", Icon: Icon("home")},
		RailEntry{ID: "b", Text: "案件", Icon: Icon("cases"), Badge: "128"},
		RailEntry{ID: "c", Text: "受理", Icon: Icon("intake")},
		RailEntry{ID: "d", Text: "同步", Icon: Icon("sync"), Badge: "3"},
		RailEntry{ID: "e", Text: "管理", Icon: Icon("manage")})
	rail.SetActive("c")
	rail.SetFooter(NewStatusLine(Warning, "离线　待同步 12 件"), NewStatusLine(Good, "已保存 10:42"))
	steps := NewSteps("核验材料", "学生", "共同借款人", "就学与贷款", "人证与影像", "复核", "签署", "回执")
	steps.SetState(0, StepDone)
	steps.SetState(2, StepProblem)
	steps.SetCurrent(1)

	name := NewField()
	name.SetText("张𬎆明")
	id := NewMasked(func(s string) string { return "422802********0315" })
	id.SetText("422802200703150315")
	sex := NewChoice(Option{ID: "1", Text: "男"}, Option{ID: "2", Text: "女"})
	sex.SetValue("1")
	nation := NewFixedPicker([]Option{{ID: "01", Text: "汉族", Detail: "Han"}, {ID: "15", Text: "土家族", Detail: "Tujia"}})
	birth := NewDate()
	birth.SetValue("20070315")
	phone := NewField()
	phone.SetPlaceholder("11 位手机号")
	amount := NewAmount()
	amount.SetValue(16000)
	address := NewField()
	address.SetPlaceholder("省 / 市 / 县（区）/ 乡镇 / 村")
	note := NewField()
	note.MultiLine = true
	note.SetText("多行文字：家庭经济情况说明，父亲务农，母亲务工，弟弟就读于利川市第一中学，全年收入约 32,000 元，需要申请 16000 元。")
	readonly := NewField()
	readonly.SetText("只读的内容")
	readonly.SetReadOnly(true)
	frame := NewPhotoFrame("尚无照片", 150, 1.23, NewSecondary("拍照", Icon("camera"), nil), NewSecondary("从文件选择", Icon("folder"), nil))
	phoneL := NewLabeled("手机号", true, phone)
	phoneL.SetError("请填写手机号")
	mail := NewLabeled("电子邮箱", false, NewField())
	mail.SetHint("可不填")
	form := container.NewVBox(
		Columns(nil, NewLabeled("姓名", true, name), NewLabeled("身份证号", true, id)),
		Columns(nil, NewLabeled("性别", true, sex), NewLabeled("民族", true, nation), NewLabeled("出生日期", true, birth)),
		Columns(nil, phoneL, mail, NewLabeled("申请金额（元）", true, amount)),
		Columns(nil, NewLabeled("户籍地址", true, address)),
		Columns(nil, NewLabeled("情况说明", false, note), NewLabeled("只读", false, readonly)),
	)
	one := Card("学生信息", NewText("读取身份证后自动填写", TextCaption), container.NewBorder(nil, nil, nil, container.NewPadded(frame), form))
	problems := NewProblems("没有问题")
	problems.Set([]Problem{{"E-ID-02", "身份证号校验码不对，请核对证件。", Bad, nil}, {"W-PH-01", "手机号与去年不同，请与本人确认后再继续办理。", Warning, nil}})
	check := NewCheck("本人已阅读并同意《国家助学贷款借款合同》全部条款，知悉还款责任", true)
	check.SetChecked(true)
	pad := NewSignaturePad("请在此处签名")
	// A page that came would be drawn by the test driver beside the test.
	pages := NewPageView(func(ctx context.Context, page int, dpi float64) (image.Image, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, 3)
	list := NewList([]Column{{Title: "姓名", Weight: 1}, {Title: "院校", Weight: 2}, {Title: "金额", Weight: 1, Right: true}, {Title: "状态", Weight: 1}}, func() int { return 20000 },
		func(i int) []Cell {
			return []Cell{{Text: "袁涵霞", Bold: true}, {Text: "贵州大学 " + fmt.Sprint(i)}, {Text: "9,500"}, {Text: "已签署", Color: ColorOK}}
		})
	list.Select(2)
	two := Card("签署", nil, Columns([]float32{2, 1}, container.NewVBox(check, pad), Card("还有 2 处需要改正", nil, problems)))
	three := Card("清单与文件", nil, container.NewGridWrap(fyne.NewSize(520, 260), list, pages))
	scroll := container.NewVScroll(container.NewPadded(container.NewVBox(one, two, three)))
	save := NewPrimary("保存并进入下一步", Icon("check"), nil)
	bar := container.NewPadded(container.NewHBox(NewStatusLine(Bad, "还有 21 处需要填写或改正"), NewQuiet("更多", nil, nil), NewDanger("作废", Icon("trash"), nil), NewSecondary("存草稿", nil, nil), save))
	return container.NewBorder(nil, nil, rail, nil, container.NewBorder(steps, bar, nil, nil, scroll))
}

func photo(w, h int) image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	draw.Draw(img, img.Bounds(), image.NewUniform(color.NRGBA{250, 250, 248, 255}), image.Point{}, draw.Src)
	return img
}

// shoot writes a picture of a window for the eye, where the environment asks.
func shoot(t *testing.T, name string, c fyne.Canvas) {
	dir := os.Getenv("KIT_PICTURES")
	if dir == "" {
		return
	}
	f, err := os.Create(filepath.Join(dir, name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, c.Capture()); err != nil {
		t.Fatal(err)
	}
}

// find is the first widget of a sort within o.
func find[T fyne.CanvasObject](o fyne.CanvasObject, skip int) T {
	var found T
	left := skip
	var walk func(fyne.CanvasObject) bool
	walk = func(o fyne.CanvasObject) bool {
		if w, ok := o.(T); ok {
			if left == 0 {
				found = w
				return true
			}
			left--
		}
		for _, child := range inside(o) {
			if child != nil && walk(child) {
				return true
			}
		}
		return false
	}
	walk(o)
	return found
}

// TestGalleryDraws shows everything together; with KIT_PICTURES set to a
// folder it leaves pictures for the eye.
func TestGalleryDraws(t *testing.T) {
	for name, v := range map[string]Variant{"light": Light, "dark": Dark} {
		for _, scale := range []float32{1, 1.3} {
			if scale != 1 && os.Getenv("KIT_PICTURES") == "" {
				continue
			}
			wear(v, scale)
			name := fmt.Sprint(name, "-", scale)
			w := fyne.CurrentApp().NewWindow("gallery")
			root := Attach(w, nil, gallery())
			w.Resize(fyne.NewSize(1366, 768))
			shoot(t, name+"-top", w.Canvas())
			find[*Picker](root, 0).Field().FocusGained()
			find[*Picker](root, 0).show("")
			shoot(t, name+"-picker", w.Canvas())
			find[*Picker](root, 0).close()
			date := find[*DateField](root, 0)
			date.show()
			shoot(t, name+"-calendar", w.Canvas())
			date.calendar.turn(yearsView)()
			shoot(t, name+"-years", w.Canvas())
			date.close()
			scroll := find[*container.Scroll](root, 0)
			scroll.ScrollToBottom()
			time.Sleep(50 * time.Millisecond)
			pad := find[*SignaturePad](root, 0)
			pad.SetStrokes(scribble())
			shoot(t, name+"-bottom", w.Canvas())
			Notice(w, Good, "已保存到本机")
			Notice(w, Warning, "现在连不上中心，材料已留在本机")
			d := Confirm(w, "作废这份申请？", "作废后不能恢复，需要重新受理。已经拍摄的影像会保留到期满后销毁，其间审计员可以查看。", "作废", "返回", nil)
			shoot(t, name+"-dialog", w.Canvas())
			d.Close()
			find[*PageView](root, 0).Close()
			root.Close()
			w.Close()
			wear(Light, 1)
		}
	}
}

func scribble() []Stroke {
	var s Stroke
	for i := range 60 {
		x := float64(i) / 60
		s = append(s, Point{X: 0.2 + 0.5*x, Y: 0.5 + 0.25*math.Sin(x*18), T: int64(i * 12)})
	}
	return []Stroke{s, {{X: 0.3, Y: 0.3, T: 800}, {X: 0.32, Y: 0.5, T: 860}, {X: 0.31, Y: 0.8, T: 900}}}
}
