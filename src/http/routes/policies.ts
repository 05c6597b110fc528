import * as z from 'zod';
import { mayAnywhere } from '../../domain/principal.ts';
import { makePlan } from '../../language/digest.ts';
import { parseDocument } from '../../language/experiment.ts';
import type { CaseResult, ReadyCase } from '../../policy/cases.ts';
import { factsGiven, GivenCase } from '../../policy/cases-schema.ts';
import { factsOf } from '../../policy/facts.ts';
import type { PolicySet } from '../../policy/folder.ts';
import { guardrailsWith } from '../../policy/guardrails.ts';
import { readBundle } from '../../policy/bundle/read.ts';
import { askRego } from '../../policy/rego.ts';
import type { Api } from '../api.ts';
import { mustMay, principalOf } from '../guard.ts';
import type { PolicyRoom } from '../policy-room.ts';
import { HttpError } from '../problem.ts';
import * as schema from '../schemas.ts';
import { given } from './given.ts';

/** Each may take a bundle its whole second. */
const MOST_CASES = 20;
/** An evaluation takes a thread and time of this process, which stops runs, too. */
const MOST_AT_ONCE = 2;
const DOCUMENT_LIMIT = 524_288;

const TestBody = z
  .strictObject({
    document: schema.Document.optional(),
    wave: z.string().min(1).max(100).optional().describe('judged as before this wave; absent: as before the run'),
    timeScale: schema.TimeScale.optional(),
    at: schema.Instant.optional().describe('the hour to judge by; absent: now'),
    cases: z.array(GivenCase).min(1).max(MOST_CASES).optional().describe('facts and what is expected of them, as in a file of cases'),
  })
  .refine(({ document, cases }) => (document === undefined) !== (cases === undefined), 'expected `document` or `cases`, one of them');

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 1_000);

/** Which policies are in force here, and what they say. Nothing is changed by asking. */
export function policyRoutes(app: Api, room: PolicyRoom): void {
  let underWay = 0;
  const oneOfFew = async <T>(work: () => Promise<T>): Promise<T> => {
    if (underWay >= MOST_AT_ONCE) throw new HttpError(429, 'other policies are being evaluated; try again in a few seconds');
    underWay += 1;
    try {
      return await work();
    } finally {
      underWay -= 1;
    }
  };
  /** @throws HttpError (422): what cannot be read denies every plan, and that is the answer */
  const setNow = async (): Promise<PolicySet | undefined> => {
    try {
      return await room.policies?.();
    } catch (error) {
      throw new HttpError(422, `the policies cannot be read, and every plan is denied until they can: ${wordsOf(error)}`);
    }
  };
  const asked = (): { asked: string[]; notAsked: string[] } => ({
    asked: ['guardrails', ...(room.policies ? ['files'] : []), ...(room.rego ? ['rego'] : [])],
    notAsked: room.opa === undefined ? [] : ['opa'],
  });

  app.get(
    '/v1/policies',
    {
      schema: {
        tags: ['policy'],
        summary: 'the rules that this process is told of, with their digests; workers have settings of their own',
        response: { 200: z.looseObject({ guardrails: z.array(z.string()), ...AskedAnswer.shape }), ...schema.problems },
      },
    },
    async (request) => {
      if (!mayAnywhere(principalOf(request), 'read')) throw new HttpError(403, 'you may look at nothing here');
      const set = await setNow();
      const { siteEnvironments, rego } = room;
      return {
        ...asked(),
        guardrails: Object.keys(guardrailsWith(siteEnvironments)),
        ...(siteEnvironments && { siteEnvironments }),
        ...(set && {
          files: {
            digest: set.digest,
            names: set.files,
            rules: set.rules.map(({ name, file, contact, rule }) => ({ name, file, contact, rule })),
          },
        }),
        ...(rego && {
          rego: await readBundle(rego.file).then(
            ({ digest }) => ({ digest }),
            (error: unknown) => ({ problem: wordsOf(error) }),
          ),
        }),
      };
    },
  );

  app.post(
    '/v1/policies/test',
    {
      bodyLimit: DOCUMENT_LIMIT,
      schema: {
        tags: ['policy'],
        summary: 'what every rule says of an experiment, or whether cases come out as expected; starts nothing',
        body: TestBody,
        response: { 200: z.looseObject({ ...AskedAnswer.shape, allowed: z.boolean().optional() }), ...schema.problems },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const { document, cases = [], wave, timeScale = 1, at = Date.now() } = request.body;
      if (document === undefined) {
        if (!mayAnywhere(principal, 'plan')) throw new HttpError(403, 'cases are tested by whoever may plan experiments somewhere');
        return oneOfFew(async () => ({ ...asked(), results: await runCases(cases, at, await setNow(), room) }));
      }
      const { metadata, waves } = parseDocument(document);
      mustMay(principal, 'plan', { team: metadata.owner, environment: metadata.environment });
      if (wave !== undefined && !waves.some(({ name }) => name === wave)) throw new HttpError(400, `wave: the experiment has no such wave`);
      const facts = factsOf(makePlan(document, 0, timeScale), { atMs: at, requestedBy: principal.subject, ...given({ wave }) });
      return oneOfFew(async () => {
        const { explainFacts, explanationOf } = await import('../../policy/explain.ts');
        const { siteEnvironments, rego } = room;
        const explained = await explainFacts(facts, { ...given({ set: await setNow(), siteEnvironments, rego }) });
        return { ...asked(), ...explanationOf(explained) };
      });
    },
  );
}

const AskedAnswer = z.object({
  asked: z.array(z.string()).describe('the layers that have answered'),
  notAsked: z.array(z.string()).describe('layers that workers ask, too'),
});

async function runCases(
  cases: readonly z.infer<typeof GivenCase>[],
  atMs: number,
  set: PolicySet | undefined,
  room: PolicyRoom,
): Promise<CaseResult[]> {
  const { runCase } = await import('../../policy/cases.ts');
  const results: CaseResult[] = [];
  for (const [i, { name, at, given: facts = {}, expect }] of cases.entries()) {
    const ready: ReadyCase = {
      name,
      file: 'cases',
      line: i + 1,
      facts: factsGiven(facts, at === undefined ? atMs : Date.parse(at)),
      expect,
    };
    const outside = room.rego ? [await askRego(ready.facts, room.rego)] : [];
    results.push(runCase(ready, set, { outside, ...given({ siteEnvironments: room.siteEnvironments }) }));
  }
  return results;
}
