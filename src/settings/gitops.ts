import { resolve } from 'node:path';
import * as z from 'zod';

const Files = z
  .string()
  .transform((text) => text.split(',').map((file) => file.trim()))
  .pipe(z.array(z.string().min(1, 'expected files, separated by commas')).min(1));

/** Settings of `breakwater sync` and of what it states, a part of those in config.ts. */
export const gitopsVariables = {
  BREAKWATER_REVIEW_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('file with the private key by which `breakwater sync` states that a commit was reviewed; for the sync alone'),
  BREAKWATER_REVIEW_PUBLIC_KEYS: Files.optional().describe(
    'files with the public keys of those syncs, separated by commas, for control workers; without them no review counts as an approval',
  ),
  BREAKWATER_SYNC_POLICIES_TO: z
    .string()
    .min(1)
    .optional()
    .describe('symbolic link that `breakwater sync` lets lead to the policies of a checkout; workers name it with BREAKWATER_POLICY'),
};

type Values = z.infer<z.ZodObject<typeof gitopsVariables>>;

/** What `breakwater sync` and its statements need. */
export interface GitopsOptions {
  keyFile?: string;
  /** Public keys that a control worker trusts. */
  publicKeyFiles: string[];
  policiesTo?: string;
}

export const gitopsOptionsOf = (v: Values): GitopsOptions => ({
  ...(v.BREAKWATER_REVIEW_KEY !== undefined && { keyFile: resolve(v.BREAKWATER_REVIEW_KEY) }),
  publicKeyFiles: (v.BREAKWATER_REVIEW_PUBLIC_KEYS ?? []).map((file) => resolve(file)),
  ...(v.BREAKWATER_SYNC_POLICIES_TO !== undefined && { policiesTo: resolve(v.BREAKWATER_SYNC_POLICIES_TO) }),
});
