package contract

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/seal"
)

// pdfa holds a file against the rules of PDF/A-2u (ISO 19005-2) that bear on
// what this package writes; it shares no code with the writer but the reading
// of objects. It is no replacement for a validator: what the program never
// writes, such as layers or embedded files, is only looked for and forbidden.
type pdfa struct {
	b       []byte
	objects map[int]string // the dictionary, or the whole of what is none
	data    map[int][]byte // of streams, inflated
	wrong   []string
}

func (a *pdfa) bad(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

var (
	dictName = regexp.MustCompile(`/[A-Za-z0-9_.+-]+`)
	oneRef   = regexp.MustCompile(`^(\d+) 0 R`)
	operator = regexp.MustCompile(`^[A-Za-z'"*]+[0-9]?$`)
)

func checkPDFA(b []byte) []string {
	a := &pdfa{b: b, objects: map[int]string{}, data: map[int][]byte{}}
	d, err := parseDocument(b)
	if err != nil {
		return []string{"does not parse"}
	}
	for _, r := range d.revisions {
		for _, n := range r.numbers {
			dict, data, is := bytes.Cut(r.objects[n], []byte("\nstream\n"))
			a.objects[n] = string(dict)
			delete(a.data, n)
			if is {
				a.stream(n, bytes.TrimSuffix(data, []byte("\nendstream")))
			}
		}
	}
	a.file()
	a.metadata()
	a.intent()
	for _, n := range slices.Sorted(maps.Keys(a.objects)) {
		a.object(n)
	}
	return a.wrong
}

func (a *pdfa) stream(n int, data []byte) {
	dict := a.objects[n]
	for _, key := range []string{"/F ", "/FFilter", "/FDecodeParms", "/LZWDecode", "/Crypt"} {
		if strings.Contains(dict, key) {
			a.bad("6.1.7: stream %d has %s", n, key)
		}
	}
	if strings.Contains(dict, "/FlateDecode") {
		z, err := zlib.NewReader(bytes.NewReader(data))
		if err == nil {
			data, err = io.ReadAll(z)
		}
		if err != nil {
			a.bad("stream %d does not inflate", n)
		}
	}
	a.data[n] = data
}

func (a *pdfa) file() {
	if !bytes.HasPrefix(a.b, []byte("%PDF-1.7\n%")) || bytes.ContainsFunc(a.b[10:14], func(r rune) bool { return r < 0x80 }) {
		a.bad("6.1.2: the head")
	}
	if !regexp.MustCompile(`/ID \[<[0-9a-f]+> <[0-9a-f]+>\]`).Match(a.b) || bytes.Contains(a.b, []byte("/Encrypt")) {
		a.bad("6.1.3: the trailer")
	}
	if !bytes.HasSuffix(a.b, []byte("%%EOF\n")) {
		a.bad("6.1.3: bytes behind the end")
	}
}

// entry is what follows a key in a dictionary.
func entry(dict, key string) string {
	_, rest, ok := strings.Cut(dict, "/"+key+" ")
	if !ok {
		return ""
	}
	return rest
}

func (a *pdfa) refOf(dict, key string) int {
	m := oneRef.FindStringSubmatch(strings.TrimPrefix(entry(dict, key), "["))
	if m == nil {
		return 0
	}
	n, _ := decimal(m[1])
	return n
}

func (a *pdfa) metadata() {
	root := a.objects[1]
	n := a.refOf(root, "Metadata")
	if n == 0 || strings.Contains(a.objects[n], "/Filter") || !strings.Contains(a.objects[n], "/Type /Metadata /Subtype /XML") {
		a.bad("6.6.2.1: the catalog's metadata")
		return
	}
	if bytes.Contains(a.data[n], []byte("xpacket begin")) == regexp.MustCompile(`<\?xpacket begin=[^>]*(bytes|encoding)=`).Match(a.data[n]) {
		a.bad("6.6.2.1: the head of the metadata's packet")
	}
	var x struct {
		RDF struct {
			Descriptions []struct {
				Part        string `xml:"http://www.aiim.org/pdfa/ns/id/ part"`
				Conformance string `xml:"http://www.aiim.org/pdfa/ns/id/ conformance"`
				Title       struct {
					Alt struct {
						Text string `xml:"li"`
					} `xml:"Alt"`
				} `xml:"http://purl.org/dc/elements/1.1/ title"`
				Description struct {
					Alt struct {
						Text string `xml:"li"`
					} `xml:"Alt"`
				} `xml:"http://purl.org/dc/elements/1.1/ description"`
				Created  string `xml:"http://ns.adobe.com/xap/1.0/ CreateDate"`
				Modified string `xml:"http://ns.adobe.com/xap/1.0/ ModifyDate"`
				Creator  string `xml:"http://ns.adobe.com/xap/1.0/ CreatorTool"`
				Producer string `xml:"http://ns.adobe.com/pdf/1.3/ Producer"`
			} `xml:"Description"`
		} `xml:"RDF"`
	}
	if err := xml.Unmarshal(a.data[n], &x); err != nil {
		a.bad("6.6.2.1: the metadata: %v", err)
		return
	}
	said := map[string]string{}
	for _, d := range x.RDF.Descriptions {
		for k, v := range map[string]string{"part": d.Part, "conformance": d.Conformance, "title": d.Title.Alt.Text, "created": d.Created, "producer": d.Producer,
			"subject": d.Description.Alt.Text, "modified": d.Modified, "creator": d.Creator} {
			if v != "" {
				said[k] = v
			}
		}
	}
	if said["part"] != "2" || said["conformance"] != "U" {
		a.bad("6.6.4: part %q, conformance %q", said["part"], said["conformance"])
	}
	info := a.objects[2]
	date := func(key string) string {
		return dateOf(strings.SplitN(entry(info, key), ")", 2)[0][1:]).Format("2006-01-02T15:04:05-07:00")
	}
	for key, is := range map[string]string{"title": infoText([]byte(info), "Title"), "subject": infoText([]byte(info), "Subject"),
		"created": date("CreationDate"), "modified": date("ModDate"), "producer": parenText(info, "Producer"), "creator": parenText(info, "Creator")} {
		if said[key] == "" || said[key] != is {
			a.bad("6.6.3: the information dictionary and the metadata differ in the %s", key)
		}
	}
}

// parenText is an entry that is a plain string.
func parenText(dict, key string) string {
	text, _, _ := strings.Cut(strings.TrimPrefix(entry(dict, key), "("), ")")
	return text
}

func (a *pdfa) intent() {
	root := a.objects[1]
	n := a.refOf(root, "DestOutputProfile")
	icc := a.data[n]
	switch {
	case !strings.Contains(root, "/S /GTS_PDFA1 ") || n == 0:
		a.bad("6.2.3: no output intent")
	case len(icc) < 132 || string(icc[36:40]) != "acsp" || string(icc[12:20]) != "mntrRGB " || icc[8] > 4 ||
		binary.BigEndian.Uint32(icc) != uint32(len(icc)) || !strings.Contains(a.objects[n], "/N 3"):
		a.bad("6.2.3: the profile")
	}
}

func (a *pdfa) object(n int) {
	dict := a.objects[n]
	for _, key := range []string{"/JavaScript", "/JS", "/Launch", "/AA", "/OpenAction", "/EmbeddedFiles", "/EF", "/XFA", "/NeedAppearances", "/OCProperties",
		"/Movie", "/Sound", "/Rendition", "/TR", "/TR2", "/HTP", "/BM", "/SMask", "/OPI", "/PS", "/Alternates", "/Requirements", "/Perms", "/DeviceCMYK", "/Interpolate", "/Ref",
		"/PresSteps", "/AlternatePresentations", "/SubmitForm", "/ImportData", "/ResetForm", "/Hide", "/Thread", "/GoToR", "/Group", "/Separation", "/DeviceN"} {
		if slices.Contains(dictName.FindAllString(dict, -1), key) {
			a.bad("object %d has %s, which is forbidden or not to be expected", n, key)
		}
	}
	for _, s := range regexp.MustCompile(`<([0-9A-Fa-f]*)>`).FindAllStringSubmatch(strings.NewReplacer("<<", " ", ">>", " ").Replace(dict), -1) {
		if len(s[1])%2 != 0 || len(s[1]) > 2*32767 {
			a.bad("6.1.6, 6.1.13: object %d has a string of %d digits", n, len(s[1]))
		}
	}
	for _, name := range dictName.FindAllString(dict, -1) {
		if len(name) > 128 {
			a.bad("6.1.13: object %d has a name of %d bytes", n, len(name)-1)
		}
	}
	switch {
	case strings.Contains(dict, "/Subtype /Widget"):
		a.widget(n)
	case strings.Contains(dict, "/Subtype /Type0"):
		a.font(n)
	case strings.Contains(dict, "/Type /Page "):
		a.page(n)
	case strings.Contains(dict, "/Subtype /Form"):
		a.content(n)
	case strings.Contains(dict, "/Subtype /Image"):
		if !strings.Contains(dict, "/ColorSpace /DeviceRGB") && !strings.Contains(dict, "/ColorSpace /DeviceGray") || !strings.Contains(dict, "/BitsPerComponent 8") {
			a.bad("6.2.8: image %d", n)
		}
	}
}

func (a *pdfa) widget(n int) {
	dict := a.objects[n]
	flags, _ := decimal(strings.Fields(entry(dict, "F"))[0])
	if flags&4 == 0 || flags&(1|2|32|256) != 0 {
		a.bad("6.3.2: widget %d has flags %d", n, flags)
	}
	if strings.Contains(dict, "/A <<") || oneRef.MatchString(entry(dict, "A")) {
		a.bad("6.4.1: widget %d has an action", n)
	}
	if look := a.refOf(strings.TrimPrefix(entry(dict, "AP"), "<< "), "N"); look == 0 && !strings.Contains(dict, "/Rect [0 0 0 0]") {
		a.bad("6.3.3: widget %d has no appearance", n)
	}
	if strings.Contains(entry(dict, "AP"), "/D ") || strings.Contains(entry(dict, "AP"), "/R ") {
		a.bad("6.3.3: widget %d has more than the normal appearance", n)
	}
}

func (a *pdfa) font(n int) {
	dict := a.objects[n]
	cid := a.objects[a.refOf(dict, "DescendantFonts")]
	desc := a.objects[a.refOf(cid, "FontDescriptor")]
	file := a.refOf(desc, "FontFile3")
	uni := a.data[a.refOf(dict, "ToUnicode")]
	if !strings.Contains(dict, "/Encoding /Identity-H") || !strings.Contains(cid, "/Registry (Adobe) /Ordering (Identity)") {
		a.bad("6.2.11.3: font %d", n)
	}
	if len(a.data[file]) < 100 || !strings.Contains(a.objects[file], "/Subtype /CIDFontType0C") {
		a.bad("6.2.11.4: font %d is not embedded", n)
	}
	if !regexp.MustCompile(`/FontName /[A-Z]{6}\+`).MatchString(desc) {
		a.bad("font %d is not marked as a subset", n)
	}
	a.widths(n, cid, a.data[file])
	if !bytes.Contains(uni, []byte("beginbfchar")) || regexp.MustCompile(`<[0-9A-F]{4}> <(0000|FEFF|FFFE)>`).Match(uni) {
		a.bad("6.2.11.7: font %d does not map to Unicode", n)
	}
}

// widths compares a font's widths in the file with those in its program: 6.2.11.5.
func (a *pdfa) widths(n int, cid string, program []byte) {
	f, err := parseCFF(program)
	if err != nil {
		a.bad("6.2.11.4: the program of font %d does not parse", n)
		return
	}
	said := map[int]int{}
	_, list, _ := strings.Cut(cid, "/W [")
	for _, m := range regexp.MustCompile(`(\d+) \[([0-9 ]*)\]`).FindAllStringSubmatch(list, -1) {
		first, _ := decimal(m[1])
		for i, w := range strings.Fields(m[2]) {
			said[first+i], _ = decimal(w)
		}
	}
	for g := range f.charStrings.count {
		want, ok := said[g]
		if !ok {
			want = 1000
		}
		if got, ok := f.width(g); !ok || got != want {
			a.bad("6.2.11.5: glyph %d of font %d is %d wide, its program says %d", g, n, want, got)
			return
		}
	}
}

// width is a glyph's advance as its outline says it.
func (f *cffFont) width(g int) (int, bool) {
	private, err := readDict(f.fds[f.fdOf(g)].private)
	if err != nil {
		return 0, false
	}
	number := func(op int) int {
		if e := findOp(private, op); e != nil && len(e.nums) == 1 {
			return e.nums[0]
		}
		return 0
	}
	const opDefault, opNominal = 20, 21
	var stack []int
	for b := f.charStrings.get(g); len(b) > 0; {
		c := b[0]
		if c == 255 && len(b) >= 5 {
			stack, b = append(stack, int(int32(binary.BigEndian.Uint32(b[1:])))>>16), b[5:]
			continue
		}
		if c >= 32 || c == 28 {
			v, size := dictNumber(b)
			if size == 0 {
				return 0, false
			}
			stack, b = append(stack, v), b[size:]
			continue
		}
		own := false
		switch c {
		case 1, 3, 18, 19, 20, 23: // stems and masks
			own = len(stack)%2 == 1
		case 21: // rmoveto
			own = len(stack) > 2
		case 4, 22: // vmoveto, hmoveto
			own = len(stack) > 1
		case 14: // endchar
			own = len(stack) == 1 || len(stack) == 5
		default:
			return 0, false
		}
		if own {
			return number(opNominal) + stack[0], true
		}
		return number(opDefault), true
	}
	return 0, false
}

func (a *pdfa) page(n int) {
	dict := a.objects[n]
	if !strings.Contains(dict, "/MediaBox [0 0 595.28 841.89]") || !strings.Contains(dict, "/Resources ") {
		a.bad("6.1.13: the box or the resources of page %d", n)
	}
	a.content(a.refOf(dict, "Contents"))
}

// content looks at the operators of a content stream.
func (a *pdfa) content(n int) {
	known := strings.Fields("q Q cm w J j M d re m l c h S s f F f* B W W* n BT ET Tf Td TD Tm T* Tj TJ Tc Tw Tz TL Tr Ts Do g G rg RG cs CS sc SC BDC BMC EMC")
	depth := 0
	for _, s := range regexp.MustCompile(`<([0-9A-Fa-f]*)>`).FindAllStringSubmatch(string(a.data[n]), -1) {
		for at := 0; at < len(s[1]); at += 4 {
			if cid := s[1][at:min(at+4, len(s[1]))]; len(cid) < 4 || cid == "0000" {
				a.bad("6.1.6, 6.2.11.8: content %d draws %q", n, cid)
			}
		}
	}
	text := regexp.MustCompile(`<[0-9A-Fa-f]*>|\([^)]*\)`).ReplaceAllString(string(a.data[n]), " ")
	for _, tok := range strings.Fields(strings.NewReplacer("[", " ", "]", " ").Replace(text)) {
		if strings.HasPrefix(tok, "/") || !operator.MatchString(tok) {
			continue
		}
		switch {
		case !slices.Contains(known, tok):
			a.bad("6.2.2: content %d has operator %s", n, tok)
		case tok == "q":
			depth++
		case tok == "Q":
			depth--
		}
		if depth > 28 || depth < 0 {
			a.bad("6.1.13: content %d nests states %d deep", n, depth)
		}
	}
	if depth != 0 {
		a.bad("content %d leaves %d states open", n, depth)
	}
}

func TestFilesKeepTheRulesOfPDFA2u(t *testing.T) {
	id := newIdentity(t, seal.Device)
	in := testInput(t)
	in.App.Student.Name = "江䶮㛃𫖮𠅤𬎆"
	filled := mustFill(t, in)
	bare := in
	bare.Strokes, bare.Evidence = nil, nil
	receipt, err := testPress(t).Receipt(testReceipt(t))
	if err != nil {
		t.Fatal(err)
	}
	sealed := id.seal(t, filled)
	for name, b := range map[string][]byte{"to be read": mustFill(t, bare), "filled": filled, "sealed": sealed,
		"stamped": newTSA(t).stamped(t, id.received(t, sealed)), "receipt": receipt, "of the first form": mustRead(t, firstPath)} {
		for _, w := range checkPDFA(b) {
			t.Errorf("%s: %s", name, w)
		}
	}
	if len(sealed) > 150<<10 {
		t.Errorf("a contract with two portraits and two hands has %d bytes, want at most 150 KiB", len(sealed))
	}
}

// The rules find what breaks them.
func TestTheRulesOfPDFA2uBite(t *testing.T) {
	base := mustFill(t, testInput(t))
	objs := mustParse(t, base).objects
	find := func(mark string) int {
		for n, body := range objs {
			if strings.Contains(string(body), mark) {
				return n
			}
		}
		t.Fatalf("no object has %s", mark)
		return 0
	}
	for _, c := range []struct {
		mark, old, new, want string
	}{
		{"/Type /Catalog", "/GTS_PDFA1", "/GTS_PDFX0", "6.2.3"},
		{"/Type /Catalog", " /Lang", " /OpenAction 9 0 R /Lang", "/OpenAction"},
		{"/Type /Metadata", "conformance>U<", "conformance>B<", "6.6.4"},
		{"/Type /Metadata", "<xmp:CreatorTool>Doorstep<", "<xmp:CreatorTool>Somebody<", "6.6.3"},
		{"/Type /Metadata", ` id="W5M0MpCehiHzreSzNTczkc9d"`, ` bytes="999999999999999999999"`, "6.6.2.1"},
		{"/T (StudentSeal)", "/Rect [", "/A << /S /URI >> /Rect [", "6.4.1"},
		{"/Subtype /CIDFontType0 ", "/W [", "/W [7 [1] ", "6.2.11.5"},
		{"/Type /Metadata", "Doorstep contract writer 1", "Another contract writer!!1", "6.6.3"},
		{"/T (StudentSeal)", "/F 132", "/F 134", "6.3.2"},
		{"/T (StudentSeal)", "/AP << /N", "/XX << /N", "6.3.3"},
		{"/Subtype /Type0", "/ToUnicode", "/ToUnicorn", "6.2.11.7"},
		{"/Type /FontDescriptor", "/FontFile3", "/FontFile9", "6.2.11.4"},
		{"/Subtype /Image", "/DeviceRGB", "/DeviceCMYK", "/DeviceCMYK"},
		{"/Type /Page ", "595.28", "99999", "6.1.13"},
	} {
		n := find(c.mark)
		broken := rebuilt(t, base, func(o [][]byte) {
			o[n-1] = bytes.Replace(o[n-1], []byte(c.old), []byte(c.new), 1)
			if bytes.Equal(o[n-1], objs[n]) {
				t.Fatalf("%s is not in object %d", c.old, n)
			}
		})
		if got := strings.Join(checkPDFA(broken), "\n"); !strings.Contains(got, c.want) {
			t.Errorf("%s for %s: want %s, got %q", c.new, c.old, c.want, got)
		}
	}
}
