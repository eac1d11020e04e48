import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDistricts, parseMahallas } from '#clinic/mahallas/mahallas.ts';
import { createMahallaList } from '#clinic/mahallas/search.ts';

/** The tests run in the folder of the project. */
const read = (name: string) => readFileSync(`clinic/data/${name}`, 'utf8');
const mahallas = parseMahallas(read('mahallas.tsv'));
const districts = parseDistricts(read('districts.tsv'));
const list = createMahallaList(mahallas, districts);
const gijduvon = mahallas.filter((mahalla) => mahalla.district === '1706215').map((mahalla) => mahalla.code);
const catchment = gijduvon.slice(0, 20);

describe('the shipped mahallas', () => {
  it('are those of the national list, most with their district', () => {
    expect(mahallas).toHaveLength(9452);
    expect(new Set(mahallas.map((mahalla) => mahalla.code)).size).toBe(9452);
    const known = new Set(districts.map((district) => district.code));
    const placed = mahallas.filter((mahalla) => mahalla.district !== null);
    expect(placed.length).toBeGreaterThan(5000);
    expect(placed.filter((mahalla) => !known.has(mahalla.district ?? ''))).toEqual([]);
    expect(gijduvon.length).toBe(75);
  });

  it('keep the codes of Tashkent, which have a dash', () => {
    expect(list.nameOf('101-0085')).toBe('Abdulla Qodiriy MFY');
    expect(list.nameOf('99999999')).toBeNull();
  });
});

describe('searching mahallas', () => {
  it.each([
    'Abdulla Qahhor',
    'абдулла қаҳҳор',
    'Абдулла Каххар',
    'qahhor',
    'kakhkhor abdu',
    'Abdulla Qahhor MFY',
  ])('finds one of the catchment first by %s', (typed) => {
    expect(list.search(typed, 5, catchment)[0]).toEqual({ code: '20110002', name: 'Abdulla Qahhor MFY' });
  });

  it('says the district of a place elsewhere', () => {
    const hits = list.search('Uzumzor', 50, catchment);
    const elsewhere = mahallas.find(
      (mahalla) => mahalla.name === 'Uzumzor MFY' && mahalla.district === '1703203',
    );
    expect(elsewhere === undefined || hits.some((hit) => hit.name === 'Uzumzor MFY, Andijon tumani')).toBe(
      true,
    );
    expect(hits.length).toBeGreaterThan(1);
  });

  it('gives the catchment for an empty text, in order of names', () => {
    const hits = list.search('', 50, catchment);
    expect(hits).toHaveLength(20);
    expect(hits.map((hit) => hit.name)).toEqual(hits.map((hit) => hit.name).sort());
    expect(list.search(' ', 3, [])).toEqual([]);
  });

  it('finds nothing for nonsense and keeps to the limit', () => {
    expect(list.search('qwertyu', 5, catchment)).toEqual([]);
    expect(list.search('a', 5, catchment)).toHaveLength(5);
  });
});
