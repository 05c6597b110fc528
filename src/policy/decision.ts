/** Why a rule said no. */
export interface Denial {
  /** `policy/rule`, or the name of a guardrail. */
  rule: string;
  /** Which part of the rule, such as maxVictims; absent for guardrails. */
  constraint?: string;
  /** What the plan says, and what the rule allows. */
  value?: string;
  limit?: string;
  /** What is wrong, and what to write instead. */
  reason: string;
  /** Waves that it is about; absent: all, or the run itself. */
  waves?: string[];
  /** Whom to ask. */
  contact?: string;
}

/** What the policy says of a plan, as it is put on record. */
export interface PolicyDecision {
  allowed: boolean;
  /** SHA-256 over every rule that was in force: those in code, the files, a Rego bundle, the address of an OPA. */
  policyDigest: string;
  /** SHA-256 over the facts that were judged. */
  inputDigest: string;
  /** The hour that windows and blackouts were judged by, epoch milliseconds. */
  atMs: number;
  /** How many rules the files hold; absent: no files are in force, or they cannot be read. */
  fromFiles?: number;
  /** SHA-256 of the Rego bundle that was asked, or `unreadable`; absent: there is none. */
  bundle?: string;
  /** How many rules were asked, and the names of those that apply to the plan. */
  evaluated: number;
  applied: string[];
  denials: Denial[];
}

/** `payments/office-hours: … (value 5, at most 1; ask payments-sre)` */
export function describeDenial({ rule, reason, value, limit, waves, contact }: Denial): string {
  const notes = [
    ...(value === undefined ? [] : [`found ${value}${limit === undefined ? '' : `, ${limit}`}`]),
    ...(waves === undefined ? [] : [`wave ${waves.join(', ')}`]),
    ...(contact === undefined ? [] : [`ask ${contact}`]),
  ];
  return `${rule}: ${reason}${notes.length === 0 ? '' : ` (${notes.join('; ')})`}`;
}
