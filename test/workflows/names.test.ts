import { describeWithTemporal } from '../support/servers.ts';
import { expectNothingLeft } from './harness/expectations.ts';
import { onStage, openTheatre, type Theatre } from './harness/stage.ts';

describeWithTemporal('what a target is called', () => {
  let theatre: Theatre;
  beforeAll(async () => {
    theatre = await openTheatre();
  });
  afterAll(() => theatre.close());

  test.each([
    ['long', 'x'.repeat(5_000)],
    ['wide', '💥'.repeat(500)],
    ['cut in the middle of a character', `${'a'.repeat(30)}\ud83d`],
    ['of many lines', 'a\nb\u0000c'],
  ])('%s stops no run: it is hit, undone and judged', (_how, name) =>
    onStage(theatre, async ({ site, start, verdict }) => {
      site.population = site.population.map((target) => ({ ...target, name: `${name} ${target.name}` }));
      expect(await verdict(await start())).toMatchObject({ verdict: 'passed' });
      expectNothingLeft(site);
    }),
  );
});
