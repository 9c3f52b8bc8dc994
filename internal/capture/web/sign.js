'use strict';
// The page by which a person signs with a finger. It shows what is signed, by the
// mark that the laptop shows too, and sends where the finger was and when; the
// laptop alone decides what is kept.

const most = 20000, strokesMost = 512;
let asked = null, strokes = [], began = 0, finger = null, sent = false;

page.ready = on => { if (!on) $('sheet').hidden = true; else if (asked) $('sheet').hidden = false; };
page.record = (kind, body) => {
  if (kind !== 'A') return;
  const before = asked && !sent && JSON.stringify(asked);
  asked = json(body);
  if (before === JSON.stringify(asked)) { $('sheet').hidden = false; return; } // the way was lost while somebody wrote
  for (const name of ['document', 'signer', 'manner', 'mark']) $(name).textContent = asked[name];
  sent = false;
  $('sheet').hidden = false;
  fit();
  clear();
};
page.words = words => { if (words.kind === 'good') { sent = true; show(); } };

// fit gives the canvas the glass's own pixels, and draws what is on it anew.
function fit() {
  const box = $('pad').getBoundingClientRect(), scale = window.devicePixelRatio || 1;
  $('ink').width = Math.round(box.width * scale);
  $('ink').height = Math.round(box.height * scale);
  const pen = $('ink').getContext('2d');
  pen.lineCap = pen.lineJoin = 'round';
  pen.strokeStyle = '#0d1a33';
  for (const s of strokes) for (let i = 1; i <= s.length; i++) draw(s.slice(Math.max(0, i - 3), i));
}
window.addEventListener('resize', () => { if (asked) fit(); });

function clear() {
  strokes = [];
  began = 0;
  finger = null;
  $('ink').getContext('2d').clearRect(0, 0, $('ink').width, $('ink').height);
  show();
}

function count() { return strokes.reduce((n, s) => n + s.length, 0); }

function show() {
  $('clear').disabled = sent || !strokes.length;
  $('confirm').disabled = sent || count() < 3;
  $('pad').className = sent ? 'done' : '';
}

// draw adds what the last of up to three points adds to the line.
function draw(points) {
  const pen = $('ink').getContext('2d'), w = $('ink').width, h = $('ink').height;
  const at = p => [p.x * w, p.y * h], middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const last = points[points.length - 1];
  pen.lineWidth = h * (last.p > 0 ? 0.010 + 0.010 * last.p : 0.015);
  pen.beginPath();
  if (points.length === 1) {
    pen.moveTo(...at(last));
    pen.lineTo(...at(last));
  } else if (points.length === 2) {
    pen.moveTo(...at(points[0]));
    pen.lineTo(...middle(at(points[0]), at(last)));
  } else {
    pen.moveTo(...middle(at(points[0]), at(points[1])));
    pen.quadraticCurveTo(...at(points[1]), ...middle(at(points[1]), at(last)));
  }
  pen.stroke();
}

// add takes a sample of the finger, held within the pad.
function add(event) {
  if (count() >= most) return;
  const box = $('pad').getBoundingClientRect(), held = v => Math.min(Math.max(v, 0), 1);
  const s = strokes[strokes.length - 1], before = s[s.length - 1];
  const p = { x: held((event.clientX - box.left) / box.width), y: held((event.clientY - box.top) / box.height),
    t: Math.max(Math.round(event.timeStamp - began), 0), p: event.pointerType === 'pen' ? held(event.pressure) : 0 };
  if (before && before.x === p.x && before.y === p.y) return;
  s.push(p);
  draw(s.slice(-3));
}

const pad = $('pad');
pad.addEventListener('pointerdown', event => {
  if (sent || finger !== null || strokes.length >= strokesMost || count() >= most) return;
  event.preventDefault();
  finger = event.pointerId;
  pad.setPointerCapture(finger);
  if (!strokes.length) began = event.timeStamp;
  strokes.push([]);
  add(event);
});
pad.addEventListener('pointermove', event => {
  if (event.pointerId !== finger) return;
  event.preventDefault();
  const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
  for (const e of all.length ? all : [event]) add(e);
});
for (const end of ['pointerup', 'pointercancel']) {
  pad.addEventListener(end, event => { if (event.pointerId === finger) { finger = null; show(); } });
}

// packed is the signature as the laptop reads it.
function packed() {
  const mark = new TextEncoder().encode(asked.mark);
  const out = new DataView(new ArrayBuffer(1 + mark.length + 2 + strokes.length * 2 + count() * 16));
  let at = 0;
  out.setUint8(at++, mark.length);
  for (const b of mark) out.setUint8(at++, b);
  out.setUint16(at, strokes.length);
  at += 2;
  let last = 0;
  for (const s of strokes) {
    out.setUint16(at, s.length);
    at += 2;
    for (const p of s) {
      last = Math.max(last, p.t); // clocks of browsers may step back
      out.setFloat32(at, p.x);
      out.setFloat32(at + 4, p.y);
      out.setUint32(at + 8, last);
      out.setFloat32(at + 12, p.p);
      at += 16;
    }
  }
  return new Uint8Array(out.buffer);
}

$('clear').onclick = clear;
$('confirm').onclick = async () => {
  if (sent || finger !== null) return;
  sent = true;
  show();
  say('info', '正在传给电脑…');
  try {
    await pour('I', packed());
  } catch (e) {
    sent = false;
    show();
    say('bad', '没有传成：请再按“确认”，或在电脑上签。');
  }
};

begin(() => connected());
