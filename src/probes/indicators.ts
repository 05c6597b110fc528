import * as z from 'zod';
import type { Spec } from '../domain/order.ts';
import { command } from './command.ts';
import type { OpenProbe } from './define.ts';
import { host } from './host.ts';
import { http } from './http.ts';
import { openmetrics } from './openmetrics.ts';
import type { ProbePorts } from './ports.ts';
import { processMetrics } from './process.ts';
import { prometheus } from './prometheus.ts';
import { sql } from './sql.ts';

/** The providers that measure something themselves; the SLO providers are made of them. */
export const indicators = { http, prometheus, openmetrics, sql, command, host, process: processMetrics } as const;

/** A specification of any of them. */
export const IndicatorSpec = z.discriminatedUnion('kind', [
  http.schema,
  prometheus.schema,
  openmetrics.schema,
  sql.schema,
  command.schema,
  host.schema,
  processMetrics.schema,
]);

/** @throws ZodError when the specification is not valid, Error when there is no such kind */
export function openIndicator(spec: Spec, ports: ProbePorts): OpenProbe {
  if (!Object.hasOwn(indicators, spec.kind)) throw new Error(`no provider '${spec.kind}'; there are ${Object.keys(indicators).join(', ')}`);
  return indicators[spec.kind as keyof typeof indicators].open(spec, ports);
}
