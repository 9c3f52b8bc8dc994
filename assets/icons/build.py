"""Draws the icons: /usr/bin/python3 build.py

Every stroke becomes a filled shape, because the theme recolours fills alone.
Shapes of one icon share one path and one winding, so that they join.
Angles are degrees clockwise from the right.
"""
import math
import os

HALF = 0.9  # half a stroke's width


def n(v):
    return ("%.2f" % v).rstrip("0").rstrip(".").replace("-0.00", "0")


def at(cx, cy, r, a):
    return cx + r * math.cos(math.radians(a)), cy + r * math.sin(math.radians(a))


def curve(cx, cy, r, a0, a1):
    """Bezier segments of an arc from angle a0 to a1, either way round."""
    steps = max(1, math.ceil(abs(a1 - a0) / 90 - 1e-9))
    step = (a1 - a0) / steps
    k = 4 / 3 * math.tan(math.radians(step) / 4)
    out = []
    for i in range(steps):
        b0, b1 = math.radians(a0 + i * step), math.radians(a0 + (i + 1) * step)
        p0, p3 = (math.cos(b0), math.sin(b0)), (math.cos(b1), math.sin(b1))
        pts = [(p0[0] - k * p0[1], p0[1] + k * p0[0]), (p3[0] + k * p3[1], p3[1] - k * p3[0]), p3]
        out.append("C" + " ".join("%s %s" % (n(cx + r * x), n(cy + r * y)) for x, y in pts))
    return "".join(out)


def point(op, p):
    return "%s%s %s" % (op, n(p[0]), n(p[1]))


def dot(cx, cy, r):
    return point("M", at(cx, cy, r, 0)) + curve(cx, cy, r, 0, 360) + "Z"


def ring(cx, cy, r):
    return dot(cx, cy, r + HALF) + point("M", at(cx, cy, r - HALF, 0)) + curve(cx, cy, r - HALF, 360, 0) + "Z"


def arc(cx, cy, r, a0, a1):
    x0, y0 = at(cx, cy, r, a0)
    x1, y1 = at(cx, cy, r, a1)
    return (point("M", at(cx, cy, r + HALF, a0)) + curve(cx, cy, r + HALF, a0, a1)
            + curve(x1, y1, HALF, a1, a1 + 180) + curve(cx, cy, r - HALF, a1, a0)
            + curve(x0, y0, HALF, a0 + 180, a0 + 360) + "Z")


def line(*v):
    pts = list(zip(v[::2], v[1::2]))
    out = ""
    for (x0, y0), (x1, y1) in zip(pts, pts[1:]):
        a = math.degrees(math.atan2(y1 - y0, x1 - x0))
        out += (point("M", at(x0, y0, HALF, a + 90)) + curve(x0, y0, HALF, a + 90, a + 270)
                + point("L", at(x1, y1, HALF, a - 90)) + curve(x1, y1, HALF, a - 90, a + 90) + "Z")
    return out


def shape(*v):
    return line(*v, *v[:2])


def box(x, y, w, h, r):
    return (line(x + r, y, x + w - r, y) + line(x + r, y + h, x + w - r, y + h)
            + line(x, y + r, x, y + h - r) + line(x + w, y + r, x + w, y + h - r)
            + arc(x + r, y + r, r, 180, 270) + arc(x + w - r, y + r, r, 270, 360)
            + arc(x + w - r, y + h - r, r, 0, 90) + arc(x + r, y + h - r, r, 90, 180))


def head(x, y, a, size=4.2):
    """An arrow's head, its point at x, y, pointing to angle a."""
    p, q = at(x, y, size, a + 180 - 42), at(x, y, size, a + 180 + 42)
    return line(p[0], p[1], x, y, q[0], q[1])


def turn(cx, cy, r, a0, a1):
    """An arc that ends in an arrow's head, clockwise."""
    x, y = at(cx, cy, r, a1)
    return arc(cx, cy, r, a0, a1) + head(x, y, a1 + 78)


def rays(cx, cy, r0, r1, count, first=0):
    out = ""
    for i in range(count):
        a = first + i * 360 / count
        out += line(*at(cx, cy, r0, a), *at(cx, cy, r1, a))
    return out


EYE = arc(12, 17.45, 10.95, 209.8, 330.2) + arc(12, 6.55, 10.95, 29.8, 150.2) + ring(12, 12, 3)
PAGES = box(3.5, 5, 17, 15.5, 2.5) + line(3.5, 10, 20.5, 10) + line(8, 3, 8, 6.5) + line(16, 3, 16, 6.5)
WAVES = dot(12, 18.5, 1.5) + arc(12, 18.5, 5, 225, 315) + arc(12, 18.5, 9.3, 225, 315) + arc(12, 18.5, 13.6, 225, 315)
SHEET = shape(5.5, 3, 14, 3, 18.5, 7.5, 18.5, 21, 5.5, 21) + line(14, 3, 14, 7.5, 18.5, 7.5)
TRAY = line(4, 15.5, 4, 20, 20, 20, 20, 15.5)
SLASH = line(4, 4, 20, 20)

ICONS = {
    "home": line(3.2, 11.2, 12, 4, 20.8, 11.2) + line(5.5, 9.6, 5.5, 20, 18.5, 20, 18.5, 9.6) + line(10, 20, 10, 14.3, 14, 14.3, 14, 20),
    "today": PAGES + line(8.3, 15, 11, 17.4, 15.8, 12.9),
    "cases": box(4, 4, 16, 16, 2.5) + line(8, 8.7, 16, 8.7) + line(8, 12, 16, 12) + line(8, 15.3, 13, 15.3),
    "intake": box(5, 5, 14, 16, 2.5) + box(9, 3, 6, 3.8, 1.3) + line(12, 10.5, 12, 17) + line(8.75, 13.75, 15.25, 13.75),
    "sync": turn(12, 12, 8, 195, 335) + turn(12, 12, 8, 15, 155),
    "manage": line(4, 7, 20, 7) + line(4, 12, 20, 12) + line(4, 17, 20, 17) + dot(9, 7, 2.4) + dot(15.5, 12, 2.4) + dot(7.5, 17, 2.4),
    "search": ring(10.5, 10.5, 6.5) + line(15.3, 15.3, 20.5, 20.5),
    "camera": box(3, 7, 18, 13, 2.5) + line(7.8, 7, 9.4, 4.3, 14.6, 4.3, 16.2, 7) + ring(12, 13.4, 3.6),
    "folder": shape(3.5, 5.3, 9.3, 5.3, 11.5, 8, 20.5, 8, 20.5, 19, 3.5, 19),
    "check": line(4.8, 12.6, 9.8, 17.6, 19.5, 7),
    "warning": shape(12, 3.8, 21.2, 19.8, 2.8, 19.8) + line(12, 9.7, 12, 13.8) + dot(12, 16.8, 1.15),
    "error": ring(12, 12, 9) + line(9, 9, 15, 15) + line(15, 9, 9, 15),
    "info": ring(12, 12, 9) + line(12, 11.2, 12, 16.2) + dot(12, 7.8, 1.15),
    "lock": box(5, 11, 14, 9.5, 2) + line(8, 11, 8, 8) + arc(12, 8, 4, 180, 360) + line(16, 8, 16, 11) + dot(12, 15.7, 1.4),
    "eye": EYE,
    "eye-off": EYE + SLASH,
    "calendar": PAGES + dot(8, 14, 1.1) + dot(12, 14, 1.1) + dot(16, 14, 1.1) + dot(8, 17.3, 1.1) + dot(12, 17.3, 1.1),
    "chevron-left": line(14.8, 5.5, 8.3, 12, 14.8, 18.5),
    "chevron-right": line(9.2, 5.5, 15.7, 12, 9.2, 18.5),
    "chevron-down": line(5.5, 9.2, 12, 15.7, 18.5, 9.2),
    "chevron-up": line(5.5, 14.8, 12, 8.3, 18.5, 14.8),
    "plus": line(12, 4.5, 12, 19.5) + line(4.5, 12, 19.5, 12),
    "minus": line(4.5, 12, 19.5, 12),
    "trash": line(4, 6.8, 20, 6.8) + line(9.3, 6.8, 9.3, 3.8, 14.7, 3.8, 14.7, 6.8) + line(5.8, 6.8, 6.8, 20.5, 17.2, 20.5, 18.2, 6.8)
             + line(10, 10.8, 10, 16.8) + line(14, 10.8, 14, 16.8),
    "rotate": box(3.5, 10, 11, 10.5, 2) + turn(12, 11, 7.8, 262, 362),
    "pen": shape(3.8, 20.2, 5, 15.4, 16, 4.4, 19.6, 8, 8.6, 19) + line(13.4, 7, 17, 10.6),
    "undo": line(8, 4.3, 3.8, 8.5, 8, 12.7) + line(3.8, 8.5, 14.5, 8.5) + arc(14.5, 13.75, 5.25, 270, 450) + line(14.5, 19, 8, 19),
    "clear": shape(9, 5.5, 20.8, 5.5, 20.8, 18.5, 9, 18.5, 3, 12) + line(12.2, 9.5, 17.2, 14.5) + line(17.2, 9.5, 12.2, 14.5),
    "print": line(7, 8.5, 7, 3.5, 17, 3.5, 17, 8.5) + line(6.5, 17, 3.5, 17, 3.5, 8.5, 20.5, 8.5, 20.5, 17, 17.5, 17) + box(7, 13.5, 10, 7, 1),
    "user": ring(12, 7.8, 4) + arc(12, 21, 7.7, 187, 353),
    "user-plus": ring(9.3, 7.8, 4) + arc(9.3, 21, 6.8, 187, 353) + line(18.8, 7.5, 18.8, 13.5) + line(15.8, 10.5, 21.8, 10.5),
    "users": ring(9, 8, 3.7) + arc(9, 20.5, 6.4, 187, 353) + arc(15.5, 8, 3.7, 275, 445) + arc(15.6, 20.5, 6.4, 283, 353),
    "online": WAVES,
    "offline": WAVES + SLASH,
    "phone": box(7, 2.5, 10, 19, 2.2) + line(11, 18.2, 13, 18.2),
    "id-card": box(2.5, 5, 19, 14, 2.5) + ring(8.2, 10.3, 2.1) + arc(8.2, 16.8, 3.3, 195, 345) + line(14.3, 10, 18.3, 10) + line(14.3, 14, 18.3, 14),
    "document": SHEET + line(9, 12, 15, 12) + line(9, 16, 15, 16),
    "receipt": line(5.5, 21, 5.5, 3, 18.5, 3, 18.5, 21) + line(5.5, 21, 8.1, 19, 10.1, 21, 12, 19, 13.9, 21, 15.9, 19, 18.5, 21)
               + line(9, 8, 15, 8) + line(9, 12, 15, 12),
    "photo": box(3.5, 4.5, 17, 15, 2.5) + ring(8.7, 9.4, 1.6) + line(3.8, 17, 9, 12.6, 13, 16, 16, 13.2, 20.2, 17),
    "upload": line(12, 15.5, 12, 4) + line(7.2, 8.8, 12, 4, 16.8, 8.8) + TRAY,
    "download": line(12, 4, 12, 15.5) + line(7.2, 10.7, 12, 15.5, 16.8, 10.7) + TRAY,
    "refresh": turn(12, 12, 8, 20, 320),
    "close": line(6, 6, 18, 18) + line(18, 6, 6, 18),
    "settings": ring(12, 12, 3) + ring(12, 12, 6.6) + rays(12, 12, 7.4, 9.4, 8, 22.5),
    "moon": arc(12, 12, 8.5, 8.1, 268.7) + arc(16.5, 8, 6.5, 52.9, 223.9),
    "sun": ring(12, 12, 4) + rays(12, 12, 7.4, 9.4, 8),
    "step-done": ring(12, 12, 9) + line(7.8, 12.3, 10.9, 15.4, 16.4, 9),
    "school": shape(12, 4.5, 22, 9.5, 12, 14.5, 2, 9.5) + line(6.2, 12, 6.2, 17) + line(17.8, 12, 17.8, 17)
              + arc(12, 10.6, 8.6, 48, 132) + line(21.2, 10, 21.2, 15.5),
    "shield": line(12, 21, 7.2, 17.8, 4.5, 13, 4.5, 5.8, 12, 3, 19.5, 5.8, 19.5, 13, 16.8, 17.8, 12, 21) + line(8.4, 11.8, 11, 14.4, 15.8, 9.2),
    "clock": ring(12, 12, 9) + line(12, 7, 12, 12.3, 15.6, 14.5),
}

for name, d in ICONS.items():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".svg"), "w") as f:
        f.write('<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24"><path fill="#000000" d="%s"/></svg>\n' % d)
