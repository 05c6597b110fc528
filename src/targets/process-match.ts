import type { ProcessSelector } from './process-selector.ts';
import type { ProcessGlance } from './ports.ts';

/** A process with what the registry adds to it. */
export interface Candidate<Facts = Omit<ProcessGlance, 'pid'>> {
  facts: Facts;
  /** Name in the supervisor's registry. */
  name?: string;
  /** Labels of environment and registry; undefined when the environment could not be read and there is no registry entry. */
  labels: Record<string, string> | undefined;
}

/** True, false, or undefined when the fact could not be read. */
type Answer = boolean | undefined;

/** Answers for each criterion that the selector gives. */
function answers(selector: ProcessSelector, { facts, name, labels }: Candidate): Answer[] {
  const given: [unknown, () => Answer][] = [
    [selector.executable, () => known(facts.executable, (path) => path === selector.executable)],
    [
      selector.argv,
      () => known(facts.argv, (argv) => selector.argv?.every((wanted) => argv.some((element) => fits(wanted, element))) ?? false),
    ],
    [selector.unit, () => known(facts.cgroups, (paths) => paths.some((path) => unitOf(path) === selector.unit))],
    [selector.supervisor, () => name === selector.supervisor],
    [selector.port, () => known(facts.listeningPorts, (ports) => ports.includes(selector.port ?? -1))],
    [
      selector.user,
      () =>
        typeof selector.user === 'number'
          ? known(facts.uid, (uid) => uid === selector.user)
          : known(facts.user, (user) => user === selector.user),
    ],
    [selector.cgroup, () => known(facts.cgroups, (paths) => paths.some((path) => inGroup(path, selector.cgroup ?? '')))],
  ];
  const perLabel = Object.entries(selector.labels ?? {}).map(([key, value]) =>
    known(labels, (all) => Object.hasOwn(all, key) && all[key] === value),
  );
  return [...given.filter(([wanted]) => wanted !== undefined).map(([, ask]) => ask()), ...perLabel];
}

/** Whether every given criterion holds. What cannot be read does not match. */
export const matches = (selector: ProcessSelector, candidate: Candidate) => {
  const all = answers(selector, candidate);
  return all.length > 0 && all.every((answer) => answer === true);
};

/** Whether any given criterion holds. What cannot be read is excluded, which is the safe side. */
export const isExcluded = (selector: ProcessSelector, candidate: Candidate) =>
  answers(selector, candidate).some((answer) => answer !== false);

/** The systemd unit that a control group path lies in: the last `.service` or `.scope` element. */
export const unitOf = (path: string) => path.split('/').findLast((element) => /\.(service|scope)$/.test(element));

const known = <T>(fact: T | undefined, ask: (fact: T) => boolean): Answer => (fact === undefined ? undefined : ask(fact));

const fits = (wanted: NonNullable<ProcessSelector['argv']>[number], element: string) =>
  typeof wanted === 'string' ? element === wanted : 'prefix' in wanted ? element.startsWith(wanted.prefix) : element === wanted.equals;

const inGroup = (path: string, wanted: string) => (wanted.endsWith('/') ? path.startsWith(wanted) : path === wanted);
