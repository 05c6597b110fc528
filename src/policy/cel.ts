import { Environment } from '@marcbachmann/cel-js';
import type { Facts, WaveFacts } from './facts.ts';

/** Bounds of an expression: what is larger is refused when the policy is read. */
const limits = { maxAstNodes: 300, maxDepth: 24, maxListElements: 100, maxMapEntries: 50, maxCallArguments: 8 };

const wave = {
  name: 'string',
  dryRun: 'bool',
  fault: 'string',
  target: 'string',
  namespace: 'string',
  holdSeconds: 'double',
  iterations: 'int',
  gate: 'string',
};

/** What an expression may speak of. Whoever misspells one is told when the policy is read. */
const environment = new Environment({ unlistedVariablesAreDyn: false, limits })
  .registerType('Wave', { fields: wave })
  .registerVariable('environment', 'string')
  .registerVariable('service', 'string')
  .registerVariable('owner', 'string')
  .registerVariable('site', 'string')
  .registerVariable('dataClass', 'string')
  .registerVariable('tier', 'string')
  .registerVariable('tenant', 'string')
  .registerVariable('ticket', 'string')
  .registerVariable('requestedBy', 'string')
  .registerVariable('labels', 'map<string, string>')
  .registerVariable('rollbacks', 'list<string>')
  .registerVariable('approvals', 'int')
  .registerVariable('maxVictims', 'int')
  .registerVariable('maxConcurrent', 'int')
  .registerVariable('survivorsAtLeast', 'int')
  .registerVariable('maxPercent', 'double')
  .registerVariable('now', 'google.protobuf.Timestamp')
  .registerVariable('waves', 'list<Wave>')
  .registerVariable('wave', 'Wave');

const waveOf = ({ name, dryRun, fault, targetKind, namespace = '', holdMs, iterations, gate }: WaveFacts) => ({
  name,
  dryRun,
  fault,
  target: targetKind,
  namespace,
  holdSeconds: holdMs / 1_000,
  iterations: BigInt(iterations),
  gate,
});

/** What is not stated is an empty text. */
const contextOf = (facts: Facts, current: WaveFacts) => ({
  environment: facts.environment,
  service: facts.service,
  owner: facts.owner,
  site: facts.site,
  dataClass: facts.dataClass,
  tier: facts.tier ?? '',
  tenant: facts.tenant ?? '',
  ticket: facts.ticket ?? '',
  requestedBy: facts.requestedBy,
  labels: facts.labels,
  rollbacks: facts.rollbacks,
  approvals: BigInt(facts.approvalsRequired),
  maxVictims: BigInt(facts.maxVictims),
  maxConcurrent: BigInt(facts.maxConcurrent),
  survivorsAtLeast: BigInt(facts.survivorsAtLeast),
  maxPercent: facts.maxPercent,
  now: new Date(facts.atMs),
  waves: facts.waves.map(waveOf),
  wave: waveOf(current),
});

/** A checked expression. Anything but true, and an error, is a no; the text tells which. */
export type Expression = (facts: Facts, current: WaveFacts) => true | string;

const firstLine = (text: string): string => text.split('\n')[0]?.slice(0, 300) ?? '';

/** @returns why the text is no expression that gives true or false, in `problem` */
export function compileExpression(text: string): { evaluate: Expression } | { problem: string } {
  try {
    const parsed = environment.parse(text);
    const { valid, type, error } = parsed.check();
    if (!valid) return { problem: firstLine(error?.message ?? 'it does not check') };
    if (type !== 'bool') return { problem: `it gives ${type ?? 'something unknown'}, and true or false is expected` };
    return {
      evaluate(facts, current) {
        try {
          const value: unknown = parsed(contextOf(facts, current));
          return value === true ? true : String(value);
        } catch (error) {
          return `could not be evaluated: ${firstLine(String(error))}`;
        }
      },
    };
  } catch (error) {
    return { problem: firstLine(error instanceof Error ? error.message : String(error)) };
  }
}
