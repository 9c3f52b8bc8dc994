'use strict';
// The way from a page to the laptop that showed its code: a WebRTC data channel,
// encrypted, paired by the token behind #. It works in a page that comes without
// a certificate. What runs in the channel is a page's own script's.

const $ = id => document.getElementById(id);
const way = (document.querySelector('meta[name=way]') || {}).content; // of a page that was saved: where the laptop is, and its token
const [home, kept] = way ? way.split(' ') : ['', ''];
let token = way ? kept : location.hash.slice(1); // a page that is for one phone alone gets another when it joins
if (!way) history.replaceState(null, '', location.pathname); // the token stays out of the history
const local = location.hostname === '127.0.0.1';
const piece = 32768;

// What a page does: ready is called when the channel is there or gone, words
// with what the laptop said and was shown, record with its other records.
const page = { ready: () => {}, words: () => {}, record: () => {} };

function say(kind, text) {
  $('state').className = kind;
  $('state').textContent = text;
}

// SHA-256 and HMAC: a page without a certificate has no crypto.subtle.
function sha256(bytes) {
  const k = [], h = [];
  const frac = x => ((x - Math.floor(x)) * 4294967296) | 0;
  for (let n = 2; k.length < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) { prime = false; break; }
    if (!prime) continue;
    if (h.length < 8) h.push(frac(Math.sqrt(n)));
    k.push(frac(Math.cbrt(n)));
  }
  const len = bytes.length, whole = new Uint8Array(((len + 72) >> 6) << 6), view = new DataView(whole.buffer);
  whole.set(bytes);
  whole[len] = 0x80;
  view.setUint32(whole.length - 8, Math.floor(len / 536870912));
  view.setUint32(whole.length - 4, (len * 8) >>> 0);
  const rot = (x, n) => (x >>> n) | (x << (32 - n)), w = new Int32Array(64);
  for (let at = 0; at < whole.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const a = w[i - 15], b = w[i - 2];
      w[i] = w[i - 16] + (rot(a, 7) ^ rot(a, 18) ^ (a >>> 3)) + w[i - 7] + (rot(b, 17) ^ rot(b, 19) ^ (b >>> 10));
    }
    let [a, b, c, d, e, f, g, j] = h;
    for (let i = 0; i < 64; i++) {
      const t = (j + (rot(e, 6) ^ rot(e, 11) ^ rot(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i]) | 0;
      const u = ((rot(a, 2) ^ rot(a, 13) ^ rot(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      j = g; g = f; f = e; e = (d + t) | 0; d = c; c = b; b = a; a = (t + u) | 0;
    }
    [a, b, c, d, e, f, g, j].forEach((v, i) => { h[i] = (h[i] + v) | 0; });
  }
  const out = new Uint8Array(32), o = new DataView(out.buffer);
  h.forEach((v, i) => o.setInt32(4 * i, v));
  return out;
}

function hmac(key, text) {
  const enc = new TextEncoder(), pad = new Uint8Array(64);
  pad.set(enc.encode(key));
  const join = (a, b) => { const c = new Uint8Array(a.length + b.length); c.set(a); c.set(b, a.length); return c; };
  const inner = sha256(join(pad.map(v => v ^ 0x36), enc.encode(text)));
  return Array.from(sha256(join(pad.map(v => v ^ 0x5c), inner)), v => v.toString(16).padStart(2, '0')).join('');
}

// at is where the laptop answers this page: one that was saved has no address of
// its own and shows that it knows the token.
const at = what => way ? home + 'saved/' + hmac(token, 'saved') + '/' + what : what;

let channel = null, pairing = null, joined = false;

// connected pairs where there is no channel: a phone may drop its connection
// while its camera is open.
function connected() {
  if (channel && channel.readyState === 'open') return Promise.resolve();
  pairing = pairing || (async () => {
    for (let tries = 0; tries < 5; tries++) {
      if (await pair()) { joined = true; return; }
      await new Promise(done => setTimeout(done, 1000));
    }
    throw new Error('no way');
  })().finally(() => { pairing = null; });
  return pairing;
}

// pair shows the laptop that this page has read its code, and sees to it that
// the answer is that laptop's.
async function pair() {
  const pc = new RTCPeerConnection();
  const ch = pc.createDataChannel('', { negotiated: true, id: 0 });
  ch.binaryType = 'arraybuffer';
  ch.bufferedAmountLowThreshold = 262144;
  let settle;
  const opened = new Promise(done => { settle = done; });
  const gone = () => {
    settle(false);
    if (channel !== ch) return;
    channel = null;
    if (!document.hidden) connected().catch(lost);
  };
  ch.onopen = () => { channel = ch; came = new Uint8Array(0); again = 0; refused = ''; page.ready(true); settle(true); };
  ch.onclose = gone;
  ch.onmessage = receive;
  pc.onconnectionstatechange = () => { if (pc.connectionState === 'failed') { pc.close(); gone(); } };
  setTimeout(() => settle(false), 15000);
  await pc.setLocalDescription(await pc.createOffer());
  if (pc.iceGatheringState !== 'complete') {
    await new Promise(done => {
      pc.onicegatheringstatechange = () => { if (pc.iceGatheringState === 'complete') done(); };
      setTimeout(done, 3000);
    });
  }
  const offer = JSON.stringify({ type: 'offer', sdp: pc.localDescription.sdp }), mac = hmac(token, 'offer\n' + offer);
  let res;
  try {
    res = await fetch(at('pair'), { method: 'POST', body: JSON.stringify({ message: offer, mac: mac }) });
  } catch (e) {
    pc.close();
    return false; // no network, or nobody there
  }
  if (!res.ok) {
    refused = await res.text();
    over = res.status === 403;
    say('bad', refused);
    if (over) throw new Error('refused');
    return false;
  }
  const answer = await res.json();
  if (answer.mac !== hmac(token, 'answer\n' + mac + '\n' + answer.message)) {
    refused = '对方不是显示二维码的那台电脑，没有连接。请到柜台核对后重新扫码。';
    over = true;
    say('bad', refused);
    throw new Error('not the laptop');
  }
  await pc.setRemoteDescription(JSON.parse(answer.message));
  return opened;
}

// lost says that there is no way, and looks for one again for a while: a hotspot
// comes back by itself.
let refused = '', over = false, later = 0, again = 0;
function lost() {
  page.ready(false);
  say('bad', refused || (way && !joined ?
    '连不上电脑：保存的这一页只在那次扫码时能用。电脑上已关闭的，请重新扫码，这一页可以删除。刚扫过码的，请让手机和电脑在同一个网络，问“本地网络”时点“允许”。' :
    '与电脑断开了，正在重连。一直连不上：请确认手机和电脑在同一个网络，在电脑上重新打开，再扫一次码。'));
  clearTimeout(later);
  if (++again <= 40) later = setTimeout(seek, 3000);
}
function seek() {
  if (document.hidden || local || !token || channel || over) return;
  if (begun) connected().catch(lost); else begin(first);
}
for (const event of ['visibilitychange', 'online']) {
  (event === 'online' ? window : document).addEventListener(event, () => { again = 0; seek(); });
}

// receive puts the laptop's records together: a letter, four bytes of length.
let came = new Uint8Array(0);
function receive(event) {
  if (typeof event.data === 'string') return;
  const all = new Uint8Array(came.length + event.data.byteLength);
  all.set(came);
  all.set(new Uint8Array(event.data), came.length);
  came = all;
  while (came.length >= 5) {
    const n = new DataView(came.buffer, came.byteOffset).getUint32(1);
    if (came.length < 5 + n) return;
    const kind = String.fromCharCode(came[0]), body = came.slice(5, 5 + n);
    came = came.slice(5 + n);
    if (kind === 'W') {
      const words = json(body);
      say(words.kind, words.text);
      page.words(words);
    } else if (kind === 'K') {
      token = new TextDecoder().decode(body);
      page.record('K', body);
    } else {
      page.record(kind, body);
    }
  }
}

function json(body) { return JSON.parse(new TextDecoder().decode(body)); }

// pour sends a record, in pieces that the laptop takes.
async function pour(kind, bytes, progress) {
  await connected();
  const ch = channel, head = new Uint8Array(5);
  head[0] = kind.charCodeAt(0);
  new DataView(head.buffer).setUint32(1, bytes.length);
  ch.send(head);
  for (let at = 0; at < bytes.length; at += piece) {
    if (ch.bufferedAmount > 1048576) await new Promise(done => { ch.onbufferedamountlow = done; ch.addEventListener('close', done); });
    ch.send(bytes.subarray(at, at + piece));
    if (progress) progress(100 * at / bytes.length);
  }
  while (ch.readyState === 'open' && ch.bufferedAmount > 0) await new Promise(done => setTimeout(done, 20));
  if (ch.readyState !== 'open') throw new Error('broken'); // what waited to be sent went with the channel
}

// begin is the first thing a page does; until the laptop has answered it is
// begun again.
let begun = false, first = null;
async function begin(then) {
  first = then;
  try {
    if (!token) { say('bad', '缺少口令：请重新扫电脑上的二维码。'); return; }
    const want = await (await fetch(at('about'))).json();
    if (begun) return;
    begun = true;
    $('title').textContent = want.title;
    document.title = want.title;
    if (!local && !window.RTCPeerConnection) { say('bad', '这个浏览器不能直接连电脑：请换手机自带的浏览器再扫码。'); return; }
    await then(want);
  } catch (e) {
    lost();
  }
}
