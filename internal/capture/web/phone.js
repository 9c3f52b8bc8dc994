'use strict';
// The page by which a phone, or this laptop's own browser, takes a picture for
// the laptop. A phone finds no camera in a page that comes without a
// certificate, but may open its camera program; the picture then goes to the
// laptop, which says in words what it thinks of it. Saved as a file and opened
// there, the same page finds the camera, and shows a preview.

page.ready = on => {
  const live = on && $('video').srcObject;
  $('view').hidden = !live;
  $('shutter').hidden = !live;
  $('take').hidden = !on || live && !way;
  $('take').className = live ? 'quiet' : 'button';
  $('label').textContent = live ? '用手机的相机拍' : '拍照';
  $('pick').hidden = !on;
  $('hold').hidden = !on || live;
};

// send sends pictures one after the other: the next may be taken while one is
// still on its way.
let sending = 0, turn = Promise.resolve();
function send(blob) {
  if (!blob) return turn;
  sending++;
  if (sending > 1) say('info', '正在传给电脑…还有 ' + (sending - 1) + ' 张在后面等。');
  turn = turn.then(() => give(blob)).finally(() => { sending--; });
  return turn;
}

async function give(blob) {
  try {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    say('info', sending > 1 ? '正在传给电脑…还有 ' + (sending - 1) + ' 张在后面等。' : '正在传给电脑…');
    if (local) {
      const res = await fetch('shot', { method: 'POST', headers: { 'X-Shot': hmac(token, 'shot') }, body: bytes });
      say(res.ok ? 'good' : 'bad', await res.text());
      quiet = Date.now() + 4000;
      if (res.ok) judged(++shots);
      return;
    }
    $('progress').hidden = false;
    for (let tries = 0; ; tries++) {
      try {
        await pour('S', bytes, part => { $('progress').value = part; });
        break;
      } catch (e) {
        if (tries === 3) throw e; // a connection that broke is made anew, and the picture sent from its start
      }
    }
    say('info', '已传完，电脑正在检查…');
  } catch (e) {
    say('bad', '没有传成：请重新扫码再拍。');
  } finally {
    $('progress').hidden = true;
  }
}

// still takes a picture as fine as the camera gives.
async function still() {
  const video = $('video'), track = video.srcObject.getVideoTracks()[0];
  if (window.ImageCapture) {
    try {
      const photo = await Promise.race([new ImageCapture(track).takePhoto(), new Promise(done => setTimeout(done, 8000))]);
      if (photo) return photo;
    } catch (e) { /* a camera that gives frames alone */ }
  }
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d').drawImage(video, 0, 0);
  return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.92));
}

// note says what stays true whatever the laptop says.
function note(words) {
  $('note').textContent = words;
  $('note').hidden = !words;
}

// look opens a camera: the one remembered, else the one at the back.
async function look(id) {
  if (!navigator.mediaDevices) {
    if (way) note('这个浏览器在保存的页里也不能取景：请直接用“拍照”，或换一个浏览器打开这一页。');
    return;
  }
  const before = $('video').srcObject;
  if (before) before.getTracks().forEach(t => t.stop());
  const which = id ? { deviceId: { exact: id } } : { facingMode: 'environment' };
  note('');
  try {
    $('video').srcObject = await navigator.mediaDevices.getUserMedia({ audio: false, video: { width: { ideal: 4096 }, height: { ideal: 3072 }, ...which } });
  } catch (e) {
    $('video').srcObject = null;
    if (way) {
      note('没有打开摄像头，不能取景：请直接用“拍照”。想取景就在浏览器的设置里允许它用摄像头，再按“重新打开摄像头”。');
      $('next').hidden = false;
      $('next').textContent = '重新打开摄像头';
      return;
    }
    say('bad', '没有打开摄像头：请允许浏览器使用它，关闭正在用它的程序，或改用手机拍、选文件。');
  }
  const all = await cameras();
  $('next').hidden = all.length < 2;
  $('next').textContent = '换摄像头（' + ($('video').srcObject ? $('video').srcObject.getVideoTracks()[0].label : '') + '）';
}

async function cameras() {
  return (await navigator.mediaDevices.enumerateDevices()).filter(d => d.kind === 'videoinput');
}

// another goes to the next camera: a document camera beside a built-in one.
async function another() {
  const all = await cameras(), now = $('video').srcObject && $('video').srcObject.getVideoTracks()[0].getSettings().deviceId;
  await look(now && all.length ? all[(all.findIndex(d => d.deviceId === now) + 1) % all.length].deviceId : '');
  page.ready(local || !!channel);
}

for (const id of ['file', 'album']) {
  $(id).onchange = async () => { const f = $(id).files[0]; $(id).value = ''; await send(f); };
}
$('next').onclick = another;
document.addEventListener('visibilitychange', async () => { // the phone's camera program may have taken the camera away
  if (document.hidden || !way || !$('video').srcObject || $('video').srcObject.active) return;
  await look();
  page.ready(!!channel);
});
$('shutter').onclick = async () => send(await still());


// What the laptop refused is taken again.
page.words = words => {
  $('shutter').textContent = words.kind === 'bad' ? '重拍' : '拍照';
  if (!$('video').srcObject) $('label').textContent = $('shutter').textContent;
};

// judged waits for what the laptop says of the picture sent last, to this page in
// its own browser; where the laptop is done with the page its window says it.
let shots = 0;
async function judged(shot) {
  for (let tries = 0; tries < 150 && shot === shots; tries++) {
    try {
      const words = await (await fetch('words', { method: 'POST', headers: { 'X-Words': hmac(token, 'words') } })).json();
      if (words.text && shot === shots) {
        say(words.kind, words.text);
        page.words(words);
        quiet = Date.now() + 4000;
        return;
      }
    } catch (e) { return; }
    await new Promise(done => setTimeout(done, 400));
  }
}

// While a preview stands the laptop judges a small frame of it after the other
// and its words are shown over it; after the laptop's words about a picture they
// are silent for a while.
let portrait = false, quiet = 0, answer = null;
async function hint() {
  const video = $('video');
  if (!video.srcObject || !video.videoWidth || document.hidden || sending || Date.now() < quiet) return;
  const canvas = document.createElement('canvas'), scale = Math.min(1, 640 / Math.max(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.8));
  if (!blob || blob.size > 262144) return;
  let words;
  if (local) {
    const res = await fetch('look', { method: 'POST', headers: { 'X-Look': hmac(token, 'look') }, body: blob });
    if (!res.ok) return;
    words = await res.json();
  } else {
    if (!channel) return;
    const told = new Promise(done => { answer = done; });
    await pour('P', new Uint8Array(await blob.arrayBuffer()));
    words = await Promise.race([told, new Promise(done => setTimeout(done, 10000))]);
  }
  if (!words || sending || Date.now() < quiet) return;
  $('hint').className = words.kind;
  $('hint').textContent = words.text;
  $('hint').hidden = false;
}
page.record = (kind, body) => { if (kind === 'H' && answer) answer(json(body)); };

begin(async want => {
  portrait = want.portrait;
  $('guide').toggleAttribute('hidden', !portrait);
  $('hold-' + (portrait ? 'person' : 'paper')).toggleAttribute('hidden', false);
  if (portrait) $('tips').textContent = '';
  for (const words of portrait ? ['请人站在白墙前，正对镜头，露出眉毛和耳朵。', '光线从正面来，不要背光；手机举到与眼同高，离人约一米。'] : []) {
    $('tips').append(Object.assign(document.createElement('li'), { textContent: words }));
  }
  if (!local && !way) offer();
  await look();
  if (want.hints) hints();
  if (local) {
    page.ready(true);
    if ($('video').srcObject) say('info', '对准后按“拍照”。');
  } else {
    await connected();
  }
});

async function hints() {
  for (;;) {
    try { await hint(); } catch (e) { /* the next frame is judged again */ }
    await new Promise(done => setTimeout(done, 300));
  }
}

// offer tells how to get a preview on this phone, or why it cannot have one.
function offer() {
  if (navigator.mediaDevices) return; // it has one
  $('live').hidden = false;
  if (/iPhone|iPad|iPod|Macintosh/.test(navigator.userAgent)) {
    $('live-how').hidden = true;
    $('live-no').textContent = '苹果手机的浏览器在这里打不开摄像头：请直接用上面的“拍照”，拍照程序里就能取景。';
  } else if (/MicroMessenger/.test(navigator.userAgent)) {
    $('live-how').hidden = true;
    $('live-no').textContent = '微信里不能取景：请直接用上面的“拍照”；想取景就退出微信，用手机自带的相机或浏览器扫电脑上的码。';
  }
}

// keep saves this page as a file that knows the way to the laptop. The token is
// written into it here, so that no network sees it.
async function keep() {
  try {
    const res = await fetch('saved.html');
    if (!res.ok) throw new Error('not served');
    const head = '<meta http-equiv="Content-Security-Policy" content="connect-src ' + location.origin + '/"><meta name="way" content="' + location.origin + '/ ' + token + '">';
    const text = (await res.text()).replace('<meta name="way">', () => head);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: 'text/html' }));
    link.download = '实时取景.html';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    $('live-no').textContent = '已交给浏览器保存：提示“不安全”的点“保留”。没有保存成的，请直接用上面的“拍照”。';
  } catch (e) {
    $('live-no').textContent = '没有保存成：请直接用上面的“拍照”。';
  }
}
$('keep').onclick = keep;
