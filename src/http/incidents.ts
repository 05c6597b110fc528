import * as z from 'zod';
import { isEnvironment } from '../domain/ledger/names.ts';
import { HttpError } from './problem.ts';

/** The label by which an alert says whose incident it is: its value is the environment. */
export const INCIDENT_LABEL = 'breakwater_incident';

const text = z.string().trim().min(1).max(500);
const AN_ENVIRONMENT = 'expected the name of an environment: lower-case letters, digits and hyphens, 63 at most';
const Environment = z.string().refine(isEnvironment, AN_ENVIRONMENT);

/** What halts. */
export const HaltRequest = z.strictObject({
  environment: Environment.optional(),
  kind: z.enum(['halt', 'incident']).default('halt'),
  by: text.optional().describe('who is acting, where nobody is authenticated by name; else leave it out'),
  reason: text,
});

/** What lifts, as a query string. */
export const LiftQuery = z.strictObject({ environment: Environment.optional(), by: text.optional(), reason: text });

/** An incident said in our own words. */
const OwnIncident = z.strictObject({ environment: Environment, reason: text, by: text.default('api') });

const labels = z.record(z.string(), z.string());
/**
 * Alertmanager's webhook, version 4. What it adds in later versions is no error; of an alert only what is used is checked.
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
const Alerts = z.object({
  version: z.literal('4'),
  receiver: z.string().default('unknown receiver'),
  alerts: z.array(z.object({ status: z.enum(['firing', 'resolved']), labels, annotations: labels.default({}) })).max(1_000),
});

/** One environment that has an incident, and why. */
export interface Incident {
  environment: string;
  by: string;
  reason: string;
}

/** The environments that the firing alerts name, each once. A resolved alert lifts nothing: a person does. */
function fromAlerts({ receiver, alerts }: z.infer<typeof Alerts>): Incident[] {
  const found = new Map<string, Incident>();
  for (const [i, { status, labels: own, annotations }] of alerts.entries()) {
    const environment = own[INCIDENT_LABEL];
    if (status !== 'firing' || environment === undefined || found.has(environment)) continue;
    if (!isEnvironment(environment))
      throw new HttpError(400, `alerts[${i}].labels.${INCIDENT_LABEL}: '${environment.slice(0, 60)}': ${AN_ENVIRONMENT}`);
    const what = annotations['summary'] ?? annotations['description'] ?? 'no summary';
    found.set(environment, {
      environment,
      by: `alertmanager (${receiver.slice(0, 100)})`,
      reason: `${own['alertname'] ?? 'alert'}: ${what}`.slice(0, 500),
    });
  }
  return [...found.values()];
}

/**
 * Reads what came to the incidents' door: Alertmanager's webhook, or our own words.
 * @throws ZodError or HttpError (400)
 */
export function readIncidents(body: unknown): Incident[] {
  const isAlertmanager = typeof body === 'object' && body !== null && 'alerts' in body;
  return isAlertmanager ? fromAlerts(Alerts.parse(body)) : [OwnIncident.parse(body)];
}
