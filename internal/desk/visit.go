package desk

import (
	"image"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/photo"
)

// Picture is a portrait or scan in the form it is kept in, with what the judge
// of pictures says of it: Chinese sentences, none when it is good.
type Picture struct {
	JPEG     []byte
	Problems []string
}

// DecodeImage reads a picture and stands it upright; its faults are photo's.
func DecodeImage(b []byte) (image.Image, error) {
	img, _, err := photo.Decode(b)
	return img, fault.Wrap("read picture", err)
}

// Portrait makes the portrait of the part crop of a picture.
func Portrait(img image.Image, crop image.Rectangle) (Picture, error) {
	b, q, err := photo.Portrait(img, photo.PortraitOptions{Crop: crop})
	return Picture{b, q.Problems}, fault.Wrap("make portrait", err)
}

// Pose is how a person stands before the camera.
type Pose = photo.Pose

// JudgePose finds the face of a portrait and says how it is to be cropped and
// what is to be mended; its faults are photo's.
func JudgePose(img image.Image) (Pose, error) {
	p, err := photo.JudgePose(img)
	return p, fault.Wrap("judge pose", err)
}

// PortraitShape is the part of crop that a portrait keeps; an empty crop means
// the whole picture.
func PortraitShape(bounds, crop image.Rectangle) image.Rectangle { return photo.Shape(bounds, crop) }

// Scan makes the kept form of a paper.
func Scan(img image.Image) (Picture, error) {
	b, q, err := photo.Scan(img)
	return Picture{b, q.Problems}, fault.Wrap("make scan", err)
}

// Page is a paper as it would be kept.
type Page struct {
	Picture
	Shown image.Image // its pixels
	Cut   bool        // it was cut out at its edges and straightened
}

// MakePage makes the kept form of a paper in a picture: cut out at its edges
// and straightened where they are found, unless whole is asked for.
func MakePage(img image.Image, whole bool) (Page, error) {
	const op = "make page"
	p := Page{}
	if !whole {
		q, found, err := photo.FindPaper(img)
		if err != nil {
			return Page{}, fault.Wrap(op, err)
		}
		if found {
			if img, err = photo.Straighten(img, q); err != nil {
				return Page{}, fault.Wrap(op, err)
			}
			p.Cut = true
		}
	}
	b, q, err := photo.Scan(img)
	if err != nil {
		return Page{}, fault.Wrap(op, err)
	}
	p.Picture = Picture{b, q.Problems}
	p.Shown, _, err = photo.Decode(b)
	return p, fault.Wrap(op, err)
}

// Photographed says whether a page of a document is the picture of a sheet, and
// not print alone.
func Photographed(img image.Image) bool { return photo.Photographed(img) }

// Turn turns a picture by quarters, clockwise.
func Turn(img image.Image, quarters int) image.Image { return photo.Rotate(img, quarters) }

// Handles is nil when the operator may work on the case where its status
// allows; otherwise it says why not.
func (d *Desk) Handles(c *loan.Case) error {
	if err := guard.Holds(c, d.device()); err != nil {
		return fault.Wrap("handle case", err)
	}
	if c.Status == loan.Received || c.Status == loan.Accepted {
		return fault.Wrap("handle case", guard.MayAt(d.acting(), guard.Correct, c, d.site()))
	}
	open := *c
	open.Status = loan.Draft
	return fault.Wrap("handle case", guard.MayAt(d.acting(), guard.Edit, &open, d.site()))
}

// CouldHandle is Handles once the case was taken over at this laptop.
func (d *Desk) CouldHandle(c *loan.Case) error {
	taken := *c
	taken.Holders = []loan.Holding{{Device: d.device(), By: d.operator.ID, Reason: "taken over"}}
	return d.Handles(&taken)
}

// Watermark is what lies over pictures and papers on the screen now.
func (d *Desk) Watermark() string { return guard.WatermarkText(d.operator, d.now()) }
