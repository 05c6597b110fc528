/** A small experiment without a fault: the malformed ones are this one with one place changed. Line numbers in the tests count here. */
export const BASE = `apiVersion: breakwater.dev/v1
kind: Experiment
metadata:
  name: checkout
  owner: shop
  service: checkout
  environment: staging
hypothesis: killing one worker keeps errors low
probes:
  errors:
    provider: { kind: prometheus, url: "http://127.0.0.1:9090", query: "sum(errors)" }
    every: 1s
  queue-depth:
    provider: { kind: sql, connection: { secret: SHOP_DB }, query: "select count(*) from jobs" }
slo:
  orders:
    objective: 99.9%
    good: { kind: prometheus, url: "http://127.0.0.1:9090", query: "sum(good)" }
    total: { kind: prometheus, url: "http://127.0.0.1:9090", query: "sum(all)" }
steadyState:
  - { probe: errors, tolerance: { atMost: 0.1% } }
preconditions:
  - { probe: orders.budget-remaining, tolerance: { above: 50% } }
stopConditions:
  - { probe: errors, above: 0.1%, for: 3m }
targets: { kind: process, labels: { app: worker } }
fault: { kind: process-kill, signal: SIGKILL }
selection: { count: 1 }
blastRadius: { maxVictims: 2, maxConcurrent: 1 }
timing: { hold: 1m }
waves:
  - { name: dry-run, dryRun: true }
  - { name: single }
guard: { maxConsecutiveErrors: 3 }
windows:
  - { days: [mon, tue], from: "10:00", to: "15:00", zone: Europe/Berlin }
runbooks:
  restart:
    steps:
      - remedy: { kind: http-request, url: "http://127.0.0.1:8080/restart" }
        verify: { probe: errors, tolerance: { atMost: 1% }, within: 1m }
rollbacks: [restart]
remediation:
  - { when: { probe: queue-depth, above: 100, for: 2m }, runbook: restart }
`;

/** The base with one text replaced. @throws Error when the text does not stand there exactly once */
export function edited(old: string, replacement: string): string {
  if (BASE.split(old).length !== 2) throw new Error(`the base holds '${old}' ${BASE.split(old).length - 1} times`);
  return BASE.replace(old, () => replacement);
}

/** The same text, aimed at pods. */
export const onPods = (text: string): string =>
  text.replace('targets: { kind: process, labels: { app: worker } }', 'targets: { kind: pod, namespace: shop, labels: { app: worker } }');
