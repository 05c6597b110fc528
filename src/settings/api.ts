import * as z from 'zod';

const aMinute = (otherwise: number) => z.coerce.number().int().min(1).max(1_000_000).default(otherwise);

/** How much the HTTP API takes of one caller, a part of the variables in config.ts. */
export const apiLimitVariables = {
  BREAKWATER_API_PER_PRINCIPAL: aMinute(600).describe('requests a minute that one process of the HTTP API takes of one principal'),
  BREAKWATER_API_PER_ADDRESS: aMinute(6_000).describe(
    'requests a minute that it takes of one address, whoever asks; everybody behind one proxy is one address',
  ),
};

/** Requests a minute. */
export interface ApiLimits {
  perPrincipal: number;
  perAddress: number;
}

export const apiLimitsOf = (v: z.infer<z.ZodObject<typeof apiLimitVariables>>): ApiLimits => ({
  perPrincipal: v.BREAKWATER_API_PER_PRINCIPAL,
  perAddress: v.BREAKWATER_API_PER_ADDRESS,
});
