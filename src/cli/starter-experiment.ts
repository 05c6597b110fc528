/** The file that `init` writes: valid, careful, and explained line by line. A test holds it to the language. */
export const starterExperiment = `# yaml-language-server: $schema=./breakwater.schema.json    (breakwater schema > breakwater.schema.json)
#
# One experiment: what is believed, who is hit, when to stop, how it comes back.
#   breakwater validate FILE    tells what is wrong with it
#   breakwater plan FILE        shows who would be hit; touches nothing
#   breakwater run FILE         runs it
# Units are written out: 200ms, 30s, 3m, 1h30m; 0.1%; 64MiB.
apiVersion: breakwater.dev/v1
kind: Experiment
metadata:
  name: my-first-experiment
  owner: my-team
  service: my-service
  environment: development # change it when you are ready for more

# A sentence that can turn out wrong.
hypothesis: pausing one worker for half a minute is not noticed by users

# The signals: how to ask, and how often. \`breakwater doctor FILE\` asks each of them once.
probes:
  health:
    description: 1 while the service answers as it should
    provider: { kind: http, url: "http://127.0.0.1:8080/health", read: ok }
    unit: ""
  latency:
    description: to the last byte of the answer
    provider: { kind: http, url: "http://127.0.0.1:8080/health", read: latency }
    unit: ms
    every: 1s
    timeout: 2s

# What "fine" means. throughout: true must hold during the fault too; the others before it and after recovery.
steadyState:
  - { probe: health, tolerance: { equals: 1 }, throughout: true }
  - { probe: latency, tolerance: { atMost: 300ms } }

# Must hold before each wave, or nothing is done.
preconditions:
  - { probe: latency, tolerance: { atMost: 200ms } }

# Ends the run, and undoes everything, at once. A signal that cannot be seen does the same, unasked.
stopConditions:
  - { probe: health, below: 1, for: 3s }
  - { probe: latency, aboveBaseline: 200%, minDelta: 200, for: 5s }

# Who may be hit: processes with this label in their environment (BREAKWATER_LABELS=app=my-worker). \`plan\` shows whom that finds.
targets: { kind: process, labels: { app: my-worker } }
# What is done. A pause is undone afterwards; process-kill is not.
fault: { kind: process-pause }
selection: { count: 1 }

# Caps: they win over the selection.
blastRadius:
  maxVictims: 1
  maxConcurrent: 1
  survivorsAtLeast: 1 # so there must be two of them
  coolDown: 1m

timing:
  baseline: 20s # measured before
  hold: 30s # how long the fault lasts
  recoverWithin: 1m # steady state must be back by then
  stableFor: 5s # and stay

# One step after the other. The first walks the whole path without acting.
waves:
  - { name: dry-run, dryRun: true }
  - { name: single }
`;
