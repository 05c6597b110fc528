import type { Population, Target, UnreadyTarget } from '../domain/target.ts';
import { processTargetId } from '../domain/process.ts';
import { defineTarget } from './define.ts';
import { isExcluded, matches, unitOf } from './process-match.ts';
import type { Candidate } from './process-match.ts';
import { findUnready } from './process-ready.ts';
import { ProcessTargetSpec } from './process-selector.ts';
import type { ProcessSelector } from './process-selector.ts';
import type { ProcessFacts, ProcessGlance, ProcessNeeds, Registry, RegistryEntry } from './ports.ts';

/** How much later than its registry entry a process may seem to have started; clocks and files are not read at one instant. */
const REGISTRY_TOLERANCE_MS = 1_000;

/** Operating system processes, chosen by exact facts. Which ones are protected is not for the file to say. */
export const processTarget = defineTarget('process', {
  schema: ProcessTargetSpec,
  doc: {
    summary:
      'Processes of the machine that the site’s worker runs on. Labels given by environment are inherited by children, so a child of a labelled process is selected too unless it is started without them.',
  },
  async discover(ports, spec, site, signal) {
    const { kind: _kind, registry: path, exclude, ready, ...selector } = spec;
    const registry = path === undefined ? undefined : await ports.processes.readRegistry(path);
    const found = await ports.processes.list(needsOf(selector, exclude), signal, (glance) => mayMatch(selector, glance, registry));
    const chosen = found
      .map((one) => ({ found: one, candidate: candidateOf(one.facts, registry) }))
      .filter(({ candidate }) => matches(selector, candidate));
    const population: Population = { targets: [], protected: [], unready: [] };
    const facts: ProcessFacts[] = [];
    for (const { found: one, candidate } of chosen) {
      const target = targetOf(candidate, site);
      const why =
        one.protectedWhy ??
        (exclude && isExcluded(exclude, candidate) ? 'excluded by the file, or not readable enough to tell' : undefined);
      if (why === undefined) {
        population.targets.push(target);
        facts.push(candidate.facts);
      } else population.protected.push({ target, why });
    }
    const reasons = await findUnready(ready, population.targets, facts, ports, signal);
    population.startedAtMs = Object.fromEntries(facts.map(({ identity, startedAtMs }) => [processTargetId(identity), startedAtMs]));
    population.unready = population.targets.flatMap(({ id, name }, i): UnreadyTarget[] =>
      reasons[i] === undefined ? [] : [{ id, name, why: reasons[i] }],
    );
    return population;
  },
});

const FACT_OF: Record<keyof ProcessSelector, keyof ProcessFacts | undefined> = {
  executable: 'executable',
  argv: 'argv',
  labels: 'labels',
  unit: 'cgroups',
  supervisor: undefined,
  port: 'listeningPorts',
  user: 'uid',
  cgroup: 'cgroups',
};

function needsOf(selector: ProcessSelector, exclude: ProcessSelector | undefined): ProcessNeeds {
  const given = [selector, exclude ?? {}];
  const facts = given.flatMap((one) =>
    (Object.keys(one) as (keyof ProcessSelector)[]).map((name) => FACT_OF[name]).filter((fact) => fact !== undefined),
  );
  return { ports: given.flatMap((one) => one.port ?? []), facts: [...new Set(facts)] };
}

/** Whether it would match if its registry entry counted, or if it did not: its age is not known yet. */
function mayMatch(selector: ProcessSelector, glance: ProcessGlance, registry: Registry | undefined): boolean {
  const entry = registry?.entries.find(({ pid }) => pid === glance.pid);
  return matches(selector, { facts: glance, labels: glance.labels }) || (entry !== undefined && matches(selector, named(glance, entry)));
}

const named = <Facts extends Pick<ProcessFacts, 'labels'>>(facts: Facts, { name, labels }: RegistryEntry): Candidate<Facts> => ({
  facts,
  name,
  labels: { ...facts.labels, ...labels },
});

/** An entry of the registry counts only when the process had started before the file was written: else the pid was reused. */
function candidateOf(facts: ProcessFacts, registry: Registry | undefined): Candidate<ProcessFacts> {
  const isCurrent = registry !== undefined && facts.startedAtMs <= registry.writtenAtMs + REGISTRY_TOLERANCE_MS;
  const entry = isCurrent ? registry.entries.find(({ pid }) => pid === facts.identity.pid) : undefined;
  return entry ? named(facts, entry) : { facts, labels: facts.labels };
}

function targetOf({ facts, name, labels }: Candidate<ProcessFacts>, site: string): Target {
  const unit = facts.cgroups?.map(unitOf).find((one) => one !== undefined);
  const label = name ?? labels?.['name'] ?? unit ?? facts.comm.replace(/[^\x20-\x7e]/g, '?');
  return {
    kind: 'process',
    id: processTargetId(facts.identity),
    site,
    name: `${label} (pid ${facts.identity.pid})`,
    labels: { ...(unit === undefined ? {} : { unit }), ...labels, ...(name === undefined ? {} : { name }) },
    identity: facts.identity,
  };
}
