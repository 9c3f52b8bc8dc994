package photo

import (
	"image"
	"math"
)

// Pose is how a person stands before the camera.
type Pose struct {
	Faces int             // how many are seen
	Crop  image.Rectangle // the portrait of the largest, as GA 461-2004 has it; empty with none
	Hints []string        // what to do about it, in Chinese, the first thing first; none when good
}

// The marks of a pose.
const (
	faceBeside = 0.4  // of the largest face's width, from which another one counts
	faceFar    = 0.16 // of the picture's shorter side the face takes at least
	faceTilt   = 8.0  // degrees
	faceTurn   = 0.15 // of the face's width the nose may be off the middle
	faceUneven = 0.22 // between the halves of the face
	wallDark   = 0.55
	faceOfCrop = 207.0 // of 358 pixels
	hairOfCrop = 14.0  // above the hair
	crown      = 1.15  // of eyes to chin, from the eyes up to the top of the hair
)

func poseHint(n int) string {
	return [...]string{
		"没有找到人脸：请正对镜头，露出整张脸。", "画面里不止一张脸：请只留本人在镜头前。", "离得太远：请靠近一些。", "离得太近或偏了：请退后，让头顶和肩膀都在画面里。",
		"头歪了：请把头摆正。", "请正对镜头，不要侧脸。", dark.hint(), backlit.hint(), bright.hint(), "半边脸太暗：请让光线均匀照在脸上。", "背景偏暗：请换到浅色的墙前。",
	}[n]
}

const (
	noFace = iota
	manyFaces
	tooFar
	tooNear
	tilted
	turned
	faceInDark
	faceBackLit
	faceInGlare
	halfLit
	darkWall
)

// JudgePose finds the face of a portrait, says how it is to be cropped, and what
// the person or the clerk should do. It knows nobody and keeps nothing. It fails
// as Scan does.
func JudgePose(img image.Image) (Pose, error) {
	faces, err := FindFaces(img)
	if err != nil {
		return Pose{}, err
	}
	p := Pose{}
	for _, f := range faces {
		if f.width() >= faceBeside*faces[0].width() {
			p.Faces++
		}
	}
	if p.Faces == 0 {
		p.Hints = []string{poseHint(noFace)}
		return p, nil
	}
	f := faces[0]
	whole := f.crop()
	p.Crop = within(whole, img.Bounds())
	add := func(n int) { p.Hints = append(p.Hints, poseHint(n)) }
	if p.Faces > 1 {
		add(manyFaces)
	}
	b := img.Bounds()
	out := whole.Dx()*whole.Dy() - whole.Intersect(b).Dx()*whole.Intersect(b).Dy()
	switch {
	case f.width() < faceFar*float64(min(b.Dx(), b.Dy())):
		add(tooFar)
	case out*5 > whole.Dx()*whole.Dy() || whole.Min.Y < b.Min.Y-whole.Dy()/12:
		add(tooNear)
	}
	dx, dy := float64(f.Right.X-f.Left.X), float64(f.Right.Y-f.Left.Y)
	if math.Abs(math.Atan2(dy, dx))*180/math.Pi > faceTilt {
		add(tilted)
	} else if math.Abs(f.turn()) > faceTurn {
		add(turned)
	}
	if n, ok := judgeLight(img, f, p.Crop); ok {
		add(n)
	}
	return p, nil
}

func (f Face) width() float64 {
	return math.Hypot(float64(f.Ears[1].X-f.Ears[0].X), float64(f.Ears[1].Y-f.Ears[0].Y))
}

// turn is how far the nose is off the middle of the jaw, along the line of the
// eyes, in widths of the face.
func (f Face) turn() float64 {
	dx, dy := float64(f.Ears[1].X-f.Ears[0].X), float64(f.Ears[1].Y-f.Ears[0].Y)
	nx, ny := float64(f.Nose.X-f.Ears[0].X), float64(f.Nose.Y-f.Ears[0].Y)
	return (nx*dx+ny*dy)/(dx*dx+dy*dy+1e-9) - 0.5
}

// crop is the portrait's frame about a face, wherever it ends.
func (f Face) crop() image.Rectangle {
	k := f.width() / faceOfCrop
	eyes := f.Left.Add(f.Right).Div(2)
	long := math.Hypot(float64(f.Chin.X-eyes.X), float64(f.Chin.Y-eyes.Y))
	x, y := float64(f.Ears[0].X+f.Ears[1].X)/2-k*PortraitWidth/2, float64(eyes.Y)-crown*long-hairOfCrop*k
	return image.Rect(int(x), int(y), int(x+k*PortraitWidth), int(y+k*PortraitHeight))
}

// within moves a frame into bounds, and makes it smaller where it is larger.
func within(r, bounds image.Rectangle) image.Rectangle {
	if r.Dx() > bounds.Dx() || r.Dy() > bounds.Dy() {
		mid := r.Min.Add(r.Max).Div(2)
		k := min(float64(bounds.Dx())/float64(r.Dx()), float64(bounds.Dy())/float64(r.Dy()))
		half := image.Pt(int(float64(r.Dx())*k/2), int(float64(r.Dy())*k/2))
		r = image.Rectangle{Min: mid.Sub(half), Max: mid.Add(half)}
	}
	r = r.Add(image.Pt(max(bounds.Min.X-r.Min.X, 0), max(bounds.Min.Y-r.Min.Y, 0)))
	return r.Sub(image.Pt(max(r.Max.X-bounds.Max.X, 0), max(r.Max.Y-bounds.Max.Y, 0)))
}

// judgeLight holds the face's light against the wall's behind it.
func judgeLight(img image.Image, f Face, crop image.Rectangle) (int, bool) {
	const long = 320
	small := upTo(img, long)
	g := gray(small)
	k := float64(g.Rect.Dx()) / float64(img.Bounds().Dx())
	at := func(p image.Point) image.Point {
		p = p.Sub(img.Bounds().Min)
		return image.Pt(int(float64(p.X)*k), int(float64(p.Y)*k))
	}
	mean := func(r image.Rectangle) float64 {
		r = r.Canon().Intersect(g.Rect)
		if r.Empty() {
			return 0.5
		}
		return measure(g.SubImage(r).(*image.Gray)).mean
	}
	left, right, nose, chin := at(f.Ears[0]), at(f.Ears[1]), at(f.Nose), at(f.Chin)
	eyes := at(f.Left.Add(f.Right).Div(2))
	w := max((right.X-left.X)/5, 1)
	a := mean(image.Rect(left.X+w, eyes.Y, nose.X, (nose.Y+chin.Y)/2))
	b := mean(image.Rect(nose.X, eyes.Y, right.X-w, (nose.Y+chin.Y)/2))
	face := (a + b) / 2
	frame := image.Rectangle{Min: at(crop.Min), Max: at(crop.Max)}
	side := max(frame.Dx()/8, 1)
	wall := (mean(image.Rect(frame.Min.X, frame.Min.Y, frame.Min.X+side, eyes.Y)) + mean(image.Rect(frame.Max.X-side, frame.Min.Y, frame.Max.X, eyes.Y))) / 2
	switch {
	case face < faceDark && wall-face > faceBehind:
		return faceBackLit, true
	case face < faceDark:
		return faceInDark, true
	case face > faceBright:
		return faceInGlare, true
	case math.Abs(a-b) > faceUneven:
		return halfLit, true
	case wall < wallDark:
		return darkWall, true
	}
	return 0, false
}
