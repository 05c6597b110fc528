import { environmentsOf, whyForeign } from '../../src/domain/site-environments.ts';

const all = { 'eu-1': ['production'], dev: ['staging', 'development'] };

test.each([
  ['eu-1', 'production', undefined],
  ['dev', 'development', undefined],
  ['eu-1', 'staging', 'site eu-1 holds production, and the experiment is of staging'],
  ['dev', 'production', 'site dev holds staging, development, and the experiment is of production'],
  ['mars', 'production', 'site mars is not named in BREAKWATER_SITE_ENVIRONMENTS, and the experiment is of production'],
  ['constructor', 'production', 'site constructor is not named in BREAKWATER_SITE_ENVIRONMENTS, and the experiment is of production'],
  ['eu-1', undefined, 'site eu-1 holds production, and nothing says of which environment this is'],
])('site %s, environment %s', (site, environment, why) => expect(whyForeign(environmentsOf(all, site), site, environment)).toBe(why));

test('where nobody said, nothing is refused', () =>
  expect(whyForeign(environmentsOf(undefined, 'eu-1'), 'eu-1', undefined)).toBeUndefined());
