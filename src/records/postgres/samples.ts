import type { Measurement } from '../../domain/sample.ts';
import type { RecordedSample, Records, SamplePhase } from '../ports.ts';
import { RecordsError } from '../errors.ts';
import { storableSample } from '../storable.ts';
import { samplesOf } from '../stretch-samples.ts';
import type { Database } from './database.ts';
import { mergeWrites } from './merge-writes.ts';
import { runMustExist } from './run-must-exist.ts';
import { fullProbes, sampledStretches } from './signals.ts';
import { epochMs, timestamp } from './time.ts';

const APPEND = `INSERT INTO breakwater.samples (workflow_id, probe, at, wave, iteration, phase, kind, value, problem)
  SELECT workflow_id, probe, ${timestamp('at')}, wave, iteration, phase, kind, value, problem
  FROM unnest($1::text[], $2::text[], $3::float8[], $4::text[], $5::int[], $6::text[], $7::text[], $8::float8[], $9::text[])
    AS sample (workflow_id, probe, at, wave, iteration, phase, kind, value, problem)
  ON CONFLICT (workflow_id, probe, at) DO NOTHING`;

const READ = `SELECT probe, ${epochMs('at')} AS "atMs", wave, iteration, phase, kind, value, problem
  FROM breakwater.samples
  WHERE workflow_id = $1 AND ($2::text IS NULL OR probe = $2) AND ($3::text IS NULL OR phase = $3)
    AND ($4::float8 IS NULL OR at >= ${timestamp('$4')}) AND ($5::float8 IS NULL OR at < ${timestamp('$5')})
  ORDER BY at, probe COLLATE "C"`;

/** Of a page. */
const MOST_OF_A_PAGE = 5_000;
/** Of one statement that several runs share. */
const MAX_ROWS = 5_000;

interface Row {
  probe: string;
  atMs: number;
  wave: string;
  iteration: number;
  phase: SamplePhase;
  kind: Measurement['kind'];
  value: number | null;
  problem: string | null;
}

const measurementOf = ({ kind, value, problem }: Row): Measurement =>
  kind === 'value' ? { kind, value: value ?? NaN } : { kind, reason: problem ?? '' };

const toSample = (row: Row): RecordedSample => {
  const { probe, atMs, wave, iteration, phase } = row;
  return { probe, atMs, wave, iteration, phase, measurement: measurementOf(row) };
};

/** Some samples of one run. */
interface Batch {
  workflowId: string;
  samples: readonly RecordedSample[];
}

/** All of them in one statement. Who they belong to is named when it is one run. */
async function append({ query }: Database, batches: readonly Batch[]): Promise<void> {
  const rows = batches.flatMap(({ samples }) => samples);
  const column = <T>(pick: (sample: RecordedSample) => T): T[] => rows.map(pick);
  const place = [
    batches.flatMap(({ workflowId, samples }) => samples.map(() => workflowId)),
    column((s) => s.probe),
    column((s) => s.atMs),
    column((s) => s.wave),
    column((s) => s.iteration),
    column((s) => s.phase),
  ];
  const values = column(({ measurement: m }) => (m.kind === 'value' ? m.value : null));
  const problems = column(({ measurement: m }) => (m.kind === 'value' ? null : m.reason));
  const answer = [column(({ measurement }) => measurement.kind), values, problems];
  await runMustExist(batches[0]?.workflowId ?? '', query('append samples', APPEND, [...place, ...answer]));
}

/** The part of the records that keeps what the probes answered. A thousand watches that write every other second share a statement. */
export const sampleRecords = (
  database: Database,
): Pick<Records, 'appendSamples' | 'samples' | 'samplePages'> & { settled(): Promise<void> } => ({
  ...appendMerged(database),
  async samples(workflowId, { probe, phase, fromMs, toMs } = {}) {
    const { rows } = await database.query<Row>('read samples', READ, [
      workflowId,
      probe ?? null,
      phase ?? null,
      fromMs ?? null,
      toMs ?? null,
    ]);
    return rows.map(toSample);
  },
  async *samplePages(workflowId) {
    for (const probe of await fullProbes(database, workflowId)) {
      const samples = samplesOf(probe, await sampledStretches(database, workflowId, probe));
      for (let at = 0; at < samples.length; at += MOST_OF_A_PAGE) yield samples.slice(at, at + MOST_OF_A_PAGE);
    }
  },
});

function appendMerged(database: Database): Pick<Records, 'appendSamples'> & { settled(): Promise<void> } {
  const { put, settled } = mergeWrites<Batch>(
    (batches) => append(database, batches),
    (cause) => cause instanceof RecordsError && cause.retryable,
    ({ samples }) => samples.length,
    MAX_ROWS,
  );
  return {
    async appendSamples(workflowId, samples) {
      if (samples.length > 0) await put({ workflowId, samples: samples.map(storableSample) });
    },
    settled,
  };
}
