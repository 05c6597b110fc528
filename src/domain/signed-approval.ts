import * as z from 'zod';
import { whyNotByThem, type Asking } from './approval.ts';
import { ROLES, type Role } from './principal.ts';

/** `typ` of the JWS: nothing else that the same key may have signed is taken for an approval. */
export const APPROVAL_TYPE = 'breakwater-approval+jwt';
export const APPROVAL_ISSUER = 'breakwater';
/** The only algorithm: Ed25519. */
export const APPROVAL_ALGORITHM = 'EdDSA';
/** Longest one that is looked at, characters. */
export const MAX_SIGNED = 8_192;

/** How long it can be handed in, seconds. Once it counts, it counts for as long as its asking. */
export const LIVES_S = { approval: 900, 'break-glass': 300 } as const;

const text = z.string().min(1).max(500);

const Asked = z.strictObject({
  number: z.int().min(1),
  what: text,
  runId: text,
  digest: text,
  policy: text,
  population: z.int().min(0).optional(),
});

/** Why glass is broken: without both, it is not. */
export const BreakGlass = z.strictObject({ reason: text, ticket: z.string().min(1).max(100) });
export type BreakGlass = z.infer<typeof BreakGlass>;

const common = {
  iss: z.literal(APPROVAL_ISSUER),
  /** Who approves, as the API authenticated them. */
  sub: text,
  jti: text,
  /** When it was signed, and until when it can be handed in: seconds since 1970. */
  iat: z.int(),
  exp: z.int(),
  principal: z.enum(['person', 'service', 'unidentified']),
  /** What they are for the run's team and environment. */
  roles: z.array(z.enum(ROLES)).max(20),
  workflowId: text,
  asking: Asked,
};

/** What an approval states. Nothing in it is secret, and it is good for nothing but this one asking. */
export const ApprovalStatement = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('approval'), ...common, reason: text.optional() }),
  z.strictObject({ kind: z.literal('break-glass'), ...common, breakGlass: BreakGlass }),
]);
export type ApprovalStatement = z.infer<typeof ApprovalStatement>;

/** What a run asks about somebody's approval. */
export interface ApprovalQuestion {
  workflowId: string;
  asking: Asking;
  requestedBy: string;
  /** Who wrote the experiment; absent: it does not say. */
  author?: string;
}

const MAY_APPROVE: readonly Role[] = ['approver', 'admin'];

const SAYS: Record<keyof Asking, string> = {
  runId: 'execution',
  number: 'asking',
  what: 'what waits',
  digest: 'plan digest',
  policy: 'policy digest',
  population: 'number of targets',
};

/** What differs first between what was approved and what is asked. */
function difference(stated: z.infer<typeof Asked>, asked: Asking): string | undefined {
  const field = (Object.keys(SAYS) as (keyof Asking)[]).find((name) => stated[name] !== asked[name]);
  return field && `it is for another ${SAYS[field]}: ${stated[field] ?? 'none'}, and this is ${asked[field] ?? 'none'}`;
}

/** Why glass may be broken by them, or who may approve: roles first, then persons. Whoever breaks glass may be alone with it. */
function whyNotByRole({ kind, sub, roles }: ApprovalStatement, question: ApprovalQuestion): string | undefined {
  if (kind === 'break-glass') return roles.includes('break-glass') ? undefined : `${sub} has not the role break-glass here`;
  if (!roles.some((role) => MAY_APPROVE.includes(role))) return `${sub} is neither approver nor admin here`;
  return whyNotByThem(sub, question);
}

/** Why a statement whose signature and times are right does not count for what is asked; undefined when it does. */
export function whyNotForThis(statement: ApprovalStatement, question: ApprovalQuestion): string | undefined {
  const { workflowId, asking, kind, iat, exp } = statement;
  if (workflowId !== question.workflowId) return `it is for run ${workflowId}, and this is ${question.workflowId}`;
  if (exp - iat > LIVES_S[kind]) return `it is good for ${exp - iat} s, and at most ${LIVES_S[kind]} s are taken`;
  return difference(asking, question.asking) ?? whyNotByRole(statement, question);
}
