package contract

import (
	"bytes"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/fault"
)

const maxWatermark = 120 // characters

// Copy makes of a file of this program, sealed or not, one to be printed: the
// same pages with faint words across them, what was in the seal's place drawn
// as it looked, and no seal, for paper has none. The words are under nothing and
// hide nothing: they darken what is white. fault.Unsupported for a file of
// another form; fault.Input for words that no font has.
func (p *Press) Copy(file []byte, words string) ([]byte, error) {
	const op = "contract.Copy"
	d, err := parseDocument(file)
	if err != nil || pageCount(d.revisions[0]) == 0 {
		return nil, fault.New(op, fault.Unsupported, errForm)
	}
	if n := len([]rune(words)); n == 0 || n > maxWatermark {
		return nil, fault.New(op, fault.Input, nil)
	}
	c := &copied{pdf: &pdf{}}
	for n := 1; n < d.revisions[0].size; n++ {
		body, ok := d.revisions[0].objects[n]
		if !ok {
			return nil, fault.New(op, fault.Unsupported, errForm)
		}
		c.pdf.add(slices.Clone(body))
	}
	if err := c.mark(p, words); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := c.pages(); err != nil {
		return nil, fault.Wrap(op, err)
	}
	c.pdf.set(catalogObj, []byte(plainCatalogText()))
	c.pdf.set(fieldObj, []byte("null"))
	if form, _ := formOf(d.revisions[0].objects[catalogObj]); form >= thirdForm {
		c.pdf.set(partsObj, []byte("null"))
	}
	return c.pdf.bytes(), nil
}

// copied is a file on its way to be a copy.
type copied struct {
	pdf  *pdf
	over int // the content that draws the watermark
}

// mark adds the watermark as a form of its own, with its own fonts, and names it
// in the pages' resources.
func (c *copied) mark(p *Press, words string) error {
	fs := newFaces(p)
	cells, err := fs.cells([]span{{text: words, field: "水印"}})
	if err != nil {
		return err
	}
	const size, slope, step = 13.0, 0.42, 150.0
	var s sheet
	cos, sin := num(math.Cos(slope)), num(math.Sin(slope))
	s.addf("q /Gm gs %s %s -%s %s 0 0 cm", cos, sin, sin, cos)
	along := lineWidth(cells)*size + 110
	for row := -1; row < 6; row++ {
		for col := -1; float64(col)*along < a4Width+a4Height; col++ {
			s.text((float64(col)+0.5*float64(row&1))*along, float64(row)*step, cells, pen{size: size, tone: 0.87})
		}
	}
	s.addf("Q")
	fonts, err := fs.write(c.pdf)
	if err != nil {
		return err
	}
	form := c.pdf.add(deflated(fmt.Sprintf("/Type /XObject /Subtype /Form /BBox [0 0 %s %s] /Resources << %s /ExtGState << /Gm << /Type /ExtGState /BM /Multiply >> >> >>",
		num(a4Width), num(a4Height), fonts), s.buf))
	c.over = c.pdf.add(stream("", []byte("q /Wm Do Q")))
	res := c.pdf.objs[resourcesObj-1]
	at := bytes.Index(res, []byte("/XObject <<"))
	if at < 0 {
		return fault.New("contract.mark", fault.Unsupported, errForm)
	}
	at += len("/XObject <<")
	c.pdf.set(resourcesObj, slices.Concat(res[:at], fmt.Appendf(nil, " /Wm %s /St %s", ref(form), ref(stampObj)), res[at:]))
	return nil
}

// pages puts the watermark behind each page's content, and the look of the
// seal's field into the content of its page.
func (c *copied) pages() error {
	ofSeal := regexp.MustCompile(`[ \[]` + ref(fieldObj) + `[ \]]`)
	contents := regexp.MustCompile(` /Contents (\d+) 0 R( /Annots \[[0-9 R]*\])? >>$`)
	for i := range len(c.pdf.objs) {
		body := c.pdf.objs[i]
		if !bytes.HasPrefix(body, []byte("<< /Type /Page /Parent ")) {
			continue
		}
		m := contents.FindSubmatchIndex(body)
		if m == nil {
			return fault.New("contract.pages", fault.Unsupported, errForm)
		}
		parts := string(body[m[2]:m[3]]) + " 0 R"
		if m[4] >= 0 && ofSeal.Match(body[m[4]:m[5]]) { // the last page has the fields that show nothing
			stamp, err := c.look()
			if err != nil {
				return err
			}
			if stamp > 0 {
				parts += " " + ref(stamp)
			}
		}
		c.pdf.set(i+1, slices.Concat(body[:m[0]], fmt.Appendf(nil, " /Contents [%s %s] >>", parts, ref(c.over))))
	}
	return nil
}

// look is a content that draws the field's appearance where the field stands; 0
// when it stands nowhere.
func (c *copied) look() (int, error) {
	rect := regexp.MustCompile(`/Rect \[([0-9.]+) ([0-9.]+) ([0-9.]+) ([0-9.]+)\]`).FindSubmatch(c.pdf.objs[fieldObj-1])
	if rect == nil {
		return 0, fault.New("contract.look", fault.Unsupported, errForm)
	}
	at := [4]float64{}
	for i := range at {
		v, err := strconv.ParseFloat(string(rect[i+1]), 64)
		if err != nil {
			return 0, fault.New("contract.look", fault.Unsupported, errForm)
		}
		at[i] = v
	}
	if at[2] <= at[0] || at[3] <= at[1] {
		return 0, nil
	}
	return c.pdf.add(stream("", []byte(strings.Join([]string{"q 1 0 0 1", num(at[0]), num(at[1]), "cm /St Do Q"}, " ")))), nil
}
