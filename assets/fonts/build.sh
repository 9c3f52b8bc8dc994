#!/bin/sh
# Remakes the fonts of this folder from fonts that Debian has.
# Needs: apt-get install fonttools fonts-noto-cjk fonts-hanazono fonts-lxgw-wenkai zstd
# On Debian 12 the same packages give the same bytes.
set -eu
cd "$(dirname "$0")"
python=/usr/bin/python3
noto=/usr/share/fonts/opentype/noto
hana=/usr/share/fonts/truetype/hanazono
lxgw=${LXGW:-/usr/share/fonts/truetype/lxgw-wenkai}

# Latin, Greek, Cyrillic, symbols, kana, bopomofo, Han and full-width forms; no Hangul.
ranges=0020-007E,00A0-024F,02B0-045F,1E00-1EFF,2000-2BFF,2E00-2FFF,3000-312F,3190-33FF,3400-4DBF,4E00-9FFF,F900-FAFF,FE10-FE6F,FF00-FFEF,1F100-1F2FF,20000-323AF
for weight in Regular Bold; do
  $python -m fontTools.subset "$noto/NotoSansCJK-$weight.ttc" --font-number=2 \
    --unicodes=$ranges --layout-features=kern --no-hinting --desubroutinize \
    --drop-tables+=VORG,vhea,vmtx,BASE --name-IDs='*' --name-languages=0x409 \
    --output-file="DoorstepSans-$weight.otf"
done

$python rare.py DoorstepSans-Regular.otf DoorstepRare.otf "Doorstep Rare" \
  "Copyright 2008-2017 GlyphWiki Project; 2021-2023 lxgw. Converted and thinned; SIL Open Font License 1.1." \
  "$hana/HanaMinB.ttf" "$hana/HanaMinA.ttf" "$lxgw/LXGWWenKai-Regular.ttf"
zstd -q -f --ultra -22 --long=26 --rm DoorstepRare.otf -o DoorstepRare.otf.zst
