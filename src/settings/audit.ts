import { resolve } from 'node:path';
import * as z from 'zod';
import { Duration } from '../domain/units.ts';

/** The variables of the audit log, a part of those in config.ts. */
export const auditVariables = {
  BREAKWATER_AUDIT_KEY: z.string().min(1).optional().describe('file with the private key that signs checkpoints of the audit log'),
  BREAKWATER_AUDIT_CHECKPOINTS: z
    .string()
    .min(1)
    .optional()
    .describe('file outside of the database to which control workers append signed checkpoints of the audit log'),
  BREAKWATER_AUDIT_URL: z
    .url({ protocol: /^https?$/, error: 'expected an http(s) URL' })
    .optional()
    .describe('address that takes signed checkpoints of the audit log as JSON (secret)'),
  BREAKWATER_AUDIT_EVERY: Duration.refine((ms) => ms >= 1_000 && ms <= 86_400_000, 'expected 1s to 1d')
    .default(60_000)
    .describe('how often a control worker publishes a checkpoint of the audit log, when it has grown'),
};

type Values = z.infer<z.ZodObject<typeof auditVariables>>;

/** The key that signs checkpoints of the audit log, where they go, and how often. The URL may hold a token: never in a message. */
export interface AuditOptions {
  keyFile?: string;
  checkpointFile?: string;
  url?: string;
  everyMs: number;
}

export const auditOptionsOf = (v: Values): AuditOptions => ({
  ...(v.BREAKWATER_AUDIT_KEY !== undefined && { keyFile: resolve(v.BREAKWATER_AUDIT_KEY) }),
  ...(v.BREAKWATER_AUDIT_CHECKPOINTS !== undefined && { checkpointFile: resolve(v.BREAKWATER_AUDIT_CHECKPOINTS) }),
  ...(v.BREAKWATER_AUDIT_URL !== undefined && { url: v.BREAKWATER_AUDIT_URL }),
  everyMs: v.BREAKWATER_AUDIT_EVERY,
});

/** Who names a place for checkpoints believes that they are published. @returns problems */
export function auditProblems(v: Values): string[] {
  const place = (['BREAKWATER_AUDIT_CHECKPOINTS', 'BREAKWATER_AUDIT_URL'] as const).find((name) => v[name] !== undefined);
  return place === undefined || v.BREAKWATER_AUDIT_KEY !== undefined
    ? []
    : [`${place}: nothing is published without BREAKWATER_AUDIT_KEY; \`breakwater audit keygen FILE\` makes one`];
}
