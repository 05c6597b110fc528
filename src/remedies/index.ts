import * as z from 'zod';
import { commandRemedy } from './command.ts';
import { httpRequest } from './http-request.ts';
import { serviceStart } from './service-start.ts';

/** The catalogue: one file and one line each. */
export const remedies = {
  [commandRemedy.kind]: commandRemedy,
  [httpRequest.kind]: httpRequest,
  [serviceStart.kind]: serviceStart,
} as const;

/** A repair as a file writes it. */
export const RemedySpec = z.discriminatedUnion('kind', [commandRemedy.schema, httpRequest.schema, serviceStart.schema]);
export type RemedySpec = z.infer<typeof RemedySpec>;
