/** What a starter file is filled with. */
export interface Starter {
  name: string;
  service: string;
  environment: string;
}

/** The commented file that `breakwater init` writes: valid as it is, and safe: it asks a local address and begins with a dry run. */
export const starterExperiment = ({ name, service, environment }: Starter): string => `# An experiment of Breakwater. Check it with: breakwater validate FILE; see whom it would hit with: breakwater plan FILE
apiVersion: breakwater.dev/v1
kind: Experiment
metadata:
  name: ${name}
  owner: my-team # who answers for it
  service: ${service}
  environment: ${environment}

# What you believe, in one sentence that can turn out wrong.
hypothesis: killing one ${service} process keeps it answering, and it is back within 2 minutes

# The signals: how to ask, how often.
probes:
  health:
    provider: { kind: http, url: "http://127.0.0.1:8080/health", read: ok } # 1 when it answers with 200, otherwise 0
    every: 1s
    timeout: 500ms

# What steady state is: before the fault, and again after it. \`throughout: true\`: during the fault too.
steadyState:
  - { probe: health, tolerance: { equals: 1 } }

# When to stop and roll back, whatever else was planned.
stopConditions:
  - { probe: health, below: 1, for: 30s }

# Who may be hit: processes that were started with BREAKWATER_LABELS="app=${service}".
targets: { kind: process, labels: { app: ${service} } }
fault: { kind: process-kill }

blastRadius:
  maxVictims: 1
  survivorsAtLeast: 1
  coolDown: 5m

timing: { baseline: 30s, hold: 1m, recoverWithin: 2m, stableFor: 10s }

# In order; the first walks the whole path without acting.
waves:
  - { name: dry-run, dryRun: true }
  - { name: single }
`;
