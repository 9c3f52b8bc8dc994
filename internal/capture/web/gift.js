'use strict';
// The page by which a phone keeps the family's copy. It shows four digits, by
// which a person at the laptop sees that this is the phone; then the file comes,
// is compared with the hash that came with it, and the browser saves it.

let mine = false; // the code is this phone's alone
page.ready = on => { if (!on) $('digits').hidden = true; else if (mine && $('file').hidden) digits(); };
page.record = async (kind, body) => {
  if (kind === 'K') {
    mine = true;
    digits();
  } else if (kind === 'F') {
    await take(body);
  }
};

function digits() {
  $('digits').textContent = String(parseInt(hmac(token, 'digits').slice(0, 8), 16) % 10000).padStart(4, '0');
  $('digits').hidden = false;
}

const hex = bytes => Array.from(bytes, v => v.toString(16).padStart(2, '0')).join('');

async function take(body) {
  const sum = sha256(body.subarray(33 + body[32])), h = hex(sum);
  if (h !== hex(body.subarray(0, 32))) {
    say('bad', '收到的文件不完整，没有保存：请经办人员再发一次。');
    return;
  }
  const bytes = body.slice(33 + body[32]), name = new TextDecoder().decode(body.subarray(33, 33 + body[32]));
  if ($('save').href) URL.revokeObjectURL($('save').href);
  $('save').href = URL.createObjectURL(new Blob([bytes], { type: 'application/pdf' }));
  $('save').download = name;
  $('name').textContent = name;
  $('size').textContent = Math.ceil(bytes.length / 1024) + ' KB';
  $('mark').textContent = h.slice(0, 4) + ' ' + h.slice(4, 8);
  $('digits').hidden = true;
  $('file').hidden = false;
  await pour('G', sum);
}

begin(async () => {
  if (/MicroMessenger/.test(navigator.userAgent)) { // it saves no files, and the code is for one page alone
    say('bad', '微信里不能保存文件：请退出，用手机自带的相机或浏览器再扫这个码。');
    return;
  }
  await connected();
});
