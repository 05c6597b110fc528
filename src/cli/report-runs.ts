import { scores } from '../domain/score.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Records, RunRecord } from '../records/ports.ts';
import type { Scope } from '../report/runs/index.ts';
import { utc } from '../report/format.ts';
import { plannedOf } from '../report/planned-waves.ts';
import { MOST_WAVES } from '../report/score-rows.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { requireRun } from './recorded-run.ts';
import type { ReportFormat } from '../report/formats.ts';

/** Runs by id, or by what they have in common. Instants are epoch milliseconds. */
export interface RunsWanted {
  ids: readonly string[];
  service?: string;
  environment?: string;
  name?: string;
  verdict?: Verdict;
  since?: number;
  until?: number;
  limit: number;
}

const MOST_RUNS = 1_000;

async function byId(records: Records, ids: readonly string[]): Promise<RunRecord[]> {
  if (ids.length > MOST_RUNS)
    throw new CliError(
      EXIT.usage,
      `${ids.length} runs are too many for one report.`,
      `Name ${MOST_RUNS} at most, or use a filter such as --since.`,
    );
  const found: RunRecord[] = [];
  for (const id of ids) found.push(await requireRun(records, id));
  return found;
}

/** The newest that fit, and whether there are older ones. */
async function byFilter(
  records: Records,
  { since, until, ids: _ids, limit, ...same }: RunsWanted,
): Promise<{ runs: RunRecord[]; isCut: boolean }> {
  const { service, environment, name, verdict } = same;
  const filter = {
    ...(service !== undefined && { service }),
    ...(environment !== undefined && { environment }),
    ...(name !== undefined && { name }),
    ...(verdict !== undefined && { verdict }),
    ...(since !== undefined && { sinceMs: since }),
    ...(until !== undefined && { untilMs: until }),
  };
  const runs = await records.listRuns({ ...filter, limit });
  const last = runs.at(-1);
  const isFull = runs.length === limit && last !== undefined;
  const isCut = isFull && (await records.listRuns({ ...filter, limit: 1, cursor: last.workflowId })).length > 0;
  return { runs, isCut };
}

function askedOf({ ids, service, environment, name, verdict, since, until }: RunsWanted): Scope['asked'] {
  const asked: [string, string | undefined][] = [
    ['Runs named', ids.length ? String(ids.length) : undefined],
    ['Service', service],
    ['Environment', environment],
    ['Experiment', name],
    ['Verdict', verdict],
    ['Since', since === undefined ? undefined : utc(since)],
    ['Until', until === undefined ? undefined : utc(until)],
  ];
  return asked.filter((entry): entry is [string, string] => entry[1] !== undefined);
}

/**
 * The report over many runs.
 * @throws CliError (2) when a named run is not recorded, or the format is one of a single run
 */
export async function* piecesOfRuns(records: Records, wanted: RunsWanted, format: ReportFormat, nowMs: number): AsyncGenerator<string> {
  if (format === 'junit')
    throw new CliError(EXIT.usage, 'JUnit is the format of one run.', 'Name one run, or use --format html, markdown, json or csv.');
  const { runs, isCut } = wanted.ids.length ? { runs: await byId(records, wanted.ids), isCut: false } : await byFilter(records, wanted);
  const { buildRunsReport, MEASURED_KINDS, renderRunsCsv, renderRunsHtml, renderRunsJson, renderRunsMarkdown } =
    await import('../report/runs/index.ts');
  const events = await records.eventsOf(
    runs.map(({ workflowId }) => workflowId),
    MEASURED_KINDS,
  );
  const { service, environment } = wanted;
  const waves = await records.waves({
    limit: MOST_WAVES,
    ...(service !== undefined && { service }),
    ...(environment !== undefined && { environment }),
  });
  const newestFirst = [...runs].sort((a, b) => b.startedAtMs - a.startedAtMs);
  const report = buildRunsReport(
    runs,
    events,
    { asked: askedOf(wanted), asOfMs: nowMs, isCut },
    scores(plannedOf(newestFirst), waves, nowMs),
  );
  yield { html: renderRunsHtml, markdown: renderRunsMarkdown, json: renderRunsJson, csv: renderRunsCsv }[format](report);
}
