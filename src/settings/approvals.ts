import { resolve } from 'node:path';
import * as z from 'zod';

/** Settings of signed approvals, and of a command line that has its own through the API; a part of those in config.ts. */
export const approvalVariables = {
  BREAKWATER_APPROVAL_KEY: z
    .string()
    .min(1)
    .optional()
    .describe('file with the private key (Ed25519, PEM) with which the HTTP API signs approvals; for the API alone'),
  BREAKWATER_APPROVAL_PUBLIC_KEYS: z
    .string()
    .min(1)
    .optional()
    .describe(
      'file with the public keys of approvals, for control workers: only what one of them has signed counts then; without it an approval is a claim',
    ),
  BREAKWATER_API_URL: z
    .url({ protocol: /^https?$/, error: 'expected an http(s) URL' })
    .refine((url) => !/[@?#]/.test(url), 'expected a URL without credentials, query or fragment')
    .optional()
    .describe(
      'address of the HTTP API, through which the command line goes where it can (docs/api.md), as with --api; without it, or with --direct, Temporal and the records are asked themselves',
    ),
  BREAKWATER_API_IDENTITY: z
    .string()
    .regex(/^\S+$/, 'expected a token without blanks')
    .optional()
    .describe('token or API key of whoever uses that API from the command line: who acts there (secret)'),
};

type Values = z.infer<z.ZodObject<typeof approvalVariables>>;

/** Keys of approvals, and the API as the command line reaches it. The identity is secret. */
export interface ApprovalOptions {
  /** The API's private key. */
  approvalKey?: string;
  /** The control workers' public keys. */
  approvalPublicKeys?: string;
  apiAddress: { url?: string; identity?: string };
}

export const approvalOptionsOf = (v: Values): ApprovalOptions => ({
  ...(v.BREAKWATER_APPROVAL_KEY !== undefined && { approvalKey: resolve(v.BREAKWATER_APPROVAL_KEY) }),
  ...(v.BREAKWATER_APPROVAL_PUBLIC_KEYS !== undefined && { approvalPublicKeys: resolve(v.BREAKWATER_APPROVAL_PUBLIC_KEYS) }),
  apiAddress: {
    ...(v.BREAKWATER_API_URL !== undefined && { url: v.BREAKWATER_API_URL }),
    ...(v.BREAKWATER_API_IDENTITY !== undefined && { identity: v.BREAKWATER_API_IDENTITY }),
  },
});
