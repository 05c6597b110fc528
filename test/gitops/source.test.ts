import { sourceOf } from '../../src/gitops/source.ts';

const of = (address: string, prefix = ''): string => sourceOf(address, '/srv/clone', prefix);

test.each([
  ['https://git.example.com/payments/chaos.git', 'git.example.com/payments/chaos'],
  ['https://ann:secret@Git.Example.com/payments/chaos/', 'git.example.com/payments/chaos'],
  ['https://git.example.com/payments/chaos.git?token=secret#secret', 'git.example.com/payments/chaos'],
  ['https://git.example.com:8443/payments/chaos', 'git.example.com-8443/payments/chaos'],
  ['ssh://git@git.example.com:22/payments/chaos.git', 'git.example.com/payments/chaos'],
  ['git@git.example.com:payments/chaos.git', 'git.example.com/payments/chaos'],
  ['git.example.com:/payments/chaos', 'git.example.com/payments/chaos'],
  ['/srv/git/chaos.git', '/srv/git/chaos'],
  ['file:///srv/git/chaos.git/', '/srv/git/chaos'],
  ['../git/chaos.git', '/srv/git/chaos'],
  ['/srv/clone', '/srv/clone'],
])('%s is %s', (address, source) => {
  expect(of(address)).toBe(source);
  expect(of(address, 'experiments/eu')).toBe(`${source}/experiments/eu`);
});

test('two repositories whose last part is the same are two, wherever they differ', () => {
  const all = [
    'https://git.example.com/payments/chaos',
    'https://git.example.com/search/chaos',
    'https://other.example.com/payments/chaos',
  ];
  const long = `https://git.example.com/${'deep/'.repeat(60)}`;
  const sources = [...all, '/payments/chaos', 'https://git.example.com/a b', 'https://git.example.com/a-b', `${long}one`, `${long}two`];
  expect(new Set(sources.map((address) => of(address))).size).toBe(sources.length);
});

test('names are legal and bounded, and hold no password, even in an address that is none', () => {
  const odd = [
    'https://ann:sec/ret@host/x',
    'https://host/ü?key=secret',
    'ann:secret@host:x/y',
    `/srv/${'x'.repeat(500)}`,
    'file://host/x',
  ];
  for (const source of odd.map((address) => of(address, 'chaos'))) {
    expect(source).toMatch(/^[\w./-]{1,200}$/);
    expect(source).not.toMatch(/secret|sec\/|ret/);
  }
});
