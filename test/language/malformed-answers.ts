/** What each malformed file (malformed-cases.ts) is answered, word for word. */
export const ANSWERS: Record<string, string[]> = {
  'a duration without unit': [
    'x.yaml:25:40 stopConditions[0].for: found 3, expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m',
  ],
  'an unknown unit of time': ["x.yaml:30:17 timing.hold: found '1min', expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m"],
  'a percentage without %': ['x.yaml:17:16 slo.orders.objective: found 99.9, expected a percentage, such as 0.1% or 40%'],
  'an SLO of 100%': ["x.yaml:17:16 slo.orders.objective: found '100%', expected more than 0% and less than 100%, such as 99.9%"],
  'a limit that is a word': [
    "x.yaml:25:29 stopConditions[0].above: found 'low', expected a number, or one with a unit such as 0.1%, 200ms or 64MiB",
  ],
  'a misspelt key at the top': ["x.yaml:8:1 hypotesis: unknown key; did you mean 'hypothesis'?"],
  'a misspelt key deep inside': ["x.yaml:21:35 steadyState[0].tolerance.atmost: unknown key; did you mean 'atMost'?"],
  'a key that nobody could mean': ['x.yaml:30:21 timing.colour: unknown key; there are baseline, hold, recoverWithin, stableFor'],
  'a duplicate key': ['x.yaml:6:3 metadata.name: duplicate key; it was first given in line 4'],
  'no hypothesis': ['x.yaml:1:1 hypothesis: missing, expected a text'],
  'a hypothesis of one word': ["x.yaml:8:13 hypothesis: found 'works', expected a sentence that can turn out wrong"],
  'an empty hypothesis': ['x.yaml:8:1 hypothesis: found nothing, expected a text'],
  'an owner missing': ['x.yaml:3:1 metadata.owner: missing, expected a text'],
  'an empty steady state': [
    'x.yaml:20:14 steadyState: found an empty list, expected at least one clause: without it nothing could be proven',
  ],
  'no stop conditions': ['x.yaml:1:1 stopConditions: missing, expected a list'],
  'a stop condition that is no list': ['x.yaml:24:17 stopConditions: found a mapping with probe, above, expected a list'],
  'a stop condition with two limits': [
    'x.yaml:25:5 stopConditions[0]: expected exactly one of above, below, aboveBaseline, belowBaseline, consecutiveErrors; above and below are given',
  ],
  'a stop condition without limit': [
    'x.yaml:25:5 stopConditions[0]: expected exactly one of above, below, aboveBaseline, belowBaseline, consecutiveErrors; none is given',
  ],
  'an unknown probe': [
    "x.yaml:25:14 stopConditions[0].probe: found 'error', no such probe; there are errors, queue-depth, orders.budget-remaining, orders.burn-rate; did you mean 'errors'?",
  ],
  'an unknown signal of an SLO': [
    "x.yaml:23:14 preconditions[0].probe: found 'orders.budget', no such probe; there are errors, queue-depth, orders.budget-remaining, orders.burn-rate",
  ],
  'an unknown probe in a verification': [
    "x.yaml:41:26 runbooks.restart.steps[0].verify.probe: found 'latency', no such probe; there are errors, queue-depth, orders.budget-remaining, orders.burn-rate",
  ],
  'an unknown runbook': ["x.yaml:42:13 rollbacks[0]: found 'restrat', no such runbook; there are restart; did you mean 'restart'?"],
  'an unknown runbook of a remediation': ["x.yaml:44:67 remediation[0].runbook: found 'scale', no such runbook; there are restart"],
  'a first wave that acts': ['x.yaml:32:5 waves[0].dryRun: the first wave must be a dry run: write `dryRun: true`'],
  'two waves of one name': ["x.yaml:33:13 waves[1].name: found 'dry-run', another wave has this name"],
  'more victims than the cap': ['x.yaml:33:5 waves[1]: this wave asks for 3 victims; blastRadius.maxVictims is 2'],
  'more victims at once than the cap': ['x.yaml:33:5 waves[1]: this wave asks for 2 victims at once; blastRadius.maxConcurrent is 1'],
  'a selection above 100%': ["x.yaml:28:23 selection.percent: found '120%', expected more than 0% and at most 100%"],
  'a selection of 0%': ["x.yaml:28:23 selection.percent: found '0%', expected more than 0% and at most 100%"],
  'a selection of nobody': ['x.yaml:28:21 selection.count: found 0, expected 1 or more'],
  'a selection of some': ["x.yaml:28:12 selection: found 'some', expected `all`, `count: 1` or `percent: 25%`"],
  'a selection by two rules': ['x.yaml:28:12 selection: found a mapping with count, percent, expected `all`, `count: 1` or `percent: 25%`'],
  'an unknown fault': [
    "x.yaml:27:16 fault.kind: found 'proces-kill', expected one of no-op, process-kill, process-pause, service-stop, container-process-kill, container-process-pause, container-kill, pod-delete, pod-evict, scale-down, node-cordon, node-drain, traffic-share; did you mean 'process-kill'?",
  ],
  'a fault without kind': [
    'x.yaml:27:1 fault.kind: missing, expected one of no-op, process-kill, process-pause, service-stop, container-process-kill, container-process-pause, container-kill, pod-delete, pod-evict, scale-down, node-cordon, node-drain, traffic-share',
  ],
  'a fault by its name alone': ["x.yaml:27:8 fault: found 'process-kill', expected a mapping (key: value)"],
  'an unknown signal': [
    "x.yaml:27:38 fault.signal: found 'SIGKIL', expected the name of a signal, such as SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGQUIT; did you mean 'SIGKILL'?",
  ],
  'a signal that stops': [
    "x.yaml:27:38 fault.signal: found 'SIGSTOP', SIGSTOP would leave the process stopped: use the fault process-pause, which is undone",
  ],
  'targets without criteria': [
    'x.yaml:26:10 targets: expected at least one of executable, argv, labels, unit, supervisor, port, cgroup: a user alone, or nothing, would select too much',
  ],
  'a relative executable': [
    "x.yaml:26:39 targets.executable: found 'node', expected the absolute path of the executable, such as /usr/bin/node",
  ],
  'an empty label selector': ['x.yaml:26:35 targets.labels: expected at least one label'],
  'an unknown day': [
    "x.yaml:36:19 windows[0].days[1]: found 'tues', expected one of mon, tue, wed, thu, fri, sat, sun; did you mean 'tue'?",
  ],
  'a window in cron style': ["x.yaml:36:5 windows[0]: found '0 10 * * 1-5', expected a mapping (key: value)"],
  'an unknown time zone': ["x.yaml:36:59 windows[0].zone: found 'Europe/Berln', expected an IANA time zone such as Europe/Berlin"],
  'a clock of 24:30': [`x.yaml:36:44 windows[0].to: found '24:30', expected a time of day such as "10:00"`],
  'a clock without quotes that is a number': ['x.yaml:36:44 windows[0].to: found 1500, expected a time of day such as "10:00"'],
  'a negative number': ['x.yaml:29:28 blastRadius.maxVictims: found -2, expected 1 or more'],
  'a fraction of a victim': ['x.yaml:29:28 blastRadius.maxVictims: found 1.5, expected a whole number'],
  'a negative duration': ["x.yaml:30:17 timing.hold: found '-1m', expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m"],
  'a limit that is no number': [
    'x.yaml:44:42 remediation[0].when.above: found NaN, expected a number, or one with a unit such as 0.1%, 200ms or 64MiB',
  ],
  'an infinite limit': [
    'x.yaml:44:42 remediation[0].when.above: found Infinity, expected a number, or one with a unit such as 0.1%, 200ms or 64MiB',
  ],
  'a name with a slash': [
    "x.yaml:4:9 metadata.name: found 'shop/checkout', expected lower-case letters, digits and hyphens, 63 at most, such as payment-worker",
  ],
  'a name in upper case': [
    "x.yaml:4:9 metadata.name: found 'Checkout', expected lower-case letters, digits and hyphens, 63 at most, such as payment-worker",
  ],
  'a name of 70 letters': [
    "x.yaml:4:9 metadata.name: found 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…', expected lower-case letters, digits and hyphens, 63 at most, such as payment-worker",
  ],
  'a probe name with a dot': [
    'x.yaml:13:3 probes."queue.depth": expected lower-case letters, digits and hyphens, such as queue-depth',
    "x.yaml:44:22 remediation[0].when.probe: found 'queue-depth', no such probe; there are errors, queue.depth, orders.budget-remaining, orders.burn-rate; did you mean 'queue.depth'?",
  ],
  'no waves': ['x.yaml:31:8 waves: found an empty list, expected at least one entry'],
  '21 waves': ['x.yaml:32:3 waves: found a list of 21, expected at most 20 entries'],
  'an empty tolerance': [
    'x.yaml:23:50 preconditions[0].tolerance: expected exactly one of atMost, atLeast, above, below, between, equals; none is given',
  ],
  'a tolerance of two': [
    'x.yaml:23:50 preconditions[0].tolerance: expected exactly one of atMost, atLeast, above, below, between, equals; atMost and above are given',
  ],
  'a range upside down': ['x.yaml:23:61 preconditions[0].tolerance.between: expected [low, high] with low ≤ high'],
  'a range of one': ['x.yaml:23:61 preconditions[0].tolerance.between: found a list of 1, expected at least 2 entries'],
  'a probe sampled too often': ["x.yaml:12:12 probes.errors.every: found '10ms', expected 50ms or more"],
  'a probe that never answers in time': ["x.yaml:12:14 probes.errors.timeout: found '1ms', expected 10ms or more"],
  'a probe without provider': ['x.yaml:10:3 probes.errors.provider: missing, expected a mapping (key: value)'],
  'an unknown provider': [
    "x.yaml:14:23 probes.queue-depth.provider.kind: found 'mysql', expected one of http, prometheus, openmetrics, sql, command, host, process, kubernetes-workload, kubernetes-pods, kubernetes-events, kubernetes-disruption-budget, kubernetes-node, kubernetes-autoscaler, slo-budget, slo-burn-rate",
  ],
  'a password in the file': [
    'x.yaml:14:47 probes.queue-depth.provider.connection.url: found a text (not shown: it may be a secret), expected a URL without a password; use {secret: NAME} for one that has it',
  ],
  'a connection by its URL alone': [
    'x.yaml:14:40 probes.queue-depth.provider.connection: found a text (not shown: it may be a secret), expected a mapping (key: value)',
  ],
  'credentials in a URL': [
    'x.yaml:40:44 runbooks.restart.steps[0].remedy.url: found a text (not shown: it may be a secret), expected no user or password in the address: use a header with { secret: NAME }',
  ],
  'a runbook without steps': ['x.yaml:39:12 runbooks.restart.steps: found an empty list, expected at least one entry'],
  'a proof without deadline': [
    'x.yaml:41:9 runbooks.restart.steps[0].verify.within: missing, expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m',
  ],
  'minDelta without baseline': ['x.yaml:25:45 stopConditions[0].minDelta: found 5, only makes sense with aboveBaseline or belowBaseline'],
  'a comparison without an effect': ['x.yaml:23:5 comparisons[0]: expected exactly one of effect, effectOfBaseline; none is given'],
  'a comparison with two effects': [
    'x.yaml:23:5 comparisons[0]: expected exactly one of effect, effectOfBaseline; effect and effectOfBaseline are given',
  ],
  'a comparison of nothing': [
    "x.yaml:23:14 comparisons[0].probe: found 'latency', no such probe; there are errors, queue-depth, orders.budget-remaining, orders.burn-rate",
  ],
  'a comparison with an unknown control': [
    "x.yaml:23:66 comparisons[0].control: found 'others', no such probe; there are errors, queue-depth, orders.budget-remaining, orders.burn-rate",
  ],
  'a comparison with itself': ["x.yaml:23:66 comparisons[0].control: found 'errors', the signal would be compared with itself"],
  'a control group without control': [
    'x.yaml:23:5 comparisons[0].control: a control group needs `control`: the signal of those that are not hit',
  ],
  'a control without a control group': [
    "x.yaml:23:43 comparisons[0].control: found 'queue-depth', only makes sense with design: control-group",
  ],
  'an unknown design': ["x.yaml:23:42 comparisons[0].design: found 'before', expected one of before-after, control-group, rehearsal"],
  'an error of one half': ["x.yaml:23:41 comparisons[0].alpha: found '50%', expected more than 0% and at most 20%"],
  'a power of one': ["x.yaml:23:41 comparisons[0].power: found '100%', expected 50% or more and less than 100%"],
  'a comparison with a rehearsal that is not held': [
    "x.yaml:23:42 comparisons[0].design: found 'rehearsal', needs a first wave to compare with: add one with `fault: { kind: no-op }` after the dry run",
  ],
  'no error is tolerated': ['x.yaml:34:32 guard.maxConsecutiveErrors: found 0, expected 1 or more'],
  'a value that may never be old': ["x.yaml:13:13 probes.errors.maxAge: found '0s', expected more than 0"],
  'an age without unit': [
    'x.yaml:13:13 probes.errors.maxAge: found 30, expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m',
  ],
  'a counter that must move between two samples': [
    "x.yaml:13:21 probes.errors.mustMoveWithin: found '1500ms', expected at least twice the sampling interval, which is 1 s",
  ],
  'an SLO whose counters must move too often': [
    "x.yaml:18:21 slo.orders.mustMoveWithin: found '1s', expected at least twice the sampling interval, which is 1 s",
  ],
  'movement in words': [
    'x.yaml:13:5 probes.errors.mustMove: unknown key; there are provider, unit, description, every, timeout, maxAge, mustMoveWithin',
  ],
  'a clock that may be wrong by an hour': ["x.yaml:34:19 guard.maxSkew: found '1h', expected 1s to 1m"],
  'a clock that may not be wrong': ["x.yaml:34:19 guard.maxSkew: found '10ms', expected 1s to 1m"],
  'an incident told by a failing probe': [
    'x.yaml:25:54 stopConditions[0].incident: found true, a probe that fails tells of no incident; write above or below',
  ],
  'an incident in words': ["x.yaml:25:45 stopConditions[0].incident: found 'region', expected true or false"],
  'another version': ["x.yaml:1:13 apiVersion: found 'breakwater.dev/v2', expected breakwater.dev/v1"],
  'another kind': ["x.yaml:2:7 kind: found 'Deployment', expected Experiment"],
  'a truth in words': ["x.yaml:32:30 waves[0].dryRun: found 'yes', expected true or false"],
  'an unknown data class': [
    "x.yaml:6:14 metadata.dataClass: found 'PII', expected one of none, internal, pii, pci, phi; did you mean 'pii'?",
  ],
  'a merge key': ['x.yaml:34:7 waves[2]."<<": merge keys are not read; repeat the keys, or refer to the whole value with an alias'],
  'a list at the top': ['x.yaml:1:1 found a list, expected a mapping that begins with `apiVersion: breakwater.dev/v1`'],
  'a sentence': ['x.yaml:1:1 found a single value, expected a mapping that begins with `apiVersion: breakwater.dev/v1`'],
  'an empty file': ['x.yaml:1:1 the file is empty; `breakwater init` writes one to start from'],
  'comments only': ['x.yaml:1:1 found nothing, expected a mapping that begins with `apiVersion: breakwater.dev/v1`'],
  'blanks only': ['x.yaml:1:1 the file is empty; `breakwater init` writes one to start from'],
  'two documents': ['x.yaml:45:1 a second document begins here: write one experiment per file'],
  'a tab as indentation': ['x.yaml:5:1 tabs cannot indent: use spaces'],
  'a second colon in a line': ["x.yaml:8:13 this text holds another ': ': put it in quotes, or indent the next line like its neighbours"],
  'an open quote': ['x.yaml:36:44 this does not belong here: a quote or a comma is missing before it'],
  'an open brace': ['x.yaml:34:1 a { or [ that was opened before is not closed here'],
  'a wrong indentation': ["x.yaml:5:10 this text holds another ': ': put it in quotes, or indent the next line like its neighbours"],
  'a custom tag': ['x.yaml:4:14 metadata.name: the tag !env is not read: write a plain value'],
  'a tag of a language': ['x.yaml:4:23 metadata.name: the tag tag:yaml.org,2002:js/function is not read: write a plain value'],
  'an alias without anchor': ['x.yaml:28:12 selection: the alias *chosen has no anchor before it'],
  'an alias within itself': ['x.yaml:28:29 selection.count: the alias *chosen refers to a value that contains it'],
  'an alias bomb': ['x.yaml:3:8 d[1][0][8]: more than 200 aliases, those within aliases counted'],
  'a key that changes prototypes': ['x.yaml:30:21 timing.__proto__: this key is not allowed'],
  'a list as key': ['x.yaml:30:13 timing: expected a text as the key'],
  'a nesting without end': ['x.yaml:1:201 nested too deeply'],
  'a nesting of 40': ['x.yaml:1:36 a[0][0][0]: nested more than 32 levels deep'],
  'a NUL': ['x.yaml:5:12 a control character (U+0000) stands here: this is not a text file'],
  'binary garbage': ['x.yaml:1:1 a control character (U+007F) stands here: this is not a text file'],
  'a text of 10 MB': ['x.yaml:1:1 larger than 1 MiB: this is not an experiment file'],
  'evidence of a wave that is not there': [
    "x.yaml:34:39 waves[2].requires.wave: found 'canari', expected an earlier wave that acts; there are canary; did you mean 'canary'?",
  ],
  'evidence of the wave itself': [
    "x.yaml:34:39 waves[2].requires.wave: found 'stress', expected an earlier wave that acts; there are canary",
  ],
  'evidence of a dry run': ["x.yaml:34:39 waves[2].requires.wave: found 'dry-run', expected an earlier wave that acts; there are canary"],
  'evidence that is not asked for in runs': ['x.yaml:34:55 waves[2].requires.passed: found 0, expected 1 or more'],
  'evidence without age': [
    'x.yaml:34:55 waves[2].requires.within: found 30, expected a duration with its unit, such as 200ms, 30s, 3m or 1h30m',
  ],
  'a bound that nothing could reach': [
    "x.yaml:34:67 waves[2].requires.recoveryLowerBound: found '100%', expected more than 0% and less than 100%, such as 80%",
  ],
  'evidence for a dry run': ['x.yaml:32:46 waves[0].requires: this wave does nothing to anybody: leave it out'],
  'a budget of no SLO': ["x.yaml:34:36 waves[2].budget.slo: found 'order', no such slo; there are orders; did you mean 'orders'?"],
  'a cost beyond the whole budget': ["x.yaml:34:58 waves[2].budget.expectedCost: found '105%', expected more than 0% and at most 100%"],
  'a business signal that is not there': [
    "x.yaml:22:24 business.completed: found 'payments', no such probe; there are errors, queue-depth, orders.budget-remaining, orders.burn-rate",
  ],
  'money without currency': [
    'x.yaml:22:55 business.revenuePerTransaction: found 12.5, expected an amount with its currency, such as 12.50 EUR',
  ],
  'a budget of pods violated without approval': [
    "x.yaml:27:33 fault.mode: found 'violate', wave single would violate disruption budgets without an approval: write `approvals: { required: 1 }`, or `gate: approval` on the wave",
  ],
  'a wave that violates a budget of pods without approval': [
    "x.yaml:33:53 waves[1].fault.mode: found 'violate', wave single would violate disruption budgets without an approval: write `approvals: { required: 1 }`, or `gate: approval` on the wave",
  ],
  'a SIGKILL to the main process of a container': [
    "x.yaml:27:40 fault.signal: found 'SIGKILL', SIGKILL that is sent to process 1 from inside its own pid namespace has no effect, the kernel drops it: write signal: SIGTERM if the process handles that, or use pod-delete with gracePeriod: 0s, or container-process-kill on a child of it",
  ],
  'a fault that is done to others': [
    "x.yaml:27:16 fault.kind: found 'pod-delete', fault pod-delete is done to pod, and wave dry-run aims at process",
  ],
  'a wave that aims at what its fault is not done to': [
    "x.yaml:33:38 waves[1].targets.kind: found 'node', fault process-kill is done to process, and wave single aims at node",
  ],
  'money in words': [
    "x.yaml:22:55 business.revenuePerTransaction: found '12 euros', expected an amount with its currency, such as 12.50 EUR",
  ],
  'a fence that sets more than its cap': ["x.yaml:30:108 traffic.set: found '20%', expected at most maxShare, which is 5%"],
  'a fence without a cap': ['x.yaml:30:1 traffic.maxShare: missing, expected a percentage, such as 0.1% or 40%'],
  'a cap without %': ['x.yaml:30:99 traffic.maxShare: found 5, expected a percentage, such as 0.1% or 40%'],
  'a cap over 100%': ["x.yaml:30:99 traffic.maxShare: found '105%', expected 0% to 100%"],
  'an unknown kind of route': [
    "x.yaml:30:27 traffic.route.kind: found 'httproute', expected one of http-route, linkerd-http-route, virtual-service, traffic-split, service-subset; did you mean 'http-route'?",
  ],
  'a route without a namespace': ['x.yaml:30:12 traffic.route.namespace: missing, expected a text'],
  'a Service that is to have weights': [
    'x.yaml:30:12 traffic.route.others: needed for `set`: labels that the other pods have and the canary has not',
    "x.yaml:30:119 traffic.set: found '5%', a Service has no weights: only `set: 0%` can be set, which takes the canary out of it",
  ],
  'a fence around the fault that shifts traffic': [
    "x.yaml:30:108 traffic.set: found '5%', the fault traffic-share sets the share itself: leave this out",
  ],
  'a fault that gives the canary more than its cap': [
    "x.yaml:27:115 fault.share: found '20%', expected at most traffic.maxShare of this route, which is 5%",
  ],
  'a wave that gives the canary more than its cap': [
    "x.yaml:34:135 waves[1].fault.share: found '5.1%', expected at most traffic.maxShare of this route, which is 5%",
  ],
};
