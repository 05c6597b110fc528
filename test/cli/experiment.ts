/** An experiment of seconds: pauses one of the processes with this label while a probe asks `url`. */
export const experimentText = ({
  label,
  url,
  gate = 'auto',
  hold = '2s',
}: {
  label: string;
  url: string;
  gate?: string;
  hold?: string;
}): string => `
apiVersion: breakwater.dev/v1
kind: Experiment
metadata: { name: cli-test, owner: tests, service: sleeper, environment: development }
hypothesis: pausing one sleeper is not noticed by the endpoint
probes:
  answer: { provider: { kind: http, url: "${url}", read: { jsonPath: "$.answer" } }, every: 200ms }
steadyState: [{ probe: answer, tolerance: { atMost: 100 }, throughout: true }]
stopConditions: [{ probe: answer, above: 200, for: 1s }]
targets: { kind: process, labels: { app: ${label} } }
fault: { kind: process-pause }
blastRadius: { coolDown: 100ms }
timing: { baseline: 600ms, hold: ${hold}, recoverWithin: 5s, stableFor: 500ms }
waves:
  - { name: dry-run, dryRun: true }
  - { name: single, gate: ${gate} }
`;
