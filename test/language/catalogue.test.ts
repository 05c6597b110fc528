import { readFileSync } from 'node:fs';
import { describeCatalogue } from '../../src/language/catalogue.ts';
import { faults } from '../../src/faults/index.ts';
import { providers } from '../../src/probes/index.ts';

test('docs/catalogue.md is what the catalogue says: run `npm run docs:catalogue`', () => {
  expect(readFileSync('docs/catalogue.md', 'utf8')).toBe(describeCatalogue());
});

test.each([...Object.keys(faults), ...Object.keys(providers)])('%s is in it', (kind) => {
  expect(describeCatalogue()).toContain(`### \`${kind}\``);
});
