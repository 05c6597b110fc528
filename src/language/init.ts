import { Name } from '../domain/experiment/metadata.ts';

/** What `breakwater init` asks for. All three are names: lower-case letters, digits and hyphens. */
export interface StarterAnswers {
  name: string;
  service: string;
  environment: string;
}

/**
 * The experiment file that `breakwater init` writes: complete, commented, and harmless until its addresses and labels are somebody's own.
 * @throws ZodError when an answer is no name
 */
export function starterExperiment(answers: StarterAnswers): string {
  const [name, service, environment] = [answers.name, answers.service, answers.environment].map((answer) => Name.parse(answer));
  const ticket = environment?.startsWith('prod') ? '\n  ticket: CHG-0000                     # production needs one' : '';
  const approvals = environment?.startsWith('prod') ? 1 : 0;
  return `# yaml-language-server: $schema=./breakwater.schema.json
# Editors check this file as you type once \`breakwater schema > breakwater.schema.json\` has been run.
#   breakwater validate ${name}.yaml    is it well-formed?
#   breakwater plan ${name}.yaml        who would be hit, what do the probes answer? Touches nothing.
#   breakwater run ${name}.yaml
apiVersion: breakwater.dev/v1
kind: Experiment
metadata:
  name: ${name}
  owner: my-team                         # who answers for it
  service: ${service}
  environment: ${environment}${ticket}

# What you believe, in one sentence that can turn out wrong.
hypothesis: killing one process of ${service} keeps its errors at 0.1 % or less, and it is back within 2 minutes

# The signals: how to ask. What the answers mean is said below.
probes:
  errors:
    description: share of requests that failed
    provider:
      kind: prometheus                   # or http, openmetrics, sql, command, host, process
      url: http://127.0.0.1:9090
      query: sum(rate(http_requests_total{service="${service}",code=~"5.."}[1m])) / sum(rate(http_requests_total{service="${service}"}[1m]))
    unit: ratio
    every: 1s
    # mustMoveWithin: 1m                 # for a signal that moves under load: one that stands still is then no data
  processes:
    description: how many processes run
    provider: { kind: process, labels: { app: ${service} }, metric: count }
    unit: processes

# Must hold before anything is touched, and again after each wave; \`throughout\` also during the fault.
steadyState:
  - { probe: errors, tolerance: { atMost: 0.1% }, throughout: true }
  - { probe: processes, tolerance: { atLeast: 2 } }

# Ends the run at once and undoes what was done. A probe that cannot see is a reason to stop, too.
stopConditions:
  - { probe: errors, above: 1%, for: 10s }
  # - { probe: alerts-elsewhere, above: 0, incident: true }   # something else is wrong: undone, and void

# Who may be hit: processes whose environment says BREAKWATER_LABELS="app=${service}".
targets: { kind: process, labels: { app: ${service} } }
fault: { kind: process-kill, signal: SIGTERM }

# Caps that hold whatever the waves ask for.
blastRadius:
  maxVictims: 1                          # in one wave
  maxConcurrent: 1                       # at one time
  survivorsAtLeast: 1
  coolDown: 5m

timing:
  baseline: 30s                          # measured before the fault
  hold: 1m                               # watched after it
  recoverWithin: 2m
  stableFor: 10s

# Small steps. The first must be a dry run: it walks the whole path and touches nothing.
waves:
  - { name: dry-run, dryRun: true }
  - { name: single, selection: { count: 1 } }
  - { name: hard, fault: { kind: process-kill, signal: SIGKILL }, gate: approval }   # waits for somebody to say yes

approvals: { required: ${approvals} }${approvals === 0 ? '                 # before the first wave' : ''}

# When waves may begin. Without windows: always.
windows:
  - { days: [mon, tue, wed, thu], from: "10:00", to: "16:00", zone: Europe/Berlin }
`;
}
