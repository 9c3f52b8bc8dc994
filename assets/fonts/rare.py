"""Makes a CFF font of the characters that the sans font lacks.

usage: rare.py SANS.otf OUT.otf FAMILY COPYRIGHT SOURCE.ttf...

Every character of WANTED that SANS.otf lacks is taken from the first source
that has it. Outlines are scaled to 1024 units an em where a source has others, and
straight ones are thinned by at most one unit, a thousandth of the character's
height.

The result is CID-keyed with one font dict, no subroutines and no hints;
defaultWidthX is 1024 and nominalWidthX 0, so a full-width charstring begins
with its first move.
"""
import sys
from fontTools.cffLib import FDArrayIndex, FDSelect, FontDict
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.basePen import BasePen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

UPEM = 1024
TOLERANCE = 1.01
WANTED = [
    (0x3007, 0x3007), (0x2E80, 0x2EF3), (0x2F00, 0x2FD5),
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAD9),
    (0x20000, 0x2A6DF), (0x2A700, 0x2B739), (0x2B740, 0x2B81D),
    (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x2F800, 0x2FA1D),
    (0x30000, 0x3134A), (0x31350, 0x323AF),
]

# Spaces, by width: a space behind a rare character is drawn from the font of
# that character, and would be a box without them.
BLANKS = [(256, (0x20, 0xA0)), (512, (0x2002,)), (1024, (0x2003, 0x3000))]


def thin(points):
    """Drops points of an open line that stray less than TOLERANCE from it."""
    if len(points) < 3:
        return points
    (x0, y0), (x1, y1) = points[0], points[-1]
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    worst, at = -1, 0
    for i in range(1, len(points) - 1):
        px, py = points[i][0] - x0, points[i][1] - y0
        t = max(0, min(1, (px * dx + py * dy) / length)) if length else 0
        d = (px - t * dx) ** 2 + (py - t * dy) ** 2
        if d > worst:
            worst, at = d, i
    if worst <= TOLERANCE * TOLERANCE:
        return [points[0], points[-1]]
    return thin(points[:at + 1])[:-1] + thin(points[at:])


def thin_closed(points):
    x, y = points[0]
    far = max(range(len(points)), key=lambda i: (points[i][0] - x) ** 2 + (points[i][1] - y) ** 2)
    if far == 0:
        return points[:1]
    return thin(points[:far + 1])[:-1] + thin(points[far:] + points[:1])[:-1]


class ThinPen(BasePen):
    """Passes curves on and thins contours made of straight lines alone."""

    def __init__(self, out, glyphs):
        super().__init__(glyphs)
        self.out, self.ops, self.curved = out, [], False

    def _moveTo(self, p):
        self.ops, self.curved = [("moveTo", (p,))], False

    def _lineTo(self, p):
        self.ops.append(("lineTo", (p,)))

    def _curveToOne(self, a, b, c):
        self.curved = True
        self.ops.append(("curveTo", (a, b, c)))

    def _closePath(self):
        if self.curved:
            for name, args in self.ops:
                getattr(self.out, name)(*args)
        else:
            points = thin_closed([args[0] for _, args in self.ops])
            if len(points) < 3:
                return
            self.out.moveTo(points[0])
            for p in points[1:]:
                self.out.lineTo(p)
        self.out.closePath()


def notdef():
    pen = T2CharStringPen(None, None)
    for box in ([(60, -60), (964, -60), (964, 840), (60, 840)],
                [(110, -10), (110, 790), (914, 790), (914, -10)]):
        pen.moveTo(box[0])
        for p in box[1:]:
            pen.lineTo(p)
        pen.closePath()
    return pen.getCharString()


def cid_keyed(font, count):
    top = font["CFF "].cff.topDictIndex[0]
    private = top.Private
    del top.Private
    top.ROS = ("Adobe", "Identity", 0)
    top.CIDCount = count
    top.FDSelect = FDSelect()
    top.FDSelect.format = 3
    top.FDSelect.gidArray = [0] * count
    fd = FontDict()
    fd.Private = private
    top.FDArray = FDArrayIndex()
    top.FDArray.append(fd)
    top.CharStrings.fdArray = top.FDArray
    top.CharStrings.fdSelect = top.FDSelect


def main(sans, out, family, notice, *sources):
    have = set(TTFont(sans, lazy=True).getBestCmap())
    fonts = [TTFont(s, lazy=True) for s in sources]
    sets = [(f.getBestCmap(), f.getGlyphSet(), f["hmtx"], UPEM / f["head"].unitsPerEm) for f in fonts]
    order, cmap, strings, metrics = [".notdef"], {}, {".notdef": notdef()}, {".notdef": (UPEM, 0)}
    for first, last in WANTED:
        for code in range(first, last + 1):
            if code in have:
                continue
            for names, glyphs, hmtx, scale in sets:
                if code not in names:
                    continue
                glyph = "cid%05d" % len(order)
                width = round(hmtx[names[code]][0] * scale)
                pen = T2CharStringPen(None if width == UPEM else width, glyphs)
                thin_pen = ThinPen(pen, glyphs)
                glyphs[names[code]].draw(thin_pen if scale == 1 else TransformPen(thin_pen, (scale, 0, 0, scale, 0, 0)))
                order.append(glyph)
                cmap[code] = glyph
                strings[glyph] = pen.getCharString()
                metrics[glyph] = (width, 0)
                break
    for width, codes in BLANKS:
        glyph = "cid%05d" % len(order)
        order.append(glyph)
        cmap.update((code, glyph) for code in codes)
        strings[glyph] = T2CharStringPen(None if width == UPEM else width, None).getCharString()
        metrics[glyph] = (width, 0)
    if len(order) > 65535:
        sys.exit("%d glyphs do not fit in one font" % len(order))

    fb = FontBuilder(UPEM, isTTF=False)
    fb.setupGlyphOrder(order)
    fb.setupCharacterMap(cmap)
    name = family.replace(" ", "") + "-Regular"
    fb.setupCFF(name, {"FullName": family, "FamilyName": family, "Notice": notice},
                strings, {"defaultWidthX": UPEM, "nominalWidthX": 0})
    cid_keyed(fb.font, len(order))
    fb.setupHorizontalMetrics(metrics)
    fb.setupHorizontalHeader(ascent=901, descent=-123)
    fb.setupNameTable({
        "copyright": notice, "familyName": family, "styleName": "Regular",
        "uniqueFontIdentifier": name, "fullName": family, "psName": name,
    }, mac=False)
    fb.setupOS2(sTypoAscender=901, sTypoDescender=-123, usWinAscent=901, usWinDescent=123)
    fb.setupPost(keepGlyphNames=False)
    fb.font["head"].created = fb.font["head"].modified = 0
    fb.font.recalcTimestamp = False
    fb.save(out)
    print("%s: %d characters" % (out, len(order) - 1))


if __name__ == "__main__":
    if len(sys.argv) < 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
