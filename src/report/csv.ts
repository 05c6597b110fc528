import { readExperiment } from './experiment.ts';
import type { RunReport } from './model.ts';

const HEADS = ['time_utc', 'epoch_ms', 'wave', 'iteration', 'phase', 'signal', 'unit', 'kind', 'value', 'problem'];

/** A text that a spreadsheet would take for a formula is made a text; numbers are written as they are. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Every sample of the run, one a line (RFC 4180). Iterations count from one, as everywhere where people read. */
export function renderCsv({ run, samples }: Pick<RunReport, 'run' | 'samples'>): string {
  const { probes } = readExperiment(run.experiment);
  const lines = samples.map(({ atMs, wave, iteration, phase, probe, measurement }) => {
    const unit = Object.hasOwn(probes, probe) ? (probes[probe]?.unit ?? '') : '';
    const answer = measurement.kind === 'value' ? [measurement.value, ''] : ['', measurement.reason];
    return [new Date(atMs).toISOString(), atMs, wave, iteration + 1, phase, probe, unit, measurement.kind, ...answer].map(cell).join(',');
  });
  return [HEADS.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}
