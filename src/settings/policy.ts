import * as z from 'zod';

/** Settings of policy, as config.ts reads them. The description is also their documentation. */
export const policyVariables = {
  BREAKWATER_POLICY: z
    .string()
    .min(1)
    .optional()
    .describe('folder of policy files, read by control workers before every wave; without it only the guardrails in code hold'),
  BREAKWATER_REGO: z
    .string()
    .regex(/\.(tar\.gz|tgz|wasm)$/, 'expected bundle.tar.gz or policy.wasm')
    .optional()
    .describe(
      'Rego compiled to WebAssembly that must allow every plan, evaluated by control workers before every wave: a bundle.tar.gz of `opa build -t wasm -e breakwater/decision`, or a policy.wasm with a data.json beside it',
    ),
  BREAKWATER_OPA_URL: z
    .url({ protocol: /^https?$/, error: 'expected an http(s) URL' })
    .refine((url) => !/[@?#]/.test(url), 'expected a URL without credentials, query or fragment')
    .optional()
    .describe('document of a running OPA that must allow every plan, such as http://127.0.0.1:8181/v1/data/breakwater/decision'),
};
