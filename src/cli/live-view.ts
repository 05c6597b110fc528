import type { LiveView } from '../activities/watching.ts';
import { describeApproved } from '../domain/approval.ts';
import { describeQueued, type RunState, type VictimState } from '../domain/run.ts';
import { duration, place, quantity } from '../report/format.ts';
import { eventLine } from './events.ts';
import { plainText } from './plain-text.ts';
import type { Terminal } from './terminal.ts';
import { fit, pad, widthOf } from './width.ts';

/** Most lines of each part: the whole must fit on a small terminal. */
const MOST = { victims: 5, signals: 12, events: 6 };
const NAME_WIDTH = 30;
/** A reading older than this is shown with its age. */
const STALE_MS = 5_000;

/** Everything that one picture is made of. */
export interface Scene {
  workflowId: string;
  state: RunState | undefined;
  live: LiveView | undefined;
  /** Why nothing newer is known. */
  trouble?: string;
  nowMs: number;
  startedMs: number;
}

type Paint = Terminal['paint'];

const more = (hidden: number, what: string): string[] => (hidden > 0 ? [`  … and ${hidden} more ${what}`] : []);

function victimLine({ name, injection, undone }: VictimState, paint: Paint): string {
  const what = undone !== undefined ? 'undone' : (injection?.outcome ?? 'ordered');
  const proof = injection?.outcome === 'injected' ? (injection.effect.proven ? ', effect proven' : ', effect not proven') : '';
  const colour = injection?.outcome === 'skipped' ? 'yellow' : undone === undefined && injection !== undefined ? 'cyan' : 'green';
  return `  ${pad(plainText(name), NAME_WIDTH)}  ${paint(colour, what)}${proof}`;
}

function victims(state: RunState, paint: Paint): string[] {
  const current = state.victims.filter(({ wave, iteration }) => wave === state.wave && iteration === state.iteration);
  const earlier = state.victims.length - current.length;
  if (state.victims.length === 0) return ['Victims  none yet'];
  const shown = current.slice(0, MOST.victims).map((victim) => victimLine(victim, paint));
  return [
    `Victims  ${current.length} now${earlier > 0 ? `, ${earlier} before` : ''}`,
    ...shown,
    ...more(current.length - shown.length, 'victims'),
  ];
}

type Reading = LiveView['readings'][number];

function signalLine({ probe, unit, value, atMs, problem }: Reading, limits: LiveView['limits'], nowMs: number, paint: Paint): string {
  const mine = limits.filter((limit) => limit.probe === probe);
  const isOutside = value !== null && mine.some(({ limit, upper }) => (upper ? value > limit : value < limit));
  const said = problem === undefined ? quantity(value, plainText(unit)) : plainText(problem);
  const bounds = mine.map(({ limit, upper }) => `stop ${upper ? '>' : '<'} ${quantity(limit)}`).join(', ');
  const age = nowMs - atMs > STALE_MS ? `${duration(nowMs - atMs)} old` : '';
  const notes = [bounds, age].filter(Boolean).join('  ');
  const painted = problem !== undefined ? paint('yellow', said) : isOutside ? paint('red', said) : said;
  return `  ${pad(plainText(probe), NAME_WIDTH)}  ${painted}${' '.repeat(Math.max(0, 14 - widthOf(said)))}${notes && `  ${notes}`}`.trimEnd();
}

function signals({ live, nowMs }: Scene, paint: Paint): string[] {
  if (!live || live.readings.length === 0) return ['Signals  none now'];
  // Those with a limit first: they decide.
  const hasLimit = (probe: string): number => Number(live.limits.some((limit) => limit.probe === probe));
  const sorted = [...live.readings].sort((a, b) => hasLimit(b.probe) - hasLimit(a.probe) || (a.probe < b.probe ? -1 : 1));
  const shown = sorted.slice(0, MOST.signals).map((reading) => signalLine(reading, live.limits, nowMs, paint));
  return ['Signals', ...shown, ...more(sorted.length - shown.length, 'signals')];
}

function waiting({ awaiting, awaitingFor, approvals, approvalsRequired, queued, paused, leftovers }: RunState, paint: Paint): string[] {
  const lines: string[] = [];
  if (awaiting !== undefined) {
    const by = approvals.length > 0 ? ` by ${approvals.map(({ by: who }) => plainText(who)).join(', ')}` : '';
    lines.push(paint('yellow', `Awaits approval of ${plainText(awaiting)}: ${approvals.length} of ${approvalsRequired}${by}`));
    if (awaitingFor) lines.push(paint('yellow', `  ${describeApproved(awaitingFor)}`));
  }
  if (queued) lines.push(paint('yellow', `Waits for the ledger: ${plainText(describeQueued(queued))}`));
  if (paused) lines.push(paint('yellow', `Paused by ${plainText(paused.by)}${paused.reason ? `: ${plainText(paused.reason)}` : ''}`));
  for (const what of leftovers) lines.push(paint('red', `COULD NOT BE UNDONE: ${plainText(what)}`));
  return lines;
}

/** The picture of a run, each line at most `columns` columns wide. Pure. */
export function drawScene(scene: Scene, columns: number, paint: Paint): string[] {
  const { state, workflowId, nowMs, startedMs, trouble } = scene;
  const troubled = trouble === undefined ? [] : [paint('yellow', trouble)];
  const head = `${paint('bold', plainText(state?.experiment ?? workflowId))}  ${duration(Math.max(0, Math.floor((nowMs - startedMs) / 1_000) * 1_000))}`;
  if (!state) return [head, 'waiting for the first answer', ...troubled].map((line) => fit(line, columns));
  const where = place(state.wave, state.iteration);
  const lines = [
    head,
    `Wave ${where ? plainText(where) : 'none yet'}  Phase ${paint('bold', state.phase)}`,
    ...waiting(state, paint),
    ...victims(state, paint),
    ...signals(scene, paint),
    'Events',
    ...state.events.slice(-MOST.events).map((event) => `  ${eventLine(event, paint)}`),
    ...troubled,
  ];
  return lines.map((line) => fit(line, columns));
}
