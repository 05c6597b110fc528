import fc from 'fast-check';
import { createMask } from '../../src/domain/mask.ts';

const knowing = (...secrets: string[]) => {
  const mask = createMask();
  for (const secret of secrets) mask.learn(secret);
  return mask;
};
const TOKEN = 'Zk3vQ9/"+=pL7wXn2sT5yB8';

test('a secret is hidden whole, cut off at either end, and in each of its forms', () => {
  const { hide } = knowing(TOKEN);
  const forms = [TOKEN, encodeURIComponent(TOKEN), JSON.stringify(TOKEN).slice(1, -1), Buffer.from(TOKEN).toString('hex')];
  for (const form of forms) expect(hide(`no: ${form} | more`)).toBe('no: … | more');
  expect(hide(`got '${TOKEN.slice(0, 14)}…'`)).toBe("got '……'");
  expect(hide(`…${TOKEN.slice(8)} is wrong`)).toBe('…… is wrong');
  for (const before of ['', 'a', 'ab', 'abc']) {
    const encoded = Buffer.from(`${before}${TOKEN}`).toString('base64');
    expect(Buffer.from(hide(encoded).replaceAll('…', ''), 'base64').toString()).not.toContain(TOKEN.slice(0, 12));
  }
});

test('what was never learnt is left alone, and what is too short to be told apart is too', () => {
  expect(createMask().hide('nothing is known')).toBe('nothing is known');
  const { hide } = knowing('12345', 'seventeen');
  expect(hide('12345 of 67890, and seventeen')).toBe('12345 of 67890, and …');
});

test('of an address its password, query and path are secret; a database’s name and user are not', () => {
  const { hide } = knowing(
    'postgres://shop:p4ssw0rd%2F1@db:5432/shop?sslpassword=another-one',
    'https://hooks.example.com/services/T000/B000/XXXXYYYY',
  );
  expect(hide('password p4ssw0rd/1 of shop at db:5432/shop')).toBe('password … of shop at db:5432/shop');
  expect(hide('p4ssw0rd%2F1 and another-one')).toBe('… and …');
  expect(hide('POST hooks.example.com/services/T000/B000/XXXXYYYY failed')).toBe('POST hooks.example.com… failed');
  expect(knowing('postgres://breakwater:breakwater@db/breakwater').hide('queue breakwater')).toBe('queue breakwater');
  expect(knowing('https://longtokenlongtoken@host/').hide('user longtokenlongtoken')).toBe('user …');
});

test('no twelve characters of a random secret are ever left, wherever the text was cut', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9+/=_"-]{16,60}$/);
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), fc.nat(), fc.nat(), (value, before, after, from, length) => {
      const start = from % (value.length - 12);
      const shown = knowing(value).hide(before + value.slice(start, start + 12 + (length % 50)) + after);
      for (let at = 0; at + 12 <= value.length; at++) expect(shown).not.toContain(value.slice(at, at + 12));
    }),
  );
});

test('it keeps the newest 200', () => {
  const mask = knowing(...Array.from({ length: 201 }, (_, i) => `secret-number-${String(i).padStart(6, '0')}-${i * 7_919}`));
  expect(mask.hide('secret-number-000200-1583800')).toBe('…');
});

const many = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `secret-number-${String(from + i).padStart(6, '0')}-${(from + i) * 7_919}`);

test('what was learnt for good is never forgotten, and what is learnt once more is new again', () => {
  const mask = createMask();
  mask.learn('of-the-settings-0123456789', { forGood: true });
  for (const secret of many(0, 200)) mask.learn(secret);
  mask.learn(many(1, 2)[0]!); // resolved once more
  for (const secret of many(200, 260)) mask.learn(secret);
  expect(mask.hide('of-the-settings-0123456789')).toBe('…');
  expect(mask.hide(many(1, 2)[0]!)).toBe('…');
  expect(mask.hide('the secret-number-000010-79190')).not.toBe('the …');
});

test('a long secret is hidden in its plain and its JSON form, as far as 65,536 characters, and does not drive out the others', () => {
  const words = (seed: number, length: number) =>
    Array.from({ length: length / 8 }, (_, i) => `${((i + 1) * seed).toString(36).padStart(7, 'q')}"`).join('');
  const mask = knowing(TOKEN);
  const long = words(7_919, 80_000);
  mask.learn(long);
  expect(mask.hide(long.slice(0, 60_000))).toBe('…');
  expect(mask.hide(JSON.stringify(long.slice(100, 200)))).toBe('"…"');
  expect(mask.hide(long.slice(70_000))).toBe(long.slice(70_000));
  expect(mask.hide(TOKEN)).toBe('…');
});

test('however long secrets are, what is kept of them stays bounded, and the newest is there', () => {
  const mask = createMask();
  mask.learn('of-the-settings-0123456789', { forGood: true });
  const secretOf = (n: number) => Array.from({ length: 500 }, (_, i) => `${n}x${(i * 104_729 + n).toString(36).padStart(6, 'z')}`).join('');
  for (let n = 10; n < 80; n++) mask.learn(secretOf(n));
  expect(mask.hide(secretOf(79))).toBe('…');
  expect(mask.hide(secretOf(10))).toBe(secretOf(10));
  expect(mask.hide('of-the-settings-0123456789')).toBe('…');
});
